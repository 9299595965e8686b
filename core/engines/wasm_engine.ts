/**
 * The engine of the CPU: fused WebAssembly SIMD kernels (see `kernels/step.as.ts` and, for steps over mini-batches,
 * `kernels/batch.as.ts`) on as many threads as wanted.
 *
 * Over all rows, these are cut into a fixed number of slices, each with a gradient of its own, which workers take one after the
 * other; the slices' gradients are then added up in order. So a walk gives the same bits on any number of threads, and
 * a core that is busy elsewhere costs its own time, not that of all. Over batches, workers take the trials instead.
 * @module
 */
import type { Rows } from "../model/rows.ts";
import { checkWalk, type Engine, type TrainingSet, type Walk } from "./engine.ts";
import { BatchWalk } from "./wasm/batch_walk.ts";
import { SharedHeap } from "./wasm/heap.ts";
import { WorkerPool } from "./wasm/pool.ts";
import { isWideFaster, type Products } from "./wasm/tile.ts";
import { BlockedRows } from "./wasm/training_set.ts";
import { SharedWalk } from "./wasm/walk.ts";

/** Milliseconds between calls of `onSteps`. */
const PROGRESS_INTERVAL = 200;

/** How {@linkcode openWasmEngine} runs. */
export interface WasmEngineOptions {
  /** Number of threads; all the machine's by default. */
  readonly threads?: number;
  /** Whether to use relaxed SIMD, whose fused multiply-add is faster; wherever the machine fuses it by default. */
  readonly relaxedSimd?: boolean;
  /** Whether the product takes two panels at once, which changes no bit; where that is faster by default. */
  readonly wide?: boolean;
}

/** An engine of the CPU. */
export interface WasmEngine extends Engine {
  /** Bytes that training sets and running walks take. */
  readonly usedBytes: number;
  /** Bytes taken from the system, at most 4 GiB: they grow as needed and are used again, never given back. */
  readonly reservedBytes: number;
}

/**
 * Starts the WebAssembly engine; it needs no permission.
 *
 * @param options Threads and instructions.
 * @returns The engine, which keeps the process alive until it is disposed of.
 * @throws {RangeError} If `threads` is not a positive integer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openWasmEngine } from "./wasm_engine.ts";
 *
 * const engine = await openWasmEngine({ threads: 1 });
 * const features = Float32Array.of(0.6, 0.8);
 * const trainingSet = engine.load({ features, labels: Float32Array.of(1), count: 1, dimension: 2, outputs: 1 });
 * const weights = await engine.walk({
 *   trainingSet,
 *   start: new Float32Array(2),
 *   chains: [{ sigma: 0, cell: 0, trial: 0 }],
 *   dynamics: { stepSize: 1, regularization: 0, clip: 1, clipsRegularizer: true },
 *   seed: 0,
 *   steps: 1,
 * });
 * assert.deepEqual(weights, Float32Array.of(0.3, 0.4));
 * engine.dispose();
 * ```
 */
export async function openWasmEngine(options: WasmEngineOptions = {}): Promise<WasmEngine> {
  const { threads = navigator.hardwareConcurrency, relaxedSimd, wide } = options;
  if (!(Number.isInteger(threads) && threads > 0)) throw new RangeError(`threads must be positive, got ${threads}`);
  const { default: relaxed } = await import("./kernels/step.wasm", { with: { type: "bytes" } });
  const { default: plain } = await import("./kernels/step_plain.wasm", { with: { type: "bytes" } });
  const heap = new SharedHeap();
  const module = relaxedSimd !== false && WebAssembly.validate(relaxed) && await WebAssembly.compile(relaxed);
  if (relaxedSimd && !module) throw new Error("this runtime has no relaxed SIMD");
  const isFused = module && fuses(module, heap);
  if (module && (relaxedSimd || isFused)) {
    return new ThreadedEngine(module, `relaxed SIMD${isFused ? "" : " that is not fused"}`, heap, threads, wide);
  }
  return new ThreadedEngine(await WebAssembly.compile(plain), "SIMD", heap, threads, wide);
}

/** Whether a module adds to a product that was not rounded. Relaxed SIMD leaves that to the machine. */
function fuses(module: WebAssembly.Module, { memory }: SharedHeap): boolean {
  const { productPlus } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  return (productPlus as (a: number, b: number, c: number) => number)(1 + 2 ** -13, 1 - 2 ** -13, -1) !== 0;
}

/** Multiply-adds of a walk that is long enough to measure which tile is faster. */
const LONG_WALK = 2e9;

class ThreadedEngine implements WasmEngine {
  readonly description: string;
  readonly kind: string;
  readonly #heap: SharedHeap;
  readonly #pool: WorkerPool;
  readonly #module: WebAssembly.Module;
  #isWide: boolean | undefined;
  /** Settled when the walks asked for so far are over. */
  #lastWalk: Promise<unknown> = Promise.resolve();

  constructor(module: WebAssembly.Module, simd: string, heap: SharedHeap, threads: number, wide?: boolean) {
    this.#heap = heap;
    this.#module = module;
    this.#isWide = wide;
    this.#pool = new WorkerPool({ module, memory: heap.memory }, threads);
    const device = `CPU through WebAssembly ${simd}`;
    this.description = `${device}, ${threads} thread${threads > 1 ? "s" : ""}, fused kernels`;
    this.kind = `${device}, fused kernels`;
  }

  get usedBytes(): number {
    return this.#heap.usedBytes;
  }

  get reservedBytes(): number {
    return this.#heap.memory.buffer.byteLength;
  }

  load(rows: Rows): TrainingSet {
    return BlockedRows.load(this.#heap, rows);
  }

  replace(set: TrainingSet, positions: readonly number[], rows: Rows): TrainingSet {
    return this.#own(set).replace(positions, rows);
  }

  async walk(walk: Walk): Promise<Float32Array> {
    const rows = this.#own(walk.trainingSet).retain();
    const result = this.#lastWalk.then(() => this.#walk(walk, rows)).finally(() => rows.dispose());
    this.#lastWalk = result.catch(() => {});
    return await result;
  }

  dispose(): void {
    this.#pool.dispose();
  }

  async #walk(walk: Walk, rows: BlockedRows): Promise<Float32Array> {
    const { start, steps, onSteps } = walk;
    checkWalk(walk);
    if (start.length === 0 || steps === 0) return start.slice();

    const shared = walk.batches
      ? new BatchWalk(this.#heap, walk, walk.batches, rows, this.#pool.threads)
      : new SharedWalk(this.#heap, walk, rows, this.#pool.threads, this.#choosesWide(walk));
    let reported = 0;
    const report = (done: number) => {
      if (done > reported) onSteps?.(done - reported);
      reported = done;
    };
    const timer = setInterval(() => report(shared.stepsDone), PROGRESS_INTERVAL);
    try {
      await this.#pool.run(shared.jobs);
      report(steps);
      return shared.readWeights();
    } finally {
      clearInterval(timer);
      shared.dispose();
    }
  }

  /** Whether a walk's products take two panels at once. */
  #choosesWide({ trainingSet: { count }, start, steps }: Walk): boolean {
    if (this.#isWide === undefined && count * start.length * steps >= LONG_WALK) {
      const { exports } = new WebAssembly.Instance(this.#module, { env: { memory: this.#heap.memory } });
      this.#isWide = isWideFaster(exports as unknown as Products, this.#heap);
    }
    return this.#isWide ?? false;
  }

  #own(set: TrainingSet): BlockedRows {
    if (set instanceof BlockedRows && set.heap === this.#heap) return set;
    throw new TypeError("the training set belongs to another engine");
  }
}
