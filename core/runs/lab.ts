/**
 * What an experiment works with: data, constants, an engine, and a place for its results.
 * @module
 */
import type { Accountant, Target } from "../accountant/accountant.ts";
import { fewestSteps } from "../accountant/calibrate.ts";
import type { Chain, Neighbours } from "../accountant/history.ts";
import { outputsOf, type Problem } from "../model/problem.ts";
import { testAccuracies } from "../model/accuracy.ts";
import { descend, descentStart, langevin, langevinStart, publish, type Setting } from "../learning/chains.ts";
import type { SharedOptions } from "./options.ts";
import type { Dataset } from "../model/rows.ts";
import type { Engine, TrainingSet } from "../engines/engine.ts";
import { encodeNpy, encodePickledNpy, type NumberTree } from "../formats/npy.ts";
import { accountantFor, deltaFor, neighboursOf } from "../original/accountant.ts";
import { checkCombination, combinationOf } from "../original/combinations.ts";
import { problemFor, type Smoothness } from "../original/problem.ts";
import { quoted } from "../text/messages.ts";
import { batchCount, rowOrders } from "../model/batches.ts";
import { cellId, cellRegister } from "../model/random.ts";
import { nullRows, replacementRows, rowsToRemove } from "../model/removal.ts";
import type { Accounted, Cell } from "../results/summary.ts";
import type { Results } from "./results.ts";
import { type Chains, type Look, sharedChains, withoutRows } from "./shared_chains.ts";

/** A cell whose chains are noisy, or noise-free with σ = 0. */
export interface LangevinCell extends Cell, Accounted {
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
  /** Says what a removal costs. */
  readonly accountant: Accountant;
  /** δ. */
  readonly delta: number;
  /** What a removed row becomes. */
  readonly neighbours: Neighbours;
  /** The guarantee that a cell is to reach. */
  target(epsilon: number): Target;
  /** The Langevin chains of a noise scale, for the accountant. */
  chain(sigma: number): Chain;
  /**
   * The rows in which the data sets before and after a request differ: S, but all that are removed by then where they
   * are drawn anew for every request. The paper's accountant counts S, as the original does.
   */
  rowsChanged(num_remove: number, request: number): number;
  /** The steps to ask for where an accountant wants K: one less where chains take one more, but of the paper's. */
  asked(K: number): number;
  /** K for a cell that unlearns S rows at once to ε, and what else the accountant says of it. */
  account(cell: Readonly<Record<"epsilon" | "sigma" | "num_remove", number>>): Accounted & { readonly K: number };
  /**
   * D′, the training set with the first S rows that the user names, or the last S, replaced by random ones; `name`
   * names the draw if there are several. With `--share 1` there is one draw for every S.
   */
  remove(num_remove: number, name: string): TrainingSet;
  /** Langevin chains from a random start; their accuracies are recorded. */
  learn(trainingSet: TrainingSet, cells: readonly LangevinCell[]): Promise<Float32Array[]>;
  /**
   * Langevin chains from learned weights, K steps and perhaps the original's one more; their accuracies are recorded.
   */
  unlearn(
    trainingSet: TrainingSet,
    cells: readonly UnlearningCell[],
    learned: readonly Float32Array[],
  ): Promise<Float32Array[]>;
  /** Noise-free descent from a random start; the accuracies are recorded. */
  descend(trainingSet: TrainingSet, cells: readonly Cell[]): Promise<Float32Array[]>;
  /** K more steps of noise-free descent from the given weights; nothing is recorded. */
  descendFrom(weights: Float32Array, trainingSet: TrainingSet, steps: number): Promise<Float32Array>;
  /** Langevin chains from the given weights, `steps` steps and perhaps the original's one more; nothing is recorded. */
  walk(
    trainingSet: TrainingSet,
    cells: readonly LangevinCell[],
    steps: (index: number) => number,
    weights: readonly Float32Array[],
  ): Promise<Float32Array[]>;
  /** What Descent-to-Delete publishes of weights: with noise of this standard deviation. */
  publish(array: string, weights: Float32Array, deviation: number): Float32Array;
  /** The name of an array's random numbers; refused if another array of the run has the same numbers. */
  stream(array: string): string;
  /** Records the test accuracies of weights. */
  record(cell: Cell & Accounted, weights: Float32Array): void;
  /** The same lab with another smoothness constant. */
  withSmoothness(smoothness: Smoothness): Lab;
  /**
   * The same lab with noisy stochastic gradient descent: a step takes b rows, all of them if b = n, and what counts
   * steps counts epochs. Learning is T of them.
   */
  withBatches(batchSize: number, T: number): Lab;
  /** With `--save_npy 1`, writes weights as the original's (trials, 1, d) or (trials, d, classes) array. */
  saveWeights(file: string, weights: Float32Array): void;
  /** With `--save_npy 1`, writes a list of numbers. */
  saveArray(file: string, values: Float64Array | BigInt64Array): void;
  /** With `--save_npy 1`, writes a dictionary. */
  saveTree(file: string, tree: NumberTree): void;
}

/** How chains go through the rows: epochs of so many steps, and how many are learned. */
interface Epochs {
  /** b. */
  readonly batchSize: number;
  /** T. */
  readonly T: number;
}

/** From this σ on every gradient is clipped, and chains settle at a norm of dσ²/M. */
const FULLY_CLIPPED = 0.5;

/**
 * Where and for how many steps chains learn. With the fast preset those whose gradients and regularizers are all
 * clipped start at the norm where they settle and take three times the steps, since they mix slowly.
 */
function learningPlan({ options, problem }: Pick<Lab, "options" | "problem">, sigma: number) {
  if (problem.classes > 2) return { start: { mean: 0 }, steps: options.burn_in };
  const start = { mean: options.init_mean };
  const mixesSlowly = options.clip_regularizer !== false && sigma >= FULLY_CLIPPED;
  if (options.preset === "paper" || !mixesSlowly) return { start, steps: options.burn_in };
  const norm = problem.d * sigma ** 2 / problem.M;
  return { start: { ...start, norm }, steps: 3 * options.burn_in };
}

/** Weights of the size of M are further apart in float32 than this times M, whose rounding swallows less noise. */
const FLOAT32_SPACING = 2 ** -24;

/** Throws if float32 swallows the noise of a step; chains without noise have none to lose. */
function checkNoise({ eta, M }: Problem, { array, sigma }: { readonly array: string; readonly sigma: number }): void {
  const noise = Math.sqrt(2 * eta) * sigma;
  if (sigma === 0 || noise >= FLOAT32_SPACING * M) return;
  throw new RangeError(
    `σ = ${sigma.toPrecision(3)} of ${array} is too small for float32, whose rounding swallows its noise: ` +
      "take a smaller ε, fewer steps or larger batches",
  );
}

/** Accountants that count rows and steps as the original does. */
const ORIGINAL_ACCOUNTANTS = ["paper", "sgd"];

/** Weights as the original's array: (trials, 1, d) of two classes, (trials, d, classes) of several. */
function encodeWeights(weights: Float32Array, problem: Problem): Uint8Array {
  const [dimension, outputs] = [problem.d, outputsOf(problem)];
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
 * @param chains What cells with `--share 1` have in common.
 * @returns The lab.
 * @throws {CapacityError} If the engine cannot hold the training set.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseOptions, scriptCommand } from "../command_line/mod.ts";
 * import { makeLab } from "./lab.ts";
 * import { loadMnist } from "../datasets/mnist.ts";
 * import { openEngine } from "../engines/open_engine.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const options = parseOptions(scriptCommand("example", "An example."), ["--burn_in", "1", "--num_trial", "2"]);
 * const dataset = await loadMnist();
 * const problem = makeProblem({ n: dataset.train.count, d: dataset.train.dimension, lambda: options.lam });
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
  chains: Chains = sharedChains(),
): Lab {
  const { seed, num_trial: trials, first_trial: firstTrial, redraw, projection: radius, drop_last = false } = options;
  const trainingSet = chains.called("D", engine.load(dataset.train));
  const accountant = accountantFor(options, experiment);
  const combination = combinationOf(options, experiment, problem);
  checkCombination(combination);
  const { clipsRegularizer } = combination;
  const countsAll = !ORIGINAL_ACCOUNTANTS.includes(options.accountant);
  const register = cellRegister();
  const recorded = new Set<string>();
  /** The draw of the rows in the place of S removed ones, by S. */
  const draws = new Map<number, string>();
  /** The original's loops run `len_list + K` times with `len_list` = 1. */
  const walked = (steps: number) => steps + Number(options.extra_step);
  const stream = (array: string) => {
    const name = `${dataset.name}/${experiment}/${array}`;
    register(name);
    return name;
  };

  /** One order of the rows a trial, for all cells and batches: the seed and the number of the trial name it. */
  const cycle = { orderOf: rowOrders({ seed, cell: cellId("order") }, dataset.train.count), dropsRest: drop_last };

  const labOf = (problem: Problem, epochs?: Epochs): Lab => {
    const stepsOfEpoch = epochs ? batchCount(problem.n, { ...cycle, ...epochs }) : 1;
    const planFor = (sigma: number) =>
      epochs ? { start: { mean: options.init_mean }, steps: epochs.T } : learningPlan(lab, sigma);
    const delta = deltaFor(options, problem);
    const recordAll = (cells: readonly Cell[], weights: Float32Array[]) => {
      cells.forEach((cell, i) => lab.record(cell, weights[i]));
      return weights;
    };
    /** What a cell asks of chains: with `--share 1` those are the same that start alike, on the same rows, with one σ. */
    const lookOf = <Asked extends Cell>(
      rows: TrainingSet,
      cell: Asked,
      from: unknown,
      asked: Pick<Look, "steps" | "start">,
    ) => (
      {
        ...{ ...asked, cell, array: cell.array },
        law: options.share ? JSON.stringify([problem, epochs, chains.nameOf(rows), cell.sigma, from]) : {},
      }
    );
    const langevinLooks = (rows: TrainingSet, looks: readonly (Look & { readonly cell: LangevinCell })[]) => {
      looks.forEach(({ cell }) => checkNoise(problem, cell));
      return chains.look(looks, (stretches) => {
        const legs = stretches.map(({ look: { cell: { sigma } }, name, ...leg }) => (
          { ...leg, name: stream(name), sigma, ...(epochs && { batchSize: epochs.batchSize }) }
        ));
        return langevin(lab, rows, legs);
      });
    };
    const lab: Lab = {
      problem,
      seed,
      trials,
      firstTrial,
      engine,
      clipsRegularizer,
      cycle,
      ...(radius && { radius }),
      onChainSteps,
      dataset: dataset.name,
      ...(dataset.named !== undefined && { named: dataset.named }),
      options,
      trainingSet,
      accountant,
      delta,
      neighbours: neighboursOf(options),
      target: (epsilon) => ({ epsilon, delta }),
      chain: (sigma) => ({
        problem: epochs && drop_last ? { ...problem, n: stepsOfEpoch * epochs.batchSize } : problem,
        sigma,
        T: walked(planFor(sigma).steps),
        neighbours: lab.neighbours,
        ...(epochs && { batchSize: epochs.batchSize }),
        ...(radius && { radius }),
      }),
      rowsChanged: (num_remove, request) =>
        countsAll && redraw && options.removal === "random" ? request * num_remove : num_remove,
      asked: (K) => countsAll ? K - walked(0) : K,
      account({ epsilon, sigma, num_remove: S }) {
        const chain = lab.chain(sigma);
        const { K, at: { alpha } } = fewestSteps(
          accountant,
          { ...chain, requests: [] },
          S,
          lab.target(epsilon),
          options.k_stride,
        );
        const { epsilon: epsilon0 } = accountant.guarantee({ ...chain, requests: [{ S, K: 0 }] }, delta);
        return { K: lab.asked(K), ...(alpha !== undefined && { alpha }), ...(epsilon0 < Infinity && { epsilon0 }) };
      },
      remove(num_remove, name) {
        if (!draws.has(num_remove) || !options.share) draws.set(num_remove, name);
        const draw = { seed, cell: register(stream(redraw ? draws.get(num_remove)! : "removed")) };
        const removed = rowsToRemove(num_remove, dataset.train.count, dataset.named);
        const rows = options.removal === "null"
          ? nullRows(num_remove, dataset.train)
          : replacementRows(num_remove, dataset.train, draw, !redraw);
        return chains.called(withoutRows(num_remove), engine.replace(trainingSet, removed.toReversed(), rows));
      },
      async learn(trainingSet, cells) {
        const looks = cells.map((cell) => {
          const { start, steps } = planFor(cell.sigma);
          return lookOf(trainingSet, cell, start, {
            steps: walked(steps) * stepsOfEpoch,
            start: (name) => langevinStart(lab, stream(name), cell.sigma, start),
          });
        });
        return recordAll(cells, await langevinLooks(trainingSet, looks));
      },
      async unlearn(trainingSet, cells, learned) {
        return recordAll(cells, await lab.walk(trainingSet, cells, (i) => cells[i].K, learned));
      },
      walk(trainingSet, cells, steps, weights) {
        const looks = cells.map((cell, i) =>
          lookOf(trainingSet, cell, chains.nameOf(weights[i]), {
            steps: walked(steps(i)) * stepsOfEpoch,
            start: () => weights[i],
          })
        );
        return langevinLooks(trainingSet, looks);
      },
      async descend(trainingSet, cells) {
        const start = { mean: options.init_mean };
        const looks = cells.map((cell) =>
          lookOf(trainingSet, cell, start, {
            steps: walked(options.burn_in),
            start: (name) => descentStart(lab, stream(name), start),
          })
        );
        return recordAll(cells, await chains.look(looks, (legs) => descend(lab, trainingSet, legs)));
      },
      async descendFrom(start, trainingSet, steps) {
        const [weights] = await descend(lab, trainingSet, [{ steps: walked(steps), start }]);
        return weights;
      },
      publish(array, weights, deviation) {
        register(array);
        return publish(lab, array, weights, deviation);
      },
      stream,
      record(cell, weights) {
        if (recorded.has(cell.array)) throw new RangeError(`two cells of this run are called ${quoted(cell.array)}`);
        recorded.add(cell.array);
        const { L, eta } = problem;
        results?.add({ ...cell, L, eta }, () => testAccuracies(dataset.test, weights));
      },
      withSmoothness: (smoothness) => labOf(problemFor(dataset.train, { ...options, smoothness }), epochs),
      withBatches: (batchSize, T) => labOf(problem, { batchSize, T }),
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
  };
  return labOf(problem);
}
