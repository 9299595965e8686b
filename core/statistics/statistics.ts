/**
 * Summary statistics of trials.
 * @module
 */

/** Mean and spread of a sample. */
export interface Moments {
  /** Number of values. */
  readonly n: number;
  /** Mean. */
  readonly mean: number;
  /** Population standard deviation, as `np.std` has it. */
  readonly std: number;
}

/**
 * Mean and population standard deviation.
 *
 * @param values At least one number.
 * @returns The moments.
 * @throws {RangeError} If there is no value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { moments } from "./statistics.ts";
 *
 * assert.deepEqual(moments([1, 2, 3, 4, 5]), { n: 5, mean: 3, std: Math.sqrt(2) });
 * ```
 */
export function moments(values: readonly number[]): Moments {
  const n = values.length;
  if (n === 0) throw new RangeError("no values to summarize");
  const [origin] = values;
  const mean = origin + values.reduce((sum, x) => sum + (x - origin), 0) / n;
  return { n, mean, std: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n) };
}

/**
 * A quantile, between two values of the sample linearly interpolated.
 *
 * @param values At least one number, in any order.
 * @param share 0 for the least value, 0.5 for the median, 1 for the greatest.
 * @returns The quantile.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { quantile } from "./statistics.ts";
 *
 * assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
 * ```
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  return low + (high - low) * (position % 1);
}

/**
 * The squared standard error of a sample's mean, s²/(n − 1), s the population standard deviation.
 *
 * @param sample Number of values and their spread.
 * @returns It; 0 without spread.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { squaredError } from "./statistics.ts";
 *
 * assert.equal(squaredError({ n: 10, std: 3 }), 1);
 * ```
 */
export function squaredError({ n, std }: Pick<Moments, "n" | "std">): number {
  return std === 0 ? 0 : std ** 2 / (n - 1);
}

/** Means closer than this are equal: the original's accuracies are float32. */
const FLOAT32_ROUNDING = 2 ** -23;

/**
 * The difference of two mean accuracies in units of its standard error √(s₁²/(n₁ − 1) + s₂²/(n₂ − 1)), s the population
 * standard deviations.
 *
 * @param ours One sample.
 * @param theirs The other.
 * @returns z; 0 for means that are equal as float32, ±∞ for different ones without spread.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { zScore } from "./statistics.ts";
 *
 * assert.equal(zScore({ n: 10, mean: 1, std: 3 }, { n: 1, mean: 0, std: 0 }), 1);
 * ```
 */
export function zScore(ours: Moments, theirs: Moments): number {
  const difference = ours.mean - theirs.mean;
  if (Math.abs(difference) <= FLOAT32_ROUNDING) return 0;
  return difference / Math.sqrt(squaredError(ours) + squaredError(theirs));
}
