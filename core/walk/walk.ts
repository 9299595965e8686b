/**
 * The certified walk: one chain of noisy gradient descent on a lattice, from 0 or from where an earlier one ended.
 * @module
 */
import { assertCounts, outputsOf } from "../model/problem.ts";
import type { Rows } from "../model/rows.ts";
import { addGradient } from "./drift.ts";
import { freshKeystream } from "./keystream.ts";
import type { Lattice } from "./lattice.ts";
import { type Noise, roundedGaussian } from "./rounded_gaussian.ts";
import { checkCertain } from "./rows.ts";

/** Reads all rows once more, in blocks of any size: those that memory holds are one block. */
export type Blocks = () => Iterable<Rows> | AsyncIterable<Rows>;

/** The number of weights. */
const sizeOf = ({ problem }: Lattice) => outputsOf(problem) * problem.d;

/** Throws unless a state is a point of the lattice in the box. */
function checkState(lattice: Lattice, state: Float64Array): void {
  if (state.length !== sizeOf(lattice)) {
    throw new RangeError(`${sizeOf(lattice)} weights are needed, got ${state.length}`);
  }
  const stray = state.findIndex((N) => !(Number.isInteger(N) && Math.abs(N) <= lattice.reach));
  if (stray >= 0) throw new RangeError(`weight ${stray} is not on the lattice, or outside its box`);
}

/**
 * The weights of a state.
 *
 * @param lattice The lattice.
 * @param state Integers.
 * @returns γ times these, one row of d weights an output.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { latticeOf, walkProblem } from "./lattice.ts";
 * import { stateOf, weightsOf } from "./walk.ts";
 *
 * const lattice = latticeOf(walkProblem({ n: 100, d: 2, lambda: 1e-3 }), 0.03, 24);
 * const state = Float64Array.of(123456789, -3);
 * assert.deepEqual(stateOf(lattice, weightsOf(lattice, state)), state);
 * ```
 */
export function weightsOf({ gamma }: Lattice, state: Float64Array): Float64Array {
  return state.map((N) => N * gamma);
}

/**
 * The state of weights that a walk has ended at: nothing else has one.
 *
 * @param lattice The lattice.
 * @param weights The weights, in float64.
 * @returns The state.
 * @throws {RangeError} If weights are no lattice point of the box, for instance copies in float32.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { latticeOf, walkProblem } from "./lattice.ts";
 * import { stateOf } from "./walk.ts";
 *
 * const lattice = latticeOf(walkProblem({ n: 100, d: 1, lambda: 1e-3 }), 0.03, 24);
 * assert.throws(() => stateOf(lattice, Float64Array.of(0.1)), /weight 0 is not on the lattice/);
 * ```
 */
export function stateOf(lattice: Lattice, weights: Float64Array): Float64Array {
  const { gamma } = lattice;
  const state = weights.map((w) => Math.round(w / gamma) * gamma === w ? Math.round(w / gamma) : NaN);
  checkState(lattice, state);
  return state;
}

/**
 * The noise of one walk, from 256 fresh bits of the system.
 *
 * @param lattice The lattice.
 * @returns The noise: nothing else may use it, and it cannot be drawn again.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { latticeOf, walkProblem } from "./lattice.ts";
 * import { freshNoise } from "./walk.ts";
 *
 * const lattice = latticeOf(walkProblem({ n: 100, d: 2, lambda: 1e-3 }), 0.03, 24);
 * const draws = new Float64Array(100);
 * await (await freshNoise(lattice)).fill(draws);
 * assert.ok(draws.some((N) => Math.abs(N) > 2 ** 23) && draws.every((N) => Math.abs(N) < 2 ** 28));
 * ```
 */
export async function freshNoise({ bits }: Lattice): Promise<Noise> {
  return roundedGaussian(bits, await freshKeystream());
}

/**
 * Walks: N ← clamp(⌊N(1 − ηm) − (η/nγ)·Σ gradients + ½⌋ + noise), some times. The mean is over n, whatever the number
 * of rows: those that were removed contribute nothing.
 *
 * @param lattice The lattice.
 * @param blocks The rows, n at most, read once a step.
 * @param start The state to start from, such as zeros.
 * @param steps How many steps.
 * @param noise Noise with the b of the lattice, see {@linkcode freshNoise}.
 * @param onStep Told after every step how many were taken, and waited for.
 * @returns The state after them.
 * @throws {RangeError} If the rows, the start or the noise are not such as the lattice is for, or there are over n rows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeLattice, walkProblem } from "./lattice.ts";
 * import { certainRows } from "./rows.ts";
 * import { freshNoise, walk, weightsOf } from "./walk.ts";
 *
 * const features = certainRows([3, 4, 3, 1, -1, 2], 2);
 * const rows = { features, labels: Float32Array.of(1, 1, -1), count: 3, dimension: 2, outputs: 1 };
 * const lattice = makeLattice(walkProblem({ n: 3, d: 2, lambda: 0.1 }), 1e-3, { epsilon: 1, delta: 1e-6 });
 * const state = await walk(lattice, () => [rows], new Float64Array(2), 50, await freshNoise(lattice));
 * assert.ok(weightsOf(lattice, state)[0] > 0.2);
 * ```
 */
export async function walk(
  lattice: Lattice,
  blocks: Blocks,
  start: Float64Array,
  steps: number,
  noise: Noise,
  onStep?: (taken: number) => void | Promise<void>,
): Promise<Float64Array> {
  assertCounts({ steps }, 0);
  checkState(lattice, start);
  if (noise.bits !== lattice.bits) {
    throw new RangeError(`noise of 2^${lattice.bits} lattice steps is needed, got 2^${noise.bits}`);
  }
  const { problem: { n, d, m, eta }, gamma, reach } = lattice;
  const shape = { dimension: d, outputs: outputsOf(lattice.problem) };
  const [keep, scale] = [1 - eta * m, eta / (n * gamma)];
  const state = start.slice();
  const [gradient, draws] = [new Float64Array(state.length), new Float64Array(state.length)];
  for (let step = 1; step <= steps; step++) {
    const weights = weightsOf(lattice, state);
    gradient.fill(0);
    let count = 0;
    for await (const rows of blocks()) {
      if (step === 1) checkCertain(rows, shape);
      count += rows.count;
      addGradient(rows, weights, gradient);
    }
    if (count > n) throw new RangeError(`the lattice is for ${n} rows at most, got ${count}`);
    await noise.fill(draws);
    for (let j = 0; j < state.length; j++) {
      const moved = Math.floor(state[j] * keep - scale * gradient[j] + 0.5) + draws[j];
      state[j] = Math.min(reach, Math.max(-reach, moved));
    }
    await onStep?.(step);
  }
  return state;
}
