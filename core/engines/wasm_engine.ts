/**
 * The engine of the CPU: fused WebAssembly SIMD kernels (see `kernels/step.as.ts` and, for steps over mini-batches,
 * `kernels/batch.as.ts`) on as many threads as wanted.
 *
 * Over all rows, these are cut into a fixed number of slices, each with a gradient of its own, which workers take one after the
 * other; the slices' gradients are then added up in order. So a walk gives the same bits on any number of threads, and
 * a core that is busy elsewhere costs its own time, not that of all. Over batches, workers take the trials instead.
 * @module
 */
import type { Engine, Walk } from "./engine.ts";
import { BatchWalk } from "./wasm/batch_walk.ts";
import { SharedHeap } from "./wasm/heap.ts";
import { compileKernels } from "./wasm/module.ts";
import { ThreadedEngine } from "./wasm/threaded_engine.ts";
import { isWideFaster, type Products } from "./wasm/tile.ts";
import { BlockedRows } from "./wasm/training_set.ts";
import { SharedWalk } from "./wasm/walk.ts";

/** Multiply-adds of a walk that is long enough to measure which tile is faster. */
const LONG_WALK = 2e9;

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
  const heap = new SharedHeap();
  const { module, simd } = await compileKernels(heap, relaxedSimd);
  let isWide = wide;
  /** Whether a walk's products take two panels at once. */
  const choosesWide = ({ trainingSet: { count }, start, steps }: Walk) => {
    if (isWide === undefined && count * start.length * steps >= LONG_WALK) {
      const { exports } = new WebAssembly.Instance(module, { env: { memory: heap.memory } });
      isWide = isWideFaster(exports as unknown as Products, heap);
    }
    return isWide ?? false;
  };
  return new ThreadedEngine<BlockedRows>({
    device: `CPU through WebAssembly ${simd}`,
    kernels: "fused kernels",
    heap,
    threads,
    setup: { module },
    load: (rows) => BlockedRows.load(heap, rows),
    layOut: (walk, rows) =>
      walk.batches
        ? new BatchWalk(heap, walk, walk.batches, rows, threads)
        : new SharedWalk(heap, walk, rows, threads, choosesWide(walk)),
  });
}
