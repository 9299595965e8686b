/**
 * What every page is: one file that loads and sends nothing, whatever its text.
 */
import assert from "node:assert/strict";
import { makePage } from "../../core/pages/page.ts";
import { writeWhole } from "../../core/disk/files.ts";
import { browserTest, openPage } from "./browser.ts";

const PATH = "result/test/page.html";

browserTest("a page runs its own script, with its data, and nothing else", async () => {
  const odd = "</script><!-- \0 <b>&amp;";
  const script = `
    document.querySelector("#told").textContent = JSON.parse(document.querySelector("#data").textContent).odd;
    document.querySelector("#same").textContent = String(${
    JSON.stringify(odd)
  } === "<" + "/script><" + "!-- \\0 <b>&amp;");`;
  const body = `<p id="told"></p><p id="same"></p><p id="other" onclick="this.textContent = 'ran'"></p>
<script>document.querySelector("#other").textContent = "ran"</script>`;
  writeWhole(PATH, await makePage({ title: "One & all", body, script, data: { odd } }));
  await using page = await openPage();
  await page.open(PATH);
  assert.equal(await page.evaluate(() => document.title), "One & all");
  assert.equal(await page.evaluate(() => document.querySelector("#told")!.textContent), odd);
  assert.equal(await page.evaluate(() => document.querySelector("#same")!.textContent), "true");
  assert.equal(await page.evaluate(() => document.querySelector("#other")!.textContent), "");
  assert.match(page.said.join("\n"), /violates the following Content Security Policy directive 'script-src/);
});
