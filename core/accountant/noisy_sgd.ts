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
import { assertCounts, type Problem } from "../model/problem.ts";
import { LEAST, linearGuarantee } from "./renyi.ts";
import { geometric } from "./schedule.ts";

/**
 * Which version of the bounds, by the date from which the authors' code had it; all three made published numbers.
 * `released`, since 31 January 2024: the removed row acts in one iteration of every epoch, which gives Z_B its factor
 * 1/(1 − c^{n/b}); the first request decays by c^{2Kn/b} (Corollary 3.7) and later ones by the optimum
 * (1 − c²)/(c^{−2Kn/b} − 1) of which Lemma 2.6 is a simplification. `jan29`: every request decays by the optimum.
 * `jan25`: that, and the row may act in every iteration, which gives Z_B the factor 1/(1 − c).
 */
export type BoundVersion = typeof BOUND_VERSIONS[number];

/** The names of the versions of the bounds, the newest first. */
export const BOUND_VERSIONS = ["released", "jan29", "jan25"] as const;

/** How the accountant of the sequel is opened. */
export interface NoisySgdOptions {
  /** Which version of the bounds; `released` by default. */
  readonly version?: BoundVersion;
}

/** q of Theorem 3.2, which has p = q/(q − 1) beside it. */
const HOLDER: Readonly<Record<BoundVersion, number>> = { released: 2, jan29: 100, jan25: 100 };

/** A chain of which the theorems speak. */
type ProjectedChain = Chain & Required<Pick<Chain, "T" | "radius">>;

/** Throws unless the theorems speak of such a history. */
function checkCovered(history: History): asserts history is History & ProjectedChain {
  const { problem, T, radius, batchSize = problem.n, clipsRegularizer, requests } = history;
  const { n, eta, m, L } = problem;
  const refuse = (reason: string) => {
    throw new RangeError(`the accountant sgd ${reason}`);
  };
  if (radius === undefined) refuse("is for chains that are projected to a ball: there is no radius");
  if (clipsRegularizer) refuse("needs a step that clips a row's gradient alone");
  if (eta * L > 1 + 2 ** -40) refuse(`is for steps of at most 1/L, got eta = ${eta} with L = ${L}`);
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

/**
 * 2R·c^{Tn/b}, how far apart two chains can still be that have learned the same rows; without strong convexity the
 * reference is no stationary law but T + K epochs from the same start, and they are not apart.
 */
function untrained({ problem, T, radius, batchSize = problem.n }: ProjectedChain): number {
  const isCompared = T === Infinity || problem.m === 0;
  return isCompared ? 0 : 2 * radius * Math.exp(-T * epochRate(problem, batchSize));
}

/**
 * Z_B, the distance from T epochs of learning on the old rows to the stationary law on the new ones:
 * 2R·c^{Tn/b} + min((1 − c^{Tn/b})/(1 − c^{n/b})·2ηM/b, 2R) (Theorem 3.2), and its limit for T = ∞ (Corollary 3.7);
 * without strong convexity min(2ηMT/b, 2R), from T epochs on the old rows to T on the new ones (Corollary 3.10); ηM/b
 * in place of 2ηM/b for null rows.
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
  const { n, M, eta } = problem;
  const rate = epochRate(problem, batchSize);
  const times = version === "jan25" ? geometric(rate * batchSize / n, T * n / batchSize) : geometric(rate, T);
  return untrained(history) + Math.min(times * gradientsChanged(chain) * eta * M / batchSize, 2 * radius);
}

/**
 * Half the logarithm of what K epochs leave of a Rényi difference: of c^{2Kn/b}, or of the optimum
 * (1 − c²)/(c^{−2Kn/b} − 1), which is b/(Kn) without strong convexity.
 */
function logDecay({ problem, batchSize = problem.n }: Chain, K: number, isOptimum: boolean): number {
  const rate = epochRate(problem, batchSize);
  const batches = problem.n / batchSize;
  const optimum = isOptimum || rate === 0 ? Math.log(geometric(2 * rate / batches, K * batches)) / 2 : 0;
  return -K * rate - optimum;
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
 * Z_{s+1} = min(c^{K_s·n/b}·Z_s + Z_B, 2R) (Corollary 3.7 and Theorem 3.11; the decay is that of the version). Without
 * strong convexity after T epochs too (Corollary 3.10).
 */
function convergedGuarantee(history: History & ProjectedChain, delta: number, version: BoundVersion): Guarantee {
  const { problem, sigma, radius, requests, batchSize = problem.n } = history;
  const added = initialDistance(history, version);
  const rate = epochRate(problem, batchSize);
  const distance = requests.slice(0, -1).reduce(
    (before, { K }) => Math.min(Math.exp(-K * rate) * before + added, 2 * radius),
    added,
  );
  const last = requests[requests.length - 1];
  const isOptimum = version !== "released" || requests.length > 1;
  const logRoot = Math.log(distance) - Math.log(sigma) - Math.log(2 * problem.eta) / 2 +
    logDecay(history, last.K, isOptimum);
  // What earlier requests add to the error of the distance shrinks with it.
  const size = 2 * (last.K + 1) * rateSize(problem, batchSize) + sizeOf(sigma);
  return linearGuarantee(roundedUp(Math.exp(logRoot), size), delta);
}

/**
 * After T epochs of learning and K of unlearning, without assuming convergence (Theorem 3.2): min over α of
 * (α − 1/p)/(α − 1)·[ε_1(qα) + ε_2(pα)] + log(1/δ)/(α − 1) with ε_1(α) = α(2R)²/(2ησ²)·c^{2Tn/b} and
 * ε_2(α) = αZ_B²/(2ησ²)·c^{2Kn/b}, both with the decay of the version. With ε_1(q) + ε_2(p) = A it is
 * (2 − 1/p)A + 2√(A·((1 − 1/p)A + log(1/δ))).
 */
function nonConvergentGuarantee(history: History & ProjectedChain, delta: number, version: BoundVersion): Guarantee {
  assertDelta(delta);
  const { problem, sigma, T, radius, requests: [{ K }], batchSize = problem.n } = history;
  const q = HOLDER[version];
  const isOptimum = version !== "released";
  const logs = [
    Math.log(2 * radius) + Math.log(q) / 2 + logDecay(history, T, isOptimum),
    Math.log(initialDistance(history, version)) + Math.log(q / (q - 1)) / 2 + logDecay(history, K, isOptimum),
  ];
  const largest = Math.max(...logs);
  const logDistance = largest + Math.log(Math.hypot(...logs.map((log) => Math.exp(log - largest))));
  const logRoot = logDistance - Math.log(sigma) - Math.log(2 * problem.eta) / 2;
  const size = (T + K + 1) * rateSize(problem, batchSize) + Math.abs(Math.log(radius)) + sizeOf(sigma);
  const root = Math.max(roundedUp(Math.exp(logRoot), size), LEAST);
  const cost = -Math.log(delta);
  const epsilon = (1 + 1 / q) * root * root + 2 * root * Math.sqrt(root * root / q + cost);
  return {
    epsilon: Math.max(LEAST, epsilon),
    at: { alpha: Math.min(1 + Math.sqrt(1 / q + cost / root / root), Number.MAX_VALUE) },
  };
}

/**
 * The accountant of the sequel. It covers projected chains over a fixed cycle of mini-batches and requests of one row
 * each: one, after T epochs of learning, or any number, from a chain that has converged (T = Infinity). Before any
 * epoch of unlearning there is no guarantee: ε is infinite. Without strong convexity (λ = 0) the reference is T + K
 * epochs of learning from the same start.
 *
 * @param options Which version of the bounds.
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
export function noisySgdAccountant({ version = "released" }: NoisySgdOptions = {}): Accountant {
  return {
    name: "sgd",
    theorem: "arXiv 2403.17105, Theorem 3.2, Corollaries 3.7 and 3.10, and Theorem 3.11",
    guarantee(history, delta) {
      checkHistory(history);
      checkCovered(history);
      assertDelta(delta);
      const { T, problem, requests } = history;
      if (requests[requests.length - 1].K === 0) return { epsilon: Infinity, at: {} };
      const guarantee = T === Infinity || problem.m === 0 ? convergedGuarantee : nonConvergentGuarantee;
      return guarantee(history, delta, version);
    },
  };
}
