// A conversation that is open here goes on elsewhere.

import { accessible, ask, expect, test, watch } from "./world";

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

test("a detached run is followed, told something and stopped, and the conversation goes on from here", async ({ page, world, open }) => {
  world.model.script({ text: "On ", then: "and on." }, { text: "Well, ", then: "for ever." }, { text: "Yes." });
  const session = world.detach("A long one");
  await expect(async () => expect(world.model.asked).toHaveLength(1)).toPass();
  await open(`/#/s/${session}`);
  const turn = page.getByRole("article");
  await expect(turn).toHaveAttribute("aria-busy", "true");
  await expect(page.getByText("● running")).toBeVisible();
  await page.getByRole("textbox", { name: "Ask a question" }).fill("Shorter");
  await page.getByRole("button", { name: "Say now" }).click();
  world.model.go();
  await expect(turn.locator(".question")).toHaveText(["You: A long one", "You: Shorter"]);
  await expect(async () => expect(world.model.asked).toHaveLength(2)).toPass();
  await page.keyboard.press("Escape");
  await expect(turn).toContainText("You stopped this answer");
  world.model.go();
  await ask(page, "Done?");
  await expect(page.getByRole("article").last()).toContainText("Yes.");
});

test("a turn that was taken back is closed, and says so", async ({ page, world, open }) => {
  world.model.script({ text: "First." }, { text: "Second." });
  await open();
  await ask(page, "One?");
  await expect(page.getByRole("article")).toContainText("First.");
  await ask(page, "Two?");
  await expect(page.getByRole("article").last()).toContainText("Second.");
  await page.route("**/api/sessions/*", async (route) => {
    const response = await route.fetch();
    const view = await response.json();
    view.turns[1].state = "taken_back";
    await route.fulfill({ response, json: view });
  });
  await page.reload();
  const back = page.locator("summary", { hasText: "Two?" });
  await expect(back).toContainText("Taken back");
  await expect(page.getByText("Second.")).toBeHidden();
  await expect(page.getByText("First.")).toBeVisible();
  await accessible(page);
  await back.click();
  await expect(page.getByText("Second.")).toBeVisible();
  await accessible(page);
});
