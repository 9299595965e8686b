/**
 * Functions of large symmetric matrices that are known by their products with vectors alone: the method of Lanczos, with
 * all vectors kept orthogonal.
 * @module
 */

/** A vector times a symmetric matrix. */
export type Multiply = (vector: Float64Array) => Float64Array;

/** Approximate eigenvalues of a matrix, ascending, with unit vectors, and what of them a starting vector has. */
export interface Ritz {
  /** The values. */
  readonly values: readonly number[];
  /** The vectors, one a value. */
  readonly vectors: readonly Float64Array[];
  /** The starting vector's part along each. */
  readonly parts: readonly number[];
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, k) => sum + x * b[k], 0);

function addMultiple(target: Float64Array, factor: number, vector: Float64Array): void {
  for (let k = 0; k < target.length; k++) target[k] += factor * vector[k];
}

/** What may be left of a vector that the others span, beside the longest product. */
const SPANNED = 1e-12;

/**
 * The Ritz values and vectors of the Krylov space of a vector: exact once it has all eigenvectors of which the vector
 * has a part, and close before for the extreme values, and for smooth functions of the matrix times the vector.
 *
 * @param multiply The matrix.
 * @param start The vector.
 * @param steps Dimension of the space, at most.
 * @returns The values and vectors; none of a vector of zeros.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ritz } from "./krylov.ts";
 *
 * const { values } = ritz((v) => v.map((x, k) => (k + 1) * x), Float64Array.of(1, 1, 1), 9);
 * assert.deepEqual(values.map((value) => Math.round(1e9 * value)), [1e9, 2e9, 3e9]);
 * ```
 */
export function ritz(multiply: Multiply, start: Float64Array, steps: number): Ritz {
  const length = Math.sqrt(dot(start, start));
  if (length === 0) return { values: [], vectors: [], parts: [] };
  const basis = [start.map((x) => x / length)];
  const matrix: number[][] = [];
  for (let step = 0, largest = 0;; step++) {
    const next = multiply(basis[step]);
    largest = Math.max(largest, Math.sqrt(dot(next, next)));
    matrix.push(basis.map((vector) => dot(vector, next)));
    for (let pass = 0; pass < 2; pass++) for (const vector of basis) addMultiple(next, -dot(vector, next), vector);
    const rest = Math.sqrt(dot(next, next));
    if (step + 1 >= Math.min(steps, start.length) || !(rest > SPANNED * largest)) break;
    basis.push(next.map((x) => x / rest));
  }
  const { values, vectors } = eigen(matrix);
  return {
    values,
    vectors: vectors.map((coefficients) => combination(basis, coefficients)),
    parts: vectors.map(([first]) => length * first),
  };
}

function combination(vectors: readonly Float64Array[], factors: readonly number[]): Float64Array {
  const sum = new Float64Array(vectors[0].length);
  vectors.forEach((vector, i) => addMultiple(sum, factors[i], vector));
  return sum;
}

/**
 * A function of a matrix times the vector from which Ritz values were found.
 *
 * @param ritz The Ritz values and vectors.
 * @param f The function, of an eigenvalue.
 * @param size Length of the vector.
 * @returns f(A) times the vector.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { functionOf, ritz } from "./krylov.ts";
 *
 * const found = ritz((v) => v.map((x, k) => (k + 1) * x), Float64Array.of(1, 1), 9);
 * assert.deepEqual(functionOf(found, (x) => 1 / x, 2).map((x) => Math.round(1e9 * x) / 1e9), Float64Array.of(1, 0.5));
 * ```
 */
export function functionOf({ values, vectors, parts }: Ritz, f: (value: number) => number, size: number): Float64Array {
  const product = new Float64Array(size);
  vectors.forEach((vector, i) => addMultiple(product, parts[i] * f(values[i]), vector));
  return product;
}

/** Eigenvalues, ascending, and eigenvectors of a small symmetric matrix, given by its lower half, by Jacobi's method. */
function eigen(lower: readonly (readonly number[])[]): { readonly values: number[]; readonly vectors: number[][] } {
  const n = lower.length;
  const a = lower.map((_, i) => lower.map((_, j) => lower[Math.max(i, j)][Math.min(i, j)]));
  const vectors = a.map((_, i) => a.map((_, j) => Number(i === j)));
  const rotate = (x: number[], y: number[], c: number, s: number) => {
    for (let k = 0; k < n; k++) [x[k], y[k]] = [c * x[k] - s * y[k], s * x[k] + c * y[k]];
  };
  const pairs = a.flatMap((_, p) => a.slice(p + 1).map((_, i) => [p, p + 1 + i]));
  const negligible = 2 ** -53 * Math.max(...a.flat().map(Math.abs));
  for (let isDiagonal = false; !isDiagonal;) {
    isDiagonal = true;
    for (const [p, q] of pairs) {
      if (Math.abs(a[p][q]) <= negligible) continue;
      isDiagonal = false;
      const ratio = (a[q][q] - a[p][p]) / (2 * a[p][q]);
      const t = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(ratio, 1));
      const c = 1 / Math.hypot(t, 1);
      rotate(a[p], a[q], c, t * c);
      for (const row of a) [row[p], row[q]] = [c * row[p] - t * c * row[q], t * c * row[p] + c * row[q]];
      [a[p][q], a[q][p]] = [0, 0];
      rotate(vectors[p], vectors[q], c, t * c);
    }
  }
  const order = [...a.keys()].sort((i, j) => a[i][i] - a[j][j]);
  return { values: order.map((i) => a[i][i]), vectors: order.map((i) => vectors[i]) };
}
