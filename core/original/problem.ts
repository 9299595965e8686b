/**
 * The constants with which the original learns (`get_metadata`), where they are not those that the theorem asks for.
 * @module
 */
import { curvatureBound, gradientBound, makeProblem, type Problem } from "../model/problem.ts";
import { spectralCurvature } from "../model/curvature.ts";
import { classesOf, type Rows } from "../model/rows.ts";

/**
 * Where the smoothness constant comes from, for the logistic and the softmax loss: `bound` is 1/4 and 1; `theorem` is
 * 1/4 and 1/2; `spectral` is λmax(XᵀX/n)/4 and λmax(XᵀX/n)/2; all plus λn.
 */
export type Smoothness = typeof SMOOTHNESSES[number];

/** The names of where it comes from. */
export const SMOOTHNESSES = ["bound", "theorem", "spectral"] as const;

/** The length of a Langevin step. */
export type StepSize = typeof STEP_SIZES[number];

/** The names of the length of a Langevin step. */
export const STEP_SIZES = ["1/L", "2/(m+L)"] as const;

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
 * @param flags λ; M, by default the original's, and with `theorem` the theorem's; where L comes from; the length of a
 * step, 1/L by default.
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
  { lam: lambda, M, smoothness, step_size = "1/L" }: {
    readonly lam: number;
    readonly M?: number | undefined;
    readonly smoothness: Smoothness;
    readonly step_size?: StepSize;
  },
): Problem {
  const classes = classesOf(rows);
  const bounds = originalBounds(classes);
  const curvatures = {
    bound: () => bounds.curvature,
    theorem: () => curvatureBound(classes),
    spectral: () => spectralCurvature(rows),
  };
  const problem = makeProblem({
    n: rows.count,
    d: rows.dimension,
    classes,
    lambda,
    M: M ?? (smoothness === "theorem" ? gradientBound(classes) : bounds.M),
    curvature: curvatures[smoothness](),
  });
  return step_size === "1/L" ? problem : { ...problem, eta: 2 / (problem.m + problem.L) };
}
