import assert from "node:assert/strict";
import { evaluate, likeliest, logProbabilities } from "../core/deletion/model.ts";
import type { Schema } from "../core/deletion/schema.ts";
import { writeWhole } from "../core/disk/files.ts";
import { encodeNpy } from "../core/formats/npy.ts";
import { emptyResultFolder, exists, runTask } from "./helpers/run_task.ts";

const EXAMPLE = "data/examples/breast_cancer";

const schemaOf = (...classes: string[]): Schema => ({
  columns: [
    { name: "id", role: "id" },
    { name: "x", role: "number", lowest: -1, highest: 1 },
    { name: "class", role: "label", classes },
  ],
  intercept: true,
  scaling: "row",
});

Deno.test("probabilities are the softmax of scores, however large, and of two classes the logistic function", () => {
  const features = Float32Array.of(1, 0, 0.5, 0.5);
  const two = logProbabilities({ schema: schemaOf("a", "b"), weights: Float64Array.of(2, -1) }, features);
  [2, 0.5].forEach((z, row) => {
    assert.ok(Math.abs(two[2 * row + 1] + Math.log1p(Math.exp(-z))) < 1e-15);
    assert.ok(Math.abs(two[2 * row] + Math.log1p(Math.exp(z))) < 1e-15);
  });
  const weights = Float64Array.of(1000, 0, 0, 1000, -1e6, 0);
  const three = logProbabilities({ schema: schemaOf("a", "b", "c"), weights }, features);
  const expected = [0, -1000, -1001000, -Math.LN2, -Math.LN2, -500500 - Math.LN2];
  three.forEach((log, i) => assert.ok(Math.abs(log - expected[i]) <= 1e-15 * Math.abs(expected[i]), `${log}`));
  assert.deepEqual(likeliest(three, 3), Int32Array.of(0, 0), "of equal ones the first");
  const { accuracy, logLoss, confusion } = evaluate(three, Int32Array.of(2, 0), 3);
  assert.deepEqual([accuracy, confusion], [0.5, [[1, 0, 0], [0, 0, 0], [1, 0, 0]]]);
  assert.ok(Math.abs(logLoss - (1001000 + Math.LN2) / 2) < 1e-9);
});

/** A model of the example, learned in a moment, and its folder. */
async function learnExample(name: string): Promise<string> {
  const model = `${emptyResultFolder(`deletion_model/${name}`)}/models/m`;
  const { code, stderr } = await runTask(
    ...["learn", "--train", `${EXAMPLE}/train.csv`, "--schema", `${EXAMPLE}/schema.json`, "--model", model],
    ...["--lam", "3e-5", "--capacity", "3", "--k", "20"],
  );
  assert.equal(code, 0, stderr);
  return model;
}

Deno.test("predict writes the terminal or one new file, outside models", async () => {
  const model = await learnExample("predict");
  const predict = (...args: string[]) =>
    runTask("predict", "--model", model, "--table", `${EXAMPLE}/test.csv`, ...args);
  const { code, stdout, stderr } = await predict();
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /^data.*test\.csv: values clipped to the schema's bounds: \d+, most of ".*": \d+ of 113 rows\n$/,
  );
  const [header, first, ...others] = stdout.trim().split("\n");
  assert.equal(header, "id,class,P(benign),P(malignant)");
  assert.match(first, /^P005,(benign|malignant),0\.\d+,0\.\d+$/);
  assert.equal(others.length, 112);
  const out = `${model}/../../predictions.csv`;
  assert.equal((await predict("--out", out)).code, 0);
  assert.equal(Deno.readTextFileSync(out), stdout);
  for (const refused of [out, `${model}/more.csv`, `${model}.private/more.csv`, `${model}/weights.npy`]) {
    const outcome = await predict("--out", refused);
    assert.deepEqual([outcome.code, outcome.stdout], [2, ""]);
    assert.match(outcome.stderr, /^error: .*: choose another --out.*\n$/);
  }
  assert.equal(exists(`${model}/more.csv`) || exists(`${model}.private/more.csv`), false);

  writeWhole(`${model}/weights.npy`, encodeNpy(new Float64Array(30), [1, 30]));
  const foreign = await predict();
  assert.deepEqual([foreign.code, foreign.stdout], [1, ""]);
  assert.match(foreign.stderr, /^error: .*: weights\.npy is not that of certificate 1\n$/);
});

Deno.test("evaluate says how good a model is, and when it is not; status what its folder holds", async () => {
  const model = await learnExample("evaluate");
  const evaluate = (table: string) => runTask("evaluate", "--model", model, "--table", table);
  const { code, stdout, stderr } = await evaluate(`${EXAMPLE}/test.csv`);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^the model +0\.[89]\d+ +0\.\d+$/m);
  assert.match(stdout, /^always benign +0\.6283$/m);
  assert.match(stdout, /^is, and was given +benign +malignant +rows\nbenign +\d+ +\d+ +71\nmalignant +\d+ +\d+ +42$/m);
  const lines = Deno.readTextFileSync(`${EXAMPLE}/test.csv`).split("\n");
  const benign = `${model}/../../benign.csv`;
  writeWhole(benign, lines.filter((line) => !line.endsWith("malignant")).join("\n"));
  const useless = await evaluate(benign);
  assert.equal(useless.code, 0);
  assert.match(useless.stderr, /^warning: always saying benign is as good, or better, on this table\n$/);

  const status = (...args: string[]) => runTask("status", "--model", model, ...args);
  const [human, json] = [await status(), await status("--json", "1")];
  assert.deepEqual([human.code, json.code], [0, 0], human.stderr + json.stderr);
  assert.match(human.stdout, /^456 of 456 rows remain$/m);
  const { remaining, releases, next, certificate } = JSON.parse(json.stdout);
  assert.deepEqual([remaining, releases, next.S, next.K], [456, [{ S: 0, T: 102 }], 3, 20]);
  assert.match(human.stdout, new RegExp(`^Certificate: 1:${certificate.digest}$`, "m"));
  assert.ok(human.stdout.split("\n").slice(1).every((line) => line.length <= 80), human.stdout);
  assert.equal((await runTask("status", "--model", "result/test/none")).code, 2);
});
