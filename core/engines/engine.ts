/**
 * How a Langevin step is computed: the one interface between the experiments and the devices.
 * @module
 */
import { batchCount, type Batches } from "../model/batches.ts";
import type { Rows } from "../model/rows.ts";

/**
 * Thrown where a device or a memory cannot hold what it is asked to: fewer chains at a time, or fewer rows, may fit.
 *
 * @example
 * ```ts
 * import { CapacityError, type Engine, type Walk } from "./engine.ts";
 *
 * // Walks with the first half of the chains where not all of them fit.
 * async function walkSome(engine: Engine, walk: Walk): Promise<Float32Array> {
 *   try {
 *     return await engine.walk(walk);
 *   } catch (error) {
 *     if (!(error instanceof CapacityError) || walk.chains.length === 1) throw error;
 *     const chains = walk.chains.slice(0, walk.chains.length / 2);
 *     const start = walk.start.slice(0, walk.start.length / walk.chains.length * chains.length);
 *     return await walkSome(engine, { ...walk, start, chains });
 *   }
 * }
 * ```
 */
export class CapacityError extends Error {
  /** Tells the error from others in messages. */
  override readonly name = "CapacityError";
}

/** Why the products of CBLAS refuse a walk with batches. */
export const NO_BATCHES = "--backend blas takes all rows in a step, not batches of them: choose --backend wasm";

/** Training rows on an engine's device; made by {@linkcode Engine.load}, freed by {@linkcode TrainingSet.dispose}. */
export interface TrainingSet {
  /** Number of rows, the paper's n. */
  readonly count: number;
  /** Number of features, the paper's d. */
  readonly dimension: number;
  /** 1 for the logistic loss, else the number of classes of the softmax loss. */
  readonly outputs: number;
  /** Frees the device's memory. */
  dispose(): void;
}

/** The constants of a step, the same for every chain. */
export interface Dynamics {
  /** η, the length of a step. */
  readonly stepSize: number;
  /** λn, the weight of the regularizer. */
  readonly regularization: number;
  /** M, the norm to which each row's gradient is clipped. */
  readonly clip: number;
  /** Whether the regularizer is clipped with a row's gradient (binary scripts) or added after (multi-class scripts). */
  readonly clipsRegularizer: boolean;
  /** R: after a step, weights of norm above R are scaled to norm R. No projection without it. */
  readonly radius?: number;
}

/** The noise of one chain. */
export interface ChainNoise {
  /** σ: a step adds √(2ησ²)·N(0, I). */
  readonly sigma: number;
  /** The cell and the trial that name the chain's random numbers (see `random.ts`). */
  readonly cell: number;
  /** See {@linkcode ChainNoise.cell}. */
  readonly trial: number;
  /** What errors call the cell. */
  readonly name?: string;
}

/** Chains and how far to advance them. */
export interface Walk {
  /** The rows whose loss the chains descend. */
  readonly trainingSet: TrainingSet;
  /** Where the chains start: `outputs` rows of d weights a chain. */
  readonly start: Float32Array;
  /** One entry a chain. */
  readonly chains: readonly ChainNoise[];
  /** The constants of a step. */
  readonly dynamics: Dynamics;
  /** The run's seed, an unsigned 32-bit integer. */
  readonly seed: number;
  /** The batches of rows that the chains take, one a step; all rows in every step without them. */
  readonly batches?: Batches;
  /** Number of steps. */
  readonly steps: number;
  /** Number of the first step, which names its noise and its batch; 0 unless a walk goes on where another stopped. */
  readonly firstStep?: number;
  /** Called now and then with the number of steps done since the last call. */
  readonly onSteps?: (done: number) => void;
}

/** Advances Langevin chains on one device. */
export interface Engine {
  /** The device and the kernels, for the user to read. */
  readonly description: string;
  /** The device and the kernels without the number of threads: engines of one kind compute the same bits. */
  readonly kind: string;
  /**
   * Puts training rows on the device.
   * @throws {RangeError} If there are none, or they are not as many as they say.
   * @throws {CapacityError} If the device cannot hold them.
   */
  load(rows: Rows): TrainingSet;
  /**
   * A training set of the rows of `set` in their order, but row i of `rows` in the place of row `positions[i]`. It
   * shares what it can with `set` and outlives it; walks on it give the bits of walks on the same rows loaded.
   * @throws {RangeError} If `rows` are of another shape, or the positions are not distinct rows of `set`, one for each.
   * @throws {CapacityError} If the device cannot hold both.
   */
  replace(set: TrainingSet, positions: readonly number[], rows: Rows): TrainingSet;
  /**
   * Advances every chain by `steps` steps of noisy gradient descent over all rows (`langevin.py`), or over a batch a
   * step (`sgd.py`).
   *
   * With z = Wx the outputs for a row and a its residual, (s(yz) − 1)y for the logistic loss and softmax(z) − y for the
   * softmax loss, the row's gradient is a⊗x, plus λn·W where the regularizer is clipped. Rows have norm 1, so its norm
   * follows from |a|² + 2λn a·z + (λn)²|W|² (|a|² where it is not), and no gradient of a row is ever formed: W ←
   * W − η·(Σ_i f_i a_i⊗x_i / n + λn·f·W) + √(2ησ²)·N(0, I), f_i = min(1, M/norm), f = mean f_i (1 if not clipped).
   * Shorter rows are clipped as if they had norm 1, which is exact where M clips none; a null row, of zeros, adds
   * nothing whatever its f_i, as long as the regularizer is not clipped with it.
   *
   * With batches, step s takes the rows that `batchOf` has for it in the order of the chain's trial, and
   * their number in place of n; the regularizer keeps its weight λn and is not clipped.
   *
   * Step s draws feature k of output c as normal k mod 4 of the Philox block with counter
   * (trial, c·⌈d/4⌉ + ⌊k/4⌋, s, `Purpose.step`) and key (seed, cell), see `random.ts`.
   * @returns The weights after the last step, shaped like `start`.
   * @throws {RangeError} If the walk is not as it should be, see {@linkcode checkWalk}.
   * @throws {CapacityError} If the device cannot hold the chains.
   */
  walk(walk: Walk): Promise<Float32Array>;
  /** Frees everything. */
  dispose(): void;
}

/**
 * An engine that walks otherwise and is the same in all else.
 *
 * @param engine The engine.
 * @param walk How to walk.
 * @returns The other engine.
 *
 * @example
 * ```ts
 * import { withWalk } from "./engine.ts";
 * import { openEngine } from "./open_engine.ts";
 *
 * const engine = await openEngine({ backend: "wasm" });
 * withWalk(engine, ({ start }) => Promise.resolve(start)).dispose();
 * ```
 */
export function withWalk(engine: Engine, walk: Engine["walk"]): Engine {
  return {
    description: engine.description,
    kind: engine.kind,
    load: (rows) => engine.load(rows),
    replace: (set, positions, rows) => engine.replace(set, positions, rows),
    walk,
    dispose: () => engine.dispose(),
  };
}

/**
 * √(2ησ²), the standard deviation of what a step adds to every weight.
 *
 * @param dynamics η.
 * @param chain σ.
 * @returns The standard deviation.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { stepDeviation } from "./engine.ts";
 *
 * assert.equal(stepDeviation({ stepSize: 2 }, { sigma: 0.5 }), 1);
 * ```
 */
export function stepDeviation(
  { stepSize }: Pick<Dynamics, "stepSize">,
  { sigma }: Pick<ChainNoise, "sigma">,
): number {
  return Math.sqrt(2 * stepSize * sigma ** 2);
}

/** Numbers that a word of the noise's counter holds. */
const WORDS = 2 ** 32;

/** Smallest and largest of the numbers that float32 has with full precision. */
const FLOAT32 = [2 ** -126, (2 - 2 ** -23) * 2 ** 127] as const;

/** Makes sure that a number of a step is 0 or does not leave float32, in which noise would vanish or be infinite. */
function checkSinglePrecision(name: string, value: number): void {
  const [least, most] = FLOAT32;
  if (value === 0 || (value >= least && value <= most)) return;
  const range = FLOAT32.map((bound) => bound.toPrecision(2)).join(" to ");
  throw new RangeError(`${name} is ${value.toPrecision(3)}, beyond float32 (${range}): change λ, M or σ`);
}

function checkDynamics({ stepSize, regularization, clip, radius }: Dynamics, chains: readonly ChainNoise[]): void {
  checkSinglePrecision("the length of a step", stepSize);
  checkSinglePrecision("the regularization λn", regularization);
  checkSinglePrecision("the norm M to which gradients are clipped", clip);
  for (const sigma of new Set(chains.map(({ sigma }) => sigma))) {
    const ratio = stepDeviation({ stepSize }, { sigma: 1 });
    checkSinglePrecision(`with σ = ${sigma}, the standard deviation of a step's noise`, ratio * sigma);
  }
  if (radius !== undefined && !(radius > 0 && radius < Infinity)) {
    throw new RangeError(`the radius R of the projection is ${radius}: give a positive finite one, or none`);
  }
  if (radius !== undefined) checkSinglePrecision("the radius R of the projection", radius);
}

/**
 * Checks that a walk starts from as many weights as its chains have, that every step and trial has a word of its own in
 * the noise's counter, that its numbers are within float32, that R, if there is one, is positive and finite, and that
 * batches are within the rows and go with the dynamics.
 *
 * @param walk The walk.
 * @throws {RangeError} If it is not so.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkWalk } from "./engine.ts";
 *
 * const walk = {
 *   trainingSet: { count: 9, dimension: 2, outputs: 1, dispose: () => {} },
 *   start: new Float32Array(3),
 *   chains: [{ sigma: 0.1, cell: 0, trial: 0 }],
 *   dynamics: { stepSize: 1, regularization: 0.1, clip: 1, clipsRegularizer: true },
 *   seed: 0,
 *   steps: 1,
 * };
 * assert.throws(() => checkWalk(walk), /1 chains start from 2 weights, not from 3/);
 * ```
 */
export function checkWalk({ trainingSet, start, chains, dynamics, seed, batches, steps, firstStep = 0 }: Walk): void {
  const length = chains.length * trainingSet.outputs * trainingSet.dimension;
  if (start.length !== length) {
    throw new RangeError(`${chains.length} chains start from ${length} weights, not from ${start.length}`);
  }
  for (const [name, value] of Object.entries({ steps, "the first step": firstStep, "the seed": seed })) {
    if (!(Number.isInteger(value) && value >= 0)) {
      throw new RangeError(`${name} must be an integer, 0 or more, got ${value}`);
    }
  }
  if (seed >= WORDS) throw new RangeError(`the seed must be below 2^32, got ${seed}`);
  if (firstStep + steps > WORDS) {
    throw new RangeError(`steps are numbered below 2^32: ${steps} from step ${firstStep} on are too many`);
  }
  const stray = chains.find(({ trial }) => !(Number.isInteger(trial) && trial >= 0 && trial < WORDS));
  if (stray) throw new RangeError(`trials are numbered by integers from 0 to below 2^32, not ${stray.trial}`);
  checkDynamics(dynamics, chains);
  if (batches === undefined) return;
  batchCount(trainingSet.count, batches);
  if (dynamics.clipsRegularizer) {
    throw new RangeError("steps over batches do not clip the regularizer: leave it out of the clipping, or batches");
  }
}

/**
 * Chain steps over all rows that visit as many rows as steps of a walk: a step over a batch is a part of one.
 *
 * @param walk Chains, rows and batches.
 * @param steps How many steps of each chain.
 * @returns Their number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chainStepsOf } from "./engine.ts";
 *
 * const walk = {
 *   trainingSet: { count: 90, dimension: 2, outputs: 1, dispose: () => {} },
 *   chains: [{ sigma: 0.1, cell: 0, trial: 0 }, { sigma: 0.1, cell: 0, trial: 1 }],
 * };
 * assert.equal(chainStepsOf(walk, 6), 12);
 * const batches = { batchSize: 30, dropsRest: false, orderOf: () => new Uint32Array(90) };
 * assert.equal(chainStepsOf({ ...walk, batches }, 6), 4);
 * ```
 */
export function chainStepsOf(
  { trainingSet, chains, batches }: Pick<Walk, "trainingSet" | "chains" | "batches">,
  steps: number,
): number {
  return chains.length * steps / (batches ? batchCount(trainingSet.count, batches) : 1);
}

/**
 * Makes sure that all weights are numbers.
 *
 * @param weights Of all chains, one after the other.
 * @param chains What errors call them.
 * @param step How many steps they have taken.
 * @throws {Error} If a chain has left the range of float32.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { requireFinite } from "./engine.ts";
 *
 * assert.throws(() => requireFinite(Float32Array.of(0, NaN), [{ trial: 0 }, { trial: 1 }], 5), /trial 1: .* step 5/);
 * ```
 */
export function requireFinite(
  weights: Float32Array,
  chains: readonly Pick<ChainNoise, "name" | "trial">[],
  step: number,
): void {
  const index = weights.findIndex((weight) => !Number.isFinite(weight));
  if (index < 0) return;
  const { name = "a chain", trial } = chains[Math.floor(index * chains.length / weights.length)];
  throw new Error(
    `${name}, trial ${trial}: the weights are not finite after step ${step}: try a smaller --init_mean, --lam or σ`,
  );
}
