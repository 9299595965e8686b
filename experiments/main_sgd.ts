/**
 * Unlearning by noisy stochastic gradient descent, the sequel: `main_sgd.py` of its authors, Figures 3a to 3d.
 *
 * `deno task main_sgd --lam 1e-6 --dataset MNIST --projection 0 --sequential 1`
 * @module
 */
import { fewestSteps, fewestStepsEach, smallestSigma } from "../core/accountant/calibrate.ts";
import { BOUND_VERSIONS } from "../core/accountant/noisy_sgd.ts";
import * as cli from "../core/command_line/mod.ts";
import { BINARY_DATASETS, MULTICLASS_DATASETS } from "../core/datasets/load_dataset.ts";
import { bisectedNoiseScale, EPSILONS, FIGURE_3C_SIGMAS } from "../core/original/noise_scales.ts";
import {
  accountedChain,
  type AskedEpochs,
  forcedEpochs,
  januaryEpochs,
  learningEpochs,
  LISTED_EPSILON,
  REWRITTEN,
} from "../core/original/sgd.ts";
import { SGD_NOISE_SCALES } from "../core/original/variants.ts";
import type { Lab } from "../core/runs/lab.ts";
import { learnInLegs } from "../core/runs/learn_in_legs.ts";
import { type Experiment, runExperiment } from "../core/runs/run_experiment.ts";
import { chooseExperiment } from "./main_lmc.ts";

const SCRIPT: cli.Script = { name: "main_sgd", multiclass: false };

/** T of `--retrain_noiseless`, a thousand in the original. */
const DEFAULTS = { "--burn_in": "1000" };

/** S of `--retrain_noiseless`. */
const REMOVES = [1, 10, 50, 100, 500, 1000];

/** ε and σ of `--compare_batches`. */
const COMPARED = { epsilons: [0.01, 0.1], sigmas: [0.01, 0.05] };

/**
 * The command of both scripts of the sequel, with the experiments that both have.
 *
 * @param script The script: this one, or `main_sgd_multiclass.ts`.
 * @returns The command.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sgdCommand } from "./main_sgd.ts";
 *
 * assert.equal(sgdCommand().parse(["--epochs", "3"], { from: "user" }).opts().epochs, 3);
 * ```
 */
export const sgdCommand = ({ name, multiclass, description }: cli.Script = SCRIPT) => {
  const script = cli.scriptCommand(
    name,
    description ?? "Unlearns by noisy stochastic gradient descent: Figures 3a to 3d of the sequel.",
    multiclass ? MULTICLASS_DATASETS : BINARY_DATASETS,
  )
    .optionsGroup(cli.ORIGINAL)
    .addOption(cli.toggle("--compare_baseline_nonconvergent <0|1>", "Figure 3a: accuracy against ε, K = 1"))
    .addOption(cli.toggle("--retrain_noiseless <0|1>", "retraining without noise"))
    .optionsGroup(cli.NEW)
    .option(
      "--epsilons <list>",
      `ε's (default: ${EPSILONS} of Figure 3a${multiclass ? "" : `; ${COMPARED.epsilons} of compare_batches`})`,
      cli.list(cli.positive),
    )
    .option(
      "--batch_sizes <list>",
      "rows of a step, 0 for all of them (default: " +
        (multiclass ? "512,0)" : "128,0 of Figure 3a; 128,256,512,0 of 3b; 32,128,512,0 of 3c; 1,32,128,512 of " +
          "search_batch; 128,512,1024,0 of compare_batches)"),
      cli.list(cli.integer(0)),
    )
    .option(
      "--epochs <T>",
      "epochs of learning; one more is taken (default: the original's by b; fast: as many as forget the start)",
      cli.integer(0, 2 ** 31),
    )
    .addOption(cli.listOption("--removes <list>", "rows S removed of retrain_noiseless", cli.integer(1), REMOVES))
    .optionsGroup(cli.OVERRIDES)
    .option("--projection <R>", "norm to which weights are projected after every step, 0 for none", cli.notNegative)
    .option(
      "--bound_version <version>",
      `bounds of the accountant sgd, by their date: one of ${BOUND_VERSIONS}`,
      cli.oneOf(BOUND_VERSIONS),
    )
    .option("--noise_scales <kind>", `σ of Figure 3a: one of ${SGD_NOISE_SCALES}`, cli.oneOf(SGD_NOISE_SCALES))
    .addOption(cli.override("--forced_T <0|1>", "account for T = 30 for b = 128, and 3000 for all rows"))
    .addOption(cli.override("--drop_last <0|1>", "leave out the rows of a permutation that do not fill a batch"))
    .option("--train_rows <n>", "how many training rows to take, the first ones", cli.integer(1))
    .addOption(cli.unused("--batch_size <n>", cli.integer(0)));
  const describe = (flag: string, from: string, to: string) => {
    const option = script.options.find(({ long }) => long === flag)!;
    option.description = option.description.replace(from, to);
  };
  describe("--burn_in", "steps of learning", "steps of retrain_noiseless");
  describe("--preset", "start at 0, 500 steps, 20 trials", "until the start is forgotten, 20 trials");
  return cli.showDefaults(script, DEFAULTS);
};

const command = () =>
  sgdCommand()
    .optionsGroup(cli.ORIGINAL)
    .addOption(cli.toggle("--sequential <0|1>", "Figure 3b: epochs to unlearn 100 rows, one request after the other"))
    .addOption(cli.toggle("--paint_unlearning_sigma <0|1>", "Figures 3c and 3d: accuracy, and epochs, against σ"))
    .addOption(cli.toggle("--search_batch <0|1>", "accuracy against epochs of learning, for every b"))
    .option("--sigma <σ>", "noise scale of search_batch; others have their own", cli.positive, 0.03)
    .optionsGroup(cli.NEW)
    .addOption(cli.toggle("--compare_batches <0|1>", "what b does at equal cost: accuracy, epochs and ε against b"))
    .addOption(
      cli.listOption("--burn_ins <list>", "epochs after which search_batch measures", cli.integer(0), [1, 2, 3, 4, 5]),
    )
    .option("--requests <n>", "requests of Figures 3b, 3c and 3d, a row each", cli.integer(1, 1000), 100)
    .option(
      "--sigmas <list>",
      `noise scales (default: ${FIGURE_3C_SIGMAS} of Figures 3c and 3d; ${COMPARED.sigmas} of compare_batches)`,
      cli.list(cli.positive),
    )
    .optionsGroup(cli.OVERRIDES)
    .addOption(cli.override("--mixture <0|1>", "Figure 3c with the K of ε = 1 in January 2024, and lists of ε = 0.01"));

type SharedOptions = cli.Complete<ReturnType<ReturnType<typeof sgdCommand>["opts"]>>;
type Options = cli.Complete<ReturnType<ReturnType<typeof command>["opts"]>>;

/** A lab for every b, with T, in the order in which the original takes them. */
function labsOf(
  lab: Lab,
  experiment: string,
  { epochs, preset, batch_sizes }: SharedOptions,
  usual: readonly number[],
) {
  return (batch_sizes ?? usual).map((b) => {
    const T = epochs ?? learningEpochs(experiment, lab.problem, b, preset);
    return { b, T, sgd: lab.withBatches(b || lab.problem.n, T) };
  });
}

/** Figure 3a: one row is unlearned in one epoch, to each ε. */
async function compareBaselineNonconvergent(lab: Lab, options: SharedOptions): Promise<void> {
  const { epsilons = EPSILONS, noise_scales, accountant, forced_T } = options;
  const { trainingSet, problem: { classes } } = lab;
  const usual = classes > 2 ? [512, 0] : [128, 0];
  const num_remove = 1;
  const remaining = lab.remove(num_remove, "removed");
  for (const { b, T, sgd } of labsOf(lab, "baseline_nonconvergent", options, usual)) {
    const { sigma: _, ...chain } = accountedChain(sgd.chain(1), accountant, forced_T ? forcedEpochs(b, T) : T);
    const history = { ...chain, requests: [{ S: num_remove, K: 1 }] };
    const sigmaFor = noise_scales === "bisected" ? bisectedNoiseScale : smallestSigma;
    const plans = epsilons.map((epsilon) => (
      { b, epsilon, sigma: sigmaFor(lab.accountant, history, lab.target(epsilon)) }
    ));
    const arrayOf = (kind: string, epsilon: number) => `1/sgd_acc_${kind}_b${b}_eps${epsilon}.npy`;
    const learned = await sgd.learn(
      trainingSet,
      plans.map((plan) => (
        { ...plan, method: "SGD learn", array: arrayOf("learn_scratch", plan.epsilon), T }
      )),
    );
    await sgd.learn(
      remaining,
      plans.map((plan) => (
        { ...plan, method: "SGD retrain", array: arrayOf("unlearn_scratch", plan.epsilon), T, num_remove }
      )),
    );
    await sgd.unlearn(
      remaining,
      plans.map((plan) => (
        {
          ...plan,
          method: "SGD unlearn",
          array: arrayOf("unlearn_finetune", plan.epsilon),
          num_remove,
          K: lab.asked(1),
        }
      )),
      learned,
    );
  }
}

/** What is unlearned one request after the other, and how its files are called. */
interface Sequence {
  readonly b: number;
  readonly sigma: number;
  readonly epsilon: number;
  /** K of each request. */
  readonly steps: readonly number[];
  /** What follows the kind of an array in its name. */
  readonly suffix: string;
}

/** The fewest epochs with which every request keeps ε. */
function epochsEach(lab: Lab, sgd: Lab, { requests, accountant }: Options, asked: AskedEpochs): readonly number[] {
  const chain = accountedChain(sgd.chain(asked.sigma), accountant, Infinity);
  const sizes = Array.from({ length: requests }, (_, i) => lab.rowsChanged(1, i + 1));
  return fewestStepsEach(asked.accountant, chain, sizes, lab.target(asked.epsilon)).map(lab.asked);
}

/** The file of the K of a sequence, as the original has it. */
const listOf = (steps: readonly number[]) => BigInt64Array.from([0, ...steps], BigInt);

/** Unlearns a row a request, from weights that have learned all rows. */
async function unlearnEach(lab: Lab, sgd: Lab, sequence: Sequence, learned: Float32Array[]): Promise<void> {
  const { steps, suffix, ...plan } = sequence;
  const num_remove = 1;
  let weights = learned;
  for (const [i, K] of steps.entries()) {
    const step = i + 1;
    const array = `sgd_acc_finetune_${suffix}_step${step}.npy`;
    const remaining = lab.remove(step * num_remove, array);
    weights = await sgd.unlearn(remaining, [{ method: "SGD unlearn", array, ...plan, num_remove, step, K }], weights);
    remaining.dispose();
  }
}

/** Figure 3b: rows are unlearned one request after the other, each to ε = 1. */
async function sequential(lab: Lab, options: Options): Promise<void> {
  const [sigma, epsilon] = [0.03, 1];
  for (const { b, T, sgd } of labsOf(lab, "sequential", options, [128, 256, 512, 0])) {
    const suffix = `b${b}`;
    const steps = epochsEach(lab, sgd, options, { sigma, epsilon, accountant: lab.accountant });
    lab.saveArray(`k_list_${suffix}.npy`, listOf(steps));
    const learned = await sgd.learn(lab.trainingSet, [
      { method: "SGD learn", array: `sgd_acc_learn_scratch_${suffix}.npy`, b, T, sigma },
    ]);
    await unlearnEach(lab, sgd, { b, sigma, epsilon, steps, suffix }, learned);
  }
}

/**
 * Figures 3c and 3d: the same to ε = 0.01 for every noise scale, and retraining without the rows of all requests. With
 * `--mixture 1` K is that of the published accuracies, and the lists are the published ones.
 */
async function paintUnlearningSigma(lab: Lab, options: Options): Promise<void> {
  const { requests: num_remove, sigmas = FIGURE_3C_SIGMAS, mixture } = options;
  for (const { b, T, sgd } of labsOf(lab, "paint_unlearning_sigma", options, [32, 128, 512, 0])) {
    for (const sigma of sigmas) {
      const suffix = `b${b}_sigma${sigma}`;
      const listed = { sigma, epsilon: LISTED_EPSILON, accountant: lab.accountant };
      const run = mixture ? januaryEpochs(sigma, lab.accountant) : listed;
      const steps = epochsEach(lab, sgd, options, run);
      const isRewritten = mixture && REWRITTEN.includes(b);
      lab.saveArray(`k_list_${suffix}.npy`, listOf(isRewritten ? epochsEach(lab, sgd, options, listed) : steps));
      const learned = await sgd.learn(lab.trainingSet, [
        { method: "SGD learn", array: `sgd_acc_learn_scratch_${suffix}.npy`, b, T, sigma },
      ]);
      const array = `sgd_acc_unlearn_scratch_${suffix}.npy`;
      const remaining = lab.remove(num_remove, array);
      await sgd.learn(remaining, [{ method: "SGD retrain", array, b, T, sigma, num_remove }]);
      remaining.dispose();
      await unlearnEach(lab, sgd, { b, sigma, epsilon: run.epsilon, steps, suffix }, learned);
    }
  }
}

/** Retraining without noise, over all rows, after S of them are removed. */
async function retrainNoiseless(lab: Lab, { removes, burn_in: T }: SharedOptions): Promise<void> {
  const sgd = lab.withBatches(lab.problem.n, T);
  for (const num_remove of removes) {
    const array = `retrain_noiseless${num_remove}.npy`;
    const remaining = lab.remove(num_remove, array);
    await sgd.learn(remaining, [{ method: "SGD retrain noiseless", array, b: 0, T, sigma: 0, num_remove }]);
    remaining.dispose();
  }
}

/** Accuracy after more and more epochs of learning, each leg an epoch longer than asked for. */
async function searchBatch(lab: Lab, options: Options): Promise<void> {
  const { burn_ins, sigma } = options;
  for (const { b, sgd } of labsOf(lab, "search_batch", options, [1, 32, 128, 512])) {
    const cellAfter = (step: number) => (
      { method: "SGD learn", array: `sgd_acc_b${b}_burnin${step}.npy`, b, sigma, step } as const
    );
    await learnInLegs(sgd, burn_ins, [{ name: `b${b}`, cellAfter }]);
  }
}

/**
 * What b does at equal cost, visits of rows: a row is unlearned in one epoch to each ε, with the least noise; to each ε
 * with each σ, in the fewest epochs; and in one epoch with each σ, to the least ε.
 */
async function compareBatches(lab: Lab, options: Options): Promise<void> {
  const { epsilons = COMPARED.epsilons, sigmas = COMPARED.sigmas } = options;
  const num_remove = 1;
  const remaining = lab.remove(num_remove, "removed");
  for (const { b, T, sgd } of labsOf(lab, "compare_batches", options, [128, 512, 1024, 0])) {
    const chainOf = (sigma: number) => accountedChain(sgd.chain(sigma), options.accountant, Infinity);
    const requests = [{ S: num_remove, K: 1 }];
    const K = lab.asked(1);
    const calibrated = epsilons.map((epsilon) => {
      const { sigma: _, ...chain } = chainOf(1);
      const sigma = smallestSigma(lab.accountant, { ...chain, requests }, lab.target(epsilon));
      return { sigma, name: `b${b}_eps${epsilon}`, cells: [{ k: 1, epsilon, K, name: `b${b}_eps${epsilon}` }] };
    });
    const given = sigmas.map((sigma) => {
      const chain = chainOf(sigma);
      const name = `b${b}_sigma${sigma}`;
      const { epsilon } = lab.accountant.guarantee({ ...chain, requests }, lab.delta);
      const found = epsilons.map((epsilon) => {
        const steps = fewestSteps(lab.accountant, { ...chain, requests: [] }, num_remove, lab.target(epsilon)).K;
        return { epsilon, K: lab.asked(steps), name: `${name}_eps${epsilon}` };
      });
      return { sigma, name, cells: [{ k: 1, epsilon, K, name }, ...found] };
    });
    const runs = [...calibrated, ...given];
    const learned = await sgd.learn(
      lab.trainingSet,
      runs.map(({ sigma, name }) => (
        { method: "SGD learn", array: `sgd_acc_learn_scratch_${name}.npy`, b, T, sigma }
      )),
    );
    const unlearning = runs.flatMap(({ sigma, cells }, i) =>
      cells.map(({ name, ...cell }) => ({
        start: learned[i],
        cell: {
          ...{ method: "SGD unlearn", array: `sgd_acc_unlearn_finetune_${name}.npy` } as const,
          ...{ b, sigma, num_remove, ...cell },
        },
      }))
    );
    await sgd.unlearn(remaining, unlearning.map(({ cell }) => cell), unlearning.map(({ start }) => start));
  }
}

/** What both scripts do, by the switch that asks for it. */
export const sgdConducts = {
  compare_baseline_nonconvergent: compareBaselineNonconvergent,
  retrain_noiseless: retrainNoiseless,
};

const CONDUCTS = {
  ...sgdConducts,
  sequential,
  paint_unlearning_sigma: paintUnlearningSigma,
  search_batch: searchBatch,
  compare_batches: compareBatches,
};

/** The command line with what a script sets unless the user does. */
export const withSgdDefaults = (args: readonly string[]): string[] => [...Object.entries(DEFAULTS).flat(), ...args];

/**
 * A figure of the sequel, retraining without noise, or a search for b.
 *
 * @param args The script's command line.
 * @returns The experiment that it chooses; without a choice the program ends.
 * @throws {RangeError} If several switches are on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mainSgdExperiment } from "./main_sgd.ts";
 *
 * assert.equal(mainSgdExperiment(["--compare_baseline_nonconvergent", "1"]).name, "baseline_nonconvergent");
 * ```
 */
export function mainSgdExperiment(args: readonly string[]): Experiment {
  return chooseExperiment(command(), CONDUCTS, withSgdDefaults(args), { algorithm: "SGD" });
}

/** Experiments that ask an accountant nothing. */
const UNACCOUNTED = ["retrain_noiseless", "search_batch"];

/**
 * Runs an experiment of the sequel, and says first where no theorem holds.
 *
 * @param experiment The experiment.
 */
export async function runSgd(experiment: Experiment): Promise<void> {
  const { accountant, projection } = experiment.options;
  if (accountant === "sgd" && projection === 0 && !UNACCOUNTED.includes(experiment.name)) {
    console.log("Without a ball (--projection 0) no theorem holds: K and σ are those of R = 100");
  }
  await runExperiment(experiment);
}

if (import.meta.main) await cli.runScript(() => runSgd(mainSgdExperiment(Deno.args)));
