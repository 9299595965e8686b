import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { download } from "../core/disk/download.ts";
import { emptyResultFolder, exists, runTask } from "./helpers/run_task.ts";
import { withServer } from "./helpers/with_server.ts";

const URL = "https://example.org/adult.data";
const TEXT = "39, State-gov\n";
const SHA256 = createHash("sha256").update(TEXT).digest("hex");

Deno.test("the right file is written whole", async () => {
  const folder = emptyResultFolder("download");
  await withServer(URL, () => new Response(TEXT), () => download(URL, SHA256, `${folder}/ADULT/adult.data`));
  assert.equal(Deno.readTextFileSync(`${folder}/ADULT/adult.data`), TEXT);
  assert.deepEqual([...Deno.readDirSync(`${folder}/ADULT`)].map(({ name }) => name), ["adult.data"]);
  await withServer(URL, () => new Response(TEXT), () => download(URL, SHA256.slice(0, 8), `${folder}/again.data`));
  assert.equal(Deno.readTextFileSync(`${folder}/again.data`), TEXT);
});

Deno.test("without network, or with another file, the error says so in one line and nothing is written", async () => {
  const folder = emptyResultFolder("download");
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error("connection reset")) });
  const wrong: [answer: () => Response, message: RegExp][] = [
    [() => new Response(TEXT.slice(1)), /another file, of 13 bytes and SHA-256 [0-9a-f]{64}$/],
    [() => new Response("gone", { status: 404, statusText: "Not Found" }), /the server answers 404 Not Found$/],
    [() => new Response(broken), /connection reset/],
    [() => {
      throw new TypeError("fetch failed", { cause: new Error("dns error") });
    }, /adult\.data: dns error$/],
  ];
  for (const [answer, message] of wrong) {
    await withServer(URL, answer, () => assert.rejects(download(URL, SHA256, `${folder}/adult.data`), message));
  }
  assert.ok(!exists(folder));
});

Deno.test("data:adult takes no stray words", async () => {
  const { code, stderr } = await runTask("data:adult", "now");
  assert.equal(code, 2);
  assert.match(stderr, /^error: too many arguments.*\n$/);
});
