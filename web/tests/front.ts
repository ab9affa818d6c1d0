// The page of web/dist in front of a server that was built with another one: PAGE=dist web/test. Its headers, and
// everything else, are the server's.

import { existsSync, readFileSync } from "node:fs";
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const DIST = new URL("../dist", import.meta.url).pathname;
const KINDS: Record<string, string> = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };

export class Front {
  #server: Server;

  /** `to` is the server's address. */
  constructor(readonly to: string) {
    this.#server = createServer((asked, answer) => this.#answer(asked, answer));
  }

  async listen(): Promise<string> {
    if (!this.#server.listening) await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(asked: IncomingMessage, answer: ServerResponse): void {
    const { pathname } = new URL(asked.url ?? "/", "http://x");
    const file = pathname === "/" ? `${DIST}/index.html` : pathname.startsWith("/assets/") ? DIST + pathname : "";
    const headers = { ...asked.headers, host: this.to.slice("http://".length) };
    if (headers.origin) headers.origin = this.to;
    if (file) delete headers["accept-encoding"];
    const passed = request(this.to + (file ? "/" : asked.url), { method: asked.method, headers }, (from) => {
      if (!file) {
        answer.writeHead(from.statusCode ?? 502, from.headers);
        from.pipe(answer);
        from.on("error", () => answer.destroy());
        return;
      }
      from.resume();
      const { "content-length": _, ...kept } = from.headers;
      const found = existsSync(file);
      answer.writeHead(found ? 200 : 404, { ...kept, "content-type": KINDS[file.split(".").at(-1) ?? ""] });
      answer.end(found ? readFileSync(file) : "");
    });
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  }
}
