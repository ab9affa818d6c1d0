import { accessible, ask, expect, test, watch } from "./world";

const HARBOUR = [
  { calls: [["browser_search", { query: "harbour Sund depth" }]] as [string, Record<string, unknown>][] },
  { calls: [["browser_open", { target: "1" }]] as [string, Record<string, unknown>][] },
  { calls: [["calculator", { expression: "14.2 * 2" }]] as [string, Record<string, unknown>][] },
  // Asked once more about the figure that stands nowhere, it stays with it.
  ...Array(2).fill({ text: "The harbour of Sund is **14.2 m** deep [1]; two of them would be 28.4 m, and a third 99.5 m." }),
];

test("a question is answered, with steps, sources and figures that can be followed", async ({ page, world, open }) => {
  world.model.script(...HARBOUR);
  await open();
  const turn = await ask(page, "How deep is the harbour of Sund?");
  await expect(turn.getByText("4 steps", { exact: true })).toBeVisible();
  const status = { "14.2": "from a source", "28.4": "computed", "99.5": "not verified" };
  for (const [figure, what] of Object.entries(status)) {
    await expect(turn.locator(".answer").getByRole("button", { name: new RegExp(`^${figure}.*: ${what}`) })).toBeVisible();
  }
  await expect(page.getByRole("status")).toHaveText("The answer is there");
  // The stored page, at its passage.
  await turn.locator(".answer").getByRole("button", { name: /^14\.2.*: from a source/ }).click();
  const panel = page.getByRole("complementary", { name: "Where it comes from" });
  await expect(panel.locator("mark")).toHaveText("The harbour of Sund is 14.2 m deep since 1871, when it was dredged.");
  await expect(panel).toContainText("It has two lighthouses.");
  await accessible(page);
  // The focus comes back to where it was.
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
  await expect(turn.locator(".answer").getByRole("button", { name: /^14\.2/ })).toBeFocused();
  // The expression.
  await turn.locator(".answer").getByRole("button", { name: /^28\.4/ }).click();
  await expect(panel).toContainText("14.2 * 2");
  await turn.locator(".answer").getByRole("button", { name: /^99\.5/ }).click();
  await expect(panel).toContainText("Nothing that was found says so");
  await turn.locator(".answer").getByRole("button", { name: "[1] Source" }).click();
  await expect(panel.getByRole("heading", { level: 2 })).toContainText("Sund");
});

test("conversations are listed, opened again, searched, renamed and removed", async ({ page, world, open }) => {
  world.model.script({ text: "Good evening." }, { text: "It was fine." });
  await open();
  await ask(page, "Hello there");
  await expect(page.getByRole("article")).toContainText("Good evening.");
  await ask(page, "How was your day?");
  await expect(page.getByRole("article").last()).toContainText("It was fine.");
  await page.getByRole("link", { name: "New conversation" }).click();
  await expect(page.getByRole("article")).toHaveCount(0);
  const list = page.getByRole("navigation", { name: "Conversations" });
  await list.getByRole("searchbox").fill("hello th");
  await list.getByRole("link", { name: /Hello there/ }).click();
  await expect(page.getByRole("article")).toHaveCount(2);
  await expect(page.getByRole("article").first()).toContainText("Good evening.");
  await list.getByRole("searchbox").fill("");
  await list.getByRole("button", { name: "Rename: Hello there" }).click();
  await list.getByRole("textbox", { name: "Rename" }).fill("Small talk");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("banner").or(page.locator("main > header"))).toContainText("Small talk");
  await list.getByRole("button", { name: "Delete: Small talk" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await list.getByRole("button", { name: "Delete: Small talk" }).click();
  await accessible(page);
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(list.getByRole("link", { name: /Small talk/ })).toHaveCount(0);
  await expect(page.getByRole("article")).toHaveCount(0);
});

test("a reload and a second device take up the answer where it is", async ({ page, world, open, browser }) => {
  world.model.script({ text: "The first half, ", then: "and the second." });
  await open();
  await ask(page, "Tell me slowly");
  await expect(page.getByRole("article")).toContainText("The first half,");
  await page.reload();
  await expect(page.getByRole("article")).toContainText("The first half,");
  const context = await browser.newContext({ locale: "en-GB" });
  const other = await context.newPage();
  const wrong = watch(other, () => world.base);
  await other.goto(page.url());
  await expect(other.getByRole("article")).toContainText("The first half,");
  world.model.go();
  for (const one of [page, other]) {
    await expect(one.locator(".answer")).toHaveText("The first half, and the second.");
    await expect(one.locator(".progress")).toHaveCount(0);
  }
  expect(wrong).toEqual([]);
  await context.close();
});

test("an answer goes on when its tab is closed", async ({ page, world, open, context, wrong: _ }) => {
  world.model.script({ text: "Before. ", then: "Behind." });
  await open();
  await ask(page, "Go on without me");
  await expect(page.getByRole("article")).toContainText("Before.");
  const address = page.url();
  const later = await context.newPage();
  await page.close();
  world.model.go();
  await later.goto(address);
  await expect(later.locator(".answer")).toHaveText("Before. Behind.");
});

test("an answer is stopped, and the next question waits for its turn", async ({ page, world, open }) => {
  world.model.script({ text: "On and on ", then: "for ever." }, { text: "Short." }, { text: "Next." });
  await open();
  const turn = await ask(page, "A long one");
  await expect(turn).toContainText("On and on");
  await page.keyboard.press("Escape");
  await expect(turn).toContainText("You stopped this answer");
  await expect(turn).toContainText("On and on");
  world.model.go();
  world.model.script({ text: "Wait, ", then: "done." }, { text: "Next." });
  await ask(page, "Another one");
  await expect(page.getByRole("article").last()).toContainText("Wait,");
  await page.getByRole("textbox", { name: "Ask a question" }).fill("And this?");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Next: And this?")).toBeVisible();
  world.model.go();
  await expect(page.getByRole("article").last()).toContainText("Next.");
  await expect(page.getByRole("article")).toHaveCount(3);
});

test("tables sort, tell where their cells are from, and are copied; a chart is shown and downloaded", async ({ page, world, open, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: world.base });
  world.model.script(
    { calls: [["chart", { data: "t1", kind: "bar", x: "Town", y: "People" }]] },
    { text: "| Town | People |\n| --- | --- |\n| Sund | 900 |\n| Nes | 12000 |\n| Vik | |\n\nThere they are." },
  );
  await open();
  await page.locator("input[type=file]").setInputFiles({
    name: "towns.csv",
    mimeType: "text/csv",
    buffer: Buffer.from("Town,People\nSund,900\nNes,12000\nVik,\n"),
  });
  await expect(page.getByText("towns.csv")).toBeVisible();
  const turn = await ask(page, "Show the towns");
  await expect(turn.getByText("There they are.")).toBeVisible();
  await expect(turn.getByRole("img")).toBeVisible();
  await expect.poll(() => turn.getByRole("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100);
  const waiting = page.waitForEvent("download");
  await turn.getByRole("button", { name: /^Download: .*png/ }).click();
  expect((await waiting).suggestedFilename()).toMatch(/\.png$/);
  const table = turn.getByRole("table");
  const towns = () => table.locator("tbody tr td:first-child").allInnerTexts();
  await table.getByRole("button", { name: /^People/ }).click();
  expect(await towns()).toEqual(["Sund", "Nes", "Vik"]);
  await table.getByRole("button", { name: /^People/ }).click();
  await expect(table.getByRole("columnheader", { name: /People/ })).toHaveAttribute("aria-sort", "descending");
  expect(await towns()).toEqual(["Nes", "Sund", "Vik"]);
  await turn.getByRole("button", { name: "Copy as CSV" }).click();
  await expect(turn.getByRole("button", { name: "Copied" })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied.replaceAll("\r", "")).toBe("Town,People\nNes,12000\nSund,900\nVik,\n");
  await accessible(page);
});

test("what goes wrong is told", async ({ page, world, open, wrong }) => {
  world.model.script();
  await open();
  const turn = await ask(page, "Nobody answers this");
  await expect(turn.locator(".problem")).toContainText("the script is over");
  await page.goto(`${world.base}/#/s/none-such`);
  await expect(page.getByRole("alert")).toContainText("there is no session");
  // The browser itself tells of the 404.
  expect(wrong.splice(0)).toEqual(["console: Failed to load resource: the server responded with a status of 404 (Not Found)"]);
});

test("four languages, light and dark, from a phone to a wide screen", async ({ page, world, open }) => {
  world.model.script(...HARBOUR);
  await open();
  await ask(page, "How deep is the harbour of Sund?");
  await expect(page.getByRole("heading", { name: "Sources" })).toBeVisible();
  for (const [code, word] of [["zh", "新对话"], ["de", "Neues Gespräch"], ["es", "Nueva conversación"], ["en", "New conversation"]] as const) {
    await page.locator("select").first().selectOption(code);
    await expect(page.getByRole("link", { name: word })).toBeVisible();
    await accessible(page);
  }
  await page.locator("select").last().selectOption("dark");
  await accessible(page);
  await page.locator(".answer").getByRole("button", { name: /^14\.2/ }).click();
  await accessible(page);
  for (const width of [320, 390, 768, 1024, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wider, `at ${width} px`).toBeLessThanOrEqual(0);
    await accessible(page);
  }
  await page.keyboard.press("Escape");
  await page.setViewportSize({ width: 320, height: 640 });
  await page.getByRole("button", { name: "Show conversations" }).click();
  await expect(page.getByRole("navigation")).toBeVisible();
  await accessible(page);
});

test("the keyboard is enough", async ({ page, world, open }) => {
  world.model.script({ text: "Hello to you." });
  await open();
  await accessible(page);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Ask a question" })).toBeFocused();
  await page.keyboard.type("One");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("article")).toContainText("Hello to you.");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText("You: One\ntwo");
  await expect(page.getByRole("textbox", { name: "Ask a question" })).toBeFocused();
  // A draft is kept with its conversation.
  await page.keyboard.type("half a thought");
  await page.reload();
  await expect(page.getByRole("textbox", { name: "Ask a question" })).toHaveValue("half a thought");
  await page.getByRole("textbox", { name: "Ask a question" }).fill("");
});
