/**
 * The certified walk: learning and unlearning of which a guarantee holds for the program that runs, not for real
 * numbers alone. One chain on a lattice, from 0, with exact noise under a key that nobody knows.
 *
 * A {@linkcode Lattice} follows from public numbers; {@linkcode latticeAccountant} says what a walk on it costs, for
 * `fewestSteps` and `mostRows` of `@langevin-unlearning/deno/accountant`; {@linkcode walk} takes the steps.
 *
 * @example Learn, and forget the last ten rows
 * ```ts
 * import assert from "node:assert/strict";
 * import { fewestSteps } from "../accountant/mod.ts";
 * import { certainRows, freshNoise, latticeAccountant, makeLattice, walk, walkProblem, weightsOf } from "./mod.ts";
 *
 * const [count, d] = [500, 3];
 * const values = Array.from({ length: count * d }, (_, i) => Math.sin(i * i));
 * const features = certainRows(values, d);
 * const labels = Float32Array.from({ length: count }, (_, i) => features[i * d] > 0 ? 1 : -1);
 * const rows = { features, labels, count, dimension: d, outputs: 1 };
 *
 * const problem = walkProblem({ n: count, d, lambda: 1e-4 });
 * const target = { epsilon: 1, delta: 1e-6 };
 * const chain = { problem, sigma: 0.03, T: 60, neighbours: "null" } as const;
 * const lattice = makeLattice(problem, chain.sigma, target);
 * const { K } = fewestSteps(latticeAccountant(lattice), { ...chain, requests: [] }, 10, target);
 * assert.equal(K, 8);
 *
 * const learned = await walk(lattice, () => [rows], new Float64Array(d), chain.T, await freshNoise(lattice));
 * const remaining = {
 *   ...rows,
 *   features: features.subarray(0, -10 * d),
 *   labels: labels.subarray(0, -10),
 *   count: count - 10,
 * };
 * const unlearned = await walk(lattice, () => [remaining], learned, K, await freshNoise(lattice));
 * assert.ok(weightsOf(lattice, unlearned)[0] > 0);
 * ```
 *
 * @module
 */
export { BOX, type Lattice, latticeOf, leastSigma, makeLattice, walkProblem } from "./lattice.ts";
export { latticeAccountant, latticePhase, latticePhases, smallestLattice } from "./lattice_accountant.ts";
export { freshKeystream, type Keystream, keystream } from "./keystream.ts";
export { type Noise, roundedGaussian } from "./rounded_gaussian.ts";
export { certainRows, checkCertain } from "./rows.ts";
export { type Blocks, freshNoise, stateOf, walk, weightsOf } from "./walk.ts";
