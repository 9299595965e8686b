/**
 * Removal of training rows.
 * @module
 */
import { normalizeRows, type Rows, type Shape } from "./datasets/dataset.ts";
import { quoted } from "./quoted.ts";
import { fillNormals, Purpose, randomClass, randomSign, type Stream } from "./random.ts";

/**
 * The rows that take the place of the last S rows when these are removed: N(0, I) vectors scaled to norm 1 with labels
 * uniform in ±1, or one-hot for a uniform class (`get_removed_data`). Replacing keeps n, so that the data sets before
 * and after are adjacent. Nested draws are adjacent among themselves too: the last row's replacement is the same for
 * every S, and so on.
 *
 * @param numRemove S.
 * @param shape d and the number of outputs.
 * @param stream Seed and cell that name the draw.
 * @param nested Whether rows are drawn from the last to the first.
 * @returns S rows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { replacementRows } from "./removal.ts";
 *
 * const rows = replacementRows(3, { dimension: 784, outputs: 1 }, { seed: 0, cell: 1 });
 * assert.equal(rows.features.length, 3 * 784);
 * ```
 */
export function replacementRows(
  numRemove: number,
  { dimension, outputs }: Pick<Shape, "dimension" | "outputs">,
  stream: Stream,
  nested = false,
): Rows {
  const features = new Float32Array(numRemove * dimension);
  const labels = new Float32Array(numRemove * outputs);
  for (let row = 0; row < numRemove; row++) {
    const draw = nested ? numRemove - 1 - row : row;
    fillNormals(features.subarray(row * dimension, (row + 1) * dimension), stream, draw, 0, Purpose.features);
    if (outputs === 1) labels[row] = randomSign(stream, draw);
    else labels[row * outputs + randomClass(stream, draw, outputs)] = 1;
  }
  return { features: normalizeRows(features, dimension), labels, count: numRemove, dimension, outputs };
}

/**
 * The row numbers in a text: one a line, the first row being 0; blank lines do not count.
 *
 * @param text The text.
 * @param path How messages name it.
 * @param count Number of rows.
 * @returns The numbers, in the order of the lines.
 * @throws {RangeError} If there is none, or a line is not the number of a row or repeats one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseRowNumbers } from "./removal.ts";
 *
 * assert.deepEqual(parseRowNumbers("7\n0\n", "rows.txt", 10), [7, 0]);
 * assert.throws(() => parseRowNumbers("10", "rows.txt", 10), /rows.txt, line 1: there is no row 10/);
 * ```
 */
export function parseRowNumbers(text: string, path: string, count: number): number[] {
  const lineOf = new Map<number, number>();
  text.split(/\r\n|\r|\n/).forEach((content, index) => {
    const cell = content.trim();
    if (cell === "") return;
    const place = `${path}, line ${index + 1}`;
    if (!/^\d+$/.test(cell)) throw new RangeError(`${place}: ${quoted(cell)} is not the number of a row`);
    const row = Number(cell);
    if (row >= count) throw new RangeError(`${place}: there is no row ${row}, rows are 0 to ${count - 1}`);
    const earlier = lineOf.get(row);
    if (earlier !== undefined) throw new RangeError(`${place}: row ${row} is in line ${earlier} too`);
    lineOf.set(row, index + 1);
  });
  if (lineOf.size === 0) throw new RangeError(`${path} names no rows: write one row number a line`);
  return [...lineOf.keys()];
}

/**
 * Rows with some of them moved to the end, where removal takes rows from: the first one named comes last, so that
 * removing S rows removes the first S named. The others keep their order.
 *
 * @param rows The rows.
 * @param numbers Which ones, from 0, each at most once.
 * @returns The same rows in another order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { moveLast } from "./removal.ts";
 *
 * const labels = Float32Array.of(1, 2, 3, 4);
 * const rows = { features: Float32Array.of(1, 1, 1, 1), labels, count: 4, dimension: 1, outputs: 1 };
 * assert.deepEqual(moveLast(rows, [0, 2]).labels, Float32Array.of(2, 4, 3, 1));
 * ```
 */
export function moveLast(rows: Rows, numbers: readonly number[]): Rows {
  const { features, labels, count, dimension, outputs } = rows;
  const moved = new Set(numbers);
  const order = [...Array(count).keys()].filter((row) => !moved.has(row)).concat(numbers.toReversed());
  const arranged = (values: Float32Array, size: number) => {
    const target = new Float32Array(values.length);
    order.forEach((row, i) => target.set(values.subarray(row * size, (row + 1) * size), i * size));
    return target;
  };
  return { ...rows, features: arranged(features, dimension), labels: arranged(labels, outputs) };
}
