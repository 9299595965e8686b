/**
 * A walk in memory shared with workers: see `kernels/step.as.ts` for what lies where, and `kernels/alone.as.ts` for
 * walks of few chains.
 * @module
 */
import { stepDeviation, type Walk } from "../engine.ts";
import { HeapParts, type SharedHeap } from "./heap.ts";
import type { SharedRows } from "./shared_rows.ts";
import type { StepJob } from "./worker.ts";

/** Chains that share a panel. */
const OCTET = 8;

/** Most slices of the rows: enough for balance, few enough that adding up their gradients costs little. */
const MOST_SLICES = 16;

/**
 * Multiply-adds of a step from which on a worker is worth waking, some 50 µs of them: below twice as many one does all.
 * A chain alone takes twice the time of one of an octet.
 */
const LEAST_WORK = { octet: 750_000, alone: 375_000 } as const;

/** Everything the workers need for a walk, allocated until {@linkcode SharedWalk.dispose}. */
export class SharedWalk {
  readonly #heap: SharedHeap;
  readonly #walk: Walk;
  readonly #rows: SharedRows;
  readonly #parts: HeapParts;
  /** Chains of a panel: an octet, or one where they are few. */
  readonly #lanes: number;
  readonly #octets: number;
  readonly #octetsPerTask: number;
  /** Panels that lie side by side. */
  readonly #groupPanels: number;
  readonly #paddedDimension: number;
  readonly #weights: Float32Array;
  readonly #control: number;
  /** One job a worker. */
  readonly jobs: readonly StepJob[];

  /**
   * Lays a walk out.
   * @param heap The memory.
   * @param walk What to do.
   * @param rows Its training set.
   * @param threads Most workers to use.
   * @param isWide Whether the product takes two panels at once.
   * @throws {CapacityError} If it does not fit the memory.
   */
  constructor(heap: SharedHeap, walk: Walk, rows: SharedRows, threads: number, isWide = false) {
    this.#heap = heap;
    this.#walk = walk;
    this.#rows = rows;
    this.#parts = new HeapParts(heap);
    this.#lanes = walk.chains.length <= rows.fewChains ? 1 : OCTET;
    const octets = Math.ceil(walk.chains.length / this.#lanes);
    this.#octetsPerTask = this.#lanes === 1 ? octets : rows.octetsPerTask(octets);
    const group = rows.octetsPerGroup?.(octets);
    this.#octets = group ? group * Math.ceil(octets / group) : octets;
    this.#groupPanels = group ? group * rows.outputs : 1;
    this.#paddedDimension = 4 * Math.ceil(rows.dimension / 4);
    try {
      this.#control = this.#parts.allocate(12);
      const weights = this.#parts.allocate(this.#weightsBytes);
      this.#weights = heap.floats(weights, this.#weightsBytes / 4);
      this.#copyWeights((position, source) => this.#weights[position] = walk.start[source]);
      this.jobs = this.#makeJobs(weights, threads, isWide);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Number of steps that are over. */
  get stepsDone(): number {
    const phases = Atomics.load(this.#heap.integers(this.#control, 1), 0);
    return Math.max(0, Math.floor((phases - 1) / 2));
  }

  /** The weights, shaped like the walk's start. */
  readWeights(): Float32Array {
    const weights = new Float32Array(this.#walk.start.length);
    this.#copyWeights((position, target) => weights[target] = this.#weights[position]);
    return weights;
  }

  /** Frees the memory. */
  dispose(): void {
    this.#parts.free();
  }

  get #blockCount(): number {
    return Math.ceil(this.#rows.count / this.#rows.blockRows);
  }

  /** Bytes of a number of every chain of a panel. */
  get #laneBytes(): number {
    return 4 * this.#lanes;
  }

  get #weightsBytes(): number {
    return this.#octets * this.#rows.outputs * this.#paddedDimension * this.#laneBytes;
  }

  /** Calls `copy` with every weight's position in the panels and among the chains. */
  #copyWeights(copy: (position: number, index: number) => void): void {
    const { outputs, dimension } = this.#rows;
    for (let chain = 0; chain < this.#walk.chains.length; chain++) {
      const octet = Math.floor(chain / this.#lanes);
      for (let output = 0; output < outputs; output++) {
        const panel = octet * outputs + output;
        const place = panel % this.#groupPanels;
        const first = ((panel - place) * this.#paddedDimension + place) * this.#lanes + chain % this.#lanes;
        const stride = this.#groupPanels * this.#lanes;
        const firstIndex = (chain * outputs + output) * dimension;
        for (let feature = 0; feature < dimension; feature++) copy(first + feature * stride, firstIndex + feature);
      }
    }
  }

  #makeJobs(weights: number, threads: number, isWide: boolean): StepJob[] {
    const { firstStep = 0, steps } = this.#walk;
    const { libraryBlocks } = this.#rows;
    const octetsPerTask = this.#octetsPerTask;
    const isAlone = this.#lanes === 1;
    const slices = Math.min(MOST_SLICES, this.#blockCount);
    const tasks = slices * Math.ceil(this.#octets / octetsPerTask);
    const workers = Math.max(1, Math.min(threads, tasks, this.#worthwhileWorkers));
    const shared = {
      ...this.#sums(slices),
      ...this.#constants(),
      ...this.#chainParameters(),
      weights,
      isWide: Number(isWide),
    };
    return Array.from({ length: workers }, () => {
      const parameters = { ...shared, ...this.#workerRoom(Math.min(this.#octets, octetsPerTask)) };
      const job = { workers, control: this.#control, firstStep, steps, octetsPerTask, isAlone, parameters };
      return libraryBlocks ? { ...job, blocks: libraryBlocks } : job;
    });
  }

  /** Most workers of which each has enough to do in a step. */
  get #worthwhileWorkers(): number {
    const { count, dimension, outputs } = this.#rows;
    const multiplyAdds = 2 * count * dimension * outputs * this.#octets * this.#lanes;
    return Math.floor(multiplyAdds / (this.#lanes === 1 ? LEAST_WORK.alone : LEAST_WORK.octet));
  }

  #constants(): Record<string, number> {
    const { dimension, outputs, count, blockRows, addresses } = this.#rows;
    const { stepSize, regularization, clip, clipsRegularizer, radius = Infinity } = this.#walk.dynamics;
    const table = addresses ? this.#parts.write(Uint32Array.from(addresses.flat())) : 0;
    return {
      ...{ dimension, paddedDimension: this.#paddedDimension, outputs, groupPanels: this.#groupPanels },
      ...{ rowCount: count, blocks: table, blockCount: this.#blockCount, blockRows },
      ...{ stepSize, regularization, clip, clipsRegularizer: Number(clipsRegularizer), radius, seed: this.#walk.seed },
    };
  }

  /** Scale and names of the noise of every chain; the chains that fill the last octet draw none. */
  #chainParameters(): Record<string, number> {
    const { chains, dynamics } = this.#walk;
    const length = this.#octets * this.#lanes;
    const [deviations, trials, cells] = Array.from({ length: 3 }, () => this.#parts.allocate(4 * length));
    this.#heap.floats(deviations, length).set(
      chains.map((chain) => stepDeviation(dynamics, chain)),
    );
    this.#heap.words(trials, length).set(chains.map(({ trial }) => trial));
    this.#heap.words(cells, length).set(chains.map(({ cell }) => cell));
    return { deviations, trials, cells };
  }

  #sums(sliceCount: number): Record<string, number> {
    const panelsBytes = this.#octets * this.#rows.outputs * this.#laneBytes;
    return {
      octetCount: this.#octets,
      sliceCount,
      gradients: this.#parts.allocate(sliceCount * this.#weightsBytes),
      weightSums: this.#parts.allocate(panelsBytes),
      backgroundSums: this.#parts.allocate(sliceCount * panelsBytes),
      factorSums: this.#parts.allocate(sliceCount * this.#octets * this.#laneBytes),
      squaredNorms: this.#parts.allocate(this.#octets * this.#laneBytes),
    };
  }

  /** One worker's own room. */
  #workerRoom(octets: number): Record<string, number> {
    const { outputs, dimension, blockRows, libraryBlocks } = this.#rows;
    return {
      outputsBlock: this.#parts.allocate(octets * outputs * blockRows * this.#laneBytes),
      residuals: this.#parts.allocate(16 * outputs),
      rowLabels: this.#parts.allocate(16 * outputs),
      normals: this.#parts.allocate(16 * this.#paddedDimension),
      selection: libraryBlocks ? this.#parts.allocate(octets * outputs * dimension * this.#laneBytes) : 0,
    };
  }
}
