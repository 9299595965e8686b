/**
 * Runs an experiment from flags to figure.
 * @module
 */
import { fewestSteps, smallestSigma } from "../accountant/calibrate.ts";
import { formatTable } from "../text/table.ts";
import denoConfig from "../../deno.json" with { type: "json" };
import { groupedEngine } from "../engines/grouped_engine.ts";
import type { SharedOptions } from "./options.ts";
import { type Dataset, firstRows, type Rows } from "../model/rows.ts";
import { describeData } from "../datasets/describe_data.ts";
import { hashRows } from "../datasets/hash_rows.ts";
import { type DataChoice, loadDataset } from "../datasets/load_dataset.ts";
import { chainStepsOf, checkWalk, type Engine } from "../engines/engine.ts";
import { finishRun, showFinishedRun } from "./finish_run.ts";
import { untilInterrupted } from "./interruption.ts";
import { type Lab, makeLab, type Subject } from "./lab.ts";
import { openEngine } from "../engines/open_engine.ts";
import { outputsOf, type Problem } from "../model/problem.ts";
import { bothAccountants, sayNeeds, type Side } from "../original/both_accountants.ts";
import { combinationOf } from "../original/combinations.ts";
import { problemFor } from "../original/problem.ts";
import type { Algorithm } from "../original/experiments.ts";
import { experimentFolder } from "../results/paths.ts";
import { showReading, startProgress } from "./progress.ts";
import { reopenedEngine } from "../engines/reopened_engine.ts";
import type { Summary } from "../results/summary.ts";
import { inDigits } from "../text/decimal.ts";
import { collectResults, type Results } from "./results.ts";
import { resumableEngine } from "./resumable_engine.ts";
import { openRunFolder, type RunFolder } from "./run_folder.ts";
import { type Chains, type Looks, sharedChains, withoutRows } from "./shared_chains.ts";
import { describeRows, nameVariant } from "./run_record.ts";

/** An experiment and the user's flags for it. */
export interface Experiment {
  /** Its folder. */
  readonly name: string;
  /** The algorithm's folder, `LMC` without it. */
  readonly algorithm?: Algorithm;
  /** The user's flags. */
  readonly options: SharedOptions;
  /** Does it. */
  conduct(lab: Lab): Promise<void>;
}

type SubjectOption =
  | keyof DataChoice
  | "lam"
  | "M"
  | "smoothness"
  | "trainMode"
  | "delta"
  | "step_size"
  | "train_rows";

/**
 * Loads the data, computes the constants and says them, as the original's `get_metadata` does.
 *
 * @param options The user's flags.
 * @returns Data and constants.
 * @throws {RangeError} If the data are not as they should be.
 * @throws {Error} If they cannot be read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadSubject } from "./run_experiment.ts";
 *
 * const choice = { dataset: "MNIST", dataDir: "data" };
 * const { problem } = await loadSubject({ ...choice, lam: 1e-6, smoothness: "bound", trainMode: "binary", step_size: "1/L" });
 * assert.equal(problem.L, 0.261982);
 * ```
 */
export async function loadSubject(
  { lam, M, smoothness, trainMode, delta, step_size, train_rows, ...choice }: Pick<SharedOptions, SubjectOption>,
): Promise<Pick<Subject, "dataset" | "problem">> {
  const dataset = cut(
    withLabels(await showReading((onRead) => loadDataset(choice, onRead)), trainMode),
    train_rows,
  );
  const problem = problemFor(dataset.train, { lam, M, smoothness, step_size });
  const { n, d, classes, L, m, M: clip, eta } = problem;
  const texts = Object.entries({ n, d, ...(classes > 2 && { classes }), L, m, M: clip, η: eta })
    .map(([symbol, value]) => `${symbol} = ${Number(value.toPrecision(6))}`);
  console.log(`${dataset.name}: ${texts.join(", ")}, δ = ${delta ?? "1/n"}`);
  for (const line of describeData(dataset)) console.log(line);
  return { dataset, problem };
}

/** With `binary`, one-hot training labels of 0 and 1 become −1 and 1, as in `utils.py`. */
function withLabels(dataset: Dataset, trainMode: SharedOptions["trainMode"]): Dataset {
  const { train } = dataset;
  if (train.outputs === 1 || trainMode === "multi") return dataset;
  return { ...dataset, train: { ...train, labels: train.labels.map((y) => 2 * y - 1) } };
}

/** With the first training rows alone, as `main_sgd.py` takes them. */
function cut(dataset: Dataset, rows = dataset.train.count): Dataset {
  const { name, train, named } = dataset;
  if (rows > train.count) {
    throw new RangeError(`--train_rows ${rows} is more than there are: ${name} has ${train.count}`);
  }
  const stray = named?.find((row) => row >= rows);
  if (stray !== undefined) {
    throw new RangeError(`row ${stray} is to be removed, but --train_rows ${rows} leaves it out`);
  }
  return rows === train.count ? dataset : { ...dataset, train: firstRows(train, rows) };
}

/** 2 GiB of float32. */
const MOST_WEIGHTS = 2 ** 29;

/**
 * Refuses more chains than a cell's weights have room for in memory.
 *
 * @param trials The number of chains.
 * @param problem Gives the size of their weights.
 * @throws {RangeError} If there are too many.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "../model/problem.ts";
 * import { checkTrials } from "./run_experiment.ts";
 *
 * const problem = makeProblem({ n: 10, d: 1024, lambda: 1 });
 * assert.throws(() => checkTrials(1e9, problem), /--num_trial 1000000000 is too large: memory is for 524288 chains/);
 * ```
 */
export function checkTrials(trials: number, problem: Problem): void {
  const most = Math.floor(MOST_WEIGHTS / (problem.d * outputsOf(problem)));
  if (trials > most) throw new RangeError(`--num_trial ${trials} is too large: memory is for ${most} chains`);
}

/** What an experiment asks of an engine. */
export interface Work {
  /** Number of chain steps, the sum of the chains' lengths; a step over a batch is a part of one. */
  readonly chainSteps: number;
  /** Whether chains take the rows in batches. */
  readonly batches: boolean;
  /** What is asked of chains that cells share. */
  readonly looks: Looks;
}

/**
 * The work of an experiment: it is conducted once with an engine that only counts, and data sets that stay as they are.
 * Where cells share chains, that tells where these are looked at, and a second time how many steps they take. What the
 * user asks for and cannot have shows here, before anything is computed or written.
 *
 * @param experiment The experiment.
 * @param subject Its data and constants.
 * @param onAccount Called with every cell for which K is asked, and the lab.
 * @returns The work.
 * @throws {RangeError} If the experiment asks for what cannot be had.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseOptions, scriptCommand } from "../command_line/mod.ts";
 * import { countWork, type Experiment, loadSubject } from "./run_experiment.ts";
 *
 * const options = parseOptions(scriptCommand("example", "An example."), ["--num_trial", "2", "--burn_in", "9"]);
 * const experiment: Experiment = {
 *   name: "example",
 *   options,
 *   conduct: async (lab) => {
 *     await lab.learn(lab.trainingSet, [{ method: "LMC learn", array: "learn.npy", sigma: 0.03 }]);
 *   },
 * };
 * const { chainSteps } = await countWork(experiment, await loadSubject(options));
 * assert.equal(chainSteps, 2 * 10);
 * ```
 */
export async function countWork(
  { name: experiment, options, conduct }: Experiment,
  subject: Pick<Subject, "dataset" | "problem">,
  onAccount: (cell: AccountedCell, lab: Lab) => void = () => {},
): Promise<Work> {
  checkTrials(options.num_trial, subject.problem);
  let chainSteps = 0;
  let batches = false;
  const counting: Engine = {
    description: "counts",
    kind: "counts",
    load: ({ count, dimension, outputs }) => ({ count, dimension, outputs, dispose: () => {} }),
    replace: (set) => set,
    walk(walk) {
      checkWalk(walk);
      chainSteps += chainStepsOf(walk, walk.steps);
      batches ||= walk.batches !== undefined;
      return Promise.resolve(walk.start);
    },
    dispose: () => {},
  };
  const { name, train, named } = subject.dataset;
  const requireRows = (numRemove: number) => {
    if (numRemove === train.count) throw new RangeError(`cannot remove all ${numRemove} rows: none would remain`);
    if (numRemove <= (named?.length ?? train.count)) return;
    const limit = named ? `${options.remove_rows} names ${named.length}` : `${name} has ${train.count}`;
    throw new RangeError(`cannot remove ${numRemove} rows: ${limit}`);
  };
  const count = async (chains: Chains, note: typeof onAccount) => {
    const counted = (lab: Lab): Lab => ({
      ...lab,
      remove(numRemove) {
        requireRows(numRemove);
        return chains.called(withoutRows(numRemove), { ...lab.trainingSet });
      },
      account(cell) {
        const accounted = lab.account(cell);
        note({ ...cell, K: accounted.K }, lab);
        return accounted;
      },
      withSmoothness: (smoothness) => counted(lab.withSmoothness(smoothness)),
      withBatches: (batchSize, T) => counted(lab.withBatches(batchSize, T)),
    });
    [chainSteps, batches] = [0, false];
    await conduct(counted(makeLab({ experiment, options, ...subject }, counting, undefined, undefined, chains)));
    return chains.asked;
  };
  const looks = await count(sharedChains(), onAccount);
  if (options.share) {
    if (!looks.values().some(({ length }) => length > 1)) {
      throw new RangeError(`--share 1: no two cells of ${experiment} draw from one law here; leave the flag out`);
    }
    await count(sharedChains(looks), () => {});
  }
  return { chainSteps, batches, looks };
}

/** A cell and the K that its accountant says. */
type AccountedCell = Parameters<Lab["account"]>[0] & { readonly K: number };

/**
 * Says what K and σ the paper's accountant, or the flags', and the exact one ask for, side by side, where the
 * experiment asks for any K.
 */
function sayBothAccountants(
  experiment: string,
  accounted: readonly (readonly [cell: AccountedCell, lab: Lab])[],
  rows: Rows,
): void {
  const sides = accounted.map(([, { options, problem }]) =>
    bothAccountants(options, combinationOf(options, experiment, problem), rows, problem)
  );
  const answerOf = (question: () => number) => {
    try {
      return inDigits(question(), 6);
    } catch (error) {
      if (error instanceof RangeError) return "–";
      throw error;
    }
  };
  const table = accounted.map(([{ num_remove: S, epsilon, sigma, K }, lab], i) => {
    const target = lab.target(epsilon);
    const chainOf = ({ problem }: Side) => ({ ...lab.chain(sigma), problem, requests: [] });
    const counted = K + K - lab.asked(K);
    return [
      ...[S, epsilon, Number(sigma.toPrecision(6))].map(String),
      ...sides[i].map((side) => answerOf(() => fewestSteps(side.accountant, chainOf(side), S, target).K)),
      String(K),
      ...sides[i].map((side) =>
        answerOf(() => smallestSigma(side.accountant, { ...chainOf(side), requests: [{ S, K: counted }] }, target))
      ),
    ];
  });
  const names = sides[0].map(({ accountant: { name } }) => name);
  const columns = [
    "S",
    "ε",
    "σ",
    ...names.map((name) => `K, ${name}`),
    "K, here",
    ...names.map((name) => `σ, ${name}`),
  ];
  console.log(formatTable(columns, table));
  console.log("K: the fewest steps with σ. σ, of an accountant: the smallest with the steps of K, here.");
  sides[0].forEach(sayNeeds);
  if (accounted[0][1].options.extra_step) console.log("Chains take one step more than K, here (--extra_step 1).");
}

/** Opens the engine of a run: one that holds any number of chains and survives the loss of its device. */
async function openRunEngine(options: SharedOptions, { batches }: Work): Promise<Engine> {
  const engine = await reopenedEngine(
    () => openEngine({ ...options, batches }),
    (message) => console.warn(`\n${message}: going on with a new one`),
  );
  return groupedEngine(engine, options.chains_at_once);
}

/** Conducts an experiment; what the run's journal has is not computed again. */
async function compute(
  { name: experiment, options, conduct }: Experiment,
  subject: Pick<Subject, "dataset" | "problem">,
  engine: Engine,
  { journal }: RunFolder,
  { chainSteps, looks }: Work,
): Promise<Results> {
  const { first_trial, num_trial, save_npy: saveNpy, checkpoint_seconds: checkpointSeconds } = options;
  const { dataset: { name: dataset }, problem } = subject;
  const trials = Array.from({ length: num_trial }, (_, i) => first_trial + i);
  const results = collectResults({ dataset, variant: nameVariant(options), problem, trials, saveNpy }, journal);
  const progress = startProgress(chainSteps);
  try {
    await untilInterrupted(async (signal) => {
      const resumable = resumableEngine(engine, journal, { checkpointSeconds, signal });
      const onChainSteps = (done: number) => progress.increment(done);
      const chains = sharedChains(looks);
      await conduct(makeLab({ experiment, options, ...subject }, resumable, results, onChainSteps, chains));
    });
  } finally {
    progress.stop();
  }
  return results;
}

/**
 * Runs an experiment: says what it is about and where it runs, shows its progress, writes its CSVs, `run.json` and
 * figure to `<result-dir>/<algorithm>/<dataset>/<experiment>`, and says where they are. A run that stopped is gone on
 * with; one that is over is not run again.
 *
 * @param experiment The experiment.
 * @returns The rows of its `summary.csv`.
 * @throws {RangeError} If the folder holds a run with other options.
 * @throws {Interruption} If Ctrl-C or the system ends the run.
 * @throws {Error} If a chain cannot run, a file cannot be written or another process has the folder.
 *
 * @example
 * ```ts
 * import { parseOptions, scriptCommand } from "../command_line/mod.ts";
 * import { runExperiment } from "./run_experiment.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const run = () =>
 *   runExperiment({
 *     name: "example",
 *     options: parseOptions(scriptCommand("example", "An example."), []),
 *     conduct: async (lab) => {
 *       await lab.learn(lab.trainingSet, [{ method: "LMC learn", array: "learn.npy", sigma: 0.03 }]);
 *     },
 *   });
 * ```
 */
export async function runExperiment(experiment: Experiment): Promise<readonly Summary[]> {
  const { name, options, algorithm } = experiment;
  const begun = performance.now();
  const subject = await loadSubject(options);
  const accounted: (readonly [cell: AccountedCell, lab: Lab])[] = [];
  const work = await countWork(experiment, subject, (cell, lab) => accounted.push([cell, lab]));
  const engine = await openRunEngine(options, work);
  try {
    const { dataset, problem } = subject;
    const tensorflow = denoConfig.imports["@tensorflow/tfjs"].split("@").at(-1)!;
    const versions = { program: denoConfig.version, ...Deno.version, tensorflow };
    const rows = [dataset.train, dataset.test].map((rows) => hashRows(rows).slice(0, 16)).join(" ");
    const named = dataset.named && await describeRows(dataset.named);
    const record = { experiment: name, options, problem, rows, named, engine: engine.kind, versions };
    const folder = openRunFolder(experimentFolder(name, options, algorithm), record, options.fresh);
    try {
      if (folder.finished) return await showFinishedRun(folder, name);
      if (accounted.length > 0) sayBothAccountants(name, accounted, dataset.train);
      console.log(`Variant: ${nameVariant(options)}`);
      console.log(`Device: ${engine.description}`);
      const results = await compute(experiment, subject, engine, folder, work);
      const seconds = (performance.now() - begun) / 1000;
      await finishRun(folder, name, results, { data: dataset.origin, device: engine.description, seconds });
      return results.summaries;
    } finally {
      folder.release();
    }
  } finally {
    engine.dispose();
  }
}
