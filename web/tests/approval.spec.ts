// A call of an MCP server's tool that acts waits for the user's word.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { accessible, ask, expect, test, watch, World } from "./world";

const TILL = new URL("../../tools/tests/mcp/server.py", import.meta.url).pathname;

test("what acts on the world asks first", async ({ page }) => {
  const world = new World();
  try {
    world.tools += ",file_write";
    writeFileSync(join(world.home, "polymath.toml"), `[mcp.till]\ncommand = "python3"\nargs = [${JSON.stringify(TILL)}]\n`);
    await world.start();
    const wrong = watch(page, () => world.base);
    await page.goto(world.base);
    const call = { calls: [["file_write", { text: "a" }]] as [string, Record<string, unknown>][] };
    for (const [answer, result] of [["No", "does not want this call"], ["Once", "file.write: a"]] as const) {
      world.model.script(call, { text: `Done: ${answer}.` });
      const turn = await ask(page, `Write, ${answer}`);
      const asked = turn.getByRole("region", { name: "May file.write of the MCP server till run with this?" });
      await expect(asked.locator("pre")).toContainText('"text": "a"');
      await accessible(page);
      await asked.getByRole("button", { name: answer, exact: true }).click();
      await expect(turn).toContainText(`Done: ${answer}.`);
      await expect(asked).toBeHidden();
      expect(JSON.stringify(world.model.asked.at(-1)?.messages)).toContain(result);
    }
    expect(wrong).toEqual([]);
  } finally {
    await world.close();
  }
});
