/**
 * The constants with which the original learns (`get_metadata`), where they are not those that the theorem asks for.
 * @module
 */
import { makeProblem, type Problem } from "../model/problem.ts";
import { spectralCurvature } from "../model/curvature.ts";
import { classesOf, type Rows } from "../model/rows.ts";

/**
 * Where the smoothness constant comes from, for the logistic and the softmax loss: `bound` is 1/4 and 1; `spectral` is λmax(XᵀX/n)/4 and λmax(XᵀX/n)/2; all plus λn.
 */
export type Smoothness = typeof SMOOTHNESSES[number];

/** The names of where it comes from. */
export const SMOOTHNESSES = ["bound", "spectral"] as const;

/**
 * The original's M and its bound on L − λn, which for the softmax loss are larger than they need to be.
 *
 * @param classes Number of classes.
 * @returns 1 and 1/4 for two classes; else 2, where √2 would do, and 1, where 1/2 would.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { originalBounds } from "./problem.ts";
 *
 * assert.deepEqual(originalBounds(10), { M: 2, curvature: 1 });
 * ```
 */
export function originalBounds(classes: number): { readonly M: number; readonly curvature: number } {
  return classes === 2 ? { M: 1, curvature: 1 / 4 } : { M: 2, curvature: 1 };
}

/**
 * The constants for a training set and the flags that decide them.
 *
 * @param rows The rows.
 * @param flags λ; M, by default the original's; where L comes from.
 * @returns The constants.
 * @throws {RangeError} If a number is not positive and finite.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { problemFor } from "./problem.ts";
 *
 * const features = Float32Array.of(1, 0, 1, 0, 0, 1);
 * const rows = { features, labels: Float32Array.of(1, 1, -1), count: 3, dimension: 2, outputs: 1 };
 * assert.equal(problemFor(rows, { lam: 0.1, smoothness: "bound" }).M, 1);
 * ```
 */
export function problemFor(
  rows: Rows,
  { lam: lambda, M, smoothness }: {
    readonly lam: number;
    readonly M?: number | undefined;
    readonly smoothness: Smoothness;
  },
): Problem {
  const classes = classesOf(rows);
  const bounds = originalBounds(classes);
  return makeProblem({
    n: rows.count,
    d: rows.dimension,
    classes,
    lambda,
    M: M ?? bounds.M,
    curvature: smoothness === "spectral" ? spectralCurvature(rows) : bounds.curvature,
  });
}
