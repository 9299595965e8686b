import assert from "node:assert/strict";
import { checkRows, type Dataset } from "../core/model/rows.ts";
import { parseAdult } from "../core/datasets/adult.ts";
import { parseCsv } from "../core/datasets/csv.ts";
import { damagedTexts, fuzz } from "./helpers/fuzz.ts";

/** Rows of both parts are as an experiment takes them. */
function assertDataset({ train, test, featureNames, classNames }: Dataset): void {
  for (const rows of [train, test]) {
    checkRows(rows);
    assert.equal(rows.dimension, featureNames?.length);
    assert.equal(rows.outputs === 1 ? 2 : rows.outputs, classNames?.length);
    for (let row = 0; row < rows.count; row++) {
      const features = rows.features.subarray(row * rows.dimension, (row + 1) * rows.dimension);
      assert.ok(Math.abs(Math.hypot(...features) - 1) < 1e-6, `row ${row} has norm ${Math.hypot(...features)}`);
      const labels = rows.labels.subarray(row * rows.outputs, (row + 1) * rows.outputs);
      assert.equal(labels.filter((y) => y === 1).length + labels.filter((y) => y === -1).length, 1);
    }
  }
}

const TWO_CLASSES = "x1,x2,y\n3,4,1\n0,-2,0\n1e-3,7,1\n";
const THREE_CLASSES = 'y,"x 1",x2,x3\r\nb,1,2,3\r\na,-1,0,0.5\r\n"c",1,1,1\r\n';

Deno.test(...fuzz("tables of the user's, damaged", {
  inputs: damagedTexts(
    [TWO_CLASSES, THREE_CLASSES],
    ",y",
    ",1",
    '"\n"',
    "\n\n\n",
    "1e39",
    "1e-40",
    "0",
    ",".repeat(3000),
  ),
  read: (text) => parseCsv({ path: "a.csv", text }, { path: "b.csv", text }, "y"),
  check: assertDataset,
}));

Deno.test(...fuzz("test tables of the user's, damaged", {
  inputs: damagedTexts([TWO_CLASSES], ",y", ",1", '"\n"', "\n\n\n", "1e39", "1e-40", "0"),
  read: (text) => parseCsv({ path: "a.csv", text: TWO_CLASSES }, { path: "b.csv", text }, "y"),
  check: assertDataset,
}));

const ADULT =
  `39, State-gov, 77516, Bachelors, 13, Divorced, Adm-clerical, Not-in-family, White, Male, 2174, 0, 40, Cuba, <=50K
50, ?, 83311, Bachelors, 13, Divorced, ?, Husband, White, Male, 0, 0, 13, United-States, >50K
38, Private, 215646, HS-grad, 9, Divorced, Sales, Not-in-family, Black, Female, 0, 1902, 40, Mexico, <=50K

`;

Deno.test(...fuzz("adult.data, damaged", {
  inputs: damagedTexts([ADULT], "?", ", ", " >50K", "\n\n", ADULT, "0, ?, 0, ?, 0, ?, ?, ?, ?, ?, 0, 0, 0, ?, >50K\n"),
  read: (text) => parseAdult(text),
  check: assertDataset,
}));
