import assert from "node:assert/strict";
import { evaluate, likeliest, logProbabilities, readModel } from "../core/deletion/model.ts";
import { parseSchema, type Schema } from "../core/deletion/schema.ts";
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

/** A folder with a model, and its path. */
function writeModel(
  name: string,
  schema: Schema,
  weights: Float32Array | Float64Array,
  shape: readonly number[],
): string {
  const folder = `${emptyResultFolder(`deletion_model/${name}`)}/models/m`;
  writeWhole(`${folder}/schema.json`, JSON.stringify(schema));
  writeWhole(`${folder}/weights.npy`, encodeNpy(weights, shape));
  return folder;
}

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

Deno.test("weights that are not the schema's are refused", () => {
  const two = schemaOf("a", "b");
  assert.deepEqual(readModel(writeModel("good", two, Float64Array.of(1, 2), [1, 2])).weights, Float64Array.of(1, 2));
  const wrong: [weights: Float32Array | Float64Array, shape: number[], message: RegExp][] = [
    [Float64Array.of(1, 2), [2], /weights\.npy must be float64 of shape \(1, 2\), as the schema says$/],
    [Float64Array.of(1, 2), [2, 1], /weights\.npy must be float64 of shape \(1, 2\)/],
    [Float64Array.of(1, 2, 3), [1, 3], /weights\.npy must be float64 of shape \(1, 2\)/],
    [Float32Array.of(1, 2), [1, 2], /weights\.npy must be float64 of shape \(1, 2\)/],
    [Float64Array.of(1, NaN), [1, 2], /weights\.npy has weights that are not finite$/],
  ];
  for (const [weights, shape, message] of wrong) {
    assert.throws(() => readModel(writeModel("wrong", two, weights, shape)), message);
  }
  const folder = emptyResultFolder("deletion_model/none");
  assert.throws(() => readModel(folder), /^RangeError: no model in .*: there is no file .*schema\.json$/);
});

/** A model of the example that says malignant where radius and texture are large. */
function exampleModel(name: string, weight: number): string {
  const schema = parseSchema(Deno.readTextFileSync(`${EXAMPLE}/schema.json`), "schema.json");
  const weights = new Float64Array(31);
  weights.fill(weight, 0, 2);
  return writeModel(name, schema, weights, [1, 31]);
}

Deno.test("predict writes the terminal or one new file, outside models", async () => {
  const model = exampleModel("predict", 10);
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
  assert.match(first, /^P005,malignant,0\.\d+,0\.\d+$/);
  assert.equal(others.length, 112);
  const out = `${model}/../../predictions.csv`;
  assert.equal((await predict("--out", out)).code, 0);
  assert.equal(Deno.readTextFileSync(out), stdout);
  for (const refused of [out, `${model}/more.csv`, `${model}.private/more.csv`, `${model}/weights.npy`]) {
    const outcome = await predict("--out", refused);
    assert.deepEqual([outcome.code, outcome.stdout], [2, ""]);
    assert.match(outcome.stderr, /^error: .*: choose another --out.*\n$/);
    assert.equal(exists(`${model}/more.csv`) || exists(`${model}.private`), false);
  }
});

Deno.test("evaluate says how good a model is, and when it is not", async () => {
  const evaluated = (name: string, weight: number) =>
    runTask("evaluate", "--model", exampleModel(name, weight), "--table", `${EXAMPLE}/test.csv`);
  const { code, stdout, stderr } = await evaluated("evaluate", 10);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^accuracy +0\.8\d+$/m);
  assert.match(stdout, /^always benign +0\.6\d+$/m);
  assert.match(stdout, /^is, and was given +benign +malignant\nbenign +\d+ +\d+\nmalignant +\d+ +\d+$/m);
  const useless = await evaluated("useless", 0);
  assert.equal(useless.code, 0);
  assert.match(useless.stderr, /^warning: always saying benign is as good: this model has learned nothing of use\n$/);
});
