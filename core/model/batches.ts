/**
 * Mini-batches: every trial goes through the rows in an order of its own, a batch a step, again and again.
 *
 * The order is drawn once a trial and is that of all its chains: of every cell, of D and D′, for every b.
 * @module
 */
import { randomOrder, type Stream } from "./random.ts";

/** How the trials of a run go through their rows. */
export interface RowCycle {
  /** The order in which the chains of a trial take the rows: the number of every row, once. */
  readonly orderOf: (trial: number) => Uint32Array;
  /** Whether the rows at an order's end that do not fill a batch are left out; else they are a smaller batch. */
  readonly dropsRest: boolean;
}

/** A cycle through the rows in batches of one size. */
export interface Batches extends RowCycle {
  /** b, the number of rows of a batch. */
  readonly batchSize: number;
}

/**
 * Uniformly random orders of the rows, one a trial, each drawn when it is first asked for.
 *
 * @param stream Seed, and the number of the run's name: no cell's, since all cells share the orders.
 * @param count Number of rows, n.
 * @returns The order of a trial.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rowOrders } from "./batches.ts";
 *
 * const orderOf = rowOrders({ seed: 0, cell: 1 }, 5);
 * assert.deepEqual(orderOf(3).toSorted(), Uint32Array.of(0, 1, 2, 3, 4));
 * ```
 */
export function rowOrders(stream: Stream, count: number): (trial: number) => Uint32Array {
  const orders = new Map<number, Uint32Array>();
  return (trial) => {
    const order = orders.get(trial) ?? randomOrder(stream, trial, count);
    orders.set(trial, order);
    return order;
  };
}

/**
 * The number of batches of a cycle: ⌊n/b⌋ where the rest is left out, else ⌈n/b⌉.
 *
 * @param count Number of rows, n.
 * @param batches b, and what becomes of the rest.
 * @returns Steps of a chain in which it takes every row once, but for those left out.
 * @throws {RangeError} If b is not an integer from 1 to n.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { batchCount } from "./batches.ts";
 *
 * assert.equal(batchCount(11264, { batchSize: 128, dropsRest: true }), 88);
 * assert.equal(batchCount(100, { batchSize: 30, dropsRest: true }), 3);
 * assert.equal(batchCount(100, { batchSize: 30, dropsRest: false }), 4);
 * ```
 */
export function batchCount(count: number, { batchSize, dropsRest }: Omit<Batches, "orderOf">): number {
  if (!(Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= count)) {
    throw new RangeError(`b, the rows of a batch, must be an integer from 1 to n = ${count}, got ${batchSize}`);
  }
  return dropsRest ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
}

/**
 * The order of a trial, which must have every row once.
 *
 * @param count Number of rows.
 * @param cycle The orders.
 * @param trial Which trial.
 * @returns The numbers of the rows.
 * @throws {RangeError} If it is no permutation of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { trialOrder } from "./batches.ts";
 *
 * const orderOf = () => Uint32Array.of(0, 2, 2);
 * assert.throws(() => trialOrder(3, { orderOf }, 7), /the order of trial 7 has row 2 twice/);
 * ```
 */
export function trialOrder(count: number, { orderOf }: Pick<RowCycle, "orderOf">, trial: number): Uint32Array {
  const order = orderOf(trial);
  if (order.length !== count) {
    throw new RangeError(`the order of trial ${trial} has ${order.length} rows, the training set ${count}`);
  }
  const isTaken = new Uint8Array(count);
  for (const row of order) {
    if (row >= count) throw new RangeError(`the order of trial ${trial} has row ${row}, rows are 0 to ${count - 1}`);
    if (isTaken[row]) throw new RangeError(`the order of trial ${trial} has row ${row} twice`);
    isTaken[row] = 1;
  }
  return order;
}

/**
 * The batch of a step: where it begins and ends in a trial's order.
 *
 * @param count Number of rows.
 * @param batches The cycle.
 * @param step Number of the step; step 0 takes the first batch.
 * @returns The place of its first row, and the place after its last.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { batchOf } from "./batches.ts";
 *
 * assert.deepEqual(batchOf(100, { batchSize: 30, dropsRest: true }, 4), [30, 60]);
 * assert.deepEqual(batchOf(100, { batchSize: 30, dropsRest: false }, 3), [90, 100]);
 * ```
 */
export function batchOf(
  count: number,
  batches: Omit<Batches, "orderOf">,
  step: number,
): readonly [first: number, end: number] {
  const first = step % batchCount(count, batches) * batches.batchSize;
  return [first, Math.min(first + batches.batchSize, count)];
}
