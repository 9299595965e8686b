/**
 * What a user should know of a dataset and cannot see from its name.
 * @module
 */
import type { Dataset } from "../model/rows.ts";

/**
 * Where the features come from, and which of two classes is +1.
 *
 * @param dataset The dataset.
 * @returns A line each, where the dataset says it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { describeData } from "./describe_data.ts";
 * import { loadMnist } from "./mnist.ts";
 *
 * assert.deepEqual(describeData(await loadMnist()), ["Labels: +1 is 3, −1 is 8"]);
 * ```
 */
export function describeData({ origin, classNames, train }: Dataset): string[] {
  return [
    ...(origin ? [`Data: ${origin}`] : []),
    ...(classNames && train.outputs === 1 ? [`Labels: +1 is ${classNames[1]}, −1 is ${classNames[0]}`] : []),
  ];
}
