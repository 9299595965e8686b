/**
 * The engine of dense rows on a CPU: the two products of a step by the system's CBLAS, all else by the WebAssembly
 * kernels, whose memory the library reads and writes where it lies.
 *
 * Native code has wider registers than WebAssembly, and no bounds to check. Of what rows have in common it leaves out
 * less than the fused kernels (see `blas/library_rows.ts`). The threads are the kernels': each calls the library for
 * itself, with products of shapes that round alike (see `blas/rounding.ts`), so that a walk gives the same bits on any
 * number of threads, and a chain alone or among others.
 * @module
 */
import type { Rows } from "../model/rows.ts";
import { FUNCTIONS, loadBlas } from "./blas/library.ts";
import { LibraryRows } from "./blas/library_rows.ts";
import { groupSizes, nameRounding } from "./blas/rounding.ts";
import { NO_BATCHES } from "./engine.ts";
import { SharedHeap } from "./wasm/heap.ts";
import { compileKernels } from "./wasm/module.ts";
import { WorkerPool } from "./wasm/pool.ts";
import { ThreadedEngine } from "./wasm/threaded_engine.ts";
import { SharedWalk } from "./wasm/walk.ts";
import type { WasmEngine } from "./wasm_engine.ts";

/** How {@linkcode openBlasEngine} runs. */
export interface BlasEngineOptions {
  /** Number of threads; all the machine's by default. */
  readonly threads?: number;
  /** Names and paths of libraries, of which the first that can be loaded is taken; where they usually are by default. */
  readonly libraries?: readonly string[];
}

/**
 * Starts the engine of the system's CBLAS; it needs the permission `ffi`.
 *
 * @param options Threads, and where the library is.
 * @returns The engine, which keeps the process alive until it is disposed of.
 * @throws {RangeError} If `threads` is not a positive integer.
 * @throws {Error} If there is no library, or no permission.
 *
 * @example
 * ```ts
 * import { openBlasEngine } from "./blas_engine.ts";
 *
 * // Needs a library, and permission to load it.
 * const open = async () => await openBlasEngine({ threads: 2 });
 * ```
 */
export async function openBlasEngine(options: BlasEngineOptions = {}): Promise<WasmEngine> {
  const { threads = navigator.hardwareConcurrency, libraries } = options;
  const library = loadBlas(libraries);
  const heap = new SharedHeap();
  const { module, simd } = await compileKernels(heap);
  const found = { path: library.path, types: FUNCTIONS, memory: library.addressOf(heap.bytes(0, 1)) };
  const sizes = new Map<string, readonly number[]>();
  const groupSizesOf = (shape: Pick<Rows, "dimension" | "outputs">) =>
    sizes.getOrInsertComputed(`${shape.dimension} ${shape.outputs}`, () => groupSizes(library, shape));
  const setup = { module, memory: heap.memory, library: found };
  return new ThreadedEngine<LibraryRows>({
    device: `CPU through ${library.name} (rounding ${await nameRounding(library)}) and WebAssembly ${simd}`,
    kernels: "products by CBLAS",
    heap,
    pool: new WorkerPool(setup, threads),
    load: (rows) => LibraryRows.load({ heap, library, groupSizesOf }, rows),
    layOut(walk, rows) {
      if (walk.batches) throw new RangeError(NO_BATCHES);
      return new SharedWalk(heap, walk, rows, threads);
    },
  });
}
