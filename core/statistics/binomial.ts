/**
 * What a number of successes says of the probability of one.
 * @module
 */
import { incompleteBeta } from "./incomplete_beta.ts";

/** Relative width to which a bound is found; it is the end that errs on the safe side. */
const WIDTH = 1e-14;

/**
 * The lower bound of Clopper and Pearson (1934): the probability with which so many successes, or more, would be as rare
 * as the level. It exceeds the true probability with no larger probability than the level, whatever that is.
 *
 * @param successes Number of successes.
 * @param trials Number of trials.
 * @param level From 0 to 1, such as 0.025.
 * @returns The bound, rounded downwards; 0 without a success.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { lowestShare } from "./binomial.ts";
 *
 * assert.ok(Math.abs(lowestShare(10, 10, 0.025) - 0.025 ** (1 / 10)) < 1e-12);
 * ```
 */
export function lowestShare(successes: number, trials: number, level: number): number {
  if (successes === 0) return 0;
  if (successes === trials) return level ** (1 / trials) * (1 - WIDTH);
  let [low, high] = [0, 1];
  while (high - low > WIDTH * high) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, successes, trials - successes + 1) <= level) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The upper bound of Clopper and Pearson: the probability with which so few successes, or fewer, would be as rare as the
 * level.
 *
 * @param successes Number of successes.
 * @param trials Number of trials.
 * @param level From 0 to 1, such as 0.025.
 * @returns The bound, rounded upwards; 1 without a failure.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { highestShare } from "./binomial.ts";
 *
 * assert.ok(Math.abs(highestShare(0, 1000, 0.025) - 0.00368) < 1e-5);
 * ```
 */
export function highestShare(successes: number, trials: number, level: number): number {
  return 1 - lowestShare(trials - successes, trials, level);
}
