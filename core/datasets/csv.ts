/**
 * The user's own data: a training and a test table of numbers with one column of labels.
 * @module
 */
import { type OnRead, openTable } from "../disk/open_table.ts";
import type { CsvFile } from "../formats/csv.ts";
import { readTable } from "../formats/read_table.ts";
import {
  type Cell,
  labelAt,
  numberAt,
  placeOf,
  type TableOptions,
  type TableReader,
  type TableRow,
  textFile,
} from "../formats/table_reader.ts";
import { collector } from "../model/collector.ts";
import { type Dataset, normalizeRows, oneHot, type Rows } from "../model/rows.ts";
import { byValue, sortNames } from "../text/decimal.ts";
import { quoted } from "../text/messages.ts";
import { twoAlike } from "../text/names.ts";

export type { CsvFile, OnRead, TableOptions };

/** Where the rows are. */
export interface CsvSource extends TableOptions {
  /** File of the rows that are learned and unlearned. */
  readonly trainPath: string;
  /** File of the rows on which accuracies are measured. */
  readonly testPath: string;
  /** Name of the column that holds the labels. */
  readonly label: string;
}

/** More classes are a column that holds no labels; a label takes a number for each. */
const MOST_CLASSES = 1000;

/** What pandas calls a column of row numbers that it wrote without a name. */
const ROW_NUMBERS = /^(Unnamed: 0|__index_level_\d+__)$/;

function checkSameColumns(train: TableReader, test: TableReader): void {
  const index = Array.from({ length: Math.max(train.columns.length, test.columns.length) })
    .findIndex((_, k) => train.columns[k] !== test.columns[k]);
  if (index < 0) return;
  const [expected, found] = [train, test].map(({ columns }) => index in columns ? quoted(columns[index]) : "nothing");
  throw new RangeError(`${test.path}, column ${index + 1}: ${found}, where ${train.path} has ${expected}`);
}

/** The rows of a table: their features, scaled to norm 1, and the number that `classOf` gives the label of each. */
async function readRows(table: TableReader, label: string, classOf: (name: string, place: () => string) => number) {
  const labelColumn = table.columns.indexOf(label);
  const featureColumns = [...table.columns.keys()].filter((column) => column !== labelColumn);
  const features = collector(Float32Array, featureColumns.length);
  const classes: number[] = [];
  const known = new Map<Cell, number>();
  const read = (row: TableRow): void => {
    const cell = row.cells[labelColumn];
    let index = known.get(cell);
    if (index === undefined) {
      const name = labelAt(table, row, labelColumn);
      index = classOf(name, () => placeOf(table, row, labelColumn));
      known.set(name === cell ? name : cell, index);
    }
    classes.push(index);
    const vector = features.next();
    featureColumns.forEach((column, k) => vector[k] = numberAt(table, row, column));
    if (vector.every((x) => x === 0)) {
      throw new RangeError(
        `${table.path}, ${table.unit} ${row.line}: every feature is 0, the row cannot be scaled to norm 1`,
      );
    }
  };
  for await (const rows of table.batches()) rows.forEach(read);
  return { features: normalizeRows(features.whole(), featureColumns.length), classes };
}

async function datasetOf(train: TableReader, test: TableReader, label: string): Promise<Dataset> {
  if (!train.columns.includes(label)) {
    throw new RangeError(`${train.path} has no column ${quoted(label)}; it has ${quoted(train.columns.join(", "))}`);
  }
  if (train.columns.length === 1) throw new RangeError(`${train.path} has no column besides the labels`);
  checkSameColumns(train, test);
  const counting = train.columns.find((name) => ROW_NUMBERS.test(name));
  if (counting !== undefined) {
    throw new RangeError(
      `${train.path} has a column ${quoted(counting)}, row numbers of pandas: write with index=False`,
    );
  }

  const found = new Map<string, { readonly name: string; readonly index: number }>();
  const learned = await readRows(train, label, (name) => {
    const value = byValue(name);
    const known = found.get(value);
    if (known) return known.index;
    if (found.size === MOST_CLASSES) {
      throw new RangeError(
        `${train.path}, column ${quoted(label)} has more than ${MOST_CLASSES} classes: is it the column of labels?`,
      );
    }
    found.set(value, { name, index: found.size });
    return found.size - 1;
  });
  const classNames = sortNames([...found.values()].map(({ name }) => name));
  if (classNames.length === 1) {
    throw new RangeError(
      `${train.path}, column ${quoted(label)}: all rows are ${quoted(classNames[0])}, learning takes two classes`,
    );
  }
  const same = twoAlike(classNames);
  if (same) {
    throw new RangeError(
      `${train.path}, column ${quoted(label)}: the classes ${
        same.map(quoted).join(" and ")
      } look the same: write them alike`,
    );
  }
  const classOf = new Map(classNames.map((name, index) => [byValue(name), index]));
  const order = [...found.keys()].map((value) => classOf.get(value)!);
  const tested = await readRows(test, label, (name, place) => {
    const index = classOf.get(byValue(name));
    if (index !== undefined) return index;
    throw new RangeError(`${place()}: ${train.path} has no row with the label ${quoted(name)}`);
  });

  const outputs = classNames.length === 2 ? 1 : classNames.length;
  const featureNames = train.columns.filter((name) => name !== label);
  const toRows = (features: Float32Array, classes: readonly number[]): Rows => ({
    features,
    labels: outputs === 1 ? Float32Array.from(classes, (index) => 2 * index - 1) : oneHot(classes, outputs),
    count: classes.length,
    dimension: featureNames.length,
    outputs,
  });
  return {
    name: "CSV",
    train: toRows(learned.features, learned.classes.map((index) => order[index])),
    test: toRows(tested.features, tested.classes),
    classNames,
    featureNames,
  };
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
 * const { train, classNames } = await parseCsv(trainFile, testFile, "sick");
 * assert.deepEqual(train.features, Float32Array.of(0.6, 0.8, 0, 1));
 * assert.deepEqual(train.labels, Float32Array.of(1, -1));
 * assert.deepEqual(classNames, ["no", "yes"]);
 * ```
 */
export async function parseCsv(trainFile: CsvFile, testFile: CsvFile, label: string): Promise<Dataset> {
  return await datasetOf(await readTable(textFile(trainFile)), await readTable(textFile(testFile)), label);
}

/**
 * Reads two tables: see {@linkcode parseCsv}.
 *
 * @param source Where they are.
 * @param onRead Is told how far the reading of each is.
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
export async function loadCsv(
  { trainPath, testPath, label, ...options }: CsvSource,
  onRead?: OnRead,
): Promise<Dataset> {
  return await datasetOf(
    await openTable(trainPath, options, onRead),
    await openTable(testPath, options, onRead),
    label,
  );
}
