/**
 * Redraws the figure of every experiment from its `summary.csv`.
 *
 * `deno task plot`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { exitOnUsageError, path, runScript } from "../../core/command_line/mod.ts";
import { plotPanels } from "../../core/figures/plot_folder.ts";
import { experimentFolders, noExperiment, partsOf } from "../../core/results/paths.ts";
import { redraw } from "../../core/runs/redraw.ts";

/** The script's command line. */
export const command = exitOnUsageError(new Command("plot"))
  .description("Redraws the figure of every experiment from its summary.csv.")
  .option("--result-dir <path>", "where the folders LMC and SGD are", path, "./result");

/** The datasets that the paper's figures have one above the other. */
const PANELS = ["MNIST", "CIFAR10"];

if (import.meta.main) {
  await runScript(() => {
    const { resultDir } = command.parse(Deno.args, { from: "user" }).opts();
    const drawn = experimentFolders(resultDir, "summary.csv");
    if (drawn.length === 0) throw noExperiment(resultDir, "summary.csv");
    for (const folder of drawn) console.log(redraw(folder));
    for (const { parent, dataset, experiment } of drawn.map(partsOf)) {
      const isTogether = PANELS.every((name) => drawn.includes(`${parent}/${name}/${experiment}`));
      if (dataset === PANELS[0] && isTogether) console.log(plotPanels(parent, PANELS, experiment));
    }
  });
}
