/**
 * The exact accountant: what a history of noisy gradient descent costs in μ, by shifted interpolation (`schedule.ts`), and
 * from it ε by the exact conversion of the Gaussian mechanism (`gaussian.ts`).
 *
 * A step f(w) = w − η∇F(w) is c-Lipschitz with c = max(1 − ηm, ηL − 1) for η < 2/L, and S removed rows move it by
 * s = 2ηSM/n at most, by half of that where they are null rows. While data set j is learned, the shift against learning
 * without all rows removed by the end is that of the rows still in. A quadratic from a fixed start attains the bound: with
 * these constants alone there is no better one.
 * @module
 */
import { gradientBound, type Problem } from "../model/problem.ts";
import { type Accountant, assertDelta, type Target } from "./accountant.ts";
import { gaussianEpsilon, gaussianMu } from "./gaussian.ts";
import { type Chain, checkHistory, gradientsChanged, type History } from "./history.ts";
import { geometric, muOfSchedule, type Phase } from "./schedule.ts";

/** c of a step: 1 − ηm up to η = 2/(m + L), and ηL − 1 beyond. */
const contractionOf = ({ eta, m, L }: Problem) => eta * (L + m) <= 2 ? 1 - eta * m : eta * L - 1;

/**
 * −log c of a step.
 *
 * @param problem η, m and L.
 * @returns The rate; c is 1 − ηm up to η = 2/(m + L), and ηL − 1 beyond.
 * @throws {RangeError} If η is not below 2/L.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "../model/problem.ts";
 * import { stepRate } from "./exact.ts";
 *
 * assert.ok(Math.abs(stepRate(makeProblem({ n: 11982, d: 784, lambda: 1e-6 })) - 0.046814881) < 1e-9);
 * ```
 */
export function stepRate({ eta, m, L }: Problem): number {
  if (!(eta * L < 2)) throw new RangeError(`the exact accountant needs eta below 2/L, got ${eta} with L = ${L}`);
  return eta * (L + m) <= 2 ? -Math.log1p(-eta * m) : -Math.log(eta * L - 1);
}

/** Throws unless the theorem speaks of such a chain. */
function checkCovered({ problem, clipsRegularizer, batchSize = problem.n }: Chain): void {
  const refuse = (reason: string) => {
    throw new RangeError(`the exact accountant ${reason}`);
  };
  const { n, classes, M } = problem;
  if (batchSize !== n) refuse(`is for the full batch: batchSize must be ${n}; muOfSchedule takes any cycle of batches`);
  if (clipsRegularizer) {
    refuse("needs a step that clips a row's gradient alone: clipped with the regularizer, it expands");
  }
  if (classes > 2 && M < gradientBound(classes) * (1 - 2 ** -40)) {
    refuse(`needs M of √2 or more for the softmax loss, whose gradient clipped below is not monotone, got ${M}`);
  }
  if (contractionOf(problem) < 2 ** -30) refuse("needs a step that float64 tells from one that forgets everything");
}

/**
 * The phases of a history: T steps with the rows of all requests, then K_1 with those of the requests after the first, and
 * so on, the last without any.
 *
 * @param history What happened.
 * @returns The phases, for {@linkcode muOfSchedule}.
 * @throws {RangeError} If a number is out of range, or the theorem does not cover such a history.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "../model/problem.ts";
 * import { phasesOf } from "./exact.ts";
 *
 * const problem = makeProblem({ n: 100, d: 5, lambda: 1e-3 });
 * const phases = phasesOf({ problem, sigma: 0.1, T: 50, requests: [{ S: 1, K: 3 }, { S: 2, K: 4 }] });
 * assert.deepEqual(phases.map(({ steps }) => steps), [50, 3, 4]);
 * ```
 */
export function phasesOf(history: History): Phase[] {
  checkHistory(history);
  checkCovered(history);
  const { problem, sigma, T = Infinity, requests } = history;
  const { n, M, eta } = problem;
  const [rate, variance] = [stepRate(problem), 2 * eta * sigma ** 2];
  const unit = gradientsChanged(history) * eta * M / n;
  let left = requests.reduce((sum, { S }) => sum + S, 0);
  return [{ S: 0, K: T }, ...requests].map(({ S, K }) => ({ steps: K, rate, shift: unit * (left -= S), variance }));
}

/** From this exponent on e^{−x} is below the rounding of 1. */
const FORGOTTEN = 45;

/**
 * μ of one request after learning in a ball: two chains are never further apart than its diameter, so that only the last j
 * steps of learning need to be followed, for the best j (convex, projected: arXiv 2403.17105's setting).
 */
function muInBall(phases: readonly Phase[], radius: number): number {
  const [{ steps: T, rate, shift, variance }, { steps: K }] = phases;
  const most = Math.min(T, Math.ceil(FORGOTTEN / rate));
  let least = Infinity;
  for (let j = 0; j <= most; j++) {
    const apart = Math.min(2 * radius, shift * geometric(rate, T - j));
    const rise = Math.exp(-rate * (K + j)) * apart + Math.exp(-rate * K) * shift * geometric(rate, j);
    if (K + j > 0) least = Math.min(least, rise / Math.sqrt(variance * geometric(2 * rate, K + j)));
  }
  return least;
}

/**
 * μ of a history.
 *
 * @param history What happened.
 * @returns μ: the weights are μ-GDP against those learned in T + K_1 + … + K_r steps, from the same start, without the
 * removed rows.
 * @throws {RangeError} If a number is out of range, or the theorem does not cover such a history.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "../model/problem.ts";
 * import { muOf } from "./exact.ts";
 *
 * const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * assert.ok(Math.abs(muOf({ problem, sigma: 0.03, requests: [{ S: 1, K: 1 }] }) - 0.0479468) < 1e-7);
 * ```
 */
export function muOf(history: History): number {
  const phases = phasesOf(history);
  const mu = muOfSchedule(phases);
  const { radius, requests } = history;
  return radius !== undefined && requests.length === 1 ? Math.min(mu, muInBall(phases, radius)) : mu;
}

/** A bound on the relative error of μ: K multiplies the error of the rate, which cancels where c is a small difference. */
function roundingOf({ problem, requests }: History): number {
  const { eta, m, L } = problem;
  const c = contractionOf(problem);
  const steps = requests.reduce((sum, { K }) => sum + K, 1);
  return 2 ** -50 * (64 + steps * (stepRate(problem) + 1 / c - 1 + (eta * (L + m) <= 2 ? 0 : 1 / c)));
}

/** A_r of the requests so far and the steps taken, in which μ is linear. */
function shiftBefore(history: History): { readonly shift: number; readonly steps: number } {
  const [{ steps: T, rate }] = phasesOf({ ...history, requests: [...history.requests, { S: 1, K: 0 }] });
  const { problem: { n, M, eta }, requests } = history;
  const unit = gradientsChanged(history) * eta * M / n;
  let [shift, steps] = [0, T];
  for (const { S, K } of requests) {
    shift = Math.exp(-rate * K) * (shift + unit * S * geometric(rate, steps));
    steps += K;
  }
  return { shift, steps };
}

/** K in closed form, to within a step; an accountant's guarantee decides. */
function stepsFor(history: History, S: number, { epsilon, delta }: Target): number {
  const [{ rate, shift, variance }] = phasesOf({ ...history, requests: [{ S, K: 0 }] });
  const before = shiftBefore(history);
  const apart = before.shift + shift * geometric(rate, before.steps);
  const square = (apart / gaussianMu(epsilon, delta)) ** 2 * -Math.expm1(-2 * rate) / variance +
    Math.exp(-2 * rate * before.steps);
  return Math.ceil(Math.log(square) / (2 * rate)) - 1;
}

/**
 * The exact accountant. It covers steps of length η < 2/L on the full batch that clip a row's gradient alone (for the
 * softmax loss to √2 or more), with or without a projection, from any start that does not depend on the rows, and
 * requests and K that were chosen without looking at the weights. The reference is T + K_1 + … + K_r steps of learning from
 * the same start; n, λn, σ, η and the numbers of rows removed are public. Null rows: it learns on the remaining rows alone.
 *
 * @returns The accountant; its guarantees are attained at a `mu`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "../model/problem.ts";
 * import { fewestSteps } from "./calibrate.ts";
 * import { exactAccountant } from "./exact.ts";
 *
 * const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const target = { epsilon: 1, delta: 1 / 11982 };
 * const chain = { problem, sigma: 0.03, requests: [] };
 * assert.equal(fewestSteps(exactAccountant(), chain, 100, target).K, 60);
 * assert.equal(fewestSteps(exactAccountant(), { ...chain, neighbours: "null" }, 100, target).K, 45);
 * ```
 */
export function exactAccountant(): Accountant {
  return {
    name: "exact",
    theorem: "shifted interpolation (Bok, Su and Altschuler 2024) with the exact conversion of Balle and Wang 2018",
    guarantee(history, delta) {
      assertDelta(delta);
      const mu = muOf(history);
      return { epsilon: gaussianEpsilon(mu * (1 + roundingOf(history)), delta), at: { mu } };
    },
    closed: {
      steps: stepsFor,
      sigma: (history, { epsilon, delta }) => muOf({ ...history, sigma: 1 }) / gaussianMu(epsilon, delta),
      rows(history, K, { epsilon, delta }) {
        const muWith = (S: number) => muOf({ ...history, requests: [...history.requests, { S, K }] });
        const slope = muWith(2) - muWith(1);
        return Math.floor((gaussianMu(epsilon, delta) - muWith(1)) / slope) + 1;
      },
    },
  };
}
