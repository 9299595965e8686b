/**
 * The searches for K, S and σ, the same for every accountant.
 * @module
 */
import { type Accountant, assertDelta, type Guarantee, type Target } from "./accountant.ts";
import { type Chain, type History, rowsLeft } from "./history.ts";
import { assertCounts, assertPositive } from "../model/problem.ts";

/** How many unlearning steps a guarantee takes. */
export interface Plan extends Guarantee {
  /** K. */
  readonly K: number;
}

function assertTarget({ epsilon, delta }: Target): void {
  assertPositive({ epsilon });
  assertDelta(delta);
}

/**
 * The smallest of the integers `first`, `first + stride`, … at which a monotone predicate holds.
 *
 * @param holds False up to some integer, true from there on.
 * @param first Where to begin.
 * @param stride Distance of the candidates.
 * @param hints Where the candidate is likely to be, which saves calls if it is so; and the largest integer, 2⁵³ − 1
 * without it.
 * @returns The smallest candidate at which `holds` is true, after O(log) calls; undefined if there is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { smallestInteger } from "./calibrate.ts";
 *
 * assert.equal(smallestInteger((k) => k >= 17, 1, 1), 17);
 * assert.equal(smallestInteger((k) => k >= 17, 1, 10), 21);
 * ```
 */
export function smallestInteger(
  holds: (k: number) => boolean,
  first: number,
  stride: number,
  { near, most = Number.MAX_SAFE_INTEGER }: { readonly near?: number | undefined; readonly most?: number } = {},
): number | undefined {
  const candidate = (index: number) => first + index * stride;
  const last = Math.floor((most - first) / stride);
  const hint = Math.ceil(((near ?? first) - first) / stride);
  const guess = hint > 0 ? Math.min(hint, last) : 0;
  let [below, above] = [-1, guess];
  if (holds(candidate(guess))) {
    for (let leap = 1; above > 0 && below < 0; leap *= 2) {
      const lower = Math.max(0, above - leap);
      if (holds(candidate(lower))) above = lower;
      else below = lower;
    }
  } else {
    for (let leap = 1; below < above; leap *= 2) {
      if (above === last) return undefined;
      [below, above] = [above, Math.min(above + leap, last)];
      if (holds(candidate(above))) break;
    }
  }
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (holds(candidate(middle))) above = middle;
    else below = middle;
  }
  return candidate(above);
}

/**
 * K, the fewest unlearning steps (epochs, with mini-batches) among 1, 1 + stride, … with which the next request reaches
 * a guarantee.
 *
 * @param accountant What it costs.
 * @param history The chain and the requests before this one.
 * @param S The number of rows that the request removes.
 * @param target ε and δ.
 * @param stride The distance of the candidates.
 * @returns K, and the guarantee that it gives.
 * @throws {RangeError} If a number is out of range, the accountant does not cover such a history, or ε is out of reach.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fewestSteps } from "./calibrate.ts";
 * import { langevinAccountant } from "./langevin.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const chain = { problem: makeProblem({ n: 11982, d: 784, lambda: 1e-6 }), sigma: 0.03, requests: [] };
 * const target = { epsilon: 1, delta: 1 / 11982 };
 * assert.equal(fewestSteps(langevinAccountant(), chain, 100, target).K, 1997);
 * assert.equal(fewestSteps(langevinAccountant(), chain, 100, target, 10).K, 2001);
 * ```
 */
export function fewestSteps(
  accountant: Accountant,
  history: History,
  S: number,
  target: Target,
  stride: number = 1,
): Plan {
  assertTarget(target);
  assertCounts({ stride });
  const after = (K: number) =>
    accountant.guarantee({ ...history, requests: [...history.requests, { S, K }] }, target.delta);
  const K = smallestInteger((K) => after(K).epsilon <= target.epsilon, 1, stride, {
    near: accountant.closed?.steps?.(history, S, target),
  });
  if (K === undefined) {
    const what = `${S} row${S === 1 ? "" : "s"} and sigma = ${history.sigma}`;
    throw new RangeError(`epsilon ${target.epsilon} is out of reach for ${what}: no K up to 2⁵³ is enough`);
  }
  return { K, ...after(K) };
}

/**
 * k_1, k_2, …: for each request in turn the fewest unlearning steps that keep a guarantee, given the requests before
 * (`sequential2` of the original).
 *
 * @param accountant What it costs.
 * @param chain The chain.
 * @param sizes S of each request.
 * @param target ε after every request, and δ.
 * @returns K of each request.
 * @throws {RangeError} If a number is out of range, the accountant does not cover such a history, or ε is out of reach.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fewestStepsEach } from "./calibrate.ts";
 * import { langevinAccountant } from "./langevin.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const chain = { problem: makeProblem({ n: 11982, d: 784, lambda: 1e-6 }), sigma: 0.03 };
 * const target = { epsilon: 1, delta: 1 / 11982 };
 * const original = langevinAccountant({ triangle: "half" });
 * assert.deepEqual(fewestStepsEach(original, chain, Array(5).fill(20), target), [1163, 1386, 1405, 1418, 1434]);
 * ```
 */
export function fewestStepsEach(
  accountant: Accountant,
  chain: Chain,
  sizes: readonly number[],
  target: Target,
): number[] {
  const requests: { readonly S: number; readonly K: number }[] = [];
  for (const S of sizes) {
    const { K } = fewestSteps(accountant, { ...chain, requests }, S, target);
    requests.push({ S, K });
  }
  return requests.map(({ K }) => K);
}

/**
 * S, the most rows that the next request can remove and K steps still reach a guarantee.
 *
 * @param accountant What it costs.
 * @param history The chain and the requests before this one.
 * @param K The unlearning steps of the request.
 * @param target ε and δ.
 * @returns S; 0 if a single row is too many. Rows of which the accountant's theorem does not speak are too many.
 * @throws {RangeError} If a number is out of range or the accountant does not cover such a history.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mostRows } from "./calibrate.ts";
 * import { langevinAccountant } from "./langevin.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const chain = { problem: makeProblem({ n: 11982, d: 784, lambda: 1e-6 }), sigma: 0.03, requests: [] };
 * assert.equal(mostRows(langevinAccountant(), chain, 1997, { epsilon: 1, delta: 1 / 11982 }), 100);
 * ```
 */
export function mostRows(accountant: Accountant, history: History, K: number, target: Target): number {
  assertTarget(target);
  const most = rowsLeft(history);
  const isTooMany = (S: number) => {
    const requests = [...history.requests, { S, K }];
    return accountant.guarantee({ ...history, requests }, target.delta).epsilon > target.epsilon;
  };
  if (most === 0 || isTooMany(1)) return 0;
  if (most === 1) return 1;
  const near = (accountant.closed?.rows?.(history, K, target) ?? 1) + 1;
  const isRefused = (S: number) => {
    try {
      return isTooMany(S);
    } catch (error) {
      if (error instanceof RangeError) return true;
      throw error;
    }
  };
  return (smallestInteger(isRefused, 2, 1, { near, most }) ?? most + 1) - 1;
}

/** Relative width to which σ is found. */
const SIGMA_WIDTH = 1e-9;

/** log₂ of the smallest and the largest σ searched. */
const SIGMA_EXPONENTS = [-1022, 1023] as const;

/**
 * The smallest σ with which a history reaches a guarantee, by bisection to a relative width of 1e-9.
 *
 * @param accountant What it costs.
 * @param history What happened, or is to happen, with another σ.
 * @param target ε and δ.
 * @returns σ, rounded to the side on which ε holds; not below 2⁻¹⁰²².
 * @throws {RangeError} If a number is out of range, the accountant does not cover such a history, or ε is out of reach.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { smallestSigma } from "./calibrate.ts";
 * import { langevinAccountant } from "./langevin.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const history = { problem: makeProblem({ n: 11982, d: 784, lambda: 1e-6 }), requests: [{ S: 1, K: 2 }] };
 * const sigma = smallestSigma(langevinAccountant(), history, { epsilon: 1, delta: 1 / 11982 });
 * assert.ok(Math.abs(sigma - 0.00956686872) < 1e-10);
 * ```
 */
export function smallestSigma(accountant: Accountant, history: Omit<History, "sigma">, target: Target): number {
  assertTarget(target);
  const reaches = (sigma: number) =>
    accountant.guarantee({ ...history, sigma }, target.delta).epsilon <= target.epsilon;
  const closed = accountant.closed?.sigma?.(history, target);
  if (closed !== undefined && closed >= 2 ** SIGMA_EXPONENTS[0] && closed <= 2 ** SIGMA_EXPONENTS[1]) {
    // The closed form, rounded to the side on which ε holds, unless it is off by more than rounding.
    let sigma = closed;
    for (let margin = 2 ** -40; !reaches(sigma) && margin < SIGMA_WIDTH; margin *= 2) sigma = closed * (1 + margin);
    if (reaches(sigma) && !reaches(sigma * (1 - SIGMA_WIDTH))) return sigma;
  }
  let [below, above] = SIGMA_EXPONENTS as readonly number[];
  if (reaches(2 ** below)) return 2 ** below;
  if (!reaches(2 ** above)) throw new RangeError(`epsilon ${target.epsilon} is out of reach: no sigma is enough`);
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (reaches(2 ** middle)) above = middle;
    else below = middle;
  }
  let [tooSmall, enough] = [2 ** below, 2 ** above];
  while (enough - tooSmall > SIGMA_WIDTH * enough) {
    const middle = (enough + tooSmall) / 2;
    if (reaches(middle)) enough = middle;
    else tooSmall = middle;
  }
  return enough;
}
