/**
 * Langevin unlearning against Descent-to-Delete: `baseline.py` of the original, Figures 3a and 3b.
 *
 * `deno task baseline --lam 1e-6 --dataset MNIST`
 * @module
 */
import { csvFormat } from "d3-dsv";
import { fewestSteps, fewestStepsEach, smallestSigma } from "../core/accountant/calibrate.ts";
import * as cli from "../core/command_line/mod.ts";
import { BINARY_DATASETS, MULTICLASS_DATASETS } from "../core/datasets/load_dataset.ts";
import {
  exactPublishingNoise,
  publishingNoise,
  requestIterations,
  stateNoise,
} from "../core/accountant/descent_to_delete.ts";
import { TRIANGLES } from "../core/accountant/langevin.ts";
import { makeFolder, writeWhole } from "../core/disk/files.ts";
import type { Lab } from "../core/runs/lab.ts";
import {
  EPSILONS,
  hardCodedNoiseScale,
  intendedNoiseScale,
  publishedNoiseScale,
  TARGET_STEPS,
} from "../core/original/noise_scales.ts";
import { deltaFor, neighboursOf } from "../core/original/accountant.ts";
import { bothAccountants, sayNeeds, type Side } from "../core/original/both_accountants.ts";
import { checkCombination, combinationOf } from "../core/original/combinations.ts";
import { experimentFolder } from "../core/results/paths.ts";
import { type Experiment, loadSubject, runExperiment } from "../core/runs/run_experiment.ts";
import { formatTable } from "../core/text/table.ts";
import { NOISE_SCALES } from "../core/original/variants.ts";
import { inDigits } from "../core/text/decimal.ts";

/** This script; `baseline_multiclass.ts` is another one. */
const SCRIPT: cli.Script = { name: "baseline", multiclass: false };

const DESCRIPTION = "Langevin unlearning against Descent-to-Delete: Figures 3a and 3b.";

const command = ({ name, multiclass, description = DESCRIPTION }: cli.Script) =>
  cli.scriptCommand(name, description, multiclass ? MULTICLASS_DATASETS : BINARY_DATASETS)
    .optionsGroup(cli.ORIGINAL)
    .addOption(cli.toggle("--run_baseline <0|1>", "Figure 3a: accuracy against ε after one row is unlearned", true))
    .addOption(cli.toggle("--sequential2 <0|1>", "Figure 3b: steps to unlearn 100 rows, one request after the other"))
    .addOption(cli.toggle("--find_k <0|1>", "the smallest σ with which k steps reach ε"))
    .optionsGroup(cli.NEW)
    .addOption(cli.sharing())
    .addOption(cli.listOption("--epsilons <list>", "ε's of Figure 3a and find_k", cli.positive, EPSILONS))
    .addOption(cli.listOption("--ks <list>", "unlearning steps of Figure 3a and find_k", cli.integer(1), TARGET_STEPS))
    .option("--langevin_ks <list>", "those of --ks with Langevin chains (default: all)", cli.list(cli.integer(1)))
    .addOption(cli.listOption("--removes <list>", "rows a request of Figure 3b", cli.integer(1), [5, 10, 20]))
    .option("--sequence_rows <n>", "rows that the requests of Figure 3b remove in all", cli.integer(1, 1000), 100)
    .optionsGroup(cli.OVERRIDES)
    .option("--k_stride <n>", "K of Figure 3a is 1, or 1 plus a multiple of this", cli.integer(1))
    .option("--noise_scales <kind>", `σ of Figure 3a: one of ${NOISE_SCALES}`, cli.oneOf(NOISE_SCALES))
    .addOption(cli.override("--off_by_one <0|1>", "request j of Figure 3b removes (j + 1)·S rows, from j = 0 on"))
    .option("--triangle <kind>", `inequality behind Figure 3b: one of ${TRIANGLES}`, cli.oneOf(TRIANGLES))
    .addOption(cli.unused("--sigma <σ>", cli.number))
    .addOption(cli.unused("--search_burnin <0|1>", cli.integer(0)))
    .addOption(cli.unused("--search_finetune <0|1>", cli.integer(0)))
    .addOption(cli.unused("--search_burnin_newdata <0|1>", cli.integer(0)));

type Options = cli.Complete<ReturnType<ReturnType<typeof command>["opts"]>>;

/** σ of Figure 3a. */
function sigmaFor(lab: Lab, { noise_scales }: Options, k: number, epsilon: number): number {
  const { dataset, accountant } = lab;
  const listed: Partial<Record<typeof noise_scales, number | undefined>> = {
    intended: intendedNoiseScale(dataset, k, epsilon),
    corrupted: publishedNoiseScale(dataset, k, epsilon),
  };
  return listed[noise_scales] ??
    smallestSigma(accountant, { ...lab.chain(1), requests: [{ S: 1, K: k }] }, lab.target(epsilon));
}

/** Whether Descent-to-Delete beside the chains gets its exact noise too, lest tightening one side alone mislead. */
const isExact = ({ accountant }: Lab) => accountant.name === "exact";

/**
 * Figure 3a: one row is unlearned in k steps, by Descent-to-Delete and by Langevin chains, to each ε. The original
 * learns, retrains and unlearns at one ε after the other; here all learn, then all retrain, then all unlearn, as
 * columns of one matrix, which changes nothing: the noise of a cell depends on its name.
 */
async function runBaseline(lab: Lab, options: Options): Promise<void> {
  const { epsilons, ks, langevin_ks = ks } = options;
  const { problem, trainingSet, neighbours } = lab;
  const stray = langevin_ks.find((k) => !ks.includes(k));
  if (stray !== undefined) throw new RangeError(`--langevin_ks ${stray} is not among --ks ${ks}`);
  const num_remove = 1;
  const remaining = lab.remove(num_remove, "removed");

  const [descended] = await lab.descend(trainingSet, [{ method: "D2D learn", array: "baseline_acc_scratch.npy" }]);
  const retrain = { method: "D2D retrain", array: "baseline_acc_unlearn_scratch.npy", num_remove } as const;
  await lab.descend(remaining, [retrain]);
  for (const k of ks) {
    const weights = await lab.descendFrom(descended, remaining, k);
    for (const epsilon of epsilons) {
      const sigma = isExact(lab)
        ? exactPublishingNoise(problem, k, lab.target(epsilon), { neighbours })
        : publishingNoise(problem, k, lab.target(epsilon));
      const array = `${k}/baseline_acc_unlearn_finetune${epsilon}.npy`;
      lab.record(
        { method: "D2D unlearn", array, k, epsilon, sigma, num_remove, K: k },
        lab.publish(array, weights, sigma),
      );
    }
  }

  const noiseless = langevin_ks.map((k) => (
    { method: "LMC learn noiseless", array: `${k}/lmc_acc_noiseless.npy`, k, sigma: 0 } as const
  ));
  const [weights] = await lab.learn(trainingSet, noiseless.slice(0, 1));
  for (const cell of noiseless.slice(1)) lab.record(cell, weights);
  for (const k of langevin_ks) {
    const plans = epsilons.map((epsilon) => {
      const sigma = sigmaFor(lab, options, k, epsilon);
      return { k, epsilon, sigma, ...lab.account({ epsilon, sigma, num_remove }) };
    });
    const learned = await lab.learn(
      trainingSet,
      plans.map(({ k, epsilon, sigma }) => (
        { method: "LMC learn", array: `${k}/lmc_acc_learn_scratch${epsilon}.npy`, k, epsilon, sigma }
      )),
    );
    await lab.learn(
      remaining,
      plans.map(({ k, epsilon, sigma }) => (
        { method: "LMC retrain", array: `${k}/lmc_acc_unlearn_scratch${epsilon}.npy`, k, epsilon, sigma, num_remove }
      )),
    );
    await lab.unlearn(
      remaining,
      plans.map((plan) => (
        { ...plan, method: "LMC unlearn", array: `${k}/lmc_acc_unlearn_finetune${plan.epsilon}.npy`, num_remove }
      )),
      learned,
    );
  }
}

/** Figure 3b: rows are unlearned one request after the other, each to ε = 1. */
async function runSequential(lab: Lab, { removes, sequence_rows, off_by_one }: Options): Promise<void> {
  const excess = removes.find((num_remove) => num_remove > sequence_rows);
  if (excess !== undefined) throw new RangeError(`--removes ${excess} is more than --sequence_rows ${sequence_rows}`);
  const { problem, trainingSet, neighbours } = lab;
  const epsilon = 1;
  const target = lab.target(epsilon);

  const factors = [1, 1.5, 2];
  const descended = await lab.descend(
    trainingSet,
    factors.map((i_factor) => ({ method: "D2D learn", array: `baseline_acc_scratch${i_factor}.npy`, i_factor })),
  );
  for (const [index, i_factor] of factors.entries()) {
    let weights = descended[index];
    const steps = [];
    for (let request = 1; request <= sequence_rows; request++) {
      const array = `baseline_acc_Ifac_${i_factor}_step_${request}.npy`;
      const K = requestIterations(problem, target, request, i_factor);
      const sigma = isExact(lab)
        ? exactPublishingNoise(problem, K, target, {
          S: lab.rowsChanged(1, request),
          requests: "any",
          leastI: requestIterations(problem, target, 1, i_factor),
          neighbours,
        })
        : stateNoise(problem, K, target);
      const remaining = lab.remove(request, array);
      weights = lab.publish(array, await lab.descendFrom(weights, remaining, K), sigma);
      remaining.dispose();
      lab.record(
        { method: "D2D unlearn", array, epsilon, sigma, num_remove: 1, step: request, i_factor, K },
        weights,
      );
      steps.push(K);
    }
    lab.saveArray(`baseline_k_Ifac_${i_factor}.npy`, BigInt64Array.from(steps, BigInt));
  }

  const sigma = 0.03;
  const learned = await lab.learn(
    trainingSet,
    removes.map((num_remove) => ({ method: "LMC learn", array: `lmc_acc_scratch${num_remove}.npy`, sigma })),
  );
  for (const [index, num_remove] of removes.entries()) {
    const sizes = Array.from(
      { length: Math.floor(sequence_rows / num_remove) },
      (_, i) => lab.rowsChanged(num_remove, i + 1),
    );
    const needed = fewestStepsEach(lab.accountant, lab.chain(sigma), sizes, target);
    const steps = [0, ...needed.map(lab.asked)];
    lab.saveArray(`k_list_nr${num_remove}.npy`, BigInt64Array.from(steps, BigInt));
    let weights = learned[index];
    for (const [step, K] of steps.entries()) {
      if (step === 0 && !off_by_one) continue;
      const array = `lmc_acc_finetune_nr${num_remove}_step${step}.npy`;
      const remaining = lab.remove((off_by_one ? step + 1 : step) * num_remove, array);
      const requests = needed.slice(0, step).map((K, i) => ({ S: sizes[i], K }));
      const { alpha } = step > 0 ? lab.accountant.guarantee({ ...lab.chain(sigma), requests }, lab.delta).at : {};
      [weights] = await lab.unlearn(remaining, [
        { method: "LMC unlearn", array, epsilon, sigma, num_remove, step, K, ...(alpha && { alpha }) },
      ], [weights]);
      remaining.dispose();
    }
  }
}

/**
 * The smallest σ with which k steps reach ε, by the paper's accountant, or the flags', and by the exact one, and the K
 * that they take with the original's σ.
 */
async function findK({ epsilons, ks, ...options }: Options): Promise<void> {
  const { problem, dataset } = await loadSubject(options);
  const run = combinationOf(options, "find_k", problem);
  checkCombination(run);
  const sides = bothAccountants(options, run, dataset.train, problem);
  const [other, exact] = sides;
  /** What an accountant says; of one that does not cover the run, and is not asked for, nothing. */
  const ask = (side: Side, question: () => number | undefined) => {
    try {
      return question();
    } catch (error) {
      if (error instanceof RangeError && side.accountant.name !== options.accountant) return undefined;
      throw error;
    }
  };
  const neighbours = neighboursOf(options);
  const folder = experimentFolder("find_k", options);
  makeFolder(folder);
  const rows = ks.flatMap((k) =>
    epsilons.map((epsilon) => {
      const target = { epsilon, delta: deltaFor(options, problem) };
      const sigma_in_code = hardCodedNoiseScale(dataset.name, k, epsilon);
      const sigmaOf = (side: Side) =>
        ask(side, () => {
          const history = { problem: side.problem, neighbours, requests: [{ S: 1, K: k }] };
          return smallestSigma(side.accountant, history, target);
        });
      const stepsOf = (side: Side, stride: number) =>
        ask(side, () => {
          const history = { problem: side.problem, neighbours, requests: [] };
          return sigma_in_code &&
            fewestSteps(side.accountant, { ...history, sigma: sigma_in_code }, 1, target, stride).K;
        });
      return {
        ...{ k, epsilon, smallest_sigma: sigmaOf(other), sigma_in_code, K_in_code: stepsOf(other, options.k_stride) },
        ...{ exact_sigma: sigmaOf(exact), exact_K_in_code: stepsOf(exact, 1) },
      };
    })
  );
  const digits = (value: number | undefined) => value === undefined ? "" : inDigits(value, 9);
  console.log(formatTable(Object.keys(rows[0]), rows.map((row) => Object.values(row).map(digits))));
  sides.forEach(sayNeeds);
  const path = `${folder}/find_k.csv`;
  writeWhole(path, csvFormat(rows) + "\n");
  console.log(path);
}

/** What the script does, by the switch that asks for it; the last one is on by default. */
const CONDUCTS = [
  { flag: "find_k", name: "find_k" },
  { flag: "sequential2", name: "sequential2", conduct: runSequential },
  { flag: "run_baseline", name: "baseline", conduct: runBaseline },
] as const;

/** The experiment whose switch is on, and the values of all flags; without a switch the program ends. */
function choose(args: readonly string[], script: cli.Script) {
  const { multiclass, defaults = {} } = script;
  const parser = cli.showDefaults(command(script), defaults);
  const chosenBy = (flags: Readonly<Record<typeof CONDUCTS[number]["flag"], boolean>>) => {
    const on = CONDUCTS.filter(({ flag }) => flags[flag]);
    cli.atMostOne(on.map(({ flag }) => flag).filter((flag) => parser.getOptionValueSource(flag) === "cli"));
    return on.at(0);
  };
  const options = cli.parseOptions(parser, [...Object.entries(defaults).flat(), ...args], (flags) => (
    { multiclass, experiment: chosenBy(flags)?.name ?? "" }
  ));
  const chosen = chosenBy(options) ??
    parser.error(`error: nothing to do: set one of ${CONDUCTS.map(({ flag }) => `--${flag}`).join(", ")} to 1`);
  return { chosen, options };
}

function experimentOf({ chosen, options }: ReturnType<typeof choose>): Experiment {
  if (chosen.name === "find_k") throw new RangeError("--find_k 1 runs no chains");
  return { name: chosen.name, options, conduct: (lab) => chosen.conduct(lab, options) };
}

/**
 * Figure 3a or 3b.
 *
 * @param args The script's command line.
 * @param script The script.
 * @returns The experiment that it chooses; without a choice the program ends.
 * @throws {RangeError} If it chooses find_k, which runs no chains.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { baselineExperiment } from "./baseline.ts";
 *
 * assert.equal(baselineExperiment(["--sequential2", "1"]).name, "sequential2");
 * ```
 */
export function baselineExperiment(args: readonly string[], script: cli.Script = SCRIPT): Experiment {
  return experimentOf(choose(args, script));
}

/**
 * Runs the script.
 *
 * @param args Its command line.
 * @param script The script.
 */
export async function baseline(args: readonly string[], script: cli.Script = SCRIPT): Promise<void> {
  const choice = choose(args, script);
  if (choice.chosen.name === "find_k") await findK(choice.options);
  else await runExperiment(experimentOf(choice));
}

if (import.meta.main) await cli.runScript(() => baseline(Deno.args));
