/**
 * The exact accountant: what a history of noisy gradient descent costs in μ, by shifted interpolation (`schedule.ts`),
 * and from it ε by the exact conversion of the Gaussian mechanism (`gaussian.ts`).
 *
 * A step f(w) = w − η∇F(w) is c-Lipschitz with c = max(1 − ηm, ηL − 1) for η < 2/L, and S removed rows move it by
 * s = 2ηSM/n at most, by half of that where they are null rows. While data set j is learned, the shift against learning
 * without all rows removed by the end is that of the rows still in. Up to η = 2/(m + L) a quadratic from a fixed start
 * attains the bound: with these constants alone there is no better one.
 *
 * Batches of b rows in a fixed cycle, of which the last may be smaller, are steps with b for n. Where a removed row is
 * in the cycle is not asked: it counts in the last batches, which costs most. For if a shift Δ comes later, g turns
 * into one that serves the earlier shift, max(g − Δ, 0), which has no more energy.
 * @module
 */
import { clipsSoftmax, curvatureBound, type Problem } from "../model/problem.ts";
import { type Accountant, assertDelta, type Target } from "./accountant.ts";
import { gaussianEpsilon, gaussianMu } from "./gaussian.ts";
import { type Chain, checkHistory, gradientsChanged, type History } from "./history.ts";
import { geometric, muOfSchedule, type Phase } from "./schedule.ts";

/** The high half of the digits of x. */
function highHalf(x: number): number {
  const shifted = (2 ** 27 + 1) * x;
  return shifted - (shifted - x);
}

/** x·y − z to the last place where x·y is within a factor 2 of z: the product is exact in two numbers (Dekker 1971). */
function productLess(x: number, y: number, z: number): number {
  const product = x * y;
  const [xHigh, yHigh] = [highHalf(x), highHalf(y)];
  const [xLow, yLow] = [x - xHigh, y - yHigh];
  return (product - z) + (((xHigh * yHigh - product) + xHigh * yLow + xLow * yHigh) + xLow * yLow);
}

/** c and 1 − c of a step, both to the last places, and whether L decides them: the larger of 1 − ηm and ηL − 1. */
function contractionOf({ eta, m, L }: Problem): { readonly c: number; readonly gap: number; readonly byL: boolean } {
  const scale = 2 ** Math.floor(Math.log2(L));
  const [step, least, most] = [eta * scale, m / scale, L / scale];
  const [gapOfM, gapOfL] = [step * least, -productLess(step, most, 2)];
  return gapOfM <= gapOfL
    ? { c: -productLess(step, least, 1), gap: gapOfM, byL: gapOfL - gapOfM < L_ROUNDING }
    : { c: productLess(step, most, 1), gap: gapOfL, byL: true };
}

/** By how much the rounding of L, the sum of m and a curvature, can change ηL. */
const L_ROUNDING = 2 ** -52;

/**
 * −log c of a step.
 *
 * @param problem η, m and L.
 * @returns The rate, to a relative error of a few roundings; c is 1 − ηm up to η = 2/(m + L), and ηL − 1 beyond.
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
export function stepRate(problem: Problem): number {
  const { eta, L } = problem;
  if (!(eta * L < 2)) throw new RangeError(`the exact accountant needs eta below 2/L, got ${eta} with L = ${L}`);
  const { c, gap } = contractionOf(problem);
  return gap < 0.5 ? -Math.log1p(-gap) : -Math.log(c);
}

/** Throws unless a history is one, and the theorem speaks of it. */
function checkCovered(history: History): void {
  checkHistory(history);
  const { problem, clipsRegularizer, batchSize = problem.n } = history;
  const refuse = (reason: string) => {
    throw new RangeError(`the exact accountant ${reason}`);
  };
  const { n, classes, M, L, m } = problem;
  if (batchSize < n && L < (curvatureBound(classes) + m) * (1 - 2 ** -40)) {
    refuse("needs curvatureBound for batches: the loss of a batch can have more curvature than that of all rows");
  }
  if (clipsRegularizer) {
    refuse("needs a step that clips a row's gradient alone: clipped with the regularizer, it expands");
  }
  if (clipsSoftmax(problem)) {
    refuse(`needs M of √2 or more for the softmax loss, whose gradient clipped below is not monotone, got ${M}`);
  }
  if (contractionOf(problem).c < 2 ** -30) refuse("needs a step that float64 tells from one that forgets everything");
}

/** The steps of an epoch. */
const batchesOf = ({ problem: { n }, batchSize = n }: Chain) => Math.ceil(n / batchSize);

/**
 * The phases of a history: T epochs with the rows of all requests, then K_1 with those of the requests after the first,
 * and so on, the last without any.
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
  const { problem: { n, M, eta }, sigma } = history;
  const phases = releasesWith(history, gradientsChanged(history) * eta * M / n, 2 * eta * sigma ** 2).flat();
  if (phases.every(({ shift, variance }) => shift < Infinity && variance < Infinity)) return phases;
  throw new RangeError(`M = ${M} or sigma = ${sigma} is too large: float64 does not hold its steps`);
}

/** How many epochs of batches are followed one by one. */
const MOST_EPOCHS = 2 ** 14;

/** From this exponent on e^{−x} is far below the rounding of 1. */
const FORGOTTEN = 45;

/** Steps, and n times the share of rows that differ in each. */
type Run = readonly [steps: number, weight: number];

/** Epochs of batches in which a number of rows differ: they are in the last batches. */
function runsOf(chain: Chain, epochs: number, rows: number): Run[] {
  const { problem: { n }, batchSize = n } = chain;
  const batches = batchesOf(chain);
  const differing = Math.min(rows, n);
  if (batches === 1 || rows === 0) return [[epochs * batches, differing]];
  if (epochs > MOST_EPOCHS) {
    throw new RangeError(
      `the exact accountant follows at most ${MOST_EPOCHS} epochs of batches, here ${epochs}: a larger lambda forgets ` +
        "sooner, a given T may be less",
    );
  }
  const lastSize = n % batchSize || batchSize;
  const inLast = Math.min(differing, lastSize);
  const [full, rest] = [Math.floor((differing - inLast) / batchSize), (differing - inLast) % batchSize];
  const partial = Math.min(rest, 1);
  const epoch: Run[] = [
    [batches - 1 - full - partial, 0],
    [partial, rest * n / batchSize],
    [full, n],
    [1, inLast * n / lastSize],
  ];
  return Array.from({ length: epochs }, () => epoch).flat();
}

/**
 * The phases up to each release of a model, that of learning and those of the requests, by the shift of one row in the
 * full batch and the variance of a step.
 */
function releasesWith(history: History, unit: number, variance: number): Phase[][] {
  checkCovered(history);
  const { problem, T = Infinity, requests } = history;
  const [rate, batches] = [stepRate(problem), batchesOf(history)];
  const remembered = batches === 1 ? T : Math.min(T, Math.ceil(FORGOTTEN / (rate * batches)));
  let left = requests.reduce((sum, { S }) => sum + S, 0);
  return [{ S: 0, K: remembered }, ...requests].map(({ S, K }) =>
    runsOf(history, K, left -= S).map(([steps, weight]) => ({ steps, rate, shift: unit * weight, variance }))
  );
}

/** The shift of one row where M, σ and the variance of a step are 1. */
const unitOf = (history: History) => gradientsChanged(history) * Math.sqrt(history.problem.eta / 2) / history.problem.n;

/** The releases where M, σ and the variance of a step are 1. */
const unitReleasesOf = (history: History) => releasesWith(history, unitOf(history), 1);

/** μ at M/σ = 1 is rounded up to this, so that no underflow is mistaken for 0. */
const LEAST_MU = 2 ** -1020;

/** What μ is proportional to, M/σ; rounded upwards where float64 does not hold it. */
const leverOf = ({ problem: { M }, sigma }: History) => Math.max(M / sigma, 2 ** -1022);

/**
 * μ of one request after learning in a ball: two chains are never further apart than its diameter, so that only the
 * last j steps of learning need to be followed, for any j (convex, projected: arXiv 2403.17105's setting). While the
 * diameter caps their distance, μ falls in j up to a zero of its derivative and rises from there on; without the cap it
 * falls, up to T.
 */
function muInBall(phases: readonly Phase[], radius: number): number {
  const [{ steps: T, rate, shift, variance }, { steps: K }] = phases;
  const apartAfter = 2 * radius / shift;
  const best = (rate === 0 ? apartAfter : -Math.log1p(-apartAfter / geometric(rate, Infinity)) / rate) - 2 * K;
  if (!(best < Infinity)) return Infinity;
  const muAfter = (j: number) => {
    const apart = Math.min(2 * radius, shift * geometric(rate, T - j));
    const rise = Math.exp(-rate * (K + j)) * apart + Math.exp(-rate * K) * shift * geometric(rate, j);
    return rise / Math.sqrt(variance * geometric(2 * rate, K + j));
  };
  const near = [Math.floor(best), Math.floor(best) + 1].map((j) => Math.min(Math.max(j, 0), T));
  return Math.min(...near.filter((j) => K + j > 0).map(muAfter));
}

/** Which of the models that were released the adversary has: the last, or every one, the learned model the first. */
export type Kept = "last" | "every";

/**
 * μ of a history.
 *
 * @param history What happened.
 * @param kept Which models the adversary has; of every one, μ is that of the rows of all requests together, and its
 * square the sum of those of the releases (`transcript.ts`).
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
export function muOf(history: History, kept: Kept = "last"): number {
  return muOfReleases(history, unitReleasesOf(history), kept);
}

function muOfReleases(history: History, releases: readonly (readonly Phase[])[], kept: Kept): number {
  const phases = releases.flat();
  const isMoved = phases.some(({ steps, shift }) => steps > 0 && shift > 0);
  if (!isMoved) return 0;
  const mu = kept === "every"
    ? releases.reduce((mu, release) => Math.hypot(mu, muOfSchedule(release)), 0)
    : Math.min(muOfSchedule(phases), muWithinRadius(history, phases));
  return Math.max(Math.max(mu, LEAST_MU) * leverOf(history), 2 ** -1022);
}

/** What a projection caps μ to: after one request of full batches; infinite elsewhere. */
function muWithinRadius(history: History, phases: readonly Phase[]): number {
  const { problem: { M, eta }, radius, requests } = history;
  const isCapped = radius !== undefined && requests.length === 1 && batchesOf(history) === 1;
  return isCapped ? muInBall(phases, radius / M / Math.sqrt(2 * eta)) : Infinity;
}

/** From this exponent on e^{−x} times any number of float64 is 0. */
const VANISHED = 1500;

/**
 * A bound on the relative error of μ, a sum over phases, which a relative error of the rate moves by at most 1 + rate·K times as much.
 *
 * @throws {RangeError} If it is not small.
 */
function roundingOf(history: History, phases: number): number {
  const { problem, requests } = history;
  const batches = batchesOf(history);
  const [rate, { c, byL }] = [stepRate(problem), contractionOf(problem)];
  const ofPhases = batches === 1 ? 0 : 2 ** -50 * phases;
  const ofRate = 2 ** -51 + ofPhases + (byL ? L_ROUNDING / (c * rate) : 0);
  const rounding = 2 ** -44 + ofRate * requests.reduce((sum, { K }) => sum + Math.min(rate * K * batches, VANISHED), 1);
  if (rounding < 2 ** -20) return rounding;
  throw new RangeError(`the exact accountant needs eta further below 2/L: float64 does not tell 1 − c, about ${rate}`);
}

/**
 * What μ of a next request follows from: after k more steps it leaves e^{−rate·k}·(before + each·S) of its shift, in
 * units of M/σ, after `steps` + k steps. Of batches it is near, as if every step had its share of the rows.
 */
function beforeNext(history: History) {
  checkCovered({ ...history, requests: [...history.requests, { S: 1, K: 0 }] });
  const { problem, T = Infinity, requests } = history;
  const [rate, batches, unit] = [stepRate(problem), batchesOf(history), unitOf(history)];
  let [before, steps] = [0, T * batches];
  for (const { S, K } of requests) {
    before = Math.exp(-rate * K * batches) * (before + unit * S * geometric(rate, steps));
    steps += K * batches;
  }
  return { rate, batches, before, each: unit * geometric(rate, steps), steps };
}

/** K in closed form, to within a step of full batches; an accountant's guarantee decides. */
function stepsFor(history: History, S: number, { epsilon, delta }: Target): number {
  const { rate, batches, before, each, steps } = beforeNext(history);
  const apart = leverOf(history) * (before + S * each);
  const square = (apart / gaussianMu(epsilon, delta)) ** 2 * -Math.expm1(-2 * rate) + Math.exp(-2 * rate * steps);
  return Math.ceil(Math.log(square) / (2 * rate * batches)) - 1;
}

/** S in closed form, to within a row of full batches. */
function rowsFor(history: History, K: number, { epsilon, delta }: Target): number {
  const { rate, batches, before, each, steps } = beforeNext(history);
  const deviation = Math.exp(rate * K * batches) * Math.sqrt(geometric(2 * rate, steps + K * batches));
  return Math.floor((gaussianMu(epsilon, delta) / leverOf(history) * deviation - before) / each);
}

/**
 * The exact accountant. It covers convex and strongly convex losses, steps of length η < 2/L, on the full batch or on
 * batches in a fixed cycle that does not depend on the rows, that clip a row's gradient alone (for the softmax loss to
 * √2 or more), with or without a projection, from any start that does not depend on the rows, and requests and K that
 * were chosen without looking at the weights. L has to hold for the rows of both data sets, as that of makeProblem does.
 * The reference is T + K_1 + … + K_r steps of learning from the same start; n, λn, σ, η and the numbers of rows removed
 * are public. Null rows: it learns on the remaining rows alone.
 *
 * Against one who has kept every model it speaks of the rows of all requests together, which were fixed before anything
 * was released; of one person among them `muOfTranscript` does. Without strong convexity (λ = 0) chains that learn
 * without end are as far apart as a projection lets them be: after one request of full batches, by the diameter of its
 * ball.
 *
 * @param options Which models the adversary has; `last` by default.
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
export function exactAccountant({ kept = "last" }: { readonly kept?: Kept } = {}): Accountant {
  return {
    name: kept === "last" ? "exact" : "transcript",
    theorem: "shifted interpolation (Bok, Su and Altschuler 2024) with the exact conversion of Balle and Wang 2018",
    guarantee(history, delta) {
      assertDelta(delta);
      const releases = unitReleasesOf(history);
      const mu = muOfReleases(history, releases, kept);
      return { epsilon: gaussianEpsilon(mu * (1 + roundingOf(history, releases.flat().length)), delta), at: { mu } };
    },
    closed: {
      sigma: (history, { epsilon, delta }) => muOf({ ...history, sigma: 1 }, kept) / gaussianMu(epsilon, delta),
      ...(kept === "last" && { steps: stepsFor, rows: rowsFor }),
    },
  };
}
