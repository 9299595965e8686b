/**
 * What happened to a model: how it was learned, and what was unlearned from it. What that costs is an accountant's to
 * say, see `accountant.ts`.
 * @module
 */
import { assertCounts, assertPositive, assertProblem, type Problem } from "../model/problem.ts";

/**
 * What a removed row becomes: `replaced`, another row takes its place; `null`, it contributes nothing, while n and λn
 * stay.
 */
export type Neighbours = typeof NEIGHBOURS[number];

/** The names of what a removed row becomes. */
export const NEIGHBOURS = ["replaced", "null"] as const;

/** How a model is learned and unlearned: by noisy gradient descent with step η. */
export interface Chain {
  /** The constants. */
  readonly problem: Problem;
  /** σ: a step adds √(2ησ²)·N(0, I). */
  readonly sigma: number;
  /** T, the epochs of learning, Infinity for a chain that has converged; without it any number. */
  readonly T?: number;
  /** What a removed row becomes; `replaced` by default. */
  readonly neighbours?: Neighbours;
  /** b, the rows of a step: an epoch has ⌈n/b⌉ steps; n by default, where an epoch is a step. */
  readonly batchSize?: number;
  /** R: after every step the weights are projected to this norm; not without it. */
  readonly radius?: number;
  /**
   * Whether the regularizer is clipped with a row's gradient, as the released code does for two classes; not by
   * default.
   */
  readonly clipsRegularizer?: boolean;
}

/** A request for removal. */
export interface Request {
  /** S, the number of rows removed. */
  readonly S: number;
  /** K, the epochs of unlearning that followed; steps, for the full batch. */
  readonly K: number;
}

/** A chain and the requests that it met, in their order. */
export interface History extends Chain {
  /** The requests. */
  readonly requests: readonly Request[];
}

/**
 * Throws unless a history is one that can have been.
 *
 * @param history The history.
 * @throws {RangeError} Naming the first number that is out of range, or that there is no request.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkHistory } from "./history.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const problem = makeProblem({ n: 100, d: 5, lambda: 1e-3 });
 * assert.throws(() => checkHistory({ problem, sigma: 0.1, requests: [{ S: 101, K: 1 }] }), /S must be at most 100/);
 * ```
 */
export function checkHistory(history: History): void {
  const { problem, sigma, T, neighbours, batchSize, radius, requests } = history;
  const { n } = problem;
  assertProblem(problem);
  assertPositive({ sigma });
  if (T !== undefined && T !== Infinity) assertCounts({ T }, 0);
  if (neighbours !== undefined) assertNeighbours(neighbours);
  if (radius !== undefined) assertPositive({ radius });
  if (batchSize !== undefined) {
    assertCounts({ batchSize });
    if (batchSize > n) throw new RangeError(`batchSize must be at most ${n}, the number of rows, got ${batchSize}`);
  }
  if (requests.length === 0) throw new RangeError("a history has one request or more");
  for (const { S, K } of requests) {
    assertCounts({ K }, 0);
    assertRows(problem, S);
  }
  if (rowsLeft(history) < 0) throw new RangeError(`null rows cannot be removed twice: the requests ask for over ${n}`);
}

/**
 * Throws unless a removed row becomes one of the things that it can become.
 *
 * @param neighbours What it becomes.
 * @throws {RangeError} If there is no such thing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assertNeighbours } from "./history.ts";
 *
 * assert.throws(() => assertNeighbours("Null"), /neighbours must be one of replaced, null, got Null/);
 * ```
 */
export function assertNeighbours(neighbours: string): void {
  if ((NEIGHBOURS as readonly string[]).includes(neighbours)) return;
  throw new RangeError(`neighbours must be one of ${NEIGHBOURS.join(", ")}, got ${neighbours}`);
}

/**
 * Throws unless there are so many rows.
 *
 * @param problem n.
 * @param S The number of rows that a request removes.
 * @throws {RangeError} If S is no integer from 1 to n.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assertRows } from "./history.ts";
 *
 * assert.throws(() => assertRows({ n: 10 }, 11), /S must be at most 10, the number of rows, got 11/);
 * ```
 */
export function assertRows({ n }: Pick<Problem, "n">, S: number): void {
  assertCounts({ S });
  if (S > n) throw new RangeError(`S must be at most ${n}, the number of rows, got ${S}`);
}

/**
 * How many rows a next request can remove: any, where others take their place.
 *
 * @param history What happened.
 * @returns The number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rowsLeft } from "./history.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const history = { problem: makeProblem({ n: 10, d: 5, lambda: 1e-3 }), requests: [{ S: 6, K: 1 }] };
 * assert.deepEqual([rowsLeft(history), rowsLeft({ ...history, neighbours: "null" })], [10, 4]);
 * ```
 */
export function rowsLeft({ problem: { n }, neighbours, requests }: Omit<History, "sigma">): number {
  return neighbours === "null" ? requests.reduce((left, { S }) => left - S, n) : n;
}

/**
 * How many rows' gradients a removed row changes in the mean: its own goes, and another comes where it is replaced.
 *
 * @param chain What a removed row becomes.
 * @returns 2 or 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { gradientsChanged } from "./history.ts";
 *
 * assert.deepEqual([gradientsChanged({}), gradientsChanged({ neighbours: "null" })], [2, 1]);
 * ```
 */
export function gradientsChanged({ neighbours = "replaced" }: Pick<Chain, "neighbours">): number {
  return neighbours === "replaced" ? 2 : 1;
}
