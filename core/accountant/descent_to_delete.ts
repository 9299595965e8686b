/**
 * The accountant of Descent-to-Delete (Neel, Roth and Sharifi-Malvajerdi, ALT 2021), the baseline of the paper.
 *
 * Noise-free gradient descent with step 2/(L + m) contracts by γ = (L − m)/(L + m); Gaussian noise is added to the
 * published weights.
 * @module
 */
import { type Accountant, assertDelta, type Target } from "./accountant.ts";
import { gaussianEpsilon, gaussianMu } from "./gaussian.ts";
import {
  assertNeighbours,
  assertRows,
  checkHistory,
  gradientsChanged,
  type History,
  type Neighbours,
} from "./history.ts";
import { LEAST } from "./renyi.ts";
import {
  assertCounts,
  assertPositive,
  assertProblem,
  assertStronglyConvex,
  clipsSoftmax,
  type Problem,
} from "../model/problem.ts";

/**
 * 2/(L + m), the step of Descent-to-Delete.
 *
 * @param problem The constants.
 * @returns The step.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { descentStepSize } from "./descent_to_delete.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * assert.equal(descentStepSize(makeProblem({ n: 11982, d: 784, lambda: 1e-6 })), 7.300229227197734);
 * ```
 */
export function descentStepSize({ L, m }: Problem): number {
  return 2 / (L + m);
}

/** log(1/γ), the rate at which steps bring two chains closer: 1 − γ is 2m/(L + m). */
function contractionRate({ L, m }: Problem): number {
  return m < L / 4 ? -Math.log1p(-2 * m / (L + m)) : Math.log((L + m) / (L - m));
}

/** √(cost + ε) − √cost without the cancellation of a small ε. */
const rootGap = (cost: number, epsilon: number) => epsilon / (Math.sqrt(cost + epsilon) + Math.sqrt(cost));

function assertArguments(problem: Problem, { epsilon, delta }: Target): void {
  assertProblem(problem);
  assertStronglyConvex(problem);
  assertPositive({ epsilon });
  assertDelta(delta);
}

function assertConvex(problem: Problem): void {
  if (!clipsSoftmax(problem)) return;
  throw new RangeError(`M must be √2 or more: the softmax loss clipped to ${problem.M} is not convex`);
}

/** A number of steps that is one. */
function countable({ epsilon }: Target, steps: number): number {
  if (Number.isSafeInteger(steps)) return steps;
  throw new RangeError(`epsilon ${epsilon} is out of reach: it takes ${steps} steps`);
}

/** factor·Mγ^I/(mn(1 − γ^I)·gap), rounded upwards. */
function noiseOf(problem: Problem, I: number, factor: number, gap: number): number {
  const { n, m, M } = problem;
  const exponent = I * contractionRate(problem);
  return quotient(exponent, [factor, M], [m, n, gap, -Math.expm1(-exponent)]);
}

/**
 * e^{−exponent} times some numbers over others, rounded upwards; by logarithms, which float64 holds whatever they are.
 */
function quotient(exponent: number, over: readonly number[], under: readonly number[]): number {
  const logs = [...over.map(Math.log), ...under.map((part) => -Math.log(part))];
  const log = logs.reduce((sum, log) => sum + log, -exponent);
  const size = logs.reduce((sum, log) => sum + Math.abs(log), exponent);
  return log === -Infinity ? LEAST : Math.max(LEAST, Math.exp(log) * (1 + 2 ** -50 * (8 + size)));
}

/**
 * Standard deviation of the noise on the published weights after I steps, where the noise-free state is kept
 * (Theorem 9 of Neel et al., Theorem O.1 of arXiv 2403.17105; `calculate_baseline_sigma`):
 * 4√2·Mγ^I / (mn(1 − γ^I)(√(log(1/δ) + ε) − √log(1/δ))).
 *
 * @param problem The constants.
 * @param I The number of steps.
 * @param target ε and δ.
 * @returns The standard deviation, rounded upwards.
 * @throws {RangeError} If `I` is not a positive integer or the target not one of a guarantee.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { publishingNoise } from "./descent_to_delete.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const mnist = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * assert.ok(Math.abs(publishingNoise(mnist, 1, { epsilon: 1, delta: 1 / 11982 }) - 2.58471) < 1e-5);
 * ```
 */
export function publishingNoise(problem: Problem, I: number, target: Target): number {
  assertArguments(problem, target);
  assertCounts({ I });
  return noiseOf(problem, I, 4 * Math.SQRT2, rootGap(-Math.log(target.delta), target.epsilon));
}

/**
 * I, the least number of steps a request takes where the noise stays in the state (Theorem 28 of Neel et al.,
 * Theorem O.2 of arXiv 2403.17105; `get_baseline_min_I`):
 * ⌈log(√(2d)/((1 − γ)(√(2 log(2/δ) + ε) − √(2 log(2/δ))))) / log(1/γ)⌉, at least 1.
 *
 * @param problem The constants.
 * @param target ε and δ.
 * @returns I.
 * @throws {RangeError} If the target is not one of a guarantee, or so small that I leaves the range of integers.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { leastIterations } from "./descent_to_delete.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const mnist = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * assert.equal(leastIterations(mnist, { epsilon: 1, delta: 1 / 11982 }), 91);
 * ```
 */
export function leastIterations(problem: Problem, target: Target): number {
  assertArguments(problem, target);
  const { d, L, m } = problem;
  const cost = 2 * (Math.LN2 - Math.log(target.delta));
  const logSpread = Math.log(Math.sqrt(2 * d) * (L + m) / (2 * m)) - Math.log(rootGap(cost, target.epsilon));
  return countable(target, Math.max(1, Math.ceil(logSpread / contractionRate(problem))));
}

/**
 * Steps of the i-th request where the noise stays in the state: ⌊I·factor⌋ + ⌈log log(4di/δ) / log(1/γ)⌉
 * (Theorem 28 of Neel et al.; `get_baseline_term2`).
 *
 * @param problem The constants.
 * @param target ε and δ.
 * @param request i, from 1.
 * @param factor How many times {@linkcode leastIterations}, at least 1; the paper takes 1, 1.5 and 2.
 * @returns The number of steps.
 * @throws {RangeError} If an argument is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { requestIterations } from "./descent_to_delete.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const mnist = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * assert.equal(requestIterations(mnist, { epsilon: 1, delta: 1 / 11982 }, 100, 1.5), 170);
 * ```
 */
export function requestIterations(problem: Problem, target: Target, request: number, factor: number): number {
  assertCounts({ request });
  if (!(factor >= 1 && factor < Infinity)) throw new RangeError(`factor must be 1 or more and finite, got ${factor}`);
  const doublyLogarithmic = Math.log(Math.log(4 * problem.d * request) - Math.log(target.delta));
  return countable(
    target,
    Math.floor(leastIterations(problem, target) * factor) + Math.ceil(doublyLogarithmic / contractionRate(problem)),
  );
}

/**
 * Standard deviation of the noise after I steps where it stays in the state (Theorem 28 of Neel et al.;
 * `calculate_baseline_sigma2`): 8Mγ^I / (mn(1 − γ^I)(√(2 log(2/δ) + 3ε) − √(2 log(2/δ) + 2ε))).
 *
 * @param problem The constants.
 * @param I The number of steps.
 * @param target ε and δ.
 * @returns The standard deviation, rounded upwards.
 * @throws {RangeError} If `I` is not a positive integer or the target not one of a guarantee.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { stateNoise } from "./descent_to_delete.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const mnist = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * assert.ok(Math.abs(stateNoise(mnist, 123, { epsilon: 1, delta: 1 / 11982 }) - 6.840279e-6) < 1e-11);
 * ```
 */
export function stateNoise(problem: Problem, I: number, target: Target): number {
  assertArguments(problem, target);
  assertCounts({ I });
  const { epsilon, delta } = target;
  return noiseOf(problem, I, 8, rootGap(2 * (Math.LN2 - Math.log(delta)) + 2 * epsilon, epsilon));
}

/**
 * Standard deviation of the noise on the published weights after I steps a request, exactly: two noise-free states at
 * most A apart are A/deviation-GDP, and A is γ^I·(1 − γ^T)·2SM/(mn) after one request, γ^I/(1 − γ^J)·2SM/(mn) after any
 * number of requests of J steps or more; half of it for null rows. The noise-free state is kept, and must be kept
 * secret.
 *
 * @param problem The constants.
 * @param I The number of steps.
 * @param target ε and δ.
 * @param history How many rows a request removes at most, one by default; how many requests there may be, and the
 * fewest steps J of an earlier one, I by default; the steps T of learning, infinitely many by default; what a removed
 * row becomes.
 * @returns The standard deviation, rounded upwards.
 * @throws {RangeError} If an argument is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "../model/problem.ts";
 * import { exactPublishingNoise } from "./descent_to_delete.ts";
 *
 * const mnist = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const noise = exactPublishingNoise(mnist, 1, { epsilon: 1, delta: 1 / 11982 });
 * assert.ok(Math.abs(noise - 0.0411) < 1e-4);
 * ```
 */
export function exactPublishingNoise(
  problem: Problem,
  I: number,
  target: Target,
  { S = 1, requests = "one", leastI = I, T = Infinity, neighbours = "replaced" }: {
    readonly S?: number;
    readonly requests?: "one" | "any";
    readonly leastI?: number;
    readonly T?: number;
    readonly neighbours?: Neighbours;
  } = {},
): number {
  assertArguments(problem, target);
  assertCounts({ I, leastI });
  assertRows(problem, S);
  assertNeighbours(neighbours);
  assertConvex(problem);
  if (T !== Infinity) assertCounts({ T });
  const { n, m, M } = problem;
  const [rate, exponent] = [contractionRate(problem), I * contractionRate(problem)];
  const learned = requests === "one" ? -Math.expm1(-T * rate) : 1 / -Math.expm1(-leastI * rate);
  const mu = gaussianMu(target.epsilon, target.delta);
  return quotient(exponent, [gradientsChanged({ neighbours }), S, M, learned], [m, n, mu]);
}

/** How far the requests move the noise-free state from that of learning without the removed rows, in units of 2M/(mn). */
function apartAfter(history: Omit<History, "sigma">): number {
  const { problem, T = Infinity, requests } = history;
  const rate = contractionRate(problem);
  let [apart, steps] = [0, T];
  for (const { S, K } of requests) {
    apart = Math.exp(-rate * K) * (apart - S * Math.expm1(-rate * steps));
    steps += K;
  }
  return apart * gradientsChanged(history) / 2;
}

/** The same with a next request. */
const apartWith = (history: Omit<History, "sigma">, S: number, K: number) =>
  apartAfter({ ...history, requests: [...history.requests, { S, K }] });

/** A bound on the relative error of {@linkcode apartAfter}. */
function roundingOf({ problem, requests }: History): number {
  const rate = contractionRate(problem);
  return 2 ** -44 + 2 ** -50 * requests.reduce((sum, { K }) => sum + 1 + Math.min(rate * K, 1500), 0);
}

/** μ of states so far apart, rounded upwards. */
function muOfApart({ problem: { n, m, M }, sigma }: History, apart: number): number {
  return apart === 0 ? 0 : quotient(0, [2, M, apart], [m, n, sigma]);
}

/** Throws unless a history is one of Descent-to-Delete. */
function checkDescent(history: History): void {
  checkHistory(history);
  const { problem, batchSize = problem.n, radius, clipsRegularizer } = history;
  assertStronglyConvex(problem);
  assertConvex(problem);
  if (batchSize < problem.n || radius !== undefined || clipsRegularizer) {
    throw new RangeError("Descent-to-Delete takes full batches, projects nothing and clips no regularizer");
  }
}

/**
 * The exact accountant of Descent-to-Delete where the noise-free state is kept: σ is the deviation of the noise on the
 * published weights, a step has the length {@linkcode descentStepSize}, whatever η is, and the requests are any. It is
 * against one who sees the last published weights. {@linkcode exactPublishingNoise} has σ also for any number of
 * requests.
 *
 * @returns The accountant; its guarantees are attained at a `mu`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fewestSteps, mostRows } from "./calibrate.ts";
 * import { descentAccountant } from "./descent_to_delete.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const history = { problem: makeProblem({ n: 11982, d: 784, lambda: 1e-6 }), sigma: 0.05, requests: [] };
 * const target = { epsilon: 1, delta: 1 / 11982 };
 * assert.equal(fewestSteps(descentAccountant(), history, 10, target).K, 25);
 * assert.equal(mostRows(descentAccountant(), history, 25, target), 10);
 * ```
 */
export function descentAccountant(): Accountant {
  return {
    name: "descent",
    theorem: "two states of noise-free descent (Neel, Roth and Sharifi-Malvajerdi 2021) under the Gaussian mechanism " +
      "(Balle and Wang 2018)",
    guarantee(history, delta) {
      checkDescent(history);
      assertDelta(delta);
      const mu = muOfApart(history, apartAfter(history));
      return { epsilon: gaussianEpsilon(mu * (1 + roundingOf(history)), delta), at: { mu } };
    },
    closed: {
      steps(history, S, { epsilon, delta }) {
        const mu = muOfApart(history, apartWith(history, S, 0));
        return Math.ceil(Math.log(mu / gaussianMu(epsilon, delta)) / contractionRate(history.problem));
      },
      sigma: (history, { epsilon, delta }) =>
        muOfApart({ ...history, sigma: 1 }, apartAfter(history)) / gaussianMu(epsilon, delta),
      rows(history, K, { epsilon, delta }) {
        const [none, one] = [0, 1].map((S) => muOfApart(history, apartWith(history, S, K)));
        return Math.floor((gaussianMu(epsilon, delta) - none) / (one - none));
      },
    },
  };
}
