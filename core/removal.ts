/**
 * Removal of training rows.
 * @module
 */
import { normalizeRows, type Rows, type Shape } from "./dataset.ts";
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
