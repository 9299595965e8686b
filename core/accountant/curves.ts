/**
 * Curves of guarantees: ε against δ, and ε against the steps of the last request.
 * @module
 */
import { type Accountant, assertDelta } from "./accountant.ts";
import type { History } from "./history.ts";

/** A point of a curve. */
export interface GuaranteePoint {
  /** Which curve: what varies. */
  readonly against: "delta" | "K";
  /** Whose guarantee it is. */
  readonly accountant: string;
  /** K of the last request. */
  readonly K: number;
  /** δ. */
  readonly delta: number;
  /** ε, which may be infinite. */
  readonly epsilon: number;
  /** μ, of an accountant that has one. */
  readonly mu?: number;
}

/** δ from 1e-12 to 0.1, two a decade, and those of the run. */
const deltasWith = (delta: number) =>
  [...new Set([...Array.from({ length: 23 }, (_, i) => Number((10 ** (-12 + i / 2)).toPrecision(3))), delta])]
    .sort((a, b) => a - b);

/** K from 1 to 100000, about twenty a decade, 0, and those of the run. */
const stepsWith = (K: number) =>
  [...new Set([0, ...Array.from({ length: 101 }, (_, i) => Math.round(10 ** (i / 20))), K])].sort((a, b) => a - b);

/** From this ε on downwards more steps are not drawn. */
const NOTHING = 1e-3;

/**
 * The curves of a history by one accountant: with its K for every δ, with its δ for every K until ε is next to nothing.
 *
 * @param accountant The accountant.
 * @param history What happened, or is to happen.
 * @param delta δ.
 * @returns The points.
 * @throws {RangeError} If a number is out of range, or the accountant does not cover such a history.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { guaranteeCurves } from "./curves.ts";
 * import { exactAccountant } from "./exact.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const history = { problem, sigma: 0.03, requests: [{ S: 100, K: 60 }] };
 * const points = guaranteeCurves(exactAccountant(), history, 1 / 11982);
 * const { epsilon } = points.find(({ against, K }) => against === "K" && K === 60)!;
 * assert.ok(epsilon < 1 && epsilon > 0.95);
 * ```
 */
export function guaranteeCurves(accountant: Accountant, history: History, delta: number): GuaranteePoint[] {
  assertDelta(delta);
  const earlier = history.requests.slice(0, -1);
  const pointAt = (against: GuaranteePoint["against"], K: number, delta: number): GuaranteePoint => {
    const requests = [...earlier, ...history.requests.slice(-1).map(({ S }) => ({ S, K }))];
    const { epsilon, at: { mu } } = accountant.guarantee({ ...history, requests }, delta);
    return { against, accountant: accountant.name, K, delta, epsilon, ...(mu !== undefined && { mu }) };
  };
  const K = history.requests.at(-1)?.K ?? 0;
  const ofDelta = deltasWith(delta).map((delta) => pointAt("delta", K, delta));
  const ofSteps: GuaranteePoint[] = [];
  for (const steps of stepsWith(K)) {
    const isOver = steps > K && ofSteps.at(-1)!.epsilon <= NOTHING;
    if (!isOver) ofSteps.push(pointAt("K", steps, delta));
  }
  return [...ofDelta, ...ofSteps];
}
