/**
 * Removal of training rows.
 * @module
 */
import { normalizeRows, type Rows } from "./dataset.ts";
import { fillNormals, Purpose, randomSign, type Stream } from "./random.ts";

/**
 * The rows that take the place of the last S rows when these are removed: N(0, I) vectors scaled to norm 1 with labels
 * uniform in ±1 (`get_removed_data`). Replacing keeps n, so that the data sets before and after are adjacent.
 *
 * @param numRemove S.
 * @param dimension d.
 * @param stream Seed and cell that name the draw.
 * @returns S rows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { replacementRows } from "./removal.ts";
 *
 * const rows = replacementRows(3, 784, { seed: 0, cell: 1 });
 * assert.equal(rows.features.length, 3 * 784);
 * ```
 */
export function replacementRows(numRemove: number, dimension: number, stream: Stream): Rows {
  const features = new Float32Array(numRemove * dimension);
  for (let row = 0; row < numRemove; row++) {
    fillNormals(features.subarray(row * dimension, (row + 1) * dimension), stream, row, 0, Purpose.features);
  }
  return {
    features: normalizeRows(features, dimension),
    labels: Float32Array.from({ length: numRemove }, (_, row) => randomSign(stream, row)),
    count: numRemove,
    dimension,
    outputs: 1,
  };
}
