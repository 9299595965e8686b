/**
 * The problems whose steps are timed.
 * @module
 */
import { dynamicsOf } from "../learning/chains.ts";
import { type Batches, rowOrders } from "../model/batches.ts";
import { normalizeRows, oneHot, type Rows } from "../model/rows.ts";
import type { Dynamics } from "../engines/engine.ts";
import { loadMnist } from "../datasets/mnist.ts";
import { problemFor } from "../original/problem.ts";

/** Rows, and chains that descend their loss. */
export interface BenchProblem {
  /** For the user to read. */
  readonly title: string;
  /** The rows. */
  readonly rows: Rows;
  /** Number of chains, T. */
  readonly chains: number;
  /** How many of them are of one trial, one a cell; 1 without it. */
  readonly cells?: number;
  /** The constants of a step. */
  readonly dynamics: Dynamics;
  /** The batches of rows that chains take; what is timed as a step is then a cycle of steps, which takes every row. */
  readonly batches?: Batches;
}

/** A problem by the name that its flag has. */
export const problems = {
  mnist100: () => mnist(100),
  mnist600: () => mnist(600),
  sgd1: () => sgd(1),
  sgd6: () => sgd(6),
  one: () => dense(10_000, 50, 1, 1),
  softmax: () => dense(50_000, 512, 10, 100),
} as const;

/** Those in batches of rows. */
export const BATCHED: ReadonlySet<keyof typeof problems> = new Set(["sgd1", "sgd6"] as const);

/**
 * The work of a step: its two matrix products, as if they were computed number by number. The fused WebAssembly kernels
 * leave out the background of rows that have one, as those of MNIST do.
 *
 * @param problem The problem.
 * @returns Floating-point operations, 4·n·d·outputs·T.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { operationsPerStep, problems } from "./problems.ts";
 *
 * assert.equal(operationsPerStep(await problems.mnist100()), 4 * 11982 * 784 * 100);
 * ```
 */
export function operationsPerStep({ rows: { count, dimension, outputs }, chains }: BenchProblem): number {
  return 4 * count * dimension * outputs * chains;
}

/** MNIST 3 against 8, as the binary scripts learn it. */
async function mnist(chains: number): Promise<BenchProblem> {
  const { train: rows } = await loadMnist();
  return {
    title: `MNIST, ${chains} chains`,
    rows,
    chains,
    dynamics: dynamicsOf({ problem: problemOf(rows), clipsRegularizer: true }),
  };
}

/** MNIST in batches, as the sequel's script learns it: 20 trials, each an order of the rows that its cells share. */
async function sgd(cells: number): Promise<BenchProblem> {
  const { rows } = await mnist(1);
  const orderOf = rowOrders({ seed: 0, cell: 0 }, rows.count);
  const chains = 20 * cells;
  return {
    title: `MNIST in batches of 128, 20 trials of ${cells === 1 ? "a cell" : `${cells} cells`}: a step is 94 of them`,
    rows,
    chains,
    cells,
    dynamics: dynamicsOf({ problem: problemOf(rows), radius: 100 }),
    batches: { batchSize: 128, dropsRest: false, orderOf },
  };
}

/**
 * Random rows of norm 1 in equally large classes, as the scripts would learn them.
 *
 * @param count n.
 * @param dimension d.
 * @param outputs Number of outputs: 1 for two classes, else the number of classes.
 * @param chains T.
 * @returns The problem.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dense } from "./problems.ts";
 *
 * assert.equal((await dense(100, 5, 3, 7)).rows.labels.length, 300);
 * ```
 */
export function dense(count: number, dimension: number, outputs: number, chains: number): Promise<BenchProblem> {
  const features = normalizeRows(new Float32Array(count * dimension).map(() => Math.random() - 0.5), dimension);
  const labels = outputs === 1
    ? Float32Array.from({ length: count }, (_, row) => row % 2 === 0 ? 1 : -1)
    : oneHot(Uint32Array.from({ length: count }, (_, row) => row % outputs), outputs);
  const rows = { features, labels, count, dimension, outputs };
  const title = outputs === 1
    ? `${count} × ${dimension}, ${chains === 1 ? "one chain" : `${chains} chains`}`
    : `${outputs} classes, ${chains} chains`;
  return Promise.resolve({ title, rows, chains, dynamics: dynamicsOf({ problem: problemOf(rows) }) });
}

const problemOf = (rows: Rows) => problemFor(rows, { lam: 1e-6, smoothness: "bound" });
