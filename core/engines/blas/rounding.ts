/**
 * How a CBLAS library rounds.
 *
 * Libraries add up a product's numbers in an order of their own, which may depend on the shapes of the matrices and on
 * a column's place in them: OpenBLAS's kernels for Haswell treat the first and the last eight columns otherwise than
 * those between. A chain must be rounded alike alone and among any others. So a block of rows is multiplied with groups
 * of chains of some sizes alone: those in which no place is special, and which round alike. That is tried out for each
 * number of columns that blocks have.
 * @module
 */
import type { BlasLibrary } from "./library.ts";

/** Rows that are multiplied at once: few enough that their outputs stay in a core's cache, many enough for speed. */
export const BLOCK_ROWS = 256;

/** CBLAS's numbers for row-major order, for a matrix as it lies and for its transpose. */
const [ROW_MAJOR, PLAIN, TRANSPOSED] = [101, 111, 112];

/** Chains of an octet. */
const OCTET = 8;

/** Octets times outputs of the largest group, and of the groups that share a block of rows in a core's cache. */
export const MOST_PANELS = 16;

/** Numbers in (−1, 1) that look random and are the same everywhere. */
function numbers(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * (seed + 1.25)));
}

/** A matrix whose columns are all alike. */
function alike(rows: number, columns: number, seed: number): Float32Array {
  const matrix = new Float32Array(rows * columns);
  numbers(rows, seed).forEach((value, row) => matrix.fill(value, row * columns, (row + 1) * columns));
  return matrix;
}

/**
 * What multiplies a block of rows and some columns, and its transpose and others, as the steps of a walk do it: into a
 * matrix, and once more on top of that.
 */
function multiplier(library: BlasLibrary, dimension: number): (columns: number) => readonly Float32Array[] {
  const { functions: { cblas_sgemm: sgemm, openblas_set_num_threads, BLASSetThreading }, addressOf } = library;
  const features = numbers(BLOCK_ROWS * dimension, 1);
  const x = addressOf(features);
  openblas_set_num_threads?.(1);
  BLASSetThreading?.(1);
  return (columns) => {
    const [weights, residuals] = [alike(dimension, columns, 2), alike(BLOCK_ROWS, columns, 3)];
    const [outputs, gradient] = [new Float32Array(BLOCK_ROWS * columns), new Float32Array(dimension * columns)];
    const arrays = [weights, residuals, outputs, gradient, features];
    const [w, a, z, g] = arrays.map(addressOf);
    for (const beta of [0, 1]) {
      sgemm(ROW_MAJOR, PLAIN, PLAIN, BLOCK_ROWS, columns, dimension, 1, x, dimension, w, columns, beta, z, columns);
      sgemm(
        ...[ROW_MAJOR, TRANSPOSED, PLAIN, dimension, columns, BLOCK_ROWS] as const,
        ...[1, x, dimension, a, columns, beta, g, columns] as const,
      );
    }
    return arrays.slice(2, 4); // Of all the arrays, which until here must not be collected.
  };
}

/** The numbers of the first chain in a product of rows of `columns` numbers; none if another chain has others. */
function chainOf(matrix: Float32Array, columns: number, octet: number): number[] | undefined {
  const firsts = Array.from({ length: columns }, (_, place) => place % octet - place % OCTET);
  const chain: number[] = [];
  for (let row = 0; row < matrix.length; row += columns) {
    for (let place = 0; place < columns; place++) {
      if (matrix[row + place] !== matrix[row + firsts[place]]) return undefined;
    }
    for (let place = 0; place < octet; place += OCTET) chain.push(matrix[row + place]);
  }
  return chain;
}

/**
 * The groups of octets of chains in whose products no chain's place is special, and that round a chain alike.
 *
 * @param library The library.
 * @param shape Number of features that are multiplied, and of outputs of a chain.
 * @returns Numbers of octets, the largest first; their columns are octet by octet, output by output, eight chains side
 * by side.
 * @throws {Error} If even the eight chains of an octet are rounded differently.
 *
 * @example
 * ```ts
 * import { loadBlas } from "./library.ts";
 * import { groupSizes } from "./rounding.ts";
 *
 * // Needs a library, and permission to load it.
 * const sizes = () => groupSizes(loadBlas(), { dimension: 512, outputs: 10 });
 * ```
 */
export function groupSizes(
  library: BlasLibrary,
  { dimension, outputs }: { readonly dimension: number; readonly outputs: number },
): number[] {
  const octet = OCTET * outputs;
  const multiply = multiplier(library, dimension);
  const sizes: number[] = [];
  let expected: number[] | undefined;
  for (let octets = Math.max(1, Math.floor(MOST_PANELS / outputs)); octets >= 1; octets--) {
    const columns = octets * octet;
    const chains = multiply(columns).map((matrix) => chainOf(matrix, columns, octet));
    if (chains.includes(undefined)) continue;
    const chain = chains.flatMap((numbers) => numbers!);
    expected ??= chain;
    if (chain.every((value, i) => value === expected![i])) sizes.push(octets);
  }
  if (sizes.length > 0) return sizes;
  throw new Error(`${library.name} rounds a chain by its place among others: use --backend wasm`);
}

/**
 * A short text by which a library's rounding is known again, for some do not say their version.
 *
 * @param library The library.
 * @returns The beginning of a SHA-256 of products, in hexadecimal.
 *
 * @example
 * ```ts
 * import { loadBlas } from "./library.ts";
 * import { nameRounding } from "./rounding.ts";
 *
 * // Needs a library, and permission to load it.
 * const name = async () => await nameRounding(loadBlas());
 * ```
 */
export async function nameRounding(library: BlasLibrary): Promise<string> {
  const products = multiplier(library, 512)(OCTET * MOST_PANELS).flatMap((matrix) => [...matrix]);
  const hash = await crypto.subtle.digest("SHA-256", Float32Array.from(products));
  return new Uint8Array(hash).toHex().slice(0, 8);
}
