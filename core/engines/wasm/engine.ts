/**
 * The engine of the CPU on threads, whatever these are.
 * @module
 */
import type { Engine, Walk } from "../engine.ts";
import { BatchWalk } from "./batch_walk.ts";
import type { SharedHeap } from "./heap.ts";
import type { CompiledKernels } from "./module.ts";
import { type Pool, ThreadedEngine } from "./threaded_engine.ts";
import { isWideFaster, type Products } from "./tile.ts";
import { BlockedRows } from "./training_set.ts";
import { SharedWalk } from "./walk.ts";

/** Multiply-adds of a walk that is long enough to measure which tile is faster. */
const LONG_WALK = 2e9;

/** An engine of the CPU. */
export interface WasmEngine extends Engine {
  /** Bytes that training sets and running walks take. */
  readonly usedBytes: number;
  /** Bytes taken from the system, at most 4 GiB: they grow as needed and are used again, never given back. */
  readonly reservedBytes: number;
}

/**
 * Starts the engine.
 *
 * @param pool Its threads.
 * @param heap The memory that they share.
 * @param kernels What they run.
 * @param wide Whether the product takes two panels at once; where that is faster without it.
 * @returns The engine.
 */
export function wasmEngineOn(
  pool: Pool,
  heap: SharedHeap,
  { module, simd }: CompiledKernels,
  wide?: boolean,
): WasmEngine {
  const { threads } = pool;
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
    pool,
    load: (rows) => BlockedRows.load(heap, rows),
    layOut: (walk, rows) =>
      walk.batches
        ? new BatchWalk(heap, walk, walk.batches, rows, threads)
        : new SharedWalk(heap, walk, rows, threads, choosesWide(walk)),
  });
}
