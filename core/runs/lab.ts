/**
 * What an experiment works with: data, constants, an engine, and a place for its results.
 * @module
 */
import { initialEpsilon, ORDERS, type Orders, type Removal, unlearningSteps } from "../accountant/accountant.ts";
import { testAccuracies } from "../accuracy.ts";
import { descend, descentStart, langevin, langevinStart, type Setting } from "../chains.ts";
import type { SharedOptions } from "../command_line.ts";
import type { Dataset } from "../datasets/dataset.ts";
import type { Engine, TrainingSet } from "../engines/engine.ts";
import { encodeNpy, encodePickledNpy, type NumberTree } from "../formats/npy.ts";
import { type Problem, problemFor, type Smoothness } from "../accountant/problem.ts";
import { cellId } from "../random.ts";
import { replacementRows, rowsToRemove } from "../removal.ts";
import type { Cell, Certificate, Results } from "./results.ts";

/** A cell whose chains are noisy, or noise-free with σ = 0. */
export interface LangevinCell extends Cell, Certificate {
  /** σ. */
  readonly sigma: number;
}

/** A cell that unlearns in K steps. */
export interface UnlearningCell extends LangevinCell {
  /** K. */
  readonly K: number;
}

/** What an experiment works with. */
export interface Lab extends Setting {
  /** Name of the dataset. */
  readonly dataset: string;
  /** The user's flags. */
  readonly options: SharedOptions;
  /** Numbers of the rows that the user names for removal; absent where the last ones are removed. */
  readonly named?: readonly number[];
  /** D, the training set. */
  readonly trainingSet: TrainingSet;
  /**
   * D′, the training set with the first S rows that the user names, or the last S, replaced by random ones; `name` names
   * the draw if there are several.
   */
  remove(numRemove: number, name: string): TrainingSet;
  /** Langevin chains from a random start; their accuracies are recorded. */
  learn(trainingSet: TrainingSet, cells: readonly LangevinCell[]): Promise<Float32Array[]>;
  /** Langevin chains from learned weights; their accuracies are recorded. */
  unlearn(
    trainingSet: TrainingSet,
    cells: readonly UnlearningCell[],
    learned: readonly Float32Array[],
  ): Promise<Float32Array[]>;
  /** Noise-free descent from a random start; the accuracies are recorded. */
  descend(trainingSet: TrainingSet, cells: readonly Cell[]): Promise<Float32Array[]>;
  /** K more steps of noise-free descent from the given weights; nothing is recorded. */
  descendFrom(weights: Float32Array, trainingSet: TrainingSet, steps: number): Promise<Float32Array>;
  /** Records the test accuracies of weights. */
  record(cell: Cell & Certificate, weights: Float32Array): void;
  /** The same lab with another smoothness constant. */
  withSmoothness(smoothness: Smoothness): Lab;
  /** With `--save_npy 1`, writes weights as the original's (trials, 1, d) or (trials, d, classes) array. */
  saveWeights(file: string, weights: Float32Array): void;
  /** With `--save_npy 1`, writes a list of numbers. */
  saveArray(file: string, values: Float64Array | BigInt64Array): void;
  /** With `--save_npy 1`, writes a dictionary. */
  saveTree(file: string, tree: NumberTree): void;
}

/**
 * The accountant's numbers for unlearning S rows at once to ε, as columns of `summary.csv`.
 *
 * @param problem The constants.
 * @param removal σ and S.
 * @param epsilon The target ε.
 * @param stride K is 1, or 1 plus a multiple of this.
 * @param orders The Rényi orders to minimize over.
 * @returns K, α and ε0.
 * @throws {RangeError} If an argument is out of range or ε out of reach for these orders.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { certify } from "./lab.ts";
 * import { makeProblem } from "../accountant/problem.ts";
 *
 * assert.equal(certify(makeProblem(11982, 784, 1e-6, 1), { noiseScale: 0.03, numRemove: 100 }, 1, 10).K, 2001);
 * ```
 */
export function certify(
  problem: Problem,
  removal: Removal,
  epsilon: number,
  stride: number,
  orders: Orders = ORDERS,
): Required<Certificate> {
  const { steps, order } = unlearningSteps(problem, removal, epsilon, stride, orders);
  return { K: steps, alpha: order, epsilon0: initialEpsilon(problem, removal).epsilon };
}

/** From this σ on every gradient is clipped, and chains settle at a norm of dσ²/M. */
const FULLY_CLIPPED = 0.5;

/**
 * Where and for how many steps chains learn. With the fast preset those whose gradients and regularizers are all
 * clipped start at the norm where they settle and take three times the steps, since they mix slowly.
 */
function learningPlan({ options, problem }: Lab, noiseScale: number) {
  if (problem.outputs > 1) return { start: { mean: 0 }, steps: options.burn_in };
  const start = { mean: options.init_mean };
  const mixesSlowly = options.clip_regularizer !== false && noiseScale >= FULLY_CLIPPED;
  if (options.preset === "paper" || !mixesSlowly) return { start, steps: options.burn_in };
  const radius = problem.dimension * noiseScale ** 2 / problem.lipschitz;
  return { start: { ...start, radius }, steps: 3 * options.burn_in };
}

/** Weights as the original's array: (trials, 1, d) of two classes, (trials, d, classes) of several. */
function encodeWeights(weights: Float32Array, { dimension, outputs }: Problem): Uint8Array {
  const trials = weights.length / (outputs * dimension);
  if (outputs === 1) return encodeNpy(weights, [trials, 1, dimension]);
  const transposed = new Float32Array(weights.length);
  for (let trial = 0, index = 0; trial < trials; trial++) {
    for (let k = 0; k < dimension; k++) {
      for (let c = 0; c < outputs; c++) transposed[index++] = weights[(trial * outputs + c) * dimension + k];
    }
  }
  return encodeNpy(transposed, [trials, dimension, outputs]);
}

/** What an experiment is about. */
export interface Subject {
  /** The experiment's folder. */
  readonly experiment: string;
  /** The user's flags. */
  readonly options: SharedOptions;
  /** The data. */
  readonly dataset: Dataset;
  /** The constants. */
  readonly problem: Problem;
}

/**
 * Sets up a lab.
 *
 * @param subject What the experiment is about.
 * @param engine Computes the steps.
 * @param results Where accuracies go; nothing is measured without it.
 * @param onChainSteps Called now and then with the number of chain steps done since the last call.
 * @param trainingSet The dataset's training rows on the engine.
 * @returns The lab.
 * @throws {CapacityError} If the engine cannot hold the training set.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseOptions, scriptCommand } from "../command_line.ts";
 * import { makeLab } from "./lab.ts";
 * import { loadMnist } from "../datasets/mnist.ts";
 * import { openEngine } from "../engines/open_engine.ts";
 * import { makeProblem } from "../accountant/problem.ts";
 *
 * const options = parseOptions(scriptCommand("example", "An example."), ["--burn_in", "1", "--num_trial", "2"]);
 * const dataset = await loadMnist();
 * const problem = makeProblem(dataset.train.count, dataset.train.dimension, options.lam, 1);
 * const lab = makeLab({ experiment: "example", options, dataset, problem }, await openEngine({ backend: "wasm" }));
 * const [weights] = await lab.learn(lab.trainingSet, [{ method: "LMC learn", array: "learn.npy", sigma: 0.03 }]);
 * assert.equal(weights.length, 2 * 784);
 * lab.engine.dispose();
 * ```
 */
export function makeLab(
  { experiment, options, dataset, problem }: Subject,
  engine: Engine,
  results?: Results,
  onChainSteps: (done: number) => void = () => {},
  trainingSet: TrainingSet = engine.load(dataset.train),
): Lab {
  const { seed, num_trial: trials, first_trial: firstTrial, extra_step, clip_regularizer: clipsRegularizer, redraw } =
    options;
  const named = (array: string) => `${dataset.name}/${experiment}/${array}`;
  const recordAll = (cells: readonly Cell[], weights: Float32Array[]) => {
    cells.forEach((cell, i) => lab.record(cell, weights[i]));
    return weights;
  };
  const lab: Lab = {
    problem,
    seed,
    trials,
    firstTrial,
    engine,
    exact: !extra_step,
    clipsRegularizer,
    onChainSteps,
    dataset: dataset.name,
    ...(dataset.named !== undefined && { named: dataset.named }),
    options,
    trainingSet,
    remove(numRemove, name) {
      const stream = { seed, cell: cellId(named(redraw ? name : "removed")) };
      const removed = rowsToRemove(numRemove, dataset.train.count, dataset.named);
      const rows = replacementRows(numRemove, problem, stream, !redraw);
      return engine.replace(lab.trainingSet, removed.toReversed(), rows);
    },
    async learn(trainingSet, cells) {
      const legs = cells.map(({ array, sigma: noiseScale }) => {
        const { start, steps } = learningPlan(lab, noiseScale);
        const name = named(array);
        return { name, noiseScale, steps, start: langevinStart(lab, name, noiseScale, start) };
      });
      return recordAll(cells, await langevin(lab, trainingSet, legs));
    },
    async unlearn(trainingSet, cells, learned) {
      const legs = cells.map(({ array, sigma: noiseScale, K: steps }, i) => (
        { name: named(array), noiseScale, steps, start: learned[i] }
      ));
      return recordAll(cells, await langevin(lab, trainingSet, legs));
    },
    async descend(trainingSet, cells) {
      const legs = cells.map(({ array }) => {
        const start = descentStart(lab, named(array), { mean: options.init_mean });
        return { steps: options.burn_in, start };
      });
      return recordAll(cells, await descend(lab, trainingSet, legs));
    },
    async descendFrom(start, trainingSet, steps) {
      const [weights] = await descend(lab, trainingSet, [{ steps, start }]);
      return weights;
    },
    record(cell, weights) {
      const { smoothness: L, stepSize: eta } = problem;
      results?.add({ ...cell, L, eta }, () => testAccuracies(dataset.test, weights));
    },
    withSmoothness(smoothness) {
      const subject = { experiment, options, dataset, problem: problemFor(dataset.train, { ...options, smoothness }) };
      return makeLab(subject, engine, results, onChainSteps, trainingSet);
    },
    saveWeights(file, weights) {
      results?.writeNpy(file, encodeWeights(weights, problem));
    },
    saveArray(file, values) {
      results?.writeNpy(file, encodeNpy(values));
    },
    saveTree(file, tree) {
      results?.writeNpy(file, encodePickledNpy(tree));
    },
  };
  return lab;
}
