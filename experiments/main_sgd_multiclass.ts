/**
 * `main_sgd.ts` on several classes: `main_sgd_multiclass.py` of the sequel, which its authors deleted, with the two
 * experiments that it had. The number of classes makes the difference: the loss, its M and L, the starts, b and T.
 *
 * `deno task main_sgd_multiclass --lam 1e-6 --dataset MNIST_MULTI --projection 0 --compare_baseline_nonconvergent 1`
 * @module
 */
import * as cli from "../core/command_line/mod.ts";
import type { Experiment } from "../core/runs/run_experiment.ts";
import { chooseExperiment } from "./main_lmc.ts";
import { runSgd, sgdCommand, sgdConducts, withSgdDefaults } from "./main_sgd.ts";

const command = () =>
  sgdCommand({
    name: "main_sgd_multiclass",
    multiclass: true,
    description: "Unlearns by noisy stochastic gradient descent of the softmax loss.",
  })
    .addOption(cli.unused("--sequential <0|1>", cli.flag))
    .addOption(cli.unused("--paint_unlearning_sigma <0|1>", cli.flag))
    .addOption(cli.unused("--sigma <σ>", cli.number));

/**
 * Accuracy against ε, or retraining without noise.
 *
 * @param args The script's command line.
 * @returns The experiment that it chooses; without a choice the program ends.
 * @throws {RangeError} If both switches are on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mainSgdMulticlassExperiment } from "./main_sgd_multiclass.ts";
 *
 * const { name } = mainSgdMulticlassExperiment(["--compare_baseline_nonconvergent", "1"]);
 * assert.equal(name, "baseline_nonconvergent");
 * ```
 */
export function mainSgdMulticlassExperiment(args: readonly string[]): Experiment {
  return chooseExperiment(command(), sgdConducts, withSgdDefaults(args), { multiclass: true, algorithm: "SGD" });
}

/**
 * Runs the script, and says first where no theorem holds.
 *
 * @param args Its command line.
 */
export async function mainSgdMulticlass(args: readonly string[]): Promise<void> {
  const experiment = mainSgdMulticlassExperiment(args);
  const { M = Math.SQRT2, accountant } = experiment.options;
  if (accountant === "sgd" && M < Math.SQRT2) {
    console.log(`Clipped to M = ${M}, below √2, the softmax loss is not convex: no theorem holds for K and σ`);
  }
  await runSgd(experiment);
}

if (import.meta.main) await cli.runScript(() => mainSgdMulticlass(Deno.args));
