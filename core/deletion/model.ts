/**
 * What a model says of rows, and how often it is right.
 * @module
 */
import type { Problem } from "../model/problem.ts";
import type { Rows } from "../model/rows.ts";
import { addGradient } from "../walk/drift.ts";
import { weightsOf } from "../walk/walk.ts";
import { type OpenModel, openModel } from "./release.ts";
import { classNamesOf, type Schema, shapeOf } from "./schema.ts";

/** A linear model. */
export interface Model {
  /** What its rows are. */
  readonly schema: Schema;
  /** d weights an output; of two classes the one output speaks for the second. */
  readonly weights: Float64Array;
}

/**
 * Reads the model of a folder, if its certificates hold and are of these weights.
 *
 * @param folder The folder.
 * @returns The model.
 * @throws {RangeError} If there is none.
 * @throws {Error} If something in it does not hold, as for {@linkcode openModel}.
 *
 * @example
 * ```ts
 * import { readModel } from "./model.ts";
 *
 * // Needs permission to read the folder `result`.
 * const load = async () => (await readModel("result/models/breast_cancer")).weights;
 * ```
 */
export async function readModel(folder: string): Promise<Model> {
  return modelOf(await openModel(folder));
}

/**
 * The model that a release is.
 *
 * @param release The release.
 * @returns The model.
 *
 * @example
 * ```ts
 * import { modelOf } from "./model.ts";
 * import { openModel } from "./release.ts";
 *
 * // Needs permission to read the folder `result`.
 * const load = async () => modelOf(await openModel("result/models/breast_cancer")).weights;
 * ```
 */
export function modelOf({ schema, lattice, state }: OpenModel): Model {
  return { schema, weights: weightsOf(lattice, state) };
}

/**
 * Logarithms of the probabilities of the classes.
 *
 * @param model The model.
 * @param features Rows of d numbers, row-major.
 * @returns One number a class, row by row.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { logProbabilities } from "./model.ts";
 *
 * const columns = [
 *   { name: "sick", role: "label", classes: ["no", "yes"] },
 *   { name: "age", role: "number", lowest: 0, highest: 100 },
 * ] as const;
 * const schema = { columns, intercept: false, scaling: "row" } as const;
 * const [no, yes] = logProbabilities({ schema, weights: Float64Array.of(Math.log(3)) }, Float32Array.of(1));
 * assert.ok(Math.abs(no - Math.log(1 / 4)) < 1e-15 && Math.abs(yes - Math.log(3 / 4)) < 1e-15);
 * ```
 */
export function logProbabilities({ schema, weights }: Model, features: Float32Array): Float64Array {
  const { dimension, outputs } = shapeOf(schema);
  const classes = classNamesOf(schema).length;
  const count = features.length / dimension;
  const logs = new Float64Array(count * classes); // Of two classes the first scores 0.
  for (let row = 0; row < count; row++) {
    const ofRow = logs.subarray(row * classes, (row + 1) * classes);
    for (let output = 0; output < outputs; output++) {
      let score = 0;
      for (let k = 0; k < dimension; k++) score += weights[output * dimension + k] * features[row * dimension + k];
      ofRow[classes - outputs + output] = score;
    }
    const largest = Math.max(...ofRow);
    const logSum = Math.log(ofRow.reduce((sum, score) => sum + Math.exp(score - largest), 0));
    ofRow.forEach((score, c) => ofRow[c] = score - largest - logSum);
  }
  return logs;
}

/**
 * The likeliest class of each row, the first one of equals.
 *
 * @param logs Logarithms of probabilities, one a class, row by row.
 * @param classes How many classes there are.
 * @returns Their numbers.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { likeliest } from "./model.ts";
 *
 * assert.deepEqual(likeliest(Float64Array.of(-0.1, -2, -1, -1), 2), Int32Array.of(0, 0));
 * ```
 */
export function likeliest(logs: Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: logs.length / classes }, (_, row) => {
    const ofRow = logs.subarray(row * classes, (row + 1) * classes);
    return ofRow.indexOf(Math.max(...ofRow));
  });
}

/**
 * The weights that rows have without noise: where the same steps lead that a model has taken, which is the minimum of the
 * loss but for a share of e^−10 of the way from 0, since the start.
 *
 * @param problem The constants.
 * @param rows The rows, n at most.
 * @param steps How many steps.
 * @returns The weights, d an output.
 * @throws {RangeError} If there are over n rows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { walkProblem } from "../walk/mod.ts";
 * import { withoutNoise } from "./model.ts";
 *
 * const rows = { features: Float32Array.of(0.5, 0.5), labels: Float32Array.of(1, -1), count: 2, dimension: 1, outputs: 1 };
 * assert.deepEqual(withoutNoise(walkProblem({ n: 2, d: 1, lambda: 0.1 }), rows, 10), Float64Array.of(0));
 * ```
 */
export function withoutNoise({ n, m, eta }: Problem, rows: Rows, steps: number): Float64Array {
  if (rows.count > n) throw new RangeError(`the model was learned from ${n} rows, these are ${rows.count}`);
  const weights = new Float64Array(rows.dimension * rows.outputs);
  const gradient = new Float64Array(weights.length);
  for (let step = 0; step < steps; step++) {
    gradient.fill(0);
    addGradient(rows, weights, gradient);
    for (let j = 0; j < weights.length; j++) weights[j] -= eta * (m * weights[j] + gradient[j] / n);
  }
  return weights;
}

/** How well a model does on rows whose classes are known. */
export interface Evaluation {
  /** The share of rows whose likeliest class is theirs. */
  readonly accuracy: number;
  /** The mean of −log of the probability that a row's class was given; natural logarithm. */
  readonly logLoss: number;
  /** How many rows of each class, one list a class, were given each class. */
  readonly confusion: readonly (readonly number[])[];
  /** The class that most rows have, and their share: what one gets right by always saying it. */
  readonly majority: { readonly class: number; readonly share: number };
}

/**
 * Compares what a model says of rows with what they are.
 *
 * @param logs Logarithms of probabilities, one a class, row by row.
 * @param classes The class of each row.
 * @param count How many classes there are.
 * @returns How well it does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { evaluate } from "./model.ts";
 *
 * const logs = Float64Array.of(0.5, 0.5, 0.25, 0.75, 0.75, 0.25).map(Math.log);
 * const { accuracy, confusion, majority } = evaluate(logs, Int32Array.of(0, 1, 1), 2);
 * assert.equal(accuracy, 2 / 3);
 * assert.deepEqual(confusion, [[1, 0], [1, 1]]);
 * assert.deepEqual(majority, { class: 1, share: 2 / 3 });
 * ```
 */
export function evaluate(logs: Float64Array, classes: Int32Array, count: number): Evaluation {
  const confusion = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  const said = likeliest(logs, count);
  let loss = 0;
  classes.forEach((c, row) => {
    confusion[c][said[row]]++;
    loss -= logs[row * count + c];
  });
  const sizes = confusion.map((row) => row.reduce((sum, cell) => sum + cell, 0));
  const most = Math.max(...sizes);
  return {
    accuracy: confusion.reduce((sum, row, c) => sum + row[c], 0) / classes.length,
    logLoss: loss / classes.length,
    confusion,
    majority: { class: sizes.indexOf(most), share: most / classes.length },
  };
}
