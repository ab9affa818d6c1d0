// What is said while an answer is being written: into the answer, or after it.

import { accessible, ask, expect, test, type World } from "./world";

/** What the model was last told. */
const told = (world: World) => world.model.asked.at(-1)?.messages.at(-1)?.content;

test("what is said to a running answer stands where it was said, in every tab and ever after", async ({ page, world, open, context }) => {
  world.model.script(
    { calls: [["browser_search", { query: "harbour Sund depth" }]] },
    { calls: [["browser_open", { target: "1" }]] },
    { text: "The harbour is 14.2 m deep", then: " [1]." },
    { calls: [["calculator", { expression: "14.2 m in ft" }]] },
    ...Array(2).fill({ text: "That is 46.6 ft." }),
  );
  await open();
  const turn = await ask(page, "How deep is the harbour of Sund?");
  await expect(turn).toContainText("The harbour is 14.2 m deep");
  const other = await context.newPage();
  await other.goto(page.url());
  await page.getByRole("textbox", { name: "Ask a question" }).fill("In feet, please");
  await accessible(page);
  await page.getByRole("button", { name: "Say now" }).click();
  await expect(turn.getByText("Said; it is taken up at the next step")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Ask a question" })).toBeFocused();
  await accessible(page);
  world.model.go();
  await expect(turn.locator(".answer").last()).toContainText("46.6 ft");
  await page.reload();
  for (const one of [page, other]) {
    const parts = one.getByRole("article").locator(".question, .steps > summary, .answer");
    await expect(parts).toHaveText([
      "You: How deep is the harbour of Sund?",
      "2 steps",
      /^The harbour is 14.2 m deep \[1\]/,
      "You: In feet, please",
      "1 step",
      /^That is 46.6 ft/,
    ]);
  }
  expect(JSON.stringify(world.model.asked.at(-1)?.messages)).toContain("In feet, please");
});

test("what waits is said now by a click; what was said too late is the next question", async ({ page, world, open }) => {
  world.model.script({ text: "One, ", then: "two." }, { text: "Three, ", then: "four." }, { text: "Five." });
  await open();
  const turn = await ask(page, "Count");
  await expect(turn).toContainText("One,");
  await page.getByRole("textbox", { name: "Ask a question" }).fill("Go on");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Say now" }).click();
  await expect(turn.getByText("Said; it is taken up at the next step")).toBeVisible();
  world.model.go();
  await expect(turn).toContainText("Three,");
  expect(told(world)).toBe("Go on");
  // It never reaches the run.
  await page.route("**/say", (route) => route.fulfill({ status: 202, json: { said: true } }));
  await page.getByRole("textbox", { name: "Ask a question" }).fill("And five?");
  await page.keyboard.press("Control+Enter");
  world.model.go();
  await expect(page.getByRole("article").last()).toContainText("Five.");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["You: Count", "You: And five?"]);
  expect(told(world)).toBe("And five?");
});

test("what was not sent is a draft again when the answer is stopped", async ({ page, world, open }) => {
  world.model.script({ text: "On and on ", then: "for ever." });
  await open();
  const turn = await ask(page, "A long one");
  await expect(turn).toContainText("On and on");
  await page.getByRole("textbox", { name: "Ask a question" }).fill("Shorter");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("textbox", { name: "Ask a question" }).fill("And then?");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Next: And then?")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(turn).toContainText("You stopped this answer");
  await expect(page.getByRole("textbox", { name: "Ask a question" })).toHaveValue("Shorter\n\nAnd then?");
  world.model.go();
});
