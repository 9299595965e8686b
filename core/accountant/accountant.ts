/**
 * What a history costs: the one interface of the accountants, between what happened (`history.ts`) and the searches for
 * K, σ and S (`calibrate.ts`). `accountants.ts` lists them by name.
 * @module
 */
import type { History } from "./history.ts";

/** ε of an (ε, δ) guarantee, and where it is attained. */
export interface Guarantee {
  /** ε. */
  readonly epsilon: number;
  /** What attains it, by name: of an accountant of Rényi differences the order, `alpha`. */
  readonly at: Readonly<Record<string, number>>;
}

/** The guarantee to reach. */
export interface Target {
  /** ε. */
  readonly epsilon: number;
  /** δ. */
  readonly delta: number;
}

/**
 * Closed forms of what `calibrate.ts` searches. They may be off by rounding: the search begins there, and the guarantee
 * decides.
 */
export interface ClosedForms {
  /** K of a next request of S rows. */
  steps?(history: History, S: number, target: Target): number;
  /** The smallest σ. */
  sigma?(history: Omit<History, "sigma">, target: Target): number;
  /** The most rows that a next request of K steps can remove. */
  rows?(history: History, K: number, target: Target): number;
}

/** Says how well the rows of the requests are forgotten. */
export interface Accountant {
  /** Its name in `--accountant` and in certificates. */
  readonly name: string;
  /** What proves it. */
  readonly theorem: string;
  /**
   * The guarantee after the last request: the law of the weights is (ε, δ)-indistinguishable from that of weights
   * learned without the removed rows. It is never below what the theorem gives: rounding errs upwards.
   *
   * @param history What happened; K = 0 in the last request tells of the weights before they are unlearned.
   * @param delta δ.
   * @returns ε, which may be infinite, and where it is attained.
   * @throws {RangeError} If a number is out of range, or the theorem does not cover such a history.
   */
  guarantee(history: History, delta: number): Guarantee;
  /** Closed forms, where there are some. */
  readonly closed?: ClosedForms;
}

/**
 * Throws unless δ is one of a guarantee.
 *
 * @param delta δ.
 * @throws {RangeError} If it is not above 0 and below 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assertDelta } from "./accountant.ts";
 *
 * assert.throws(() => assertDelta(1), /delta must be above 0 and below 1, got 1/);
 * ```
 */
export function assertDelta(delta: number): void {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be above 0 and below 1, got ${delta}`);
}
