// `polymath serve` with the scripted model, in a home of its own, and pages that tell of every error.

import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Front } from "./front";
import { Model } from "./model";

const BINARY = process.env.POLYMATH_BIN ?? "";

/** Pages that can be searched and opened: `polymath` reads them from a folder. */
const PAGES: Record<string, string> = {
  "sund.md":
    "# The harbour of Sund\n\nSund lies on the north coast.\n\nThe harbour of Sund is 14.2 m deep since 1871, when it was dredged.\n\nIt has two lighthouses.\n",
  "evil.md": "# <img src=x onerror=\"window.hit=1\"> Evil title\n\nThe depth of Evil is 9.5 m <script>window.hit=2</script>.\n",
};

export class World {
  readonly home = mkdtempSync(join(tmpdir(), "polymath-page-"));
  readonly model = new Model();
  base = "";
  tools = "browser_search,browser_open,calculator,chart,sql";
  #front: Front | null = null;
  #child: ChildProcess | null = null;
  #address = "127.0.0.1:0";
  #model = "";

  async start(args: string[] = []): Promise<void> {
    mkdirSync(join(this.home, "pages"), { recursive: true });
    for (const [name, text] of Object.entries(PAGES)) writeFileSync(join(this.home, "pages", name), text);
    this.#model ||= await this.model.listen();
    this.#child = spawn(BINARY, ["serve", "--addr", this.#address, "--model", this.#model, ...args], {
      cwd: this.home,
      env: this.#env(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    const lines = createInterface({ input: this.#child.stderr! });
    let said = "";
    this.base = await new Promise((found, failed) => {
      lines.on("line", (line) => {
        said += `${line}\n`;
        const address = /in a browser: (http:\S+)\//.exec(line)?.[1];
        if (address) found(address);
      });
      this.#child?.once("exit", () => failed(new Error(`polymath ended: ${said}`)));
    });
    this.#address = this.base.slice("http://".length);
    if (process.env.PAGE !== "dist") return;
    this.#front ??= new Front(this.base);
    this.base = await this.#front.listen();
  }

  #env() {
    return {
      PATH: process.env.PATH,
      HOME: this.home,
      POLYMATH_HOME: this.home,
      POLYMATH_SEARCH: `local:${join(this.home, "pages")}`,
      POLYMATH_MODE: "native",
      POLYMATH_TOOLS: this.tools,
    };
  }

  /** Asks in a process of its own, which goes on by itself; the session. */
  detach(question: string): string {
    const args = ["ask", question, "--detach", "--model", this.#model];
    return execFileSync(BINARY, args, { cwd: this.home, env: this.#env(), encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await gone;
    this.#child = null;
  }

  async close(): Promise<void> {
    this.model.go();
    await this.stop("SIGKILL");
    this.#front?.close();
    this.model.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Everything that a page must not do: console errors, policy violations, requests to other hosts. */
export function watch(page: Page, base: () => string): string[] {
  const wrong: string[] = [];
  page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base()) && !url.startsWith("blob:")) wrong.push(`request to ${url}`);
  });
  return wrong;
}

export const test = base.extend<{ open: (path?: string) => Promise<void>; wrong: string[] }, { world: World }>({
  world: [
    async ({}, use) => {
      const world = new World();
      await world.start();
      await use(world);
      await world.close();
    },
    { scope: "worker" },
  ],
  wrong: async ({ page, world }, use) => {
    const wrong = watch(page, () => world.base);
    await use(wrong);
    expect(wrong).toEqual([]);
  },
  open: async ({ page, world, wrong: _ }, use) => {
    await use(async (path = "/") => {
      await page.goto(world.base + path);
      await page.getByRole("textbox", { name: "Ask a question" }).waitFor();
    });
  },
});

/** Asks a question; returns the turn that it became. */
export async function ask(page: Page, question: string) {
  await page.getByRole("textbox", { name: "Ask a question" }).fill(question);
  await page.keyboard.press("Enter");
  return page.getByRole("article").filter({ hasText: question }).last();
}

export async function accessible(page: Page) {
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
}

export { expect };
