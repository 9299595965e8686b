/**
 * The user's own data: a training and a test table of numbers with one column of labels.
 * @module
 */
import { type CsvFile, type CsvTable, nameAt, numberAt, parseTable, placeOf } from "../formats/csv.ts";
import { type Dataset, normalizeRows, oneHot, type Rows } from "../model/rows.ts";
import { readText } from "../disk/read_text.ts";
import { byValue, parseDecimal } from "../text/decimal.ts";
import { quoted } from "../text/messages.ts";

export type { CsvFile };

/** Where the rows are. */
export interface CsvSource {
  /** File of the rows that are learned and unlearned. */
  readonly trainPath: string;
  /** File of the rows on which accuracies are measured. */
  readonly testPath: string;
  /** Name of the column that holds the labels. */
  readonly label: string;
}

/** More classes are a column that holds no labels; a label takes a number for each. */
const MOST_CLASSES = 1000;

function checkSameColumns(train: CsvTable, test: CsvTable): void {
  const index = Array.from({ length: Math.max(train.columns.length, test.columns.length) })
    .findIndex((_, k) => train.columns[k] !== test.columns[k]);
  if (index < 0) return;
  const [expected, found] = [train, test].map(({ columns }) => index in columns ? quoted(columns[index]) : "nothing");
  throw new RangeError(`${test.path}, line 1, column ${index + 1}: ${found}, where ${train.path} has ${expected}`);
}

/** The features, rows scaled to norm 1. */
function featuresOf(table: CsvTable, columns: readonly number[]): Float32Array {
  const features = new Float32Array(table.rows.length * columns.length);
  table.rows.forEach((row, i) => {
    const vector = features.subarray(i * columns.length, (i + 1) * columns.length);
    columns.forEach((column, k) => vector[k] = numberAt(table, row, column));
    if (vector.every((x) => x === 0)) {
      throw new RangeError(`${table.path}, line ${row.line}: every feature is 0, the row cannot be scaled to norm 1`);
    }
  });
  return normalizeRows(features, columns.length);
}

/** Sorts numbers by value, and other texts by their characters. */
function sortClasses(classes: readonly string[]): string[] {
  const numeric = classes.every((name) => parseDecimal(name) !== undefined);
  return classes.toSorted((a, b) => (numeric && Number(a) - Number(b)) || (a < b ? -1 : 1));
}

/**
 * The rows of two tables. Every column but the labels' is a feature. Labels are numbers, of which 1 and 1.0 are one, or
 * texts, their classes sorted; of two classes the later one has label +1, the other −1; more classes have one-hot labels
 * in that order.
 *
 * @param trainFile Rows that are learned and unlearned.
 * @param testFile Rows on which accuracies are measured, with the same columns in the same order.
 * @param label Name of the column that holds the labels.
 * @returns The dataset `CSV`, all rows scaled to norm 1, with the names of features and classes.
 * @throws {RangeError} If a table is not as it should be: the message says where.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseCsv } from "./csv.ts";
 *
 * const trainFile = { path: "train.csv", text: "x,y,sick\n3,4,yes\n0,2,no\n" };
 * const testFile = { path: "test.csv", text: "x,y,sick\n1,0,no\n" };
 * const { train, classNames } = parseCsv(trainFile, testFile, "sick");
 * assert.deepEqual(train.features, Float32Array.of(0.6, 0.8, 0, 1));
 * assert.deepEqual(train.labels, Float32Array.of(1, -1));
 * assert.deepEqual(classNames, ["no", "yes"]);
 * ```
 */
export function parseCsv(trainFile: CsvFile, testFile: CsvFile, label: string): Dataset {
  const [train, test] = [trainFile, testFile].map(parseTable);
  const labelColumn = train.columns.indexOf(label);
  if (labelColumn < 0) {
    throw new RangeError(`${train.path} has no column ${quoted(label)}; it has ${quoted(train.columns.join(", "))}`);
  }
  if (train.columns.length === 1) throw new RangeError(`${train.path} has no column besides the labels`);
  checkSameColumns(train, test);

  const spellings = new Map(
    train.rows.map((row) => nameAt(train, row, labelColumn)).reverse().map((name) => [byValue(name), name]),
  );
  const classNames = sortClasses([...spellings.values()]);
  if (classNames.length === 1) {
    throw new RangeError(
      `${train.path}, column ${quoted(label)}: all rows are ${quoted(classNames[0])}, learning takes two classes`,
    );
  }
  if (classNames.length > MOST_CLASSES) {
    throw new RangeError(
      `${train.path}, column ${quoted(label)} has ${classNames.length} classes, more than ${MOST_CLASSES}: is it the ` +
        "column of labels?",
    );
  }
  const outputs = classNames.length === 2 ? 1 : classNames.length;
  const classOf = new Map(classNames.map((name, index) => [byValue(name), index]));
  const featureColumns = [...train.columns.keys()].filter((column) => column !== labelColumn);

  const toRows = (table: CsvTable): Rows => {
    const classes = table.rows.map((row) => {
      const name = nameAt(table, row, labelColumn);
      const index = classOf.get(byValue(name));
      if (index !== undefined) return index;
      throw new RangeError(
        `${placeOf(table, row, labelColumn)}: ${train.path} has no row with the label ${quoted(name)}`,
      );
    });
    return {
      features: featuresOf(table, featureColumns),
      labels: outputs === 1 ? Float32Array.from(classes, (index) => 2 * index - 1) : oneHot(classes, outputs),
      count: table.rows.length,
      dimension: featureColumns.length,
      outputs,
    };
  };
  const featureNames = featureColumns.map((column) => train.columns[column]);
  return { name: "CSV", train: toRows(train), test: toRows(test), classNames, featureNames };
}

/**
 * Reads two tables: see {@linkcode parseCsv}. UTF-8, with or without a byte order mark, any line ends.
 *
 * @param source Where they are.
 * @returns The dataset.
 * @throws {RangeError} If a table is not as it should be.
 * @throws {Error} If a file cannot be read.
 *
 * @example
 * ```ts
 * import { loadCsv } from "./csv.ts";
 *
 * // Needs permission to read the files.
 * const load = () => loadCsv({ trainPath: "data/train.csv", testPath: "data/test.csv", label: "sick" });
 * ```
 */
export function loadCsv({ trainPath, testPath, label }: CsvSource): Dataset {
  const [train, test] = [trainPath, testPath].map((path) => ({ path, text: readText(path) }));
  return parseCsv(train, test, label);
}
