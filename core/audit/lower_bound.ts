/**
 * Lower bounds of ε from counts: a test that tells unlearned models from retrained ones too well refutes a certificate.
 *
 * For laws P and Q that are (ε, δ)-indistinguishable, P(E) ≤ e^ε·Q(E) + δ for every event E, and the same with P and Q
 * exchanged. So ε ≥ log((P(E) − δ)/Q(E)), of which bounds of Clopper and Pearson leave a lower bound without any
 * assumption on the laws, as long as E does not depend on the models that are counted.
 * @module
 */
import { smallestInteger } from "../accountant/calibrate.ts";
import { highestShare, lowestShare } from "../statistics/binomial.ts";

/** How many of the models of each side an event has. */
export interface Counts {
  /** Models of the side of which it should have many. */
  readonly hits: number;
  /** Of so many. */
  readonly ofHits: number;
  /** Models of the other side. */
  readonly misses: number;
  /** Of so many. */
  readonly ofMisses: number;
}

/**
 * A lower bound of ε.
 *
 * @param counts How many models of each side the event has.
 * @param delta δ.
 * @param level With this probability the bound is too high, at most: half of it for each side's share.
 * @returns The bound, 0 or more.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { lowestEpsilon } from "./lower_bound.ts";
 *
 * const counts = { hits: 300, ofHits: 300, misses: 0, ofMisses: 300 };
 * assert.equal(lowestEpsilon(counts, 0, 0.05).toFixed(2), "4.39");
 * ```
 */
export function lowestEpsilon({ hits, ofHits, misses, ofMisses }: Counts, delta: number, level: number): number {
  const sure = lowestShare(hits, ofHits, level / 2) - delta;
  if (!(sure > 0)) return 0;
  return Math.max(0, Math.log(sure / highestShare(misses, ofMisses, level / 2)));
}

/**
 * The largest ε that so many models of each side can show: what all of one side and none of the other would.
 *
 * @param count Models of a side that are counted.
 * @param delta δ.
 * @param level The level.
 * @returns ε.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { largestEpsilon } from "./lower_bound.ts";
 *
 * assert.ok(largestEpsilon(1000, 0, 0.05) < 5.7);
 * ```
 */
export function largestEpsilon(count: number, delta: number, level: number): number {
  return lowestEpsilon({ hits: count, ofHits: count, misses: 0, ofMisses: count }, delta, level);
}

/** More models of a side nobody runs. */
const MOST = 2 ** 40;

/**
 * How many models of a side have to be counted so that they can show more than an ε at all.
 *
 * @param epsilon ε.
 * @param delta δ.
 * @param level The level.
 * @returns Their number; undefined where it is beyond any.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fewestFor } from "./lower_bound.ts";
 *
 * assert.equal(fewestFor(4.39, 0, 0.05), 300);
 * ```
 */
export function fewestFor(epsilon: number, delta: number, level: number): number | undefined {
  const near = Math.min(MOST, Math.exp(epsilon) * -Math.log(level / 2));
  return smallestInteger((count) => largestEpsilon(count, delta, level) > epsilon, 1, 1, { near, most: MOST });
}

/** An event by a score, and on which side it should be the more frequent. */
export interface Rule {
  /** The event is that the score is this or more, */
  readonly threshold: number;
  /** or, if not, that it is less. */
  readonly above: boolean;
  /** Whether it is unlearned models that have it more often, or retrained ones. */
  readonly unlearned: boolean;
}

/** Scores of models of both sides. */
export interface Scores {
  /** Of unlearned models. */
  readonly unlearned: Float64Array;
  /** Of retrained ones. */
  readonly retrained: Float64Array;
}

/**
 * Counts the models that a rule has.
 *
 * @param rule The rule.
 * @param scores The models' scores.
 * @returns The counts.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { countsOf } from "./lower_bound.ts";
 *
 * const scores = { unlearned: Float64Array.of(1, 2, 3), retrained: Float64Array.of(0, 1) };
 * const { hits, misses } = countsOf({ threshold: 2, above: true, unlearned: true }, scores);
 * assert.deepEqual([hits, misses], [2, 0]);
 * ```
 */
export function countsOf({ threshold, above, unlearned }: Rule, scores: Scores): Counts {
  const count = (side: Float64Array) => side.reduce((sum, score) => sum + Number((score >= threshold) === above), 0);
  const [likely, other] = unlearned ? [scores.unlearned, scores.retrained] : [scores.retrained, scores.unlearned];
  return { hits: count(likely), ofHits: likely.length, misses: count(other), ofMisses: other.length };
}

/**
 * The rule with the largest lower bound on models that were set aside for choosing it: of all thresholds, on either side
 * of them, in both directions.
 *
 * @param scores Scores of the models set aside.
 * @param delta δ.
 * @param level The level.
 * @returns The rule.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chooseRule } from "./lower_bound.ts";
 *
 * const scores = { unlearned: new Float64Array(50).fill(1), retrained: new Float64Array(50).fill(2) };
 * assert.equal(chooseRule(scores, 0, 0.05).threshold, 2);
 * ```
 */
export function chooseRule(scores: Scores, delta: number, level: number): Rule {
  const [unlearned, retrained] = [scores.unlearned.toSorted(), scores.retrained.toSorted()];
  const bound = remembered(delta, level);
  let best: Rule = { threshold: unlearned[0], above: true, unlearned: true };
  let largest = 0;
  let [i, j] = [0, 0];
  for (const threshold of new Set([...unlearned, ...retrained].sort((a, b) => a - b))) {
    while (unlearned[i] < threshold) i++;
    while (retrained[j] < threshold) j++;
    for (const above of [true, false]) {
      const [u, r] = above ? [unlearned.length - i, retrained.length - j] : [i, j];
      for (const isUnlearned of [true, false]) {
        const [hits, ofHits, misses, ofMisses] = isUnlearned
          ? [u, unlearned.length, r, retrained.length]
          : [r, retrained.length, u, unlearned.length];
        if (hits * ofMisses <= misses * ofHits) continue;
        const epsilon = bound({ hits, ofHits, misses, ofMisses });
        if (epsilon <= largest) continue;
        [largest, best] = [epsilon, { threshold, above, unlearned: isUnlearned }];
      }
    }
  }
  return best;
}

/** {@linkcode lowestEpsilon}, computing each share once. */
function remembered(delta: number, level: number): (counts: Counts) => number {
  const share = (bound: typeof lowestShare) => {
    const known = new Map<string, number>();
    return (successes: number, trials: number) => {
      const key = `${successes}/${trials}`;
      const value = known.get(key) ?? bound(successes, trials, level / 2);
      known.set(key, value);
      return value;
    };
  };
  const [lowest, highest] = [share(lowestShare), share(highestShare)];
  return ({ hits, ofHits, misses, ofMisses }) =>
    Math.log(Math.max(0, lowest(hits, ofHits) - delta) / highest(misses, ofMisses));
}
