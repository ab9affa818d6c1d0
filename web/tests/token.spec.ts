import { expect, test } from "@playwright/test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, watch, World } from "./world";

test("a server with a token asks for it, once a tab", async ({ page }) => {
  const world = new World();
  const file = join(world.home, "token");
  try {
    await world.start(["--token-file", file]);
    const wrong = watch(page, () => world.base);
    await page.goto(world.base);
    await page.getByLabel("This server wants its token").fill("not this one");
    await page.getByRole("button", { name: "Open" }).click();
    await expect(page.getByLabel("This server wants its token")).toHaveValue("");
    await page.getByLabel("This server wants its token").fill(readFileSync(file, "utf8"));
    await page.getByRole("button", { name: "Open" }).click();
    world.model.script({ text: "Welcome." });
    const turn = await ask(page, "May I come in?");
    await expect(turn).toContainText("Welcome.");
    await page.reload();
    await expect(page.getByRole("article")).toContainText("Welcome.");
    // The browser itself tells of the 401s, and nothing else is wrong.
    expect(wrong.filter((line) => !line.includes("401"))).toEqual([]);
  } finally {
    await world.close();
  }
});

test("a server that is killed in mid-turn and started again: the page says so and goes on", async ({ page }) => {
  const world = new World();
  try {
    await world.start();
    await page.goto(world.base);
    world.model.script({ text: "Half an answer. ", then: "Never." });
    const turn = await ask(page, "What happens?");
    await expect(turn).toContainText("Half an answer.");
    await world.stop("SIGKILL");
    await expect(turn).toContainText("The connection broke");
    await world.start();
    await expect(turn).toContainText("The program was stopped while it answered");
    await expect(turn).toContainText("Half an answer.");
    world.model.script({ text: "All is well." });
    await ask(page, "And now?");
    await expect(page.getByRole("article").last()).toContainText("All is well.");
  } finally {
    await world.close();
  }
});
