/**
 * The lines of docs/deletion.md that take a model to scikit-learn: by their formula, and by scikit-learn where it is.
 */
import assert from "node:assert/strict";
import { logProbabilities, readModel } from "../core/deletion/model.ts";
import { readUnlabelled } from "../core/deletion/table.ts";
import { writeWhole } from "../core/disk/files.ts";
import { openTable } from "../core/disk/open_table.ts";
import { learn } from "../experiments/deletion/learn.ts";
import { textOf } from "./helpers/documents.ts";
import { quietly } from "./helpers/run_here.ts";
import { emptyResultFolder } from "./helpers/run_task.ts";

const EXAMPLES = ["breast_cancer", "wine"];

/** Whether there is a Python with scikit-learn. */
async function hasSklearn(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("python3", { args: ["-c", "import sklearn"], stderr: "null" }).output();
    return success;
  } catch {
    return false;
  }
}

/** A model of an example, and what it says of the rows that were not learned. */
async function modelOf(name: string) {
  const model = `${emptyResultFolder(`export_${name}`)}/model`;
  const data = `data/examples/${name}`;
  const flags = ["--train", `${data}/train.csv`, "--schema", `${data}/schema.json`, "--model", model];
  const { error } = await quietly(() => learn([...flags, "--lam", "1e-3", "--k", "5"]));
  assert.equal(error, undefined);
  const read = await readModel(model);
  const test = await readUnlabelled(await openTable(`${data}/test.csv`), read.schema);
  return { model, read, test, said: logProbabilities(read, test.features).map(Math.exp) };
}

const near = (found: number, said: number) => assert.ok(Math.abs(found - said) < 1e-6, `${found}, ${said}`);

for (const name of EXAMPLES) {
  Deno.test(`export: ${name} by clipped bounds, a constant 1, a norm of 1 and the softmax`, async () => {
    const { read: { schema, weights }, test, said } = await modelOf(name);
    const numbers = schema.columns.filter((column) => column.role === "number");
    const [width, rows] = [numbers.length, test.ids.length];
    const d = width + 1;
    const outputs = weights.length / d;
    for (let row = 0; row < rows; row++) {
      const scaled = numbers.map(({ lowest, highest }, k) => {
        const share = (test.values[row * width + k] - lowest) / (highest - lowest);
        return 2 * Math.min(1, Math.max(0, share)) - 1;
      });
      const x = [...scaled, 1];
      const scores = Array.from(
        { length: outputs },
        (_, o) => x.reduce((sum, value, k) => sum + value * weights[o * d + k], 0) / Math.hypot(...x),
      );
      const odds = (outputs === 1 ? [0, ...scores] : scores).map(Math.exp);
      const total = odds.reduce((sum, value) => sum + value, 0);
      odds.forEach((value, c) => near(value / total, said[row * odds.length + c]));
    }
  });
}

Deno.test({
  name: "EXPORT: scikit-learn has the probabilities of predict, by the lines of docs/deletion.md",
  ignore: !await hasSklearn(),
  async fn() {
    const [, lines] = /^```python\n(import json.*?)^```$/ms.exec(textOf("docs/deletion.md"))!;
    for (const name of EXAMPLES) {
      const { model, said } = await modelOf(name);
      const print = [
        "import csv",
        `rows = list(csv.DictReader(open("data/examples/${name}/test.csv")))`,
        'X = [[float(row[c["name"]]) for c in numbers] for row in rows]',
        "print(json.dumps(model.predict_proba(X).ravel().tolist()))",
      ];
      writeWhole(`${model}.py`, [lines.replace("result/models/breast_cancer", model), ...print].join("\n"));
      const { stdout, stderr } = await new Deno.Command("python3", { args: [`${model}.py`] }).output();
      const text = new TextDecoder().decode(stdout);
      assert.notEqual(text, "", new TextDecoder().decode(stderr));
      const found: number[] = JSON.parse(text);
      assert.equal(found.length, said.length);
      found.forEach((value, i) => near(value, said[i]));
    }
  },
});
