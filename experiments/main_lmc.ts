/**
 * Langevin unlearning of many rows at once: `main_lmc.py` of the original, Figures 3c, 4 and 5.
 *
 * `deno task main_lmc --lam 1e-6 --sigma 0.03 --dataset MNIST --paint_utility_s 1`
 * @module
 */
import { initialRenyi } from "../core/accountant/langevin.ts";
import * as cli from "../core/command_line/mod.ts";
import { BINARY_DATASETS, MULTICLASS_DATASETS } from "../core/datasets/load_dataset.ts";
import { withMixture } from "../core/original/mixture.ts";
import { FIGURE_3C_SIGMAS } from "../core/original/noise_scales.ts";
import type { Lab } from "../core/runs/lab.ts";
import { type Experiment, runExperiment } from "../core/runs/run_experiment.ts";
import { type Algorithm, experimentsOf } from "../core/original/experiments.ts";
import { EPSILON0_KINDS } from "../core/original/variants.ts";

const SCRIPT: cli.Script = { name: "main_lmc", multiclass: false };
const DESCRIPTION = "Unlearns S rows at once with Langevin chains: Figures 3c, 4 and 5.";

/**
 * The command of the script.
 *
 * @param script The script: this one, or `main_lmc_multiclass.ts`.
 * @returns The command.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { lmcCommand } from "./main_lmc.ts";
 *
 * assert.equal(lmcCommand().parse([], { from: "user" }).opts().sigma, 0.03);
 * ```
 */
export const lmcCommand = ({ name, multiclass }: cli.Script = SCRIPT) =>
  cli.scriptCommand(name, DESCRIPTION, multiclass ? MULTICLASS_DATASETS : BINARY_DATASETS)
    .optionsGroup(cli.ORIGINAL)
    .option("--sigma <σ>", "noise scale of Figures 4 and 5", cli.positive, 0.03)
    .addOption(cli.toggle("--paint_utility_s <0|1>", "Figure 5: accuracy against S"))
    .addOption(cli.toggle("--paint_utility_epsilon <0|1>", "Figure 4: steps against ε"))
    .addOption(cli.toggle("--paint_unlearning_sigma <0|1>", "Figure 3c: accuracy and ε0 against σ"))
    .addOption(cli.toggle("--retrain_noiseless <0|1>", "retraining without noise"))
    .optionsGroup(cli.NEW)
    .addOption(cli.sharing())
    .option("--epsilons <list>", "target ε's (default: the original's)", cli.list(cli.positive))
    .option(
      "--sigmas <list>",
      "noise scales of Figure 3c (default: 0.01,0.05,0.1,0.2,0.5,1)" +
        (multiclass ? " and of search_burnin (default: 0.015,0.02,0.03)" : ""),
      cli.list(cli.positive),
    )
    .option("--removes <list>", "numbers S of removed rows (default: the original's)", cli.list(cli.integer(1)))
    .optionsGroup(cli.OVERRIDES)
    .option("--k_stride <n>", "K is 1, or 1 plus a multiple of this", cli.integer(1))
    .option("--epsilon0 <kind>", `ε0 of Figure 3c: one of ${EPSILON0_KINDS}`, cli.oneOf(EPSILON0_KINDS))
    .addOption(
      cli.override("--mixture <0|1>", "σ = 0.01, and the files of K, α and ε0, of Figure 3c with L = 1/4 + λn"),
    );

type Options = cli.Complete<ReturnType<ReturnType<typeof lmcCommand>["opts"]>>;

/** The numbers of removed rows: the original's, or that of the rows that the user names. */
const removesOf = ({ named }: Lab, usual: readonly number[]) => named === undefined ? usual : [named.length];

/** Figure 5: accuracy after unlearning S rows to ε, beside retraining. */
async function paintUtilityS(lab: Lab, options: Options): Promise<void> {
  const { sigma, epsilons = [0.5, 1, 2], removes = removesOf(lab, [1, 10, 50, 100, 500, 1000]) } = options;
  const [learned] = await lab.learn(lab.trainingSet, [{ method: "LMC learn", array: "acc_scratch_D.npy", sigma }]);
  lab.saveWeights("learn_scratch_w.npy", learned);
  for (const epsilon of epsilons) {
    const steps = [];
    for (const num_remove of removes) {
      const remaining = lab.remove(num_remove, `${epsilon}/remove${num_remove}`);
      const cell = { epsilon, sigma, num_remove };
      const accounted = lab.account(cell);
      await lab.learn(remaining, [
        { ...cell, method: "LMC retrain", array: `${epsilon}/acc_scratch_Dnew_remove${num_remove}.npy` },
      ]);
      await lab.unlearn(remaining, [
        { ...cell, ...accounted, method: "LMC unlearn", array: `${epsilon}/acc_finetune_remove${num_remove}.npy` },
      ], [learned]);
      remaining.dispose();
      steps.push(accounted.K);
    }
    lab.saveArray(`${epsilon}/K_list.npy`, BigInt64Array.from(steps, BigInt));
  }
}

/** Figure 4: steps that unlearning S rows to ε takes, and the accuracy after them. */
async function paintUtilityEpsilon(lab: Lab, options: Options): Promise<void> {
  const { sigma, epsilons = [0.1, 0.5, 1, 2, 5], removes = removesOf(lab, [1, 50, 100]) } = options;
  const [learned] = await lab.learn(lab.trainingSet, [{ method: "LMC learn", array: "acc_scratch_D.npy", sigma }]);
  lab.saveWeights("w_from_scratch.npy", learned);
  const tree = new Map<number, Map<number, number>>();
  for (const num_remove of removes) {
    const stepsOf = new Map<number, number>();
    tree.set(num_remove, stepsOf);
    for (const epsilon of epsilons) {
      const array = `${num_remove}/acc_finetune_epsilon${epsilon}.npy`;
      const remaining = lab.remove(num_remove, array);
      const cell = { epsilon, sigma, num_remove };
      const accounted = lab.account(cell);
      await lab.unlearn(remaining, [{ ...accounted, method: "LMC unlearn", array, ...cell }], [learned]);
      remaining.dispose();
      stepsOf.set(epsilon, accounted.K);
    }
  }
  lab.saveTree("K_list.npy", tree);
}

/** Figure 3c: accuracy after unlearning 100 rows to ε = 1, and ε0 before, for each noise scale. */
async function paintUnlearningSigma(lab: Lab, options: Options): Promise<void> {
  const { epsilons = [1], removes = removesOf(lab, [100]), sigmas = FIGURE_3C_SIGMAS } = options;
  if (epsilons.length > 1 || removes.length > 1) {
    throw new RangeError(
      "--paint_unlearning_sigma takes one ε and one S: give --epsilons and --removes one number each",
    );
  }
  const [epsilon] = epsilons;
  const [num_remove] = removes;
  const remaining = lab.remove(num_remove, "removed");
  const plans = sigmas.map((sigma) => planFor(lab, options, sigma, num_remove, epsilon));
  const learned = await lab.learn(
    lab.trainingSet,
    sigmas.map((sigma) => ({ method: "LMC learn", array: `${sigma}_acc_scratch_D.npy`, sigma })),
  );
  const retrained = await lab.learn(
    remaining,
    sigmas.map((sigma) => ({ method: "LMC retrain", array: `${sigma}_acc_scratch_Dnew.npy`, sigma, num_remove })),
  );
  await lab.unlearn(
    remaining,
    plans.map((plan) => (
      { ...plan, method: "LMC unlearn", array: `${plan.sigma}_acc_finetune.npy`, epsilon, num_remove }
    )),
    learned,
  );
  lab.saveArray("epsilon0.npy", Float64Array.from(plans, ({ epsilon0 = Infinity }) => epsilon0));
  for (const [i, { sigma, K, alpha }] of plans.entries()) {
    lab.saveWeights(`${sigma}_learn_scratch_w.npy`, learned[i]);
    lab.saveWeights(`${sigma}_unlearn_scratch_w.npy`, retrained[i]);
    lab.saveTree(`K_dict${sigma}.npy`, new Map([[num_remove, new Map([[epsilon, K]])]]));
    if (alpha === undefined) continue;
    lab.saveTree(`alpha_dict${sigma}.npy`, new Map([[num_remove, new Map([[epsilon, alpha]])]]));
  }
}

/** The accountant's numbers for a noise scale of Figure 3c. */
function planFor(lab: Lab, options: Options, sigma: number, num_remove: number, epsilon: number) {
  const plan = { sigma, ...lab.account({ epsilon, sigma, num_remove }) };
  if (options.epsilon0 === "minimum") return plan;
  if (plan.alpha === undefined) throw new RangeError(`--epsilon0 at_alpha: ${options.accountant} has no order α`);
  return { ...plan, epsilon0: initialRenyi(lab.chain(sigma), num_remove, plan.alpha) };
}

/** Retraining without noise after S rows are removed. */
async function retrainNoiseless(lab: Lab, options: Options): Promise<void> {
  const { removes = removesOf(lab, [1, 10, 50, 100, 500, 1000]) } = options;
  for (const num_remove of removes) {
    const array = `retrain_noiseless${num_remove}.npy`;
    const remaining = lab.remove(num_remove, array);
    await lab.learn(remaining, [{ method: "LMC retrain noiseless", array, sigma: 0, num_remove }]);
    remaining.dispose();
  }
}

/** What the script does, by the switch that asks for it. */
export const lmcConducts = {
  paint_utility_s: paintUtilityS,
  paint_utility_epsilon: paintUtilityEpsilon,
  paint_unlearning_sigma: withMixture(paintUnlearningSigma),
  retrain_noiseless: retrainNoiseless,
};

/**
 * The experiment whose switch is on.
 *
 * @param command The script's command.
 * @param conducts What the script does, by the switch that asks for it.
 * @param args The script's command line.
 * @param kind Whether the script learns more than two classes, and its algorithm.
 * @returns The experiment; without a switch the program ends.
 * @throws {RangeError} If several switches are on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chooseExperiment, lmcCommand, lmcConducts } from "./main_lmc.ts";
 *
 * assert.equal(chooseExperiment(lmcCommand(), lmcConducts, ["--paint_utility_s", "1"]).name, "paint_utility_s");
 * ```
 */
export function chooseExperiment<Flags extends cli.SharedFlags, Name extends keyof Flags & string>(
  command: cli.Parser<Flags> & { error(message: string): never },
  conducts: Readonly<Record<Name, (lab: Lab, options: cli.Complete<Flags>) => Promise<void>>>,
  args: readonly string[],
  { multiclass = false, algorithm = "LMC" }: { readonly multiclass?: boolean; readonly algorithm?: Algorithm } = {},
): Experiment {
  const switches = Object.keys(conducts) as Name[];
  const chosenBy = (flags: Flags) => cli.atMostOne(switches.filter((name) => flags[name]));
  const nameOf = (chosen?: Name) => experimentsOf(algorithm).find(({ flag }) => flag === chosen)?.name ?? "";
  const options = cli.parseOptions(command, args, (flags) => (
    { algorithm, multiclass, experiment: nameOf(chosenBy(flags)) }
  ));
  const chosen = chosenBy(options) ??
    command.error(`error: nothing to do: set one of ${switches.map((name) => `--${name}`).join(", ")} to 1`);
  return { name: nameOf(chosen), algorithm, options, conduct: (lab) => conducts[chosen](lab, options) };
}

/**
 * Figure 3c, 4 or 5, or retraining without noise.
 *
 * @param args The script's command line.
 * @returns The experiment that it chooses; without a choice the program ends.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mainLmcExperiment } from "./main_lmc.ts";
 *
 * assert.equal(mainLmcExperiment(["--paint_utility_s", "1"]).name, "paint_utility_s");
 * ```
 */
export function mainLmcExperiment(args: readonly string[]): Experiment {
  return chooseExperiment(lmcCommand(), lmcConducts, args);
}

if (import.meta.main) await cli.runScript(() => runExperiment(mainLmcExperiment(Deno.args)));
