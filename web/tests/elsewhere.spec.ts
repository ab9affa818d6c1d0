// A conversation that is open here goes on elsewhere.

import { ask, expect, test, watch } from "./world";

test("a question asked in another tab is taken up when one comes back to this tab, or asks in it", async ({ page, world, open, context }) => {
  world.model.script({ text: "First." }, { text: "Second, ", then: "at last." }, { text: "Third, ", then: "at last." }, { text: "Fourth." });
  await open();
  await ask(page, "One?");
  await expect(page.getByRole("article")).toContainText("First.");
  const other = await context.newPage();
  const wrong = watch(other, () => world.base);
  await other.goto(page.url());
  await ask(other, "Two?");
  await expect(other.getByRole("article").last()).toContainText("Second,");
  // Headless, both are in front.
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await expect(page.getByRole("article").last()).toContainText("Second,");
  world.model.go();
  await expect(page.getByRole("article").last()).toContainText("Second, at last.");
  await expect(other.locator(".answer").last()).toContainText("at last.");
  await ask(page, "Three?");
  await expect(page.getByRole("article").last()).toContainText("Third,");
  await other.getByRole("textbox", { name: "Ask a question" }).fill("Four?");
  await other.keyboard.press("Enter");
  await expect(other.getByRole("alert")).toContainText("in use");
  await expect(other.getByRole("article").last()).toContainText("Third,");
  await expect(other.getByRole("textbox", { name: "Ask a question" })).toHaveValue("Four?");
  await other.keyboard.press("Enter");
  await expect(other.getByText("Next: Four?")).toBeVisible();
  world.model.go();
  await expect(other.getByRole("article").last()).toContainText("Fourth.");
  await expect(other.getByRole("article")).toHaveCount(4);
  // The browser itself tells of the 409.
  expect(wrong.filter((line) => !line.includes("409"))).toEqual([]);
});
