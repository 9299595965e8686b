/**
 * How a Langevin step is computed: the one interface between the experiments and the devices.
 * @module
 */
import type { Rows } from "./dataset.ts";

/** Training rows on an engine's device; made by {@linkcode Engine.load}, freed by {@linkcode TrainingSet.dispose}. */
export interface TrainingSet {
  /** Number of rows, the paper's n. */
  readonly count: number;
  /** Number of features, the paper's d. */
  readonly dimension: number;
  /** Frees the device's memory. */
  dispose(): void;
}

/** The constants of a step, the same for every chain. */
export interface Dynamics {
  /** η, the length of a step. */
  readonly stepSize: number;
  /** λn, the weight of the regularizer. */
  readonly regularization: number;
  /** M, the norm to which each row's gradient, regularizer included, is clipped. */
  readonly clip: number;
}

/** The noise of one chain. */
export interface ChainNoise {
  /** σ: a step adds √(2ησ²)·N(0, I). */
  readonly noiseScale: number;
  /** The cell and the trial that name the chain's random numbers (see `random.ts`). */
  readonly cell: number;
  /** See {@linkcode ChainNoise.cell}. */
  readonly trial: number;
}

/** Chains and how far to advance them. */
export interface Walk {
  /** The rows whose loss the chains descend. */
  readonly trainingSet: TrainingSet;
  /** Where the chains start: a row of d weights a chain. */
  readonly start: Float32Array;
  /** One entry a chain. */
  readonly chains: readonly ChainNoise[];
  /** The constants of a step. */
  readonly dynamics: Dynamics;
  /** The run's seed, an unsigned 32-bit integer. */
  readonly seed: number;
  /** Number of steps. */
  readonly steps: number;
  /** Called now and then with the number of steps done since the last call. */
  readonly onSteps?: (done: number) => void;
}

/** Advances Langevin chains on one device. */
export interface Engine {
  /** The device and the kernels, for the user to read. */
  readonly description: string;
  /**
   * Puts training rows on the device.
   * @throws {RangeError} If the device cannot hold them.
   */
  load(rows: Rows): TrainingSet;
  /** A training set that shares all but its last `rows.count` rows with `set`; those are `rows`. */
  replaceLast(set: TrainingSet, rows: Rows): TrainingSet;
  /**
   * Advances every chain by `steps` steps of full-batch noisy gradient descent (`langevin.py`):
   * w ← w − η·mean_i clip_M(∇ℓ(w; x_i, y_i) + λn·w) + √(2ησ²)·N(0, I).
   *
   * Step s (from 0) of a chain draws its noise from {@linkcode fillNormals} with that step, cell and trial.
   * @returns The weights after the last step, a row of d a chain.
   */
  walk(walk: Walk): Promise<Float32Array>;
  /** Frees everything. */
  dispose(): void;
}
