/**
 * The system's CBLAS: found, and loaded through Deno's foreign functions.
 * @module
 */

const [int, float, address] = ["i32", "f32", "usize"] as const;

/** What is used of a library; the number of threads of the calling thread is set by what it knows of these two. */
export const FUNCTIONS = {
  cblas_sgemm: {
    parameters: [int, int, int, int, int, int, float, address, int, address, int, float, address, int],
    result: "void",
  },
  openblas_set_num_threads: { parameters: [int], result: "void", optional: true },
  BLASSetThreading: { parameters: [int], result: int, optional: true },
  openblas_get_config: { parameters: [], result: "pointer", optional: true },
  openblas_get_corename: { parameters: [], result: "pointer", optional: true },
} as const;

/** C ← α·op(A)·op(B) + β·C, in single precision; matrices are addresses. */
type Sgemm = (
  order: number,
  transA: number,
  transB: number,
  rows: number,
  columns: number,
  depth: number,
  alpha: number,
  a: number,
  rowOfA: number,
  b: number,
  rowOfB: number,
  beta: number,
  c: number,
  rowOfC: number,
) => void;

/** The functions of a library. */
export interface BlasFunctions {
  readonly cblas_sgemm: Sgemm;
  readonly openblas_set_num_threads: ((threads: number) => void) | null;
  readonly BLASSetThreading: ((threading: number) => number) | null;
  readonly openblas_get_config: (() => object | null) | null;
  readonly openblas_get_corename: (() => object | null) | null;
}

/** As much of Deno as is used, which a browser lacks. */
interface ForeignFunctions {
  dlopen(path: string, functions: typeof FUNCTIONS): { readonly symbols: BlasFunctions };
  readonly UnsafePointer: { of(view: ArrayBufferView): object | null; value(pointer: object | null): bigint };
  readonly UnsafePointerView: new (pointer: object) => { getCString(): string };
}

/** A library that has been loaded. */
export interface BlasLibrary {
  /** What it was found as. */
  readonly path: string;
  /** Its name and version, and the name of its kernels, as far as it says. */
  readonly name: string;
  /** Its functions. */
  readonly functions: BlasFunctions;
  /** The address of an array, which the caller has to keep for as long as the address is used. */
  addressOf(array: ArrayBufferView): number;
}

/** What libraries with CBLAS are called, the fastest first: OpenBLAS, Apple's, others that systems put in their place. */
export const LIBRARIES: readonly string[] = [
  "libopenblas.so.0",
  "libopenblas.so",
  "/System/Library/Frameworks/Accelerate.framework/Accelerate",
  "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
  "/usr/local/opt/openblas/lib/libopenblas.dylib",
  "libopenblas.dll",
  "libcblas.so.3",
  "libblas.so.3",
];

/**
 * Loads a library with CBLAS; it needs the permission `ffi`.
 *
 * @param path Its name or path.
 * @returns The library.
 * @throws {Error} If there is none, it has no CBLAS or one of other integers, or Deno may not (`NotCapable`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openBlas } from "./library.ts";
 *
 * assert.throws(() => openBlas("missing.so"));
 * ```
 */
export function openBlas(path: string): BlasLibrary {
  const { Deno: deno } = globalThis as unknown as { readonly Deno?: ForeignFunctions };
  if (!deno) throw new Error("libraries of the system are loaded by Deno alone");
  const { symbols: functions } = deno.dlopen(path, FUNCTIONS);
  const textOf = (pointer: object | null | undefined) =>
    pointer ? new deno.UnsafePointerView(pointer).getCString() : "";
  const config = textOf(functions.openblas_get_config?.());
  if (/\bUSE64BITINT\b/.test(config)) throw new Error(`${path} has integers of 64 bits`);
  const [version] = config.match(/^OpenBLAS \S+/) ?? [path.split("/").at(-1)!];
  const kernels = textOf(functions.openblas_get_corename?.());
  const addressOf = (array: ArrayBufferView) => {
    void array.buffer; // Moves the numbers of a small array to where they stay.
    return Number(deno.UnsafePointer.value(deno.UnsafePointer.of(array)));
  };
  return { path, name: kernels === "" ? version : `${version} ${kernels}`, functions, addressOf };
}

/**
 * Loads the system's CBLAS; it needs the permission `ffi`.
 *
 * @param paths Names and paths of libraries, of which the first that can be loaded is.
 * @returns The library.
 * @throws {Error} If none can be loaded, or Deno may not.
 *
 * @example
 * ```ts
 * import { loadBlas } from "./library.ts";
 *
 * // Needs a library, and permission to load it.
 * const name = () => loadBlas().name;
 * ```
 */
export function loadBlas(paths: readonly string[] = LIBRARIES): BlasLibrary {
  for (const path of paths) {
    try {
      return openBlas(path);
    } catch (error) {
      if ((error as Error).name !== "NotCapable") continue;
      throw new Error(
        "the backend blas loads a library of the system, which needs --allow-ffi: the experiments have it as " +
          "baseline:blas, main_lmc:blas and so on; what has no such task is run itself (see docs/permissions.md)",
        { cause: error },
      );
    }
  }
  throw new Error(
    "the system has no CBLAS library: install OpenBLAS (Debian: apt install libopenblas0; Fedora: dnf install " +
      "openblas), or use --backend wasm",
  );
}
