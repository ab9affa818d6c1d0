// Whatever others write stays text: nothing of it runs, loads or leads anywhere but to the web.

import { readFileSync } from "node:fs";
import { ask, expect, test } from "./world";

const ATTACKS = [
  "<script>window.hit=1</script>",
  '<img src=x onerror="window.hit=1">',
  '<svg onload="window.hit=1"><script>window.hit=1</script></svg>',
  "<iframe srcdoc=\"<script>parent.hit=1</script>\"></iframe>",
  "<a href=\"javascript:window.hit=1\">one</a>",
  "[two](javascript:window.hit=1)",
  "[three](data:text/html,<script>opener.hit=1</script>)",
  "[four](vbscript:x)",
  "![picture](http://127.0.0.1:9/leak.png)",
  "<style>@import 'http://127.0.0.1:9/leak.css'; body { display: none }</style>",
  '<div style="position:fixed;inset:0;background:url(http://127.0.0.1:9/leak)">over everything</div>',
  '<form action="http://127.0.0.1:9/"><input name=q><button>go</button></form>',
  "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=window.hit=1&gt;\">",
  "`<script>window.hit=1</script>`",
  '[five](https://a.example/"onmouseover="window.hit=1)',
  "Text <b onmouseover=window.hit=1>within</b> a line",
  "<button onclick=\"window.hit=1\" class=figure>14.2</button>",
];

async function harmless(page: import("@playwright/test").Page) {
  expect(await page.evaluate(() => (window as { hit?: number }).hit)).toBeUndefined();
  const bad = await page.evaluate(() => {
    const all = [...document.querySelectorAll(".log *, .panel *, nav *")];
    const acts = all.filter((e) => [...e.attributes].some((a) => /^on|^style$|^srcdoc$/.test(a.name)));
    const kinds = document.querySelectorAll(".log :is(script, style, iframe, form, object, embed, svg, math)");
    const links = [...document.querySelectorAll("a")].filter((a) => !/^https?:$/.test(a.protocol) || !a.hasAttribute("href"));
    const loads = [...document.querySelectorAll("img")].filter((i) => i.src && !i.src.startsWith("blob:"));
    return [...acts, ...kinds, ...links, ...loads].map((e) => e.outerHTML);
  });
  expect(bad).toEqual([]);
}

test("answers, while they are written and when they are done", async ({ page, world, open }) => {
  const text = ATTACKS.join("\n\n");
  world.model.script({ text, then: " The end." });
  await open();
  const turn = await ask(page, "Attack");
  await expect(turn.locator(".draft")).toContainText("over everything");
  await harmless(page);
  world.model.go();
  await expect(turn.locator(".answer")).toContainText("The end.");
  await harmless(page);
  // What it was is there to read.
  await expect(turn.locator(".answer")).toContainText('<img src=x onerror="window.hit=1">');
  await expect(turn.locator(".answer a")).toHaveText(["five"]);
  await expect(turn.locator(".answer a")).toHaveAttribute("rel", /noopener/);
});

test("questions, titles of conversations, tables, and names of files", async ({ page, world, open }) => {
  const attack = ATTACKS[1]!;
  world.model.script({ text: `| A | ${attack} |\n| --- | --- |\n| ${attack} | 5 |\n\nSo it is.` });
  await open();
  const name = `<img src=x onerror=hit=1>.csv`;
  await page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(`A,B\n"=1+1 ${attack.replaceAll('"', '""')}",2\n`) });
  await expect(page.getByText(name)).toBeVisible();
  const turn = await ask(page, attack);
  await expect(turn).toContainText("So it is.");
  await harmless(page);
  await expect(page.getByRole("navigation").getByText(attack)).toBeVisible();
  await page.reload();
  await expect(page.getByRole("article")).toContainText("So it is.");
  await harmless(page);
});

test("pages that were read: their titles and passages", async ({ page, world, open }) => {
  world.model.script(
    { calls: [["browser_search", { query: "Evil depth" }]] },
    { calls: [["browser_open", { target: "1" }]] },
    { text: "The depth of Evil is 9.5 m [1]." },
  );
  await open();
  const turn = await ask(page, "How deep is Evil?");
  await turn.locator(".answer").getByRole("button", { name: "[1] Source" }).click();
  const panel = page.getByRole("complementary", { name: "Where it comes from" });
  await expect(panel).toContainText("9.5 m");
  await harmless(page);
});

test("SVG of others is drawn, and runs nothing, by itself neither", async ({ page, world, open, wrong }) => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="210" height="100" onload="hit=1"><script>hit=1;parent.hit=1</script>' +
    `<rect width="210" height="100" fill="red"/><image href="${world.model.origin}/leak.png" width="9" height="9"/></svg>`;
  world.model.script({ calls: [["chart", { data: "t1", kind: "bar", x: "A", y: "B" }]] }, { text: "Drawn." });
  await open();
  await page.locator("input[type=file]").setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer: Buffer.from("A,B\nx,2\ny,3\n") });
  await expect(page.getByText("a.csv")).toBeVisible();
  await expect((await ask(page, "Draw it")).getByText("Drawn.")).toBeVisible();
  // The same conversation, had the picture been such a one: the server's own headers around it.
  await page.route("**/artifacts/*", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ headers: { ...response.headers(), "content-type": "image/svg+xml" }, body: svg });
  });
  await page.route(/\/api\/sessions\/[\w-]+$/, async (route) => {
    const text = await (await route.fetch()).text();
    await route.fulfill({ contentType: "application/json", body: text.replaceAll("image/png", "image/svg+xml") });
  });
  await page.reload();
  await expect.poll(() => page.getByRole("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(210);
  await harmless(page);
  expect(wrong).toEqual([]);
  const drawn = page.waitForRequest("**/artifacts/*");
  await page.reload();
  await page.goto((await drawn).url());
  expect(await page.evaluate(() => [(globalThis as { hit?: number }).hit, document.documentElement.tagName])).toEqual([undefined, "svg"]);
  // The browser tells what it did not let through, the picture that was asked for included.
  expect(wrong.splice(0).filter((line) => !/Content Security Policy|sandboxed|leak/.test(line))).toEqual([]);
  expect(world.model.strays).toEqual([]);
});

test("the built page names no other host and no inline script", () => {
  const html = readFileSync(new URL("../dist/index.html", import.meta.url), "utf8");
  expect(html).not.toMatch(/https?:|<script(?![^>]*src=)|<style|style=|\son\w+=/);
});
