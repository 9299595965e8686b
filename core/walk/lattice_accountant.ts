/**
 * What a walk on a lattice costs: the exact accountant's phases with r, which holds for the program that ran.
 * @module
 */
import type { Accountant, Target } from "../accountant/accountant.ts";
import { smallestSigma } from "../accountant/calibrate.ts";
import { exactAccountant, stepRate } from "../accountant/exact.ts";
import { gaussianEpsilon } from "../accountant/gaussian.ts";
import { checkHistory, type History, type Request } from "../accountant/history.ts";
import { muOfSchedule, type Phase } from "../accountant/schedule.ts";
import { assertCounts, type Problem } from "../model/problem.ts";
import { BOX, HEADROOM, type Lattice, leastSigma, makeLattice } from "./lattice.ts";

/**
 * By how much less noise is reckoned with, so that μ is 2⁻⁴⁰ larger and no rounding makes it too small: a few of each
 * number, and 2⁻⁵¹ of an exponent, that of what is too small for float64 being below 1500.
 */
const MARGIN = 1 - 2 ** -39;

/**
 * Steps of a walk, for `muOfSchedule`, `muOfTranscript` and `spendBudget`.
 *
 * @param lattice The lattice.
 * @param steps How many.
 * @param rows How many of the rows that are in question are among those of the walk: the others have none of them.
 * @returns The phase; its variance is a little smaller than that of the noise, so that μ errs upwards.
 * @throws {RangeError} If the number of rows is not one.
 *
 * @example A person with one row, removed by the second request, against one who kept all three models
 * ```ts
 * import assert from "node:assert/strict";
 * import { muOfTranscript } from "../accountant/transcript.ts";
 * import { makeLattice, walkProblem } from "./lattice.ts";
 * import { latticePhase } from "./lattice_accountant.ts";
 *
 * const problem = walkProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const lattice = makeLattice(problem, 0.03, { epsilon: 1, delta: 1e-6 });
 * const mu = muOfTranscript([latticePhase(lattice, 115, 1), latticePhase(lattice, 8, 1), latticePhase(lattice, 8, 0)]);
 * assert.equal(mu.toFixed(4), "0.0289");
 * ```
 */
export function latticePhase({ problem, bits, gamma, rounding }: Lattice, steps: number, rows: number): Phase {
  assertCounts({ rows }, 0);
  const { n, M, eta } = problem;
  return {
    steps,
    rate: stepRate(problem),
    shift: eta * M * rows / n + rounding,
    variance: (gamma * 2 ** bits) ** 2 * MARGIN,
  };
}

/**
 * The phases of learning and of requests, for `muOfSchedule`: against learning without any of the rows that are removed
 * by the end.
 *
 * @param lattice The lattice.
 * @param T Steps of learning.
 * @param requests Rows and steps of each request.
 * @returns The phases.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { muOfSchedule } from "../accountant/schedule.ts";
 * import { makeLattice, walkProblem } from "./lattice.ts";
 * import { latticePhases } from "./lattice_accountant.ts";
 *
 * const problem = walkProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const lattice = makeLattice(problem, 0.03, { epsilon: 1, delta: 1e-6 });
 * assert.equal(muOfSchedule(latticePhases(lattice, 115, [{ S: 10, K: 1 }])).toFixed(4), "0.2268");
 * ```
 */
export function latticePhases(lattice: Lattice, T: number, requests: readonly Request[]): Phase[] {
  let left = requests.reduce((sum, { S }) => sum + S, 0);
  return [{ S: 0, K: T }, ...requests].map(({ S, K }) => latticePhase(lattice, K, left -= S));
}

const sameConstants = (one: Problem, other: Problem) =>
  (Object.keys(one) as (keyof Problem)[]).every((name) => one[name] === other[name]);

/**
 * The accountant of walks on a lattice: null rows, the full batch, the box of the lattice. μ does not fall with every
 * step, for rounding goes on; but what it leaves is far below a target for which the lattice was made.
 *
 * @param lattice The lattice.
 * @returns The accountant; its guarantees are attained at a `mu`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fewestSteps } from "../accountant/calibrate.ts";
 * import { makeLattice, walkProblem } from "./lattice.ts";
 * import { latticeAccountant } from "./lattice_accountant.ts";
 *
 * const problem = walkProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const target = { epsilon: 1, delta: 1e-6 };
 * const accountant = latticeAccountant(makeLattice(problem, 0.03, target));
 * const history = { problem, sigma: 0.03, T: 115, neighbours: "null", requests: [] } as const;
 * assert.equal(fewestSteps(accountant, history, 100, target).K, 26);
 * ```
 */
export function latticeAccountant(lattice: Lattice): Accountant {
  const exact = exactAccountant();
  return {
    ...exact, // Its closed forms are near.
    name: "lattice",
    theorem: `${exact.theorem}, with the rounding of every step`,
    guarantee(history, delta) {
      checkWalked(lattice, history);
      const mu = muOfSchedule(latticePhases(lattice, history.T ?? Infinity, history.requests));
      return { epsilon: gaussianEpsilon(mu, delta), at: { mu } };
    },
  };
}

function checkWalked(lattice: Lattice, history: History): void {
  checkHistory(history);
  const { problem, sigma, neighbours, batchSize = problem.n, radius, clipsRegularizer = false } = history;
  if (sigma !== lattice.sigma || !sameConstants(problem, lattice.problem)) {
    throw new RangeError("the lattice is that of another chain");
  }
  if (neighbours !== "null" || batchSize < problem.n || radius !== undefined || clipsRegularizer) {
    throw new RangeError("a walk on a lattice removes null rows, with all rows in a step and its own box");
  }
}

/**
 * The lattice of the smallest σ with which requests reach a guarantee.
 *
 * @param history The constants, T, and the requests.
 * @param target ε and δ.
 * @param box The half-width of the box.
 * @returns The lattice.
 * @throws {RangeError} If a number is out of range, or ε is out of reach.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { walkProblem } from "./lattice.ts";
 * import { smallestLattice } from "./lattice_accountant.ts";
 *
 * const problem = walkProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const history = { problem, T: 115, requests: [{ S: 10, K: 1 }] };
 * const { sigma } = smallestLattice(history, { epsilon: 1, delta: 1e-6 });
 * assert.equal(sigma.toFixed(5), "0.02874");
 * ```
 */
export function smallestLattice(
  { problem, T, requests }: Pick<History, "problem" | "requests"> & { readonly T: number },
  target: Target,
  box: number = BOX,
): Lattice {
  const history = { problem, T, neighbours: "null", requests } as const;
  const inReals = smallestSigma(exactAccountant(), history, target);
  const least = Math.max(inReals, leastSigma(problem, target, box));
  const at = (sigma: number) => makeLattice(problem, sigma, target, box);
  const reaches = (sigma: number) =>
    latticeAccountant(at(sigma)).guarantee({ ...history, sigma }, target.delta).epsilon <= target.epsilon;
  if (reaches(least)) return at(least);
  // Rounding takes at most a hundredth of μ, which goes like 1/σ in real arithmetic.
  let [tooSmall, enough] = [least, least / 0.98];
  while (enough > HEADROOM * tooSmall) {
    const middle = (enough + tooSmall) / 2;
    if (reaches(middle)) enough = middle;
    else tooSmall = middle;
  }
  return at(enough * HEADROOM);
}
