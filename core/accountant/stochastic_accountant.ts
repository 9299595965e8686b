/**
 * The privacy accountant of stochastic-gradient Langevin unlearning (arXiv 2403.17105): pure functions on float64
 * numbers.
 *
 * Projected noisy gradient descent over a fixed cycle of mini-batches is c-contractive with c = 1 − ηm, and a request
 * replaces one row. Two runs that start a Wasserstein distance Z apart are therefore within a Rényi difference of
 * αZ²/(2ησ²)·c^{2Kn/b} after K epochs (Lemma 2.6), linear in the order α, so that every ε has a closed form.
 * @module
 */
import { assertProblem, type Guarantee, linearGuarantee } from "./accountant.ts";
import { smallestInteger } from "./minimize.ts";
import { assertPositive, type Problem } from "./problem.ts";

/** The mini-batches of a chain and the ball that it stays in. */
export interface Batches {
  /** b, a divisor of the number of rows; all rows for the full batch. */
  readonly batchSize: number;
  /** R: the weights are projected to this norm. */
  readonly radius: number;
}

/** A projected noisy stochastic-gradient chain. */
export interface StochasticChain extends Batches {
  /** σ. */
  readonly noiseScale: number;
}

/**
 * Which version of the bounds. `released`: the replaced row acts in one iteration of every epoch, which gives Z_B its
 * factor 1/(1 − c^{n/b}); the first request decays by c^{2Kn/b} (Corollary 3.7) and later ones by the optimum
 * (1 − c²)/(c^{−2Kn/b} − 1) of which Lemma 2.6 is a simplification. `older`: it may act in every iteration, which gives
 * 1/(1 − c), and every request decays by the optimum; the published sequences of Figure 3b were made with it.
 */
export type BoundVersion = "released" | "older";

function assertBatches(problem: Problem, { batchSize, radius }: Batches): void {
  assertProblem(problem);
  assertPositive({ batchSize, radius });
  if (batchSize % 1 !== 0 || problem.count % batchSize !== 0) {
    throw new RangeError(`batchSize must divide ${problem.count}, the number of rows, got ${batchSize}`);
  }
}

function assertLearningEpochs(learningEpochs: number): void {
  if (!(learningEpochs >= 1)) throw new RangeError(`learningEpochs must be 1 or more, got ${learningEpochs}`);
}

function assertEpochs(epochs: readonly number[]): void {
  if (epochs.length === 0 || !epochs.every((k) => k >= 1 && k < Infinity)) {
    throw new RangeError(`epochs must be one or more numbers, 1 or more and finite, got [${epochs}]`);
  }
}

/**
 * −log c^{n/b}, the rate at which distances shrink in an epoch: K epochs shrink them by c^{Kn/b} (Lemma 3.4).
 *
 * @param problem The constants.
 * @param batchSize b.
 * @returns The rate.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "./problem.ts";
 * import { epochRate } from "./stochastic_accountant.ts";
 *
 * const mnist = makeProblem(11264, 784, 1e-6, 1);
 * const c = 1 - mnist.stepSize * mnist.strongConvexity;
 * assert.ok(Math.abs(Math.exp(-epochRate(mnist, 512)) - c ** 22) < 1e-15);
 * ```
 */
export function epochRate({ count, strongConvexity, stepSize }: Problem, batchSize: number): number {
  return -(count / batchSize) * Math.log1p(-stepSize * strongConvexity);
}

/**
 * Z_B, the distance from T epochs of learning on the old rows to the stationary law on the new ones:
 * 2R·c^{Tn/b} + min((1 − c^{Tn/b})/(1 − c^{n/b})·2ηM/b, 2R) (Theorem 3.2), and its limit for T = ∞ (Corollary 3.7).
 *
 * @param problem The constants.
 * @param batches b and R.
 * @param learningEpochs T ≥ 1.
 * @param version Which version of the bounds.
 * @returns Z_B.
 * @throws {RangeError} If an argument is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "./problem.ts";
 * import { initialDistance } from "./stochastic_accountant.ts";
 *
 * const distance = initialDistance(makeProblem(11264, 784, 1e-6, 1), { batchSize: 128, radius: 100 });
 * assert.ok(Math.abs(distance - 0.0610687987) < 1e-10);
 * ```
 */
export function initialDistance(
  problem: Problem,
  batches: Batches,
  learningEpochs = Infinity,
  version: BoundVersion = "released",
): number {
  assertBatches(problem, batches);
  assertLearningEpochs(learningEpochs);
  const { strongConvexity, lipschitz, stepSize } = problem;
  const { batchSize, radius } = batches;
  const rate = epochRate(problem, batchSize);
  const forgotten = version === "released" ? -Math.expm1(-rate) : stepSize * strongConvexity;
  const apart = (-Math.expm1(-learningEpochs * rate) / forgotten) * (2 * stepSize * lipschitz / batchSize);
  return 2 * radius * Math.exp(-learningEpochs * rate) + Math.min(apart, 2 * radius);
}

/**
 * ε after a sequence of requests of one row each, the chain having converged before the first: min over α of
 * α·Z_s²/(2ησ²)·decay + log(1/δ)/(α − 1), where Z_1 = Z_B and Z_{s+1} = min(c^{K_s·n/b}·Z_s + Z_B, 2R)
 * (Corollary 3.7 and Theorem 3.11; the decay is that of the version).
 *
 * @param problem The constants.
 * @param chain b, R and σ.
 * @param epochs K_1, K_2, …, the unlearning epochs of the requests so far, each at least 1; at least one.
 * @param version Which version of the bounds.
 * @returns ε after the last request and its order.
 * @throws {RangeError} If an argument is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "./problem.ts";
 * import { stochasticEpsilon } from "./stochastic_accountant.ts";
 *
 * const mnist = makeProblem(11264, 784, 1e-6, 1);
 * const chain = { batchSize: 11264, radius: 100, noiseScale: 0.03 };
 * assert.ok(stochasticEpsilon(mnist, chain, [3]).epsilon > 1);
 * assert.ok(stochasticEpsilon(mnist, chain, [4, 4]).epsilon < 1);
 * ```
 */
export function stochasticEpsilon(
  problem: Problem,
  chain: StochasticChain,
  epochs: readonly number[],
  version: BoundVersion = "released",
): Guarantee {
  const { batchSize, radius, noiseScale } = chain;
  assertPositive({ noiseScale });
  assertEpochs(epochs);
  const added = initialDistance(problem, chain, Infinity, version);
  const rate = epochRate(problem, batchSize);
  const distance = epochs.slice(0, -1).reduce(
    (before, k) => Math.min(Math.exp(-k * rate) * before + added, 2 * radius),
    added,
  );
  const { strongConvexity, stepSize } = problem;
  const pull = stepSize * strongConvexity;
  const exponent = 2 * epochs[epochs.length - 1] * rate;
  const decay = version === "released" && epochs.length === 1
    ? Math.exp(-exponent)
    : pull * (2 - pull) / Math.expm1(exponent);
  return linearGuarantee(problem, distance ** 2 / (2 * stepSize * noiseScale ** 2) * decay);
}

/**
 * K_1, K_2, …: for each request in turn the fewest unlearning epochs, at least 1, that keep ε, given the requests
 * before.
 *
 * @param problem The constants.
 * @param chain b, R and σ.
 * @param epsilon The target ε after every request.
 * @param numRequests How many requests.
 * @param version Which version of the bounds.
 * @returns One number of epochs a request.
 * @throws {RangeError} If an argument is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "./problem.ts";
 * import { stochasticEpochs } from "./stochastic_accountant.ts";
 *
 * const mnist = makeProblem(11264, 784, 1e-6, 1);
 * const chain = { batchSize: 11264, radius: 100, noiseScale: 0.03 };
 * assert.deepEqual(stochasticEpochs(mnist, chain, 1, 6), [4, 4, 7, 8, 9, 9]);
 * ```
 */
export function stochasticEpochs(
  problem: Problem,
  chain: StochasticChain,
  epsilon: number,
  numRequests: number,
  version: BoundVersion = "released",
): number[] {
  assertPositive({ epsilon, numRequests });
  const epochs: number[] = [];
  while (epochs.length < numRequests) {
    const keeps = (k: number) => stochasticEpsilon(problem, chain, [...epochs, k], version).epsilon <= epsilon;
    epochs.push(smallestInteger(keeps, 1, 1, `epochs to epsilon = ${epsilon}`));
  }
  return epochs;
}

/** A of the Rényi guarantee α(α − ½)/(α − 1)·A/σ² of Theorem 3.2. */
function nonConvergentFactor(problem: Problem, batches: Batches, learningEpochs: number, epochs: number): number {
  assertEpochs([epochs]);
  const distance = initialDistance(problem, batches, learningEpochs);
  const rate = epochRate(problem, batches.batchSize);
  const untrained = 2 * batches.radius * Math.exp(-learningEpochs * rate);
  return (untrained ** 2 + (distance * Math.exp(-epochs * rate)) ** 2) / problem.stepSize;
}

/**
 * ε of one request after T epochs of learning and K of unlearning, without assuming convergence (Theorem 3.2): min over
 * α of (α − ½)/(α − 1)·[ε_1(2α) + ε_2(2α)] + log(1/δ)/(α − 1) with ε_1(α) = α(2R)²/(2ησ²)·c^{2Tn/b} and
 * ε_2(α) = αZ_B²/(2ησ²)·c^{2Kn/b}. With ε_1 + ε_2 = αA/2 it is 3A/2 + 2√(A·(A/2 + log(1/δ))).
 *
 * @param problem The constants.
 * @param chain b, R and σ.
 * @param learningEpochs T ≥ 1.
 * @param epochs K ≥ 1.
 * @returns ε and its order.
 * @throws {RangeError} If an argument is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "./problem.ts";
 * import { nonConvergentEpsilon } from "./stochastic_accountant.ts";
 *
 * const chain = { batchSize: 128, radius: 100, noiseScale: 0.0041000731 };
 * const { epsilon } = nonConvergentEpsilon(makeProblem(11264, 784, 1e-6, 1), chain, 30, 1);
 * assert.ok(Math.abs(epsilon - 1) < 1e-5);
 * ```
 */
export function nonConvergentEpsilon(
  problem: Problem,
  chain: StochasticChain,
  learningEpochs: number,
  epochs: number,
): Guarantee {
  assertPositive({ noiseScale: chain.noiseScale });
  const factor = nonConvergentFactor(problem, chain, learningEpochs, epochs) / chain.noiseScale ** 2;
  const cost = factor / 2 + Math.log(1 / problem.delta);
  return { epsilon: 1.5 * factor + 2 * Math.sqrt(factor * cost), order: 1 + Math.sqrt(cost / factor) };
}

/**
 * The smallest noise scale σ with which one request reaches ε after T epochs of learning and K of unlearning
 * (Theorem 3.2): the closed form of {@link nonConvergentEpsilon} solved for σ, up to rounding. The original bisects to
 * a width of 1e-8.
 *
 * @param problem The constants.
 * @param batches b and R.
 * @param epsilon The target ε.
 * @param learningEpochs T ≥ 1.
 * @param epochs K ≥ 1.
 * @returns σ; 0 where c^{Kn/b} is below float64.
 * @throws {RangeError} If an argument is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "./problem.ts";
 * import { nonConvergentNoiseScale } from "./stochastic_accountant.ts";
 *
 * const sigma = nonConvergentNoiseScale(makeProblem(11264, 784, 1e-6, 1), { batchSize: 128, radius: 100 }, 1, 30, 1);
 * assert.ok(Math.abs(sigma - 0.00410007) < 1e-8);
 * ```
 */
export function nonConvergentNoiseScale(
  problem: Problem,
  batches: Batches,
  epsilon: number,
  learningEpochs: number,
  epochs: number,
): number {
  assertPositive({ epsilon });
  const factor = nonConvergentFactor(problem, batches, learningEpochs, epochs);
  const linear = 3 * epsilon + 4 * Math.log(1 / problem.delta);
  const allowed = 2 * epsilon ** 2 / (linear + Math.sqrt(linear ** 2 - epsilon ** 2));
  return Math.sqrt(factor / allowed);
}
