/**
 * A walk over mini-batches in memory shared with workers: see `kernels/batch.as.ts` for what lies where.
 * @module
 */
import { batchCount, type Batches, trialOrder } from "../../model/batches.ts";
import { stepDeviation, type Walk } from "../engine.ts";
import { BLOCK_ROWS, denseStride } from "./block.ts";
import { HeapParts, type SharedHeap } from "./heap.ts";
import type { BlockedRows } from "./training_set.ts";
import type { BatchJob } from "./worker.ts";

/** Most outputs of all chains of a task: their weights and gradients stay in a core's cache. */
const PANELS_PER_TASK = 48;

/** Chains of a task where trials are few: those of one output share the reading of a row by twos. */
const PAIR = 2;

/** Fewest tasks a worker, for balance, before tasks become small. */
const TASKS_PER_WORKER = 4;

/** Number of steps after which a worker says how far it is. */
const PIECE_STEPS = 64;

/** Everything the workers need for a walk over batches, allocated until {@linkcode BatchWalk.dispose}. */
export class BatchWalk {
  readonly #heap: SharedHeap;
  readonly #parts: HeapParts;
  readonly #walk: Walk;
  readonly #rows: BlockedRows;
  /** The chains of each task by their numbers in the walk, all of one trial. */
  readonly #tasks: readonly (readonly number[])[];
  readonly #paddedDimension: number;
  readonly #weights: Float32Array;
  readonly #control: number;
  /** One job a worker. */
  readonly jobs: readonly BatchJob[];

  /**
   * Lays a walk out.
   * @param heap The memory.
   * @param walk What to do.
   * @param batches Its batches.
   * @param rows Its training set.
   * @param threads Most workers to use.
   * @throws {RangeError} If a trial's order is no permutation of the rows.
   * @throws {CapacityError} If it does not fit the memory.
   */
  constructor(heap: SharedHeap, walk: Walk, batches: Batches, rows: BlockedRows, threads: number) {
    this.#heap = heap;
    this.#parts = new HeapParts(heap);
    this.#walk = walk;
    this.#rows = rows;
    this.#tasks = cutIntoTasks(walk.chains, rows.outputs, TASKS_PER_WORKER * threads);
    this.#paddedDimension = 4 * Math.ceil(rows.dimension / 4);
    try {
      this.#control = this.#parts.allocate(12);
      const length = walk.chains.length * rows.outputs * this.#paddedDimension;
      const weights = this.#parts.allocate(4 * length);
      this.#weights = heap.floats(weights, length);
      this.#copyWeights((place, source) => this.#weights[place] = walk.start[source]);
      this.jobs = this.#makeJobs(weights, batches, threads);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Number of steps that are over, of a chain on average. */
  get stepsDone(): number {
    const { steps } = this.#walk;
    const pieces = Atomics.load(this.#heap.integers(this.#control, 1), 0);
    return Math.floor(steps * pieces / (this.#tasks.length * Math.ceil(steps / PIECE_STEPS)));
  }

  /** The weights, shaped like the walk's start. */
  readWeights(): Float32Array {
    const weights = new Float32Array(this.#walk.start.length);
    this.#copyWeights((place, target) => weights[target] = this.#weights[place]);
    return weights;
  }

  /** Frees the memory. */
  dispose(): void {
    this.#parts.free();
  }

  /** Calls `copy` with every weight's place in the memory and among the chains. */
  #copyWeights(copy: (place: number, index: number) => void): void {
    const { outputs, dimension } = this.#rows;
    let place = 0;
    for (const chain of this.#tasks.flat()) {
      for (let output = 0; output < outputs; output++, place += this.#paddedDimension) {
        const first = (chain * outputs + output) * dimension;
        for (let feature = 0; feature < dimension; feature++) copy(place + feature, first + feature);
      }
    }
  }

  #makeJobs(weights: number, batches: Batches, threads: number): BatchJob[] {
    const { firstStep = 0, steps } = this.#walk;
    const shared = { ...this.#constants(batches), ...this.#chainParameters(), weights, tasks: this.#table(batches) };
    const job = { control: this.#control, firstStep, steps, taskCount: this.#tasks.length, pieceSteps: PIECE_STEPS };
    return Array.from({ length: Math.min(threads, this.#tasks.length) }, () => (
      { ...job, parameters: { ...shared, ...this.#workerRoom(batches) } }
    ));
  }

  #constants(batches: Batches): Record<string, number> {
    const { dimension, outputs, count, blocks } = this.#rows;
    const { stepSize, regularization, clip, radius = Infinity } = this.#walk.dynamics;
    const { batchSize } = batches;
    const firsts = blocks.map((block) => block.denseRows(dimension, outputs));
    const rowBytes = 4 * denseStride(dimension);
    const addresses = Uint32Array.from(
      { length: count },
      (_, row) => firsts[Math.floor(row / BLOCK_ROWS)] + row % BLOCK_ROWS * rowBytes,
    );
    const labels = new Float32Array(blocks.length * BLOCK_ROWS * outputs);
    blocks.forEach((block, i) => labels.set(block.labels(outputs), i * BLOCK_ROWS * outputs));
    return {
      ...{ dimension, paddedDimension: this.#paddedDimension, outputs, rowCount: count },
      ...{
        rows: this.#parts.write(addresses),
        labels: this.#parts.write(labels),
        zeros: this.#parts.allocate(rowBytes),
      },
      ...{ batchSize, batchCount: batchCount(count, batches) },
      ...{ stepSize, regularization, clip, radius, seed: this.#walk.seed },
    };
  }

  /** Scale and name of the noise of every chain. */
  #chainParameters(): Record<string, number> {
    const { chains, dynamics } = this.#walk;
    const members = this.#tasks.flat().map((i) => chains[i]);
    return {
      deviations: this.#parts.write(Float32Array.from(members, (chain) => stepDeviation(dynamics, chain))),
      cells: this.#parts.write(Uint32Array.from(members, ({ cell }) => cell)),
    };
  }

  /** Address of the tasks: each has its trial's order, its first chain, the number of its chains and the trial. */
  #table(batches: Batches): number {
    const { chains } = this.#walk;
    const orders = new Map<number, number>();
    let first = 0;
    const words = this.#tasks.flatMap((members) => {
      const { trial } = chains[members[0]];
      const order = orders.get(trial) ?? this.#parts.write(trialOrder(this.#rows.count, batches, trial));
      orders.set(trial, order);
      const entry = [order, first, members.length, trial];
      first += members.length;
      return entry;
    });
    return this.#parts.write(Uint32Array.from(words));
  }

  /** One worker's own room. */
  #workerRoom({ batchSize }: Batches): Record<string, number> {
    const { outputs } = this.#rows;
    const mostChains = Math.max(...this.#tasks.map(({ length }) => length));
    const paddedRows = 8 * Math.ceil(batchSize / 8);
    return {
      gradients: this.#parts.allocate(4 * mostChains * outputs * this.#paddedDimension),
      batchRows: this.#parts.allocate(4 * paddedRows),
      batchLabels: this.#parts.allocate(4 * paddedRows * outputs),
      rowOutputs: this.#parts.allocate(32 * outputs),
      residuals: this.#parts.allocate(16 * outputs),
      normals: this.#parts.allocate(64 * Math.ceil(this.#paddedDimension / 16)),
    };
  }
}

/** The numbers of the chains that are advanced together: of one trial, as many as a cache holds and balance allows. */
function cutIntoTasks(chains: Walk["chains"], outputs: number, wanted: number): number[][] {
  const most = Math.max(1, Math.floor(PANELS_PER_TASK / outputs));
  const trials = [...Map.groupBy(chains.keys(), (i) => chains[i].trial).values()];
  const cut = (size: number) =>
    trials.flatMap((members) =>
      Array.from({ length: Math.ceil(members.length / size) }, (_, i) => members.slice(i * size, (i + 1) * size))
    );
  const large = cut(most);
  return large.length < wanted ? cut(Math.min(PAIR, most)) : large;
}
