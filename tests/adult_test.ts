import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import { adultPath, loadAdult, parseAdult } from "../core/datasets/adult.ts";
import { loadDataset } from "../core/datasets/load_dataset.ts";
import { makeProblem } from "../core/model/problem.ts";
import { writeWhole } from "../core/disk/files.ts";
import adultData from "./fixtures/adult/adult.data" with { type: "text" };
import expectedCsv from "./fixtures/adult/expected.csv" with { type: "text" };
import { emptyResultFolder } from "./helpers/run_task.ts";

/**
 * `expected.csv` is what scikit-learn 1.2.1 makes of `adult.data` (made-up rows, some numbers missing) in float64 by
 * the original's steps. Here three roundings to float32 follow: the standardized number, its share in the norm, the
 * quotient.
 */
const TOLERANCE = 3 * 2 ** -24;

const WITHOUT_MISSING = adultData.trim().split("\n").map((line) => line.replaceAll("?", "7"));

Deno.test("rows are those of scikit-learn: medians, standardization, split and order", () => {
  const dataset = parseAdult(adultData);
  assert.deepEqual(dataset.classNames, ["<=50K", ">50K"]);
  for (const side of ["train", "test"] as const) {
    const { features, labels, count, dimension } = dataset[side];
    const expected = csvParse(expectedCsv).filter((row) => row.set === side);
    assert.deepEqual([count, dimension], [expected.length, 6]);
    expected.forEach((row, i) => {
      assert.equal(labels[i], Number(row.label));
      dataset.featureNames!.forEach((name, k) => {
        const difference = Math.abs(features[i * dimension + k] - Number(row[name]));
        assert.ok(difference < TOLERANCE, `${side} row ${i}, ${name}: ${difference}`);
      });
    });
  }
});

Deno.test("line ends and blank lines change nothing", () => {
  assert.deepEqual(parseAdult(adultData.replaceAll("\n", "\r\n") + "\n"), parseAdult(adultData));
});

Deno.test("a full file has the published n and d, another number of rows is refused", async () => {
  const dataDir = emptyResultFolder("adult");
  const lines = Array.from({ length: 32561 }, (_, i) => WITHOUT_MISSING[i % WITHOUT_MISSING.length]);
  writeWhole(adultPath(dataDir), lines.join("\n") + "\n\n");
  const { name, train, test } = await loadDataset({ dataset: "ADULT", dataDir });
  assert.equal(name, "ADULT");
  assert.deepEqual([train.count, test.count, train.dimension], [29304, 3257, 6]);
  assert.equal(makeProblem({ n: train.count, d: train.dimension, lambda: 1e-6 }).L, 0.279304);

  writeWhole(adultPath(dataDir), lines.slice(1).join("\n"));
  assert.throws(() => loadAdult(dataDir), /^RangeError: result.*adult\.data has 32560 rows, not 32561: .*data:adult/);
});

Deno.test("a file that is not there or not as it should be is refused with its line", () => {
  assert.throws(() => loadAdult("result/none"), /^RangeError: no file result\/none\/ADULT\/adult\.data: .*data:adult/);
  const [first, ...rest] = WITHOUT_MISSING;
  const wrong: [line: string, message: RegExp][] = [
    [first.replace(">50K", ">50K."), /^RangeError: adult\.data, line 1, column "income": ">50K\." is neither/],
    [
      first.replace("1250497", "many"),
      /^RangeError: adult\.data, line 1, column "fnlwgt": "many" is not a number within ±3\.4e38$/,
    ],
    [
      first.replace("1250497", ""),
      /^RangeError: adult\.data, line 1, column "fnlwgt": "" is not a number within ±3\.4e38$/,
    ],
    [first.split(", ").slice(1).join(", "), /^RangeError: adult\.data, line 1: 14 fields, not 15$/],
  ];
  for (const [line, message] of wrong) assert.throws(() => parseAdult([line, ...rest].join("\n")), message);
  const withoutAge = WITHOUT_MISSING.map((line) => line.replace(/^\d+/, "?")).join("\n");
  assert.throws(() => parseAdult(withoutAge), /^RangeError: adult\.data, column "age" has no value$/);
  assert.throws(() => parseAdult(""), /^RangeError/);
});
