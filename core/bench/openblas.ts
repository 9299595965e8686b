/**
 * The yardstick of native code: the two bare matrix products of a step, by the system's OpenBLAS.
 * @module
 */
import type { BenchProblem } from "./problems.ts";
import type { Entry } from "./race.ts";

const [int, float, floats] = ["i32", "f32", "buffer"] as const;
const FUNCTIONS = {
  cblas_sgemm: {
    parameters: [int, int, int, int, int, int, float, floats, int, floats, int, float, floats, int],
    result: "void",
  },
  openblas_set_num_threads: { parameters: [int], result: "void" },
  openblas_get_config: { parameters: [], result: "pointer" },
} as const;

type OpenBlas = Deno.DynamicLibrary<typeof FUNCTIONS>["symbols"];

/** Where the library is on Linux, macOS and Windows. */
const LIBRARIES = [
  "libopenblas.so.0",
  "libopenblas.so",
  "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
  "/usr/local/opt/openblas/lib/libopenblas.dylib",
  "libopenblas.dll",
];

const ROW_MAJOR = 101;
const PLAIN = 111;
const TRANSPOSED = 112;

/**
 * Loads the system's OpenBLAS; it needs the permission `ffi`.
 *
 * @param path The library; looked for where it usually is without it.
 * @returns Its functions.
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
export function loadOpenBlas(path?: string): OpenBlas {
  for (const library of path === undefined ? LIBRARIES : [path]) {
    try {
      return Deno.dlopen(library, FUNCTIONS).symbols;
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
export function enterOpenBlas(blas: OpenBlas, { rows, chains }: BenchProblem, threads: number): Entry {
  const { features, count, dimension, outputs } = rows;
  const columns = outputs * chains;
  /** `right` multiplied by X or its transpose, from the left. */
  const product = (transpose: number, height: number, depth: number, right: Float32Array, result: Float32Array) =>
    blas.cblas_sgemm(
      ...[ROW_MAJOR, transpose, PLAIN, height, columns, depth] as const,
      ...[1, features, dimension, right, columns] as const,
      ...[0, result, columns] as const,
    );
  return {
    name: "openblas",
    open() {
      const weights = new Float32Array(dimension * columns).fill(0.03);
      const gradient = new Float32Array(dimension * columns);
      const z = new Float32Array(count * columns);
      const config = new Deno.UnsafePointerView(blas.openblas_get_config()!).getCString();
      return Promise.resolve({
        device: `${config.trim()}, ${threads} thread${threads > 1 ? "s" : ""}, the two matrix products alone`,
        walks: 1,
        walk(steps) {
          blas.openblas_set_num_threads(threads);
          for (let step = 0; step < steps; step++) {
            product(PLAIN, count, dimension, weights, z);
            product(TRANSPOSED, dimension, count, z, gradient);
          }
          return Promise.resolve();
        },
        dispose: () => {},
      });
    },
  };
}
