/**
 * The curvature that the loss has on given rows.
 * @module
 */
import { fillNormals, Purpose } from "./random.ts";
import type { Rows } from "./rows.ts";

/**
 * The largest curvature that the loss can have on these rows: λmax(XᵀX/n)/4 for the logistic loss, with which the
 * published MNIST and CIFAR-10 results of January 2024 were made, and λmax(XᵀX/n)/2 for the softmax loss, whose Hessian
 * is a mean of (diag p − ppᵀ) ⊗ xxᵀ with λmax(diag p − ppᵀ) ≤ 1/2 (Böhning 1992). It depends on the rows, those to be
 * removed among them: no guarantee follows from it alone.
 *
 * @param rows n rows of d features.
 * @returns The curvature, by power iteration in float64 to a relative change below 1e-12. One start is (1, …, 1), the
 * other random, should all rows be orthogonal to the first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { spectralCurvature } from "./curvature.ts";
 *
 * const features = Float32Array.of(1, 0, 1, 0, 0, 1);
 * const rows = { features, labels: Float32Array.of(1, 1, -1), count: 3, dimension: 2, outputs: 1 };
 * assert.ok(Math.abs(spectralCurvature(rows) - 2 / 3 / 4) < 1e-12);
 * ```
 */
export function spectralCurvature(rows: Rows): number {
  const ones = new Float64Array(rows.dimension).fill(1 / Math.sqrt(rows.dimension));
  const normals = fillNormals(new Float64Array(rows.dimension), { seed: 0, cell: 0 }, 0, 0, Purpose.features);
  const [fromOnes, fromNormals] = [ones, normals].map((start) => largestEigenvalue(rows, start));
  const eigenvalue = fromNormals > (1 + 1e-9) * fromOnes ? fromNormals : fromOnes;
  return eigenvalue / rows.count / (rows.outputs === 1 ? 4 : 2);
}

/** λmax(XᵀX) by power iteration from a vector, or less if the eigenvector is orthogonal to that. */
function largestEigenvalue({ features, dimension }: Rows, start: Float64Array): number {
  let vector = start;
  for (let eigenvalue = 0;;) {
    const image = new Float64Array(dimension);
    for (let start = 0; start < features.length; start += dimension) {
      let product = 0;
      for (let k = 0; k < dimension; k++) product += features[start + k] * vector[k];
      for (let k = 0; k < dimension; k++) image[k] += features[start + k] * product;
    }
    const norm = Math.sqrt(image.reduce((sum, x) => sum + x * x, 0));
    if (!Number.isFinite(norm)) throw new RangeError("a feature is not a finite number");
    if (Math.abs(norm - eigenvalue) <= 1e-12 * norm) return norm;
    eigenvalue = norm;
    vector = image.map((x) => x / norm);
  }
}
