"""A server of the Model Context Protocol with tools that behave, and some that do not."""

import base64
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
TOOLS = [
    {"name": "echo", "description": "Says it again", "inputSchema": TEXT, "annotations": {"readOnlyHint": True}},
    {"name": "calculator", "description": "Has a name of ours", "inputSchema": TEXT, "annotations": {"readOnlyHint": True}},
    {"name": "file.write", "description": "Writes", "inputSchema": TEXT},
    {"name": "fails", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}},
    {"name": "dies", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}},
    {"name": "sleeps", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}},
    {"name": "draws", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}},
    {"name": "much", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}},
    {"name": "environment", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}},
    {"name": "wide", "inputSchema": {"type": "object", "description": "x" * 20000}},
]


def text(content):
    return {"content": [{"type": "text", "text": content}]}


def call(name, arguments):
    if name == "dies":
        print("no more paper", file=sys.stderr, flush=True)
        os._exit(3)
    if name == "sleeps":
        time.sleep(600)
    if name == "fails":
        return {**text("the till is empty"), "isError": True}
    if name == "draws":
        data = base64.b64encode(b"\x89PNG, or nearly").decode()
        return {"content": [{"type": "image", "data": data, "mimeType": "image/png"}]}
    if name == "much":
        return text("y" * 300000)
    if name == "environment":
        return text(json.dumps(dict(os.environ)))
    return text(f"{name}: {arguments['text']}")


def answer(message):
    method, params = message["method"], message.get("params", {})
    if method == "initialize":
        info = {"name": "till", "version": "1"}
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        # In two pages.
        later = params.get("cursor") == "more"
        return {"tools": TOOLS[3:]} if later else {"tools": TOOLS[:3], "nextCursor": "more"}
    return call(params["name"], params.get("arguments", {}))


def reply(message):
    return json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": answer(message)})


class Http(BaseHTTPRequestHandler):
    """For those who know the word."""

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers["authorization"] != "Bearer polymath-tools":
            self.send_error(401)
        elif "id" in message:
            body = reply(message).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            self.send_response(202)
            self.end_headers()

    def log_message(self, *args):
        pass


if sys.argv[1:] == ["http"]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Http)
    print(server.server_port, flush=True)
    server.serve_forever()
for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        print(reply(message), flush=True)
