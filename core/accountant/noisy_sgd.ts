/**
 * The accountant of unlearning by noisy stochastic gradient descent (arXiv 2403.17105).
 *
 * Projected noisy gradient descent over a fixed cycle of mini-batches is c-contractive with c = 1 − ηm, and a removed
 * row changes one mini-batch. Two runs that start a Wasserstein distance Z apart are therefore within a Rényi
 * difference of αZ²/(2ησ²)·c^{2Kn/b} after K epochs (Lemma 2.6), linear in the order α, so that every ε has a closed
 * form.
 * @module
 */
import { type Accountant, assertDelta, type Guarantee } from "./accountant.ts";
import { type Chain, checkHistory, gradientsChanged, type History } from "./history.ts";
import { assertCounts, assertStronglyConvex, type Problem } from "../model/problem.ts";
import { LEAST, linearGuarantee } from "./renyi.ts";

/**
 * Which version of the bounds. `released`: the removed row acts in one iteration of every epoch, which gives Z_B its
 * factor 1/(1 − c^{n/b}); the first request decays by c^{2Kn/b} (Corollary 3.7) and later ones by the optimum
 * (1 − c²)/(c^{−2Kn/b} − 1) of which Lemma 2.6 is a simplification. `older`: it may act in every iteration, which gives
 * 1/(1 − c), and every request decays by the optimum; the published sequences of Figure 3b were made with it.
 */
export type BoundVersion = "released" | "older";

/** A chain of which the theorems speak. */
type ProjectedChain = Chain & Required<Pick<Chain, "T" | "radius">>;

/** Throws unless the theorems speak of such a history. */
function checkCovered(history: History): asserts history is History & ProjectedChain {
  const { problem, T, radius, batchSize = problem.n, requests } = history;
  const { n, eta, m } = problem;
  assertStronglyConvex(problem);
  const refuse = (reason: string) => {
    throw new RangeError(`the accountant sgd ${reason}`);
  };
  if (radius === undefined) refuse("is for chains that are projected to a ball: there is no radius");
  if (eta * m > 1 - 2 ** -30) refuse("needs a step ηm below 1, which float64 does not tell from it");
  if (T === undefined) refuse("needs T, the epochs of learning");
  if (n % batchSize !== 0) refuse(`is for batches of one size: batchSize must divide ${n}, got ${batchSize}`);
  if (T !== Infinity && requests.length > 1) {
    refuse("takes several requests only after T = Infinity");
  }
  const large = requests.find(({ S }) => S > 1);
  if (large) refuse(`is for one row a request, not ${large.S}`);
}

/**
 * −log c^{n/b}, the rate at which distances shrink in an epoch: K epochs shrink them by c^{Kn/b} (Lemma 3.4).
 *
 * @param problem The constants.
 * @param batchSize b.
 * @returns The rate.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { epochRate } from "./noisy_sgd.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const mnist = makeProblem({ n: 11264, d: 784, lambda: 1e-6 });
 * const c = 1 - mnist.eta * mnist.m;
 * assert.ok(Math.abs(Math.exp(-epochRate(mnist, 512)) - c ** 22) < 1e-15);
 * ```
 */
export function epochRate({ n, m, eta }: Problem, batchSize: number): number {
  assertCounts({ batchSize });
  return -(n / batchSize) * Math.log1p(-eta * m);
}

/** 2R·c^{Tn/b}, how far apart two chains can still be that have learned the same rows. */
function untrained({ problem, T, radius, batchSize = problem.n }: ProjectedChain): number {
  return T === Infinity ? 0 : 2 * radius * Math.exp(-T * epochRate(problem, batchSize));
}

/**
 * Z_B, the distance from T epochs of learning on the old rows to the stationary law on the new ones:
 * 2R·c^{Tn/b} + min((1 − c^{Tn/b})/(1 − c^{n/b})·2ηM/b, 2R) (Theorem 3.2), and its limit for T = ∞ (Corollary 3.7);
 * ηM/b in place of 2ηM/b for null rows.
 *
 * @param chain The chain, projected, with T.
 * @param version Which version of the bounds.
 * @returns Z_B.
 * @throws {RangeError} If a number is out of range, or T or the radius is missing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { initialDistance } from "./noisy_sgd.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const problem = makeProblem({ n: 11264, d: 784, lambda: 1e-6 });
 * const distance = initialDistance({ problem, sigma: 0.03, T: Infinity, batchSize: 128, radius: 100 });
 * assert.ok(Math.abs(distance - 0.0610687987) < 1e-10);
 * ```
 */
export function initialDistance(chain: Chain, version: BoundVersion = "released"): number {
  const history = { ...chain, requests: [{ S: 1, K: 1 }] };
  checkHistory(history);
  checkCovered(history);
  const { problem, T, radius, batchSize = problem.n } = history;
  const { m, M, eta } = problem;
  const rate = epochRate(problem, batchSize);
  const forgotten = version === "released" ? -Math.expm1(-rate) : eta * m;
  const apart = (-Math.expm1(-T * rate) / forgotten) * (gradientsChanged(chain) * eta * M / batchSize);
  return untrained(history) + Math.min(apart, 2 * radius);
}

/** Rounds upwards what was computed with exponents that add up to `exponents` in absolute value, and a few more. */
const roundedUp = (value: number, exponents: number) => value * (1 + 2 ** -50 * (64 + exponents));

/** The rate, and what the rounding of ηm makes of it where 1 − ηm cancels. */
function rateSize(problem: Problem, batchSize: number): number {
  const pull = problem.eta * problem.m;
  return epochRate(problem, batchSize) + problem.n / batchSize * pull / (1 - pull);
}

/** What the logarithm of σ adds to the exponents. */
const sizeOf = (sigma: number) => Math.abs(Math.log(sigma));

/**
 * After a sequence of requests from a converged chain: α·Z_s²/(2ησ²)·decay, where Z_1 = Z_B and
 * Z_{s+1} = min(c^{K_s·n/b}·Z_s + Z_B, 2R) (Corollary 3.7 and Theorem 3.11; the decay is that of the version).
 */
function convergedGuarantee(history: History & ProjectedChain, delta: number, version: BoundVersion): Guarantee {
  const { problem, sigma, radius, requests, batchSize = problem.n } = history;
  const added = initialDistance(history, version);
  const rate = epochRate(problem, batchSize);
  const distance = requests.slice(0, -1).reduce(
    (before, { K }) => Math.min(Math.exp(-K * rate) * before + added, 2 * radius),
    added,
  );
  const pull = problem.eta * problem.m;
  const exponent = 2 * requests[requests.length - 1].K * rate;
  const optimum = pull * (2 - pull) / -Math.expm1(-exponent);
  const decay = version === "released" && requests.length === 1 ? 1 : optimum;
  const logRoot = Math.log(distance) - Math.log(sigma) + Math.log(decay / (2 * problem.eta)) / 2 - exponent / 2;
  // What earlier requests add to the error of the distance shrinks with it.
  const size = 2 * (requests[requests.length - 1].K + 1) * rateSize(problem, batchSize) + sizeOf(sigma);
  return linearGuarantee(roundedUp(Math.exp(logRoot), size), delta);
}

/**
 * After T epochs of learning and K of unlearning, without assuming convergence (Theorem 3.2): min over α of
 * (α − ½)/(α − 1)·[ε_1(2α) + ε_2(2α)] + log(1/δ)/(α − 1) with ε_1(α) = α(2R)²/(2ησ²)·c^{2Tn/b} and
 * ε_2(α) = αZ_B²/(2ησ²)·c^{2Kn/b}. With ε_1 + ε_2 = αA/2 it is 3A/2 + 2√(A·(A/2 + log(1/δ))).
 */
function nonConvergentGuarantee(history: History & ProjectedChain, delta: number): Guarantee {
  assertDelta(delta);
  const { problem, sigma, T, radius, requests: [{ K }], batchSize = problem.n } = history;
  const rate = epochRate(problem, batchSize);
  const logs = [Math.log(2 * radius) - T * rate, Math.log(initialDistance(history)) - K * rate];
  const largest = Math.max(...logs);
  const logDistance = largest + Math.log(Math.hypot(...logs.map((log) => Math.exp(log - largest))));
  const logRoot = logDistance - Math.log(sigma) - Math.log(problem.eta) / 2;
  const size = (T + K + 1) * rateSize(problem, batchSize) + Math.abs(Math.log(radius)) + sizeOf(sigma);
  const root = roundedUp(Math.exp(logRoot), size);
  const A = Math.max(root, LEAST);
  const cost = -Math.log(delta);
  const epsilon = 1.5 * A * A + 2 * A * Math.sqrt(A * A / 2 + cost);
  return {
    epsilon: Math.max(LEAST, epsilon),
    at: { alpha: Math.min(1 + Math.sqrt(0.5 + cost / A / A), Number.MAX_VALUE) },
  };
}

/**
 * The accountant of the sequel. It covers projected chains over a fixed cycle of mini-batches and requests of one row
 * each: one, after T epochs of learning, or any number, from a chain that has converged (T = Infinity). Before any
 * epoch of unlearning there is no guarantee: ε is infinite.
 *
 * @param options Which version of the bounds, for a chain that has converged.
 * @returns The accountant; its guarantees are attained at an order `alpha`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fewestStepsEach } from "./calibrate.ts";
 * import { noisySgdAccountant } from "./noisy_sgd.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const problem = makeProblem({ n: 11264, d: 784, lambda: 1e-6 });
 * const chain = { problem, sigma: 0.03, T: Infinity, radius: 100 };
 * const epochs = fewestStepsEach(noisySgdAccountant(), chain, Array(6).fill(1), { epsilon: 1, delta: 1 / 11264 });
 * assert.deepEqual(epochs, [4, 4, 7, 8, 9, 9]);
 * ```
 */
export function noisySgdAccountant({ version = "released" }: { readonly version?: BoundVersion } = {}): Accountant {
  return {
    name: "sgd",
    theorem: "arXiv 2403.17105, Theorem 3.2, Corollary 3.7 and Theorem 3.11",
    guarantee(history, delta) {
      checkHistory(history);
      checkCovered(history);
      assertDelta(delta);
      const { T, requests } = history;
      if (requests[requests.length - 1].K === 0) return { epsilon: Infinity, at: {} };
      return T === Infinity ? convergedGuarantee(history, delta, version) : nonConvergentGuarantee(history, delta);
    },
  };
}
