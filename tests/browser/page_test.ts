/**
 * What every page is: one file that loads and sends nothing, whatever its text.
 */
import assert from "node:assert/strict";
import { makePage } from "../../core/pages/page.ts";
import { writeWhole } from "../../core/disk/files.ts";
import { browserTest, openPage } from "./browser.ts";

const PATH = "result/test/page.html";

browserTest("a page runs its own script, with its data, and nothing else", async () => {
  const odd = "</script></SCRIPT><!-- \0 <b>&amp;";
  const script = `
    document.querySelector("#told").textContent = JSON.parse(document.querySelector("#data").textContent).odd;
    document.querySelector("#same").textContent = String(${
    JSON.stringify(odd)
  } === "<" + "/script><" + "/SCRIPT><" + "!-- \\0 <b>&amp;");`;
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

browserTest("a page reaches no server, and no file", async () => {
  const asked: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    asked.push(url);
    return new Response("");
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const body = `<img src="${url}img"><link rel="stylesheet" href="${url}css"><iframe src="${url}frame"></iframe>
<form action="${url}form"><button>Send</button></form>`;
  const script = `
    const tries = [fetch("${url}fetch"), import("${url}script"), fetch(location.href), new Promise((resolve, reject) => {
      const socket = new WebSocket("ws://127.0.0.1:${server.addr.port}");
      Object.assign(socket, { onopen: resolve, onerror: reject });
    })];
    navigator.sendBeacon("${url}beacon", "x");
    globalThis.reached = Promise.allSettled(tries).then((all) => all.map(({ status }) => status).join(" "));`;
  writeWhole(PATH, await makePage({ title: "Outside", body, script, computes: true }));
  await using page = await openPage();
  await page.open(PATH);
  await page.evaluate(() => document.querySelector("form")!.requestSubmit());
  const reached = await page.evaluate(() => (globalThis as unknown as { reached: Promise<string> }).reached);
  assert.equal(reached, "rejected rejected rejected rejected");
  assert.deepEqual(asked, []);
});
