// Charts that can be pointed at: drawn from their own specification, when somebody wants them.

import type { Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { accessible, ask, expect, test, type World } from "./world";

type Chart = Record<string, unknown>;

async function drawn(page: Page, world: World, csv: string, ...charts: Chart[]) {
  world.model.script({ calls: charts.map((chart) => ["chart", { data: "t1", ...chart }]) }, { text: "There they are." });
  await page.locator("input[type=file]").setInputFiles({ name: "data.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await expect(page.getByText("data.csv")).toBeVisible();
  const turn = await ask(page, "Draw them");
  await expect(turn.getByText("There they are.")).toBeVisible();
  await expect(turn.getByRole("img")).toHaveCount(charts.length);
  return turn;
}

/** Whether anything but the background is drawn. */
const ink = (page: Page) =>
  page.locator(".chart canvas").evaluate((canvas: HTMLCanvasElement) => {
    const pixels = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.some((value, at) => at % 4 === 3 && value > 0);
  });

async function text(page: Page, press: () => Promise<void>): Promise<string> {
  const waiting = page.waitForEvent("download");
  await press();
  return readFileSync(await (await waiting).path(), "utf8");
}

test("a chart is pointed at, rescaled, listed and downloaded; nothing is loaded before", async ({ page, world, open }) => {
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(request.url()));
  await open();
  const turn = await drawn(page, world, "Town,People\nSund,900\nNes,12000\nVik,40\n", { kind: "bar", x: "Town", y: "People" });
  const button = (name: string) => turn.getByRole("button", { name, exact: true });
  expect(loaded.filter((url) => /vega|vl\.json/.test(url))).toEqual([]);
  await button("Interactive").click();
  await expect(button("↓ PNG")).toBeEnabled();
  await expect.poll(() => ink(page)).toBe(true);
  await expect(turn.getByRole("img", { name: /png/ })).toHaveCount(0);
  // Over the second bar.
  const box = (await page.locator(".chart canvas").boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.6);
  await expect(page.locator(".tip")).toHaveText(/Town Nes\s*People 12,?000/);
  await accessible(page);
  await page.mouse.move(0, 0);
  await expect(page.locator(".tip")).toHaveCount(0);
  await expect(button("Log scale")).toHaveAttribute("aria-pressed", "false");
  await button("Log scale").click();
  await expect(button("Log scale")).toHaveAttribute("aria-pressed", "true");
  await expect(button("↓ SVG")).toBeEnabled();
  const svg = await text(page, () => button("↓ SVG").click());
  expect(svg).toContain("<svg");
  for (const tick of ["10", "100", "1,000", "10,000"]) expect(svg).toContain(`>${tick}<`);
  const spec = JSON.parse(await text(page, () => button("↓ Vega-Lite").click()));
  expect(spec.encoding.y.scale.type).toBe("log");
  expect((await text(page, () => button("↓ PNG").click())).slice(1, 4)).toBe("PNG");
  await button("Data").click();
  await turn.getByRole("table").getByRole("button", { name: /^People/ }).click();
  await expect(turn.getByRole("table").locator("tbody tr")).toHaveText(["Vik 40", "Sund 900", "Nes 12000"].map((row) => new RegExp(row.replace(" ", "\\s*"))));
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 700 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await expect.poll(async () => (await page.locator(".chart canvas").boundingBox())!.width).toBeLessThan(360);
  await button("Picture").click();
  await expect(turn.getByRole("img", { name: /png/ })).toBeVisible();
});

const MONTHS = [
  "Month,Shop,Clerk,Sales,Cost",
  "2024-01-01,A,Ann,3,2\n2024-02-01,A,Bo,5,40\n2024-03-01,A,Cid,9,500",
  "2024-01-01,B,Dan,-2,1\n2024-02-01,B,Eve,4,3\n2024-03-01,B,Flo,6,4",
].join("\n");

test("charts of every kind are drawn under the page's policy", async ({ page, world, open }) => {
  await open();
  const kinds: Chart[] = [
    { kind: "line", x: "Month", y: "Sales", series: "Shop" },
    { kind: "line", x: "Month", y: "Sales", facet: "Shop" },
    { kind: "barh", x: "Clerk", y: "Cost" },
    { kind: "line", x: "Month", y: "Cost", series: "Shop", log: true },
    { kind: "area", x: "Month", y: "Cost", series: "Shop", stack: true },
    { kind: "scatter", x: "Cost", y: "Sales", trend: true },
    { kind: "hist", y: "Cost" },
    { kind: "pie", x: "Clerk", y: "Cost" },
    { kind: "heat", x: "Month", y: "Cost", series: "Shop" },
    { kind: "box", x: "Shop", y: "Cost" },
  ];
  const calls = kinds.map((chart): [string, Chart] => ["chart", { data: "t1", ...chart }]);
  world.model.script({ calls: calls.slice(0, 5) }, { calls: calls.slice(5) }, { text: "There they are." });
  await page.locator("input[type=file]").setInputFiles({ name: "data.csv", mimeType: "text/csv", buffer: Buffer.from(MONTHS) });
  await expect(page.getByText("data.csv")).toBeVisible();
  const turn = await ask(page, "Draw them");
  await expect(turn.getByText("There they are.")).toBeVisible();
  const charts = turn.locator("figure.picture");
  const many = await charts.count();
  for (let at = 0; at < many; at++) {
    const chart = charts.nth(at);
    await chart.getByRole("button", { name: "Interactive" }).click();
    await expect(chart.getByRole("button", { name: "↓ PNG" })).toBeEnabled();
    await expect(chart.locator("canvas")).toBeVisible();
    await chart.getByRole("button", { name: "Data" }).click();
    await expect(chart.getByRole("table").first()).toBeVisible();
    // Where something is less than zero, or where it makes no sense, there is no such switch.
    const scale = chart.getByRole("button", { name: "Log scale" });
    if (await scale.count()) {
      await scale.click();
      await expect(chart.getByRole("button", { name: "↓ PNG" })).toBeEnabled();
    }
    if (process.env.LOOK) await chart.screenshot({ path: `${process.env.LOOK}/chart-${at}.png` });
  }
  expect(many).toBe(kinds.length);
  await accessible(page);
});

test("a chart that can't be drawn stays a picture, and a chart is never a program", async ({ page, world, open }) => {
  await open();
  const attack = '<img src=x onerror="window.hit=1">';
  const turn = await drawn(page, world, `"${attack.replaceAll('"', '""')}",image\nhttp://127.0.0.1:9/leak.png,9\nb,3\n`, { kind: "bar", x: attack, y: "image" });
  let spec = (text: string) => text;
  await page.route("**/*.vl.json", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: spec(await response.text()) });
  });
  await turn.getByRole("button", { name: "Interactive" }).click();
  const box = (await page.locator(".chart canvas").boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.35, box.y + box.height * 0.6);
  await expect(page.locator(".tip")).toContainText(attack);
  expect(await page.locator(".tip img").count()).toBe(0);
  await turn.getByRole("button", { name: "Picture" }).click();
  // Data of elsewhere, a picture of elsewhere, a program.
  const bad = [
    { data: { url: `${world.model.origin}/leak.csv` }, mark: "bar", encoding: {} },
    { data: { values: [{ u: `${world.model.origin}/leak.png` }] }, mark: "image", encoding: { url: { field: "u" } } },
    { data: { values: [{ y: 1 }] }, transform: [{ calculate: "window.constructor.constructor('window.hit=1')()", as: "z" }], mark: "bar", encoding: {} },
  ];
  for (const one of bad) {
    spec = () => JSON.stringify(one);
    await turn.getByRole("button", { name: "Interactive" }).click();
    await expect(turn.getByRole("button", { name: "↓ PNG" }).or(turn.locator(".problem"))).toBeVisible();
    if (await turn.getByRole("button", { name: "Picture" }).count()) await turn.getByRole("button", { name: "Picture" }).click();
  }
  spec = () => "{";
  await turn.getByRole("button", { name: "Interactive" }).click();
  await expect(turn.locator(".problem")).toContainText("The chart can't be drawn here");
  await expect(turn.getByRole("img", { name: /png/ })).toBeVisible();
  expect(world.model.strays).toEqual([]);
  expect(await page.evaluate(() => (window as { hit?: number }).hit)).toBeUndefined();
});

test("what is loaded before the first paint stays small", () => {
  const dist = new URL("../dist/", import.meta.url);
  const html = readFileSync(new URL("index.html", dist), "utf8");
  const files = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, name]) => readFileSync(new URL(name!, dist)));
  const bytes = [Buffer.from(html), ...files].reduce((sum, file) => sum + gzipSync(file).length, 0);
  expect(files.length).toBeGreaterThan(1);
  expect(bytes).toBeLessThan(120 << 10);
});
