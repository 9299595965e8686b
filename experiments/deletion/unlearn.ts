/**
 * Learns one model, unlearns rows from it, and certifies that: the tables of the user's, or any other dataset.
 *
 * `deno task unlearn --train_csv data/train.csv --test_csv data/test.csv --label y --remove_rows data/rows.txt --k 10`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { csvFormatRows } from "d3-dsv";
import { createHash } from "node:crypto";
import denoConfig from "../../deno.json" with { type: "json" };
import type { Accountant, Target } from "../../core/accountant/accountant.ts";
import { openAccountant } from "../../core/accountant/accountants.ts";
import { fewestSteps, smallestSigma } from "../../core/accountant/calibrate.ts";
import type { Chain } from "../../core/accountant/history.ts";
import { makeCertificate } from "../../core/certificate/certificate.ts";
import { makeProblem, type Problem } from "../../core/model/problem.ts";
import { testAccuracies } from "../../core/model/accuracy.ts";
import { langevin, langevinStart, type NoisyLeg } from "../../core/learning/chains.ts";
import * as cli from "../../core/command_line/mod.ts";
import { classesOf, type Dataset, hashRows, type Rows } from "../../core/model/rows.ts";
import { describeData } from "../../core/datasets/describe_data.ts";
import {
  BINARY_DATASETS,
  type DataChoice,
  loadDataset,
  MULTICLASS_DATASETS,
} from "../../core/datasets/load_dataset.ts";
import { encodeNpy } from "../../core/formats/npy.ts";
import { requireFinite, type TrainingSet } from "../../core/engines/engine.ts";
import { type EngineChoice, openEngine } from "../../core/engines/open_engine.ts";
import { neighboursOf, type Removal } from "../../core/original/accountant.ts";
import { cellId } from "../../core/model/random.ts";
import { nullRows, replacementRows, rowsToRemove } from "../../core/model/removal.ts";
import { isFile, makeFolder, remove, writeWhole } from "../../core/disk/files.ts";
import { startProgress } from "../../core/runs/progress.ts";

const DATASETS = [...new Set(["CSV", ...BINARY_DATASETS, ...MULTICLASS_DATASETS])];

/** The script's command line. */
export const command = cli.withOptions(
  cli.exitOnUsageError(new Command("unlearn"))
    .description("Learns one model, unlearns rows from it and writes both models and a certificate."),
  [
    ...cli.datasetOptions(DATASETS),
    ...cli.tableOptions(),
    ...cli.guaranteeOptions({ accountant: "paper", removal: "random" }),
    ...cli.engineOptions(),
  ],
)
  .option("--num_remove <S>", "how many rows to remove (default: all that --remove_rows names)", cli.integer(1))
  .option("--epsilon <ε>", "the ε to reach", cli.positive, 1)
  .option("--sigma <σ>", "noise scale; K follows", cli.positive)
  .option("--k <K>", "unlearning steps; the smallest σ follows", cli.integer(1))
  .option("--lam <λ>", "L2 regularization of one row", cli.positive, 1e-6)
  .option("--burn_in <T>", "steps of learning (default: 10/(ηm), which forgets the start)", cli.integer(1, 2 ** 31))
  .option("--seed <n>", "seed of all random numbers (default: a random one)", cli.integer(0, 2 ** 32 - 1))
  .option("--result-dir <path>", "where the folder unlearn goes", cli.path, "./result")
  .addOption(cli.toggle("--fresh <0|1>", "replace the certificate that an earlier run left"));

type Options = ReturnType<typeof command["opts"]> & DataChoice & EngineChoice & {
  readonly accountant: string;
  readonly removal: Removal;
  readonly delta?: number;
};

/** Numbers of the rows to remove: the first S of those that the user names, or the last S. */
function chooseRows({ remove_rows, num_remove }: Options, { name, train: { count }, named }: Dataset): number[] {
  const numRemove = num_remove ?? named?.length;
  if (numRemove === undefined) throw new RangeError("nothing to unlearn: give --remove_rows or --num_remove");
  if (numRemove > (named?.length ?? count)) {
    const limit = named ? `${remove_rows} names ${named.length}` : `${name} has ${count}`;
    throw new RangeError(`cannot remove ${numRemove} rows: ${limit}`);
  }
  return rowsToRemove(numRemove, count, named);
}

/** Steps that a chain's noise can number. */
const MOST_STEPS = 2 ** 32;

/** σ and K of the request: one is given, the other follows. */
function planRequest(options: Options, accountant: Accountant, chain: Omit<Chain, "sigma">, S: number, target: Target) {
  if ((options.sigma === undefined) === (options.k === undefined)) throw new RangeError("give either --sigma or --k");
  const sigma = options.sigma ?? smallestSigma(accountant, { ...chain, requests: [{ S, K: options.k! }] }, target);
  const { K } = fewestSteps(accountant, { ...chain, sigma, requests: [] }, S, target);
  if (K > MOST_STEPS) throw new RangeError(`epsilon ${target.epsilon} takes ${K} steps: no chain takes so many`);
  return { sigma, K };
}

/** Learns on all rows and unlearns some. */
async function learnAndUnlearn(
  train: Rows,
  problem: Problem,
  { sigma, K, T, removed, removal, seed, ...choice }: {
    readonly sigma: number;
    readonly K: number;
    readonly T: number;
    readonly removed: readonly number[];
    readonly removal: Removal;
    readonly seed: number;
  } & EngineChoice,
) {
  const engine = await openEngine(choice);
  console.log(`Device: ${engine.description}`);
  const progress = startProgress(T + K);
  const onChainSteps = (done: number) => progress.increment(done);
  const setting = { engine, problem, seed, trials: 1, onChainSteps };
  const walk = async (trainingSet: TrainingSet, leg: NoisyLeg) => {
    const [weights] = await langevin(setting, trainingSet, [leg]);
    requireFinite(weights, [{ name: leg.name, trial: 0 }], leg.steps);
    return weights;
  };
  try {
    const everything = engine.load(train);
    const start = langevinStart(setting, "start", sigma, { mean: 0 });
    const learned = await walk(everything, { name: "learn", sigma, start, steps: T });
    const rows = removal === "null"
      ? nullRows(removed.length, train)
      : replacementRows(removed.length, train, { seed, cell: cellId("removed") });
    const remaining = engine.replace(everything, removed.toReversed(), rows);
    const unlearned = await walk(remaining, { name: "unlearn", sigma, start: learned, steps: K });
    return { learned, unlearned };
  } finally {
    progress.stop();
    engine.dispose();
  }
}

/** Rows without some of them. */
function withoutRows(rows: Rows, removed: readonly number[]): Rows {
  const { features, labels, count, dimension, outputs } = rows;
  const isRemoved = new Set(removed);
  const without = (matrix: Float32Array, length: number) =>
    matrix.filter((_, i) => !isRemoved.has(Math.floor(i / length)));
  return {
    ...rows,
    features: without(features, dimension),
    labels: without(labels, outputs),
    count: count - removed.length,
  };
}

/** The weights as an array of shape (1, d) for two classes, else (classes, d). */
const arrayOf = (weights: Float32Array, { outputs, dimension }: Rows) => encodeNpy(weights, [outputs, dimension]);

/** The weights as a table: a line a feature, a column a class; of two classes the weights that speak for the second. */
function tableOf(weights: Float32Array, { train, classNames, featureNames }: Dataset): string {
  const { dimension, outputs } = train;
  const columns = Array.from({ length: outputs }, (_, c) => classNames?.[outputs === 1 ? 1 : c] ?? `class ${c}`);
  const lines = Array.from({ length: dimension }, (_, k) => [
    featureNames?.[k] ?? String(k),
    ...columns.map((_, c) => String(weights[c * dimension + k])),
  ]);
  return csvFormatRows([["feature", ...columns], ...lines]) + "\n";
}

/**
 * Learns, unlearns and certifies what the command line says.
 *
 * @param args The command line.
 * @throws {RangeError} If it asks for what cannot be had.
 * @throws {Error} If the data cannot be read or the results not be written.
 */
export async function unlearn(args: readonly string[]): Promise<void> {
  const options = command.parse(args, { from: "user" }).opts() as Options;
  const dataset = await loadDataset(options);
  const { name, train, test } = dataset;
  const removed = chooseRows(options, dataset);
  const shape = { n: train.count, d: train.dimension, classes: classesOf(train), lambda: options.lam };
  const problem = makeProblem(shape);
  const { accountant, delta = 1 / shape.n, epsilon } = options;
  const T = options.burn_in ?? Math.ceil(10 / (problem.eta * problem.m));
  const neighbours = neighboursOf(options);
  const [chain, target] = [{ problem, T, neighbours }, { epsilon, delta }];
  const { sigma, K } = planRequest(options, openAccountant(accountant), chain, removed.length, target);
  const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0];
  const folder = `${options.resultDir}/unlearn/${name}`;
  makeFolder(folder);
  if (!options.fresh && isFile(`${folder}/certificate.json`)) {
    throw new RangeError(`${folder} holds a certificate: choose another --result-dir, or give --fresh 1`);
  }
  console.log(`${name}: n = ${shape.n}, d = ${shape.d}, ${shape.classes} classes, m = ${problem.m}`);
  for (const line of describeData(dataset)) console.log(line);
  console.log(`Learning in ${T} steps with σ = ${sigma}, unlearning ${removed.length} rows in K = ${K}`);

  const models = await learnAndUnlearn(train, problem, { ...options, sigma, K, T, removed, seed });
  const [learned] = testAccuracies(test, models.learned);
  const [unlearned] = testAccuracies(test, models.unlearned);
  const array = arrayOf(models.unlearned, train);
  const certificate = await makeCertificate({
    ...{ program: denoConfig.version, dataset: name },
    data: { before: await hashRows(train), remaining: await hashRows(withoutRows(train, removed)) },
    weights: createHash("sha256").update(array).digest("hex"),
    ...{ accuracy: { learned, unlearned }, removed, neighbours, ...shape },
    ...{ sigma, accountant, epsilon, delta, K, T, seed },
  });
  console.log(`Test accuracy: learned ${learned}, unlearned ${unlearned}`);
  console.log(`Certified: ε = ${certificate.reached}, δ = ${options.delta ?? `1/${shape.n}`}`);
  const files = {
    "learned.npy": arrayOf(models.learned, train),
    "learned.csv": tableOf(models.learned, dataset),
    "unlearned.npy": array,
    "unlearned.csv": tableOf(models.unlearned, dataset),
    "certificate.json": JSON.stringify(certificate, null, 2) + "\n",
  };
  remove(`${folder}/certificate.json`);
  for (const [file, content] of Object.entries(files)) {
    writeWhole(`${folder}/${file}`, content);
    console.log(`${folder}/${file}`);
  }
}

if (import.meta.main) {
  await cli.runScript(() => unlearn(Deno.args));
}
