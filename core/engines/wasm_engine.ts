/**
 * The engine of the CPU: fused WebAssembly SIMD kernels (see `kernels/step.as.ts` and, for steps over mini-batches,
 * `kernels/batch.as.ts`) on as many threads as wanted.
 *
 * Over all rows, these are cut into a fixed number of slices, each with a gradient of its own, which workers take one after the
 * other; the slices' gradients are then added up in order. So a walk gives the same bits on any number of threads, and
 * a core that is busy elsewhere costs its own time, not that of all. Over batches, workers take the trials instead.
 * @module
 */
import { type WasmEngine, wasmEngineOn } from "./wasm/engine.ts";
import { SharedHeap } from "./wasm/heap.ts";
import { compileKernels } from "./wasm/module.ts";
import { WorkerPool } from "./wasm/pool.ts";

export type { WasmEngine } from "./wasm/engine.ts";

/** How {@linkcode openWasmEngine} runs. */
export interface WasmEngineOptions {
  /** Number of threads; all the machine's by default. */
  readonly threads?: number;
  /** Whether to use relaxed SIMD, whose fused multiply-add is faster; wherever the machine fuses it by default. */
  readonly relaxedSimd?: boolean;
  /** Whether the product takes two panels at once, which changes no bit; where that is faster by default. */
  readonly wide?: boolean;
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
  const kernels = await compileKernels(heap, relaxedSimd);
  const pool = new WorkerPool({ module: kernels.module, memory: heap.memory }, threads);
  return wasmEngineOn(pool, heap, kernels, wide);
}
