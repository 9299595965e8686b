/**
 * Removal of training rows.
 * @module
 */
import { normalizeRows, type Rows, type Shape } from "./rows.ts";
import { quoted } from "../text/messages.ts";
import { assertCounts } from "./problem.ts";
import { fillNormals, Purpose, randomClass, randomSign, type Stream } from "./random.ts";

/**
 * The rows that take the place of S rows when these are removed: N(0, I) vectors scaled to norm 1 with labels uniform
 * in ±1, or one-hot for a uniform class (`get_removed_data`). Replacing keeps n, so that the data sets before and after
 * are adjacent. They are for the rows to remove from the last one to the first. Nested draws are adjacent among
 * themselves too: the replacement of the row that is removed first is the same for every S, and so on.
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
  assertCounts({ S: numRemove }, 0);
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
 * Rows that contribute nothing: with features of zeros the gradient of a row vanishes, whatever its label. With S of
 * them in place of the removed rows the loss is the sum over the remaining rows, still divided by n.
 *
 * @param S The number of rows.
 * @param shape d and the number of outputs.
 * @returns S rows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { nullRows } from "./removal.ts";
 *
 * assert.ok(nullRows(3, { dimension: 784, outputs: 1 }).features.every((x) => x === 0));
 * ```
 */
export function nullRows(S: number, { dimension, outputs }: Pick<Shape, "dimension" | "outputs">): Rows {
  assertCounts({ S }, 0);
  const labels = new Float32Array(S * outputs);
  for (let row = 0; row < S; row++) labels[row * outputs] = 1;
  return { features: new Float32Array(S * dimension), labels, count: S, dimension, outputs };
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
 * The numbers of the rows to remove: the first S of those that the user names, or the last S. In this order the rows
 * are removed one after the other; {@linkcode replacementRows} has the last row first, so it takes their places from
 * the last one to the first.
 *
 * @param numRemove S.
 * @param count Number of rows.
 * @param named The rows that the user names.
 * @returns S numbers, or all that are named if these are fewer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rowsToRemove } from "./removal.ts";
 *
 * assert.deepEqual(rowsToRemove(2, 10), [9, 8]);
 * assert.deepEqual(rowsToRemove(2, 10, [3, 7, 5]), [3, 7]);
 * ```
 */
export function rowsToRemove(numRemove: number, count: number, named?: readonly number[]): number[] {
  assertCounts({ S: numRemove }, 0);
  if (numRemove > count) throw new RangeError(`cannot remove ${numRemove} of ${count} rows`);
  return named?.slice(0, numRemove) ?? Array.from({ length: numRemove }, (_, i) => count - 1 - i);
}
