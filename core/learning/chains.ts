/**
 * The chains: learning, unlearning and Descent-to-Delete, all trials of a cell side by side. They take the steps that
 * the theorems speak of, unless a setting says otherwise.
 * @module
 */
import { descentStepSize } from "../accountant/descent_to_delete.ts";
import { outputsOf, type Problem } from "../model/problem.ts";
import { chainStepsOf, type Dynamics, type Engine, type TrainingSet } from "../engines/engine.ts";
import { quoted } from "../text/messages.ts";
import type { RowCycle } from "../model/batches.ts";
import { cellId, cellRegister, fillNormals, Purpose } from "../model/random.ts";

/** What all random draws of an experiment share. */
export interface Draws {
  /** The constants. */
  readonly problem: Problem;
  /** The run's seed. */
  readonly seed: number;
  /** How many chains a cell has. */
  readonly trials: number;
  /** The number of the first of them, 0 without it: it names the chain's random numbers. */
  readonly firstTrial?: number;
}

/** What all chains of an experiment share. */
export interface Setting extends Draws {
  /** Computes the steps. */
  readonly engine: Engine;
  /** Whether the regularizer is clipped with a row's gradient, which no theorem covers; not by default. */
  readonly clipsRegularizer?: boolean;
  /** R: after every step the weights are projected to this norm; not without it. */
  readonly radius?: number;
  /** How the trials go through the rows where legs take them in batches. */
  readonly cycle?: RowCycle;
  /** Called now and then with the number of chain steps done since the last call; a step over a batch is a part of one. */
  readonly onChainSteps?: (done: number) => void;
}

/** The trials of one cell: `trials` chains without noise. */
export interface Leg {
  /** Where the chains start: `outputs` rows of d weights a trial, for every trial. */
  readonly start: Float32Array;
  /** How many steps the chains take. */
  readonly steps: number;
  /** How many they have taken before: steps go on being numbered, by which noise and batches are found; 0 without it. */
  readonly firstStep?: number;
  /** b, how many rows a step takes, see {@linkcode RowCycle}; all of them without it, or if it is n. */
  readonly batchSize?: number;
}

/** The trials of one cell: `trials` chains of one noise scale. */
export interface NoisyLeg extends Leg {
  /** Names the cell's random numbers, see {@linkcode cellId}. */
  readonly name: string;
  /** σ. */
  readonly sigma: number;
}

/** Where learning starts. */
export interface Start {
  /** Mean of every coordinate: 1000 in the original, but 0 for its chains of several classes. */
  readonly mean: number;
  /** Norm to which a start is scaled; not scaled without it. */
  readonly norm?: number;
}

/** Number of weights of one chain. */
const weightsOf = (problem: Problem) => problem.d * outputsOf(problem);

/** `trials` draws of N(mean, deviation²·I), scaled to the start's norm if it has one. */
function drawStarts(
  { problem, seed, trials, firstTrial = 0 }: Draws,
  name: string,
  deviation: number,
  start: Start,
): Float32Array {
  const size = weightsOf(problem);
  const weights = new Float32Array(trials * size);
  for (let trial = 0; trial < trials; trial++) {
    const row = weights.subarray(trial * size, (trial + 1) * size);
    if (deviation > 0) fillNormals(row, { seed, cell: cellId(name) }, firstTrial + trial, 0, Purpose.start);
    row.forEach((normal, k) => row[k] = start.mean + deviation * normal);
    if (start.norm === undefined) continue;
    const scale = start.norm / Math.sqrt(row.reduce((sum, w) => sum + w * w, 0));
    row.forEach((w, k) => row[k] = scale * w);
  }
  return weights;
}

/**
 * Where Langevin learning starts: N(mean, 2σ²/m) in every coordinate (`langevin.py`). Without noise all trials start at
 * the same point.
 *
 * @param draws Problem, seed and number of trials.
 * @param name The cell.
 * @param sigma σ.
 * @param start Mean and norm.
 * @returns `outputs` rows of d weights a trial.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { langevinStart } from "./chains.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const draws = { problem: makeProblem({ n: 100, d: 5, lambda: 1e-3 }), seed: 0, trials: 2 };
 * assert.deepEqual([...langevinStart(draws, "cell", 0, { mean: 7 })], Array(10).fill(7));
 * ```
 */
export function langevinStart(draws: Draws, name: string, sigma: number, start: Start): Float32Array {
  if (!(sigma >= 0 && sigma < Infinity)) throw new RangeError(`sigma must be 0 or more and finite, got ${sigma}`);
  return drawStarts(draws, name, Math.sqrt(2 * sigma ** 2 / draws.problem.m), start);
}

/**
 * Where Descent-to-Delete starts: N(mean, 1) in every coordinate (`gradient_descent_algorithm` of `baseline.py`).
 *
 * @param draws Problem, seed and number of trials.
 * @param name The cell.
 * @param start Mean and norm.
 * @returns `outputs` rows of d weights a trial.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { descentStart } from "./chains.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const draws = { problem: makeProblem({ n: 100, d: 5, lambda: 1e-3 }), seed: 0, trials: 2 };
 * const weights = descentStart(draws, "cell", { mean: 1000 });
 * assert.ok(weights.every((w) => Math.abs(w - 1000) < 6));
 * ```
 */
export function descentStart(draws: Draws, name: string, start: Start): Float32Array {
  return drawStarts(draws, name, 1, start);
}

/** The first chain's weights if all chains of a leg start there and none has noise or batches of its own. */
function commonStart({ sigma, start, batchSize }: NoisyLeg, size: number): Float32Array | undefined {
  if (sigma !== 0 || batchSize !== undefined) return undefined;
  return start.every((w, i) => w === start[i % size]) ? start.subarray(0, size) : undefined;
}

/** The weights of a chain, repeated for all the trials that it stands for; those of all chains as they are. */
function repeat(rows: Float32Array, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => rows[i % rows.length]);
}

/**
 * The constants of a step.
 *
 * @param setting The constants of the problem, what is clipped and the projection.
 * @param stepSize Length of a step, by default a Langevin step's.
 * @returns The constants.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dynamicsOf } from "./chains.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const problem = makeProblem({ n: 50_000, d: 512, classes: 10, lambda: 1e-6 });
 * assert.equal(dynamicsOf({ problem }).clip, Math.SQRT2);
 * ```
 */
export function dynamicsOf(
  { problem: { m, M, eta }, clipsRegularizer = false, radius }: Pick<
    Setting,
    "problem" | "clipsRegularizer" | "radius"
  >,
  stepSize: number = eta,
): Dynamics {
  return { stepSize, regularization: m, clip: M, clipsRegularizer, ...(radius !== undefined && { radius }) };
}

/**
 * Runs legs of equal length, first step and batches as the columns of one matrix; noise-free chains with a common start
 * are one chain.
 */
async function runTogether(
  setting: Setting,
  trainingSet: TrainingSet,
  legs: readonly NoisyLeg[],
  stepSize: number,
): Promise<Float32Array[]> {
  const { engine, problem, seed, trials, firstTrial = 0, cycle, onChainSteps } = setting;
  const [{ steps, firstStep = 0, batchSize }] = legs;
  const size = weightsOf(problem);
  const starts = legs.map((leg) => commonStart(leg, size) ?? leg.start);
  const chains = legs.flatMap(({ name, sigma }, i) =>
    Array.from({ length: starts[i].length / size }, (_, index) => (
      { sigma, cell: cellId(name), trial: firstTrial + index, name }
    ))
  );
  const start = new Float32Array(chains.length * size);
  const ends = starts.reduce<number[]>((before, rows) => [...before, (before.at(-1) ?? 0) + rows.length], []);
  starts.forEach((rows, i) => start.set(rows, ends[i] - rows.length));
  const batches = cycle && batchSize !== undefined ? { ...cycle, batchSize } : undefined;
  const weights = await engine.walk({
    trainingSet,
    start,
    chains,
    dynamics: dynamicsOf(setting, stepSize),
    seed,
    ...(batches && { batches }),
    steps,
    firstStep,
    onSteps: (done) => onChainSteps?.(chainStepsOf({ trainingSet, chains, ...(batches && { batches }) }, done)),
  });
  return ends.map((end, i) => repeat(weights.subarray(end - starts[i].length, end), trials * size));
}

/** Refuses rows that are not those of the problem: no guarantee of it would cover the chains. */
function requireFit(problem: Problem, { count, dimension, outputs }: TrainingSet): void {
  const { n, d } = problem;
  if (count === n && dimension === d && outputs === outputsOf(problem)) return;
  throw new RangeError(
    `the problem has ${n} rows of ${d} features and ${outputsOf(problem)} outputs, the training set ${count} of ` +
      `${dimension} and ${outputs}`,
  );
}

/** Refuses cells that would draw the same noise. */
function requireOwnNoise(names: readonly string[]): void {
  names.forEach(cellRegister());
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new RangeError(`two cells are called ${quoted(twice)} and would draw the same noise`);
}

/** A leg without batches if its one batch has all rows: their order within a step changes nothing. */
function withoutWholeBatch({ batchSize, ...leg }: NoisyLeg, { n }: Problem): NoisyLeg {
  return batchSize === undefined || batchSize === n ? leg : { ...leg, batchSize };
}

/** The steps of a leg and its batches, by which legs run side by side. */
const stretchOf = ({ steps, firstStep = 0, batchSize }: NoisyLeg) => `${steps} ${firstStep} ${batchSize}`;

async function run(setting: Setting, trainingSet: TrainingSet, asked: readonly NoisyLeg[], stepSize: number) {
  const { problem, trials, cycle } = setting;
  const expected = trials * weightsOf(problem);
  const legs = asked.map((leg) => withoutWholeBatch(leg, problem));
  for (const { name, start, batchSize } of legs) {
    if (start.length !== expected) {
      throw new RangeError(`${name}: the start has ${start.length} weights, ${trials} trials take ${expected}`);
    }
    if (batchSize !== undefined && !cycle) {
      throw new RangeError(`${name}: steps over ${batchSize} of ${problem.n} rows need the setting's cycle`);
    }
  }
  requireFit(problem, trainingSet);
  requireOwnNoise(legs.filter(({ sigma }) => sigma !== 0).map(({ name }) => name));
  const weights = new Map<NoisyLeg, Float32Array>();
  for (const together of Map.groupBy(legs, stretchOf).values()) {
    const rows = await runTogether(setting, trainingSet, together, stepSize);
    together.forEach((leg, i) => weights.set(leg, rows[i]));
  }
  return legs.map((leg) => weights.get(leg)!);
}

/**
 * Langevin chains with step η: learning from {@linkcode langevinStart}, unlearning from learned weights; with batches,
 * noisy stochastic gradient descent. Legs of equal length, first step and batches run as the columns of one matrix.
 *
 * @param setting What the chains share.
 * @param trainingSet The rows to learn, or those that remain.
 * @param legs The cells.
 * @returns For each leg `outputs` rows of d weights a trial.
 * @throws {RangeError} If a leg does not start as many chains as there are trials, two would draw the same noise, or b
 * is not an integer from 1 to n.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { langevin, langevinStart } from "./chains.ts";
 * import { openPlainEngine } from "../engines/plain_engine.ts";
 * import { makeProblem } from "../model/problem.ts";
 * import { setBackend } from "../engines/tensorflow.ts";
 *
 * const engine = openPlainEngine(await setBackend("cpu"));
 * const setting = { engine, problem: makeProblem({ n: 2, d: 2, lambda: 0.1 }), seed: 0, trials: 3 };
 * const rows = { features: Float32Array.of(1, 0, 0, 1), labels: Float32Array.of(1, -1), count: 2, dimension: 2 };
 * const trainingSet = engine.load({ ...rows, outputs: 1 });
 * const start = langevinStart(setting, "learn", 0.01, { mean: 0 });
 * const [weights] = await langevin(setting, trainingSet, [{ name: "learn", sigma: 0.01, start, steps: 50 }]);
 * assert.ok(weights[0] > 0 && weights[1] < 0);
 * ```
 */
export function langevin(
  setting: Setting,
  trainingSet: TrainingSet,
  legs: readonly NoisyLeg[],
): Promise<Float32Array[]> {
  return run(setting, trainingSet, legs, setting.problem.eta);
}

/**
 * The noise-free descent of Descent-to-Delete, with step 2/(L + m).
 *
 * @param setting What the chains share.
 * @param trainingSet The rows to learn, or those that remain.
 * @param legs The cells.
 * @returns For each leg `outputs` rows of d weights a trial.
 * @throws {RangeError} If a leg does not start as many chains as there are trials.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { descend, descentStart } from "./chains.ts";
 * import { openPlainEngine } from "../engines/plain_engine.ts";
 * import { makeProblem } from "../model/problem.ts";
 * import { setBackend } from "../engines/tensorflow.ts";
 *
 * const engine = openPlainEngine(await setBackend("cpu"));
 * const setting = { engine, problem: makeProblem({ n: 2, d: 2, lambda: 0.1 }), seed: 0, trials: 3 };
 * const rows = { features: Float32Array.of(1, 0, 0, 1), labels: Float32Array.of(1, -1), count: 2, dimension: 2 };
 * const trainingSet = engine.load({ ...rows, outputs: 1 });
 * const start = descentStart(setting, "learn", { mean: 0 });
 * const [weights] = await descend(setting, trainingSet, [{ start, steps: 200 }]);
 * assert.ok(Math.abs(weights[0] + weights[1]) < 1e-5);
 * ```
 */
export function descend(
  setting: Setting,
  trainingSet: TrainingSet,
  legs: readonly Leg[],
): Promise<Float32Array[]> {
  const silent = legs.map((leg) => ({ ...leg, name: "Descent-to-Delete", sigma: 0 }));
  return run(setting, trainingSet, silent, descentStepSize(setting.problem));
}

/**
 * The weights that Descent-to-Delete publishes: with N(0, deviation²) added to every coordinate.
 *
 * @param draws Problem and seed.
 * @param name The cell.
 * @param weights `outputs` rows of d weights a trial.
 * @param deviation Standard deviation of the noise.
 * @returns New weights of the same shape.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { publish } from "./chains.ts";
 * import { makeProblem } from "../model/problem.ts";
 *
 * const draws = { problem: makeProblem({ n: 2, d: 2, lambda: 0.1 }), seed: 0, trials: 1 };
 * assert.notDeepEqual(publish(draws, "cell", Float32Array.of(1, 2), 0.1), Float32Array.of(1, 2));
 * ```
 */
export function publish(
  { problem, seed, firstTrial = 0 }: Draws,
  name: string,
  weights: Float32Array,
  deviation: number,
): Float32Array {
  if (!(deviation >= 0 && deviation < Infinity)) {
    throw new RangeError(`the deviation must be 0 or more and finite, got ${deviation}`);
  }
  const size = weightsOf(problem);
  const noisy = weights.slice();
  const normals = new Float32Array(size);
  for (let trial = 0; trial * size < weights.length; trial++) {
    fillNormals(normals, { seed, cell: cellId(name) }, firstTrial + trial, 0, Purpose.publish);
    normals.forEach((normal, k) => noisy[trial * size + k] += deviation * normal);
  }
  return noisy;
}
