// A model behind an endpoint of this machine, which says what it was told to: what must be exact here.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Say =
  | { text: string }
  /** Calls tools, side by side. */
  | { calls: [tool: string, args: Record<string, unknown>][] }
  /** Writes the first text, waits for `go`, and writes the second. */
  | { text: string; then: string };

export class Model {
  #server: Server;
  #script: Say[] = [];
  #waiting: (() => void)[] = [];
  /** Requests that no program of ours makes. */
  strays: string[] = [];
  asked: { messages: { role: string; content: string }[] }[] = [];

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `${this.origin}/v1#scripted`;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  script(...says: Say[]): void {
    this.#script = says;
    this.asked = [];
  }

  /** Lets what waits go on. */
  go(): void {
    this.#waiting.splice(0).forEach((wake) => wake());
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const piece of request) body += piece;
    const json = (status: number, value: unknown) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (request.url === "/v1/models") return json(200, { data: [{ id: "scripted", owned_by: "vllm", max_model_len: 16384 }] });
    if (request.url?.startsWith("/leak")) this.strays.push(request.url);
    if (request.url !== "/v1/chat/completions") return json(404, {});
    this.asked.push(JSON.parse(body));
    const say = this.#script.shift();
    if (!say) return json(410, { error: { message: "the script is over" } });
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (delta: unknown, finish: string | null = null) =>
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`);
    const write = (text: string) => text.match(/[^]{1,7}/gu)?.forEach((piece) => send({ content: piece }));
    if ("calls" in say) {
      const calls = say.calls.map(([name, args], index) => {
        const own = { name, arguments: JSON.stringify(args) };
        return { index, id: `c${this.asked.length}${index}`, type: "function", function: own };
      });
      send({ tool_calls: calls }, "tool_calls");
    } else {
      write(say.text);
      if ("then" in say) {
        await new Promise<void>((wake) => this.#waiting.push(wake));
        write(say.then);
      }
      send({}, "stop");
    }
    response.end("data: [DONE]\n\n");
  }
}
