import assert from "node:assert/strict";
import { textOf } from "./helpers/documents.ts";
import { emptyResultFolder, runTask } from "./helpers/run_task.ts";

Deno.test("the README's model is learned, and the worked example of docs/deletion.md has the numbers that it says", async () => {
  const folder = emptyResultFolder("deletion_docs");
  const text = textOf("docs/deletion.md");
  const [first] = /^deno task learn .*$/m.exec(textOf("README.md"))!;
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
  const commands = [first, ...blocks.flatMap((block) => block.trim().split("\n"))]
    .map((line) => line.replace(/\s+#.*$/, "").replace("deno task ", "").replaceAll("result/", `${folder}/`));
  assert.equal(commands.length, 9);
  let told = "";
  const last = (pattern: RegExp) => [...told.matchAll(pattern)].at(-1)?.[1] ?? "";
  for (const command of commands) {
    const key = last(/^Key: (\w+)$/gm);
    const args = command.replace("FINGERPRINT", key).replace("DIGEST", last(/^Certificate: \d+:(\w+)$/gm)).split(" ");
    const { code, stdout, stderr } = await runTask(...args);
    assert.equal(code, 0, `${command}: ${stderr}`);
    told += stdout;
  }
  const steps = [...told.matchAll(/takes K = (\d+) steps, retraining T = (\d+)/g)].map(([, K, T]) => [K, T]);
  const [, K1, K2, K3, T] = /take (\d+), (\d+) and (\d+) steps, where retraining takes (\d+)/.exec(text)!;
  assert.deepEqual(steps.slice(0, 3), [[K1, T], [K2, T], [K3, T]]);
  assert.doesNotMatch(told, /PROVES NOTHING|older state/);
  const [present, person, request] = ["sees the present model", "a person with one row", "all rows of the last request"]
    .map((against) => Number(last(new RegExp(`${against} +([\\d.]+)$`, "gm"))));
  for (const [name, epsilon] of Object.entries({ present, person, request })) {
    const [, said] = new RegExp(`^\\| \`${name}\` .*\\| ([\\d.]+) +\\|$`, "m").exec(text)!;
    assert.equal(epsilon.toFixed(said.split(".")[1].length), said, name);
  }
});
