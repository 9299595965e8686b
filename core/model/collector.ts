/**
 * Rows of numbers that come one at a time.
 * @module
 */
import { free } from "./free.ts";

/** An array of numbers, and how it is made. */
type Numbers = Float32Array | Float64Array;

/** Takes rows, and gives them as one array. */
export interface Collector<Values extends Numbers> {
  /** Room for the next row. */
  next(): Values;
  /** All rows, row-major; the collector has none of them any more, and what `next` gave is empty. */
  whole(): Values;
}

/** Bytes of the first part; every other is twice as large as the one before, up to the largest. */
const FIRST_PART = 2 ** 20;

/** Bytes of the largest part: from here on malloc gives freed memory back for certain. */
const LARGEST_PART = 2 ** 25;

/**
 * Collects rows of numbers in parts, which are copied once, into an array that is as long as they are.
 *
 * @param Values The type of the array.
 * @param width How many numbers a row has.
 * @returns What collects them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { collector } from "./collector.ts";
 *
 * const { next, whole } = collector(Float32Array, 2);
 * next().set([1, 2]);
 * next().set([3, 4]);
 * assert.deepEqual(whole(), Float32Array.of(1, 2, 3, 4));
 * ```
 */
export function collector<Values extends Numbers>(
  Values: { readonly BYTES_PER_ELEMENT: number; new (length: number): Values },
  width: number,
): Collector<Values> {
  const parts: Values[] = [];
  let count = 0;
  let filled = 0; // of the last part
  return {
    next() {
      count++;
      if (filled === (parts.at(-1)?.length ?? 0)) {
        const bytes = Math.min(LARGEST_PART, FIRST_PART * 2 ** parts.length);
        parts.push(new Values(width * Math.ceil(bytes / (Values.BYTES_PER_ELEMENT * width))));
        filled = 0;
      }
      return parts.at(-1)!.subarray(filled, filled += width) as Values;
    },
    whole() {
      const all = new Values(count * width);
      for (let start = 0; parts.length > 0;) {
        const part = parts.shift()!.subarray(0, all.length - start);
        all.set(part, start);
        start += part.length;
        free(part);
      }
      return all;
    },
  };
}
