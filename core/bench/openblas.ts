/**
 * The yardstick of native code: the two bare matrix products of a step, by the system's OpenBLAS.
 * @module
 */
import { type BlasLibrary, LIBRARIES, openBlas } from "../engines/blas/library.ts";
import type { BenchProblem } from "./problems.ts";
import type { Entry } from "./race.ts";

/** Where OpenBLAS is on Linux, macOS and Windows. */
const PLACES = LIBRARIES.filter((path) => path.includes("openblas"));

/** CBLAS's numbers for row-major order, for a matrix as it lies and for its transpose. */
const [ROW_MAJOR, PLAIN, TRANSPOSED] = [101, 111, 112];

/**
 * Loads the system's OpenBLAS; it needs the permission `ffi`.
 *
 * @param path The library; looked for where it usually is without it.
 * @returns The library.
 * @throws {Error} If there is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadOpenBlas } from "./openblas.ts";
 *
 * assert.throws(() => loadOpenBlas("missing.so"));
 * ```
 */
export function loadOpenBlas(path?: string): BlasLibrary {
  for (const library of path === undefined ? PLACES : [path]) {
    try {
      return openBlas(library);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
    }
  }
  const place = path === undefined ? "where it usually is" : `at ${path}`;
  throw new Error(`no OpenBLAS ${place}: install it (Debian: libopenblas0-pthread) or give --openblas_library`);
}

/**
 * Enters the products Z = XW and XᵀZ, of all chains at once.
 *
 * @param blas The library.
 * @param problem Gives the sizes and X.
 * @param threads Number of threads.
 * @returns The entry.
 *
 * @example
 * ```ts
 * import { enterOpenBlas, loadOpenBlas } from "./openblas.ts";
 * import { problems } from "./problems.ts";
 *
 * // Needs the library, and permission to load it.
 * const enter = async () => enterOpenBlas(loadOpenBlas(), await problems.mnist100(), 1);
 * ```
 */
export function enterOpenBlas(blas: BlasLibrary, { rows, chains }: BenchProblem, threads: number): Entry {
  const { name, functions: { cblas_sgemm: sgemm, openblas_set_num_threads: setThreads }, addressOf } = blas;
  const { features, count, dimension, outputs } = rows;
  const columns = outputs * chains;
  return {
    name: "openblas",
    open() {
      const weights = new Float32Array(dimension * columns).fill(0.03);
      const [z, gradient] = [count, dimension].map((height) => new Float32Array(height * columns));
      const arrays = [features, weights, z, gradient];
      const [x, w, outputs, sum] = arrays.map(addressOf);
      return Promise.resolve({
        device: `${name}, ${threads} thread${threads > 1 ? "s" : ""}, the two matrix products alone`,
        walks: 1,
        walk(steps) {
          setThreads?.(threads);
          for (let step = 0; step < steps; step++) {
            sgemm(ROW_MAJOR, PLAIN, PLAIN, count, columns, dimension, 1, x, dimension, w, columns, 0, outputs, columns);
            sgemm(
              ...[ROW_MAJOR, TRANSPOSED, PLAIN, dimension, columns, count] as const,
              ...[1, x, dimension, outputs, columns, 0, sum, columns] as const,
            );
          }
          return Promise.resolve();
        },
        dispose: () => void arrays.splice(0), // Until then they must not be collected.
      });
    },
  };
}
