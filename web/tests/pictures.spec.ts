// The pictures of the documentation: PICTURES=FOLDER web/test pictures

import { ask, expect, test } from "./world";

const folder = process.env.PICTURES;
test.skip(!folder, "PICTURES names no folder");

const TOWNS = "Town,People,Ships a year\nSund,8400,1240\nNes,12100,310\nVik,2300,95\nHavn,21900,2870\n";

test.beforeEach(async ({ page, world, open }) => {
  const answer =
    "The harbour of Sund is **14.2 m** deep [1]; two of them would be 28.4 m, and the 99.5 m that some tell of stand nowhere.\n\n" +
    "| Town | People | Ships a year |\n| --- | --- | --- |\n| Sund | 8400 | 1240 |\n| Nes | 12100 | 310 |\n| Vik | 2300 | 95 |\n| Havn | 21900 | 2870 |";
  world.model.script(
    { calls: [["browser_search", { query: "harbour Sund depth" }]] },
    { calls: [["browser_open", { target: "1" }]] },
    { calls: [["calculator", { expression: "14.2 * 2" }], ["chart", { data: "t1", kind: "bar", x: "Town", y: "Ships a year" }]] },
    { text: answer },
    { text: answer },
  );
  await open();
  await page.locator("input[type=file]").setInputFiles({ name: "towns.csv", mimeType: "text/csv", buffer: Buffer.from(TOWNS) });
  await expect(page.getByText("towns.csv")).toBeVisible();
  await ask(page, "How deep is the harbour of Sund, and which town has the most ships?");
  await expect(page.getByRole("heading", { name: "Sources" })).toBeVisible();
  await expect.poll(() => page.getByRole("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100);
});

test("light, with a figure followed to its passage", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.locator(".answer").getByRole("button", { name: /^14\.2/ }).click();
  await expect(page.locator("mark")).toBeVisible();
  await page.locator(".log").evaluate((log) => (log.scrollTop = 0));
  await page.screenshot({ path: `${folder}/page-light.png` });
});

test("dark", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.locator("select").last().selectOption("dark");
  await page.screenshot({ path: `${folder}/page-dark.png` });
});

test("a phone, and Chinese", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator(".log").evaluate((log) => (log.scrollTop = 0));
  await page.screenshot({ path: `${folder}/page-phone.png` });
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.locator("select").first().selectOption("zh");
  await page.screenshot({ path: `${folder}/page-chinese.png` });
});
