/**
 * What the engines have in common whose walks run on WebAssembly's threads.
 * @module
 */
import type { Rows } from "../../model/rows.ts";
import { checkWalk, type Engine, type TrainingSet, type Walk } from "../engine.ts";
import type { SharedHeap } from "./heap.ts";
import type { SharedRows } from "./shared_rows.ts";
import type { Job } from "./worker.ts";

/** Milliseconds between calls of `onSteps`. */
const PROGRESS_INTERVAL = 200;

/** A walk in shared memory, for as many workers as it has jobs. */
interface LaidOutWalk {
  readonly jobs: readonly Job[];
  readonly stepsDone: number;
  readWeights(): Float32Array;
  dispose(): void;
}

/** Threads that share a module and a memory. */
export interface Pool {
  /** How many. */
  readonly threads: number;
  /** Runs jobs, each on a thread of its own, and waits for all. */
  run(jobs: readonly Job[]): Promise<void>;
  /** Ends the threads. */
  dispose(): void;
}

/** What an engine has of its own. */
export interface Machinery<Set extends SharedRows> {
  /** The device and the kernels, without the number of threads. */
  readonly device: string;
  readonly kernels: string;
  readonly heap: SharedHeap;
  readonly pool: Pool;
  load(rows: Rows): Set;
  /** Lays a walk out for the threads. */
  layOut(walk: Walk, rows: Set): LaidOutWalk;
}

/** An engine whose walks run one after the other, each on all threads. */
export class ThreadedEngine<Set extends SharedRows> implements Engine {
  readonly description: string;
  readonly kind: string;
  readonly #machinery: Machinery<Set>;
  /** Settled when the walks asked for so far are over. */
  #lastWalk: Promise<unknown> = Promise.resolve();

  constructor(machinery: Machinery<Set>) {
    const { device, kernels, pool: { threads } } = machinery;
    this.#machinery = machinery;
    this.description = `${device}, ${threads} thread${threads > 1 ? "s" : ""}, ${kernels}`;
    this.kind = `${device}, ${kernels}`;
  }

  /** Bytes of the memory that training sets and running walks take. */
  get usedBytes(): number {
    return this.#machinery.heap.usedBytes;
  }

  /** Bytes of the memory. */
  get reservedBytes(): number {
    return this.#machinery.heap.memory.buffer.byteLength;
  }

  load(rows: Rows): TrainingSet {
    return this.#machinery.load(rows);
  }

  replace(set: TrainingSet, positions: readonly number[], rows: Rows): TrainingSet {
    return this.#own(set).replace(positions, rows);
  }

  async walk(walk: Walk): Promise<Float32Array> {
    const rows = this.#own(walk.trainingSet).retain() as Set;
    const result = this.#lastWalk.then(() => this.#walk(walk, rows)).finally(() => rows.dispose());
    this.#lastWalk = result.catch(() => {});
    return await result;
  }

  dispose(): void {
    this.#machinery.pool.dispose();
  }

  async #walk(walk: Walk, rows: Set): Promise<Float32Array> {
    const { start, steps, onSteps } = walk;
    checkWalk(walk);
    if (start.length === 0 || steps === 0) return start.slice();

    const laidOut = this.#machinery.layOut(walk, rows);
    let reported = 0;
    const report = (done: number) => {
      if (done > reported) onSteps?.(done - reported);
      reported = done;
    };
    const timer = setInterval(() => report(laidOut.stepsDone), PROGRESS_INTERVAL);
    try {
      await this.#machinery.pool.run(laidOut.jobs);
      report(steps);
      return laidOut.readWeights();
    } finally {
      clearInterval(timer);
      laidOut.dispose();
    }
  }

  #own(set: TrainingSet): Set {
    if ((set as Partial<SharedRows>).heap === this.#machinery.heap) return set as Set;
    throw new TypeError("the training set belongs to another engine");
  }
}
