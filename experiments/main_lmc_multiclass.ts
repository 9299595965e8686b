/**
 * `main_lmc.ts` on several classes: `main_lmc_multiclass.py` of the original. The number of classes makes the
 * difference: the loss, its M and L, the starts, and labels of −1 and 1 with `--train-mode binary`. This script has one
 * experiment more, how many steps learning takes.
 *
 * `deno task main_lmc_multiclass --lam 1e-6 --dataset MNIST_MULTI --search_burnin 1`
 * @module
 */
import * as cli from "../core/command_line/mod.ts";
import type { Lab } from "../core/runs/lab.ts";
import { learnInLegs } from "../core/runs/learn_in_legs.ts";
import { type Experiment, runExperiment } from "../core/runs/run_experiment.ts";
import { chooseExperiment, lmcCommand, lmcConducts } from "./main_lmc.ts";

const BURN_INS = [1, 10, 20, 50, 100, 150, 200, 300];

const command = () =>
  lmcCommand({ name: "main_lmc_multiclass", multiclass: true })
    .addOption(cli.toggle("--search_burnin <0|1>", "accuracy against steps of learning").helpGroup(cli.ORIGINAL))
    .addOption(
      cli.listOption(
        "--burn_ins <list>",
        "steps of learning after which --search_burnin measures",
        cli.integer(0),
        BURN_INS,
      )
        .helpGroup(cli.NEW),
    );

type Options = cli.Complete<ReturnType<ReturnType<typeof command>["opts"]>>;

/** Accuracy after more and more steps of learning, each leg one step longer than asked for. */
async function searchBurnIn(lab: Lab, { burn_ins, sigmas = [0.015, 0.02, 0.03] }: Options): Promise<void> {
  await learnInLegs(
    lab,
    burn_ins,
    sigmas.map((sigma) => ({
      name: `${sigma}`,
      cellAfter: (step) => ({ method: "LMC learn", array: `${sigma}_acc_burnin${step}.npy`, sigma, step }),
    })),
  );
}

/**
 * Figure 3c, 4 or 5, retraining without noise, or the search for the burn-in.
 *
 * @param args The script's command line.
 * @returns The experiment that it chooses; without a choice the program ends.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mainLmcMulticlassExperiment } from "./main_lmc_multiclass.ts";
 *
 * assert.equal(mainLmcMulticlassExperiment(["--search_burnin", "1"]).name, "search_burnin");
 * ```
 */
export function mainLmcMulticlassExperiment(args: readonly string[]): Experiment {
  return chooseExperiment(command(), { search_burnin: searchBurnIn, ...lmcConducts }, args, { multiclass: true });
}

if (import.meta.main) await cli.runScript(() => runExperiment(mainLmcMulticlassExperiment(Deno.args)));
