/**
 * What learning and requests will take and cost, before any step of them.
 * @module
 */
import { fewestSteps } from "../accountant/calibrate.ts";
import { gaussianEpsilon, gaussianMu } from "../accountant/gaussian.ts";
import { muOfSchedule } from "../accountant/schedule.ts";
import { muOfTranscript } from "../accountant/transcript.ts";
import {
  checkBudget,
  chooseDelta,
  modelLattice,
  type Numbers,
  releasePhases,
  sinceStart,
} from "../certificate/model_certificate.ts";
import { learningSteps } from "../model/problem.ts";
import { boundText } from "../text/decimal.ts";
import { makeLattice, walkProblem } from "../walk/lattice.ts";
import { latticeAccountant, latticePhases, smallestLattice } from "../walk/lattice_accountant.ts";

/** What a model is asked to be. */
export interface Wish extends Omit<Numbers, "sigma" | "delta" | "budget" | "releases"> {
  /** σ; without it the least with which `k` steps are enough. */
  readonly sigma?: number | undefined;
  /** K of a request of as many rows as the capacity. */
  readonly k?: number | undefined;
  /** T; without it as many steps as forget the start. */
  readonly T?: number | undefined;
  /** δ; see {@linkcode chooseDelta}. */
  readonly delta?: number | undefined;
  /** ε of a person with one row against one who kept every model; without it that of a year of weekly requests. */
  readonly budget?: number | undefined;
}

/** What a request will take and cost. */
export interface RequestPlan {
  /** K. */
  readonly K: number;
  /** T, what it takes to retrain. */
  readonly T: number;
  /** ε of all rows removed, before these steps. */
  readonly before: number;
}

/** From this ε on a promise is next to none: what was even odds may become 22026 to 1. */
const NEXT_TO_NOTHING = 10;

/**
 * An ε for a reader.
 *
 * @param epsilon ε.
 * @returns Its text, with a remark where it promises next to nothing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sayEpsilon } from "./plan.ts";
 *
 * assert.equal(sayEpsilon(0.5), "ε = 0.500000");
 * assert.equal(sayEpsilon(27.64), "ε = 27.6400 (next to no promise)");
 * ```
 */
export function sayEpsilon(epsilon: number): string {
  return `ε = ${boundText(epsilon)}${epsilon >= NEXT_TO_NOTHING ? " (next to no promise)" : ""}`;
}

/** Weekly requests for whose releases the budget is enough, unless another one is asked for: a year. */
const WEEKS = 52;

/** A little more than what is planned for, so that rounding does not take the last week. */
const ROOM = 1 + 2 ** -20;

/** The numbers before there is a budget. */
type Unlimited = Omit<Numbers, "budget">;

/**
 * What a next request will take and cost.
 *
 * @param numbers The model.
 * @param S The number of rows that it removes.
 * @returns K, at least 1, and more.
 * @throws {RangeError} If ε is out of reach.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { planRequest } from "./plan.ts";
 *
 * const model = { n: 11982, d: 784, classes: 2, lambda: 1e-6, sigma: 0.03, epsilon: 1, delta: 1e-6, capacity: 10 };
 * const { K, T, before } = planRequest({ ...model, releases: [{ S: 0, T: 115 }] }, 100);
 * assert.deepEqual([K, T], [26, 115]);
 * assert.ok(before > 1);
 * ```
 */
export function planRequest(numbers: Unlimited, S: number): RequestPlan {
  const { sigma, epsilon, delta, releases } = numbers;
  const lattice = modelLattice(numbers);
  const { T, requests } = sinceStart(releases);
  const history = { problem: lattice.problem, sigma, T, neighbours: "null", requests } as const;
  const { K } = fewestSteps(latticeAccountant(lattice), history, S, { epsilon, delta });
  const before = gaussianEpsilon(muOfSchedule(latticePhases(lattice, T, [...requests, { S, K: 0 }])), delta);
  return { K, T, before };
}

/** μ of a person with one row, of learning and a year of weekly requests of the capacity. */
function yearOf(numbers: Unlimited): number {
  const releases = [...numbers.releases];
  const { n, capacity } = numbers;
  for (let week = 1; week <= WEEKS && week * capacity < n; week++) {
    const { K, T } = planRequest({ ...numbers, releases }, capacity);
    releases.push(K < T ? { S: capacity, K } : { S: capacity, T });
  }
  const lattice = modelLattice(numbers);
  return muOfTranscript(releasePhases(lattice, releases, 1)) * ROOM;
}

/**
 * The numbers of a model that is to be learned.
 *
 * @param wish What it is asked to be.
 * @returns The numbers, with learning as the first release.
 * @throws {RangeError} If a number is out of range, σ is too small for float64, or the budget for learning alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { planModel } from "./plan.ts";
 *
 * const wish = { n: 11982, d: 784, classes: 2, lambda: 1e-6, epsilon: 1, capacity: 10, k: 1 };
 * const { sigma, delta, releases } = planModel(wish);
 * assert.deepEqual([sigma.toFixed(4), delta, releases], ["0.0287", 1e-6, [{ S: 0, T: 115 }]]);
 * ```
 */
export function planModel({ sigma, k, T, delta, budget, ...wish }: Wish): Numbers {
  const { n, epsilon, capacity } = wish;
  if (n < 2) throw new RangeError("a model of which rows can be removed needs two rows or more");
  if (capacity >= n) throw new RangeError(`capacity must be below n = ${n}, got ${capacity}`);
  const problem = walkProblem(wish);
  const target = { epsilon, delta: chooseDelta(n, delta) };
  const learning = { S: 0, T: T ?? learningSteps(problem) };
  if (learning.T > Number.MAX_SAFE_INTEGER) throw new RangeError(`lambda ${wish.lambda} takes ${learning.T} steps`);
  const derive = (K: number) =>
    smallestLattice({ problem, T: learning.T, requests: [{ S: capacity, K }] }, target).sigma;
  const chosen = sigma ?? derive(k!);
  makeLattice(problem, chosen, target);
  const numbers = { ...wish, sigma: chosen, delta: target.delta, releases: [learning] };
  const mu = budget === undefined ? yearOf(numbers) : gaussianMu(budget, target.delta);
  try {
    checkBudget({ ...numbers, budget: mu });
  } catch {
    const alone = gaussianEpsilon(muOfTranscript(releasePhases(modelLattice(numbers), [learning], 1)), target.delta);
    throw new RangeError(`budget ${budget} is too small: learning alone costs a person with one row ${alone}`);
  }
  return { ...numbers, budget: mu };
}
