/**
 * ADULT: the six numeric columns of UCI's census data, income above 50K against the rest (`utils.py` of the original).
 * @module
 */
import { type Dataset, normalizeRows, type Rows } from "../model/rows.ts";
import { quoted } from "../text/messages.ts";
import { readText } from "../disk/read_text.ts";
import { trainTestSplit } from "./train_test_split.ts";

/** Where the original gets the data. */
export const ADULT_URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/adult/adult.data";

/** SHA-256 of that file. */
export const ADULT_SHA256 = "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d";

const ROWS = 32561;
const FIELDS = 15;
const NUMERIC_FIELDS = {
  "age": 0,
  "fnlwgt": 2,
  "education-num": 4,
  "capital-gain": 10,
  "capital-loss": 11,
  "hours-per-week": 12,
};
const FEATURE_NAMES = Object.keys(NUMERIC_FIELDS);
const CLASS_NAMES = ["<=50K", ">50K"];
const TEST_SHARE = 0.1;
const SPLIT_SEED = 123;

/**
 * The file's place.
 *
 * @param dataDir Folder of the datasets.
 * @returns Path of `adult.data`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { adultPath } from "./adult.ts";
 *
 * assert.equal(adultPath("data"), "data/ADULT/adult.data");
 * ```
 */
export function adultPath(dataDir: string): string {
  return `${dataDir}/ADULT/adult.data`;
}

/** The numeric fields of a line, NaN where one is missing, and its label. */
function parseLine(text: string, place: string): { numbers: number[]; label: number } {
  const fields = text.split(",").map((field) => field.trim());
  if (fields.length !== FIELDS) throw new RangeError(`${place}: ${fields.length} fields, not ${FIELDS}`);
  const numbers = Object.entries(NUMERIC_FIELDS).map(([name, index]) => {
    if (fields[index] === "?") return NaN;
    const value = fields[index] === "" ? NaN : Number(fields[index]);
    if (!Number.isFinite(Math.fround(value))) {
      throw new RangeError(`${place}, column "${name}": ${quoted(fields[index])} is not a number within ±3.4e38`);
    }
    return value;
  });
  const label = 2 * CLASS_NAMES.indexOf(fields[FIELDS - 1]) - 1;
  if (label < -1) {
    throw new RangeError(
      `${place}, column "income": ${quoted(fields[FIELDS - 1])} is neither ${CLASS_NAMES.join(" nor ")}`,
    );
  }
  return { numbers, label };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A column with its median for what is missing, shifted to mean 0 and scaled to (population) variance 1. */
function standardize(column: readonly number[], place: string): number[] {
  const known = column.filter((x) => !Number.isNaN(x));
  if (known.length === 0) throw new RangeError(`${place} has no value`);
  const substitute = median(known);
  const filled = column.map((x) => Number.isNaN(x) ? substitute : x);
  const mean = filled.reduce((sum, x) => sum + x, 0) / filled.length;
  const deviation = Math.sqrt(filled.reduce((sum, x) => sum + (x - mean) ** 2, 0) / filled.length);
  return filled.map((x) => (x - mean) / (deviation || 1));
}

/**
 * The rows of `adult.data`: missing numbers are replaced by the column's median, columns are standardized over all
 * rows, a tenth of the rows is set aside as scikit-learn's `train_test_split` does with `random_state=123`, and rows
 * are scaled to norm 1.
 *
 * @param text The file: 15 fields a line, separated by commas; `?` is missing.
 * @param path The file's name, for messages.
 * @returns The dataset `ADULT`, of 6 features, labelled +1 for an income above 50K and −1 else.
 * @throws {RangeError} If a line is not as it should be.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseAdult } from "./adult.ts";
 *
 * const line = (age: number, income: string) => `${age}, ?, 7, ?, 9, ?, ?, ?, ?, ?, 0, 0, ${age + 1}, ?, ${income}\n`;
 * const { train, test } = parseAdult(line(20, "<=50K") + line(30, ">50K") + line(50, ">50K"));
 * assert.deepEqual([train.count, test.count, train.dimension], [2, 1, 6]);
 * ```
 */
export function parseAdult(text: string, path = "adult.data"): Dataset {
  const lines = text.split("\n").map((line, i) => ({ line: line.trim(), place: `${path}, line ${i + 1}` }));
  const rows = lines.filter(({ line }) => line !== "").map(({ line, place }) => parseLine(line, place));
  const columns = FEATURE_NAMES.map((name, k) =>
    standardize(rows.map(({ numbers }) => numbers[k]), `${path}, column "${name}"`)
  );
  const { train, test } = trainTestSplit(rows.length, TEST_SHARE, SPLIT_SEED);
  const dimension = columns.length;
  const take = (positions: Int32Array): Rows => ({
    features: normalizeRows(
      Float32Array.from(
        { length: positions.length * dimension },
        (_, i) => columns[i % dimension][positions[Math.floor(i / dimension)]],
      ),
      dimension,
    ),
    labels: Float32Array.from(positions, (position) => rows[position].label),
    count: positions.length,
    dimension,
    outputs: 1,
  });
  return { name: "ADULT", train: take(train), test: take(test), classNames: CLASS_NAMES, featureNames: FEATURE_NAMES };
}

/**
 * Reads `ADULT/adult.data`: see {@linkcode parseAdult}.
 *
 * @param dataDir Folder of the datasets.
 * @returns 29304 training and 3257 test rows.
 * @throws {RangeError} If the file is not as it should be, or has another number of rows.
 * @throws {Error} If it cannot be read.
 *
 * @example
 * ```ts
 * import { loadAdult } from "./adult.ts";
 *
 * // Needs permission to read the folder `data`.
 * const load = () => loadAdult("data");
 * ```
 */
export function loadAdult(dataDir: string): Dataset {
  const path = adultPath(dataDir);
  const dataset = parseAdult(readText(path, "`deno task data:adult` gets it"), path);
  const count = dataset.train.count + dataset.test.count;
  if (count !== ROWS) {
    throw new RangeError(`${path} has ${count} rows, not ${ROWS}: \`deno task data:adult\` gets it anew`);
  }
  return dataset;
}
