import assert from "node:assert/strict";
import { textOf } from "./helpers/documents.ts";
import { emptyResultFolder, runTask } from "./helpers/run_task.ts";
import { modelLattice } from "../core/certificate/mod.ts";
import { evaluate, logProbabilities, withoutNoise } from "../core/deletion/model.ts";
import { planModel, planRequest } from "../core/deletion/plan.ts";
import { classNamesOf, parseSchema, shapeOf } from "../core/deletion/schema.ts";
import { readLabelled } from "../core/deletion/table.ts";
import { openTable } from "../core/disk/open_table.ts";

Deno.test("the README's model is learned, and the worked example of docs/deletion.md has the numbers that it says", async () => {
  const folder = emptyResultFolder("deletion_docs");
  const text = textOf("docs/deletion.md");
  const [first] = /^deno task learn .*$/m.exec(textOf("README.md"))!;
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
  const commands = [first, ...blocks.flatMap((block) => block.trim().split("\n"))]
    .map((line) => line.replace(/\s+#.*$/, "").replace("deno task ", "").replaceAll("result/", `${folder}/`));
  assert.equal(commands.length, 15);
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

/** A number such as 3.5·10⁻⁶. */
function parsePower(text: string): number {
  const [, factor = "1", exponent] = /^(?:([\d.]+)·)?10⁻([⁰¹²³⁴⁵⁶⁷⁸⁹]+)$/.exec(text)!;
  return Number(`${factor}e-${[...exponent].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(digit)).join("")}`);
}

/** The rows of the table of examples. */
const EXAMPLES = [...textOf("docs/deletion.md").matchAll(/^\| (.*10⁻.*) \|$/gm)]
  .map(([, row]) => row.split("|").map((cell) => cell.trim()))
  .filter((cells) => cells.length === 12)
  .map(([name, n, d, classes, lambda, K, T, _learned, _deleted, free, _scikit, commonest]) => ({
    ...{ name, lambda: parsePower(lambda) },
    numbers: [n.replaceAll(" ", ""), d, classes, K, T, free, commonest].map(Number),
  }));

Deno.test("the table of examples has the steps, the optimum and the commonest class that the tables have", async () => {
  assert.equal(EXAMPLES.length, 5);
  for (const { name, lambda, numbers: [n, d, classes, K, T, free, commonest] } of EXAMPLES) {
    const numbers = planModel({ n, d, classes, lambda, epsilon: 1, capacity: 3, k: K });
    assert.deepEqual([numbers.releases[0].T, planRequest(numbers, 3).K], [T, K], name);
    assert.ok(K <= T / 4, name);
    if (name === "flights") continue; // It is too large for a repository.
    const folder = `data/examples/${name.toLowerCase().replace(" ", "_")}`;
    const schema = parseSchema(Deno.readTextFileSync(`${folder}/schema.json`), `${folder}/schema.json`);
    const [train, test] = await Promise.all(
      ["train", "test"].map(async (part) => await readLabelled(await openTable(`${folder}/${part}.csv`), schema)),
    );
    assert.deepEqual([train.rows.count, shapeOf(schema).dimension, classNamesOf(schema).length], [n, d, classes], name);
    const weights = withoutNoise(modelLattice(numbers).problem, train.rows, T);
    const { accuracy, majority } = evaluate(
      logProbabilities({ schema, weights }, test.features),
      test.classes,
      classes,
    );
    assert.deepEqual(
      [accuracy, majority.share].map((x) => x.toFixed(3)),
      [free, commonest].map((x) => x.toFixed(3)),
      name,
    );
  }
});
