/**
 * The figures of result folders.
 * @module
 */
import { chart, type Panel } from "./chart.ts";
import { figureFor } from "./figures.ts";
import { readTextFile, writeWhole } from "../disk/files.ts";
import { inside } from "../disk/inside.ts";
import { publishedAccuracies } from "../original/published.ts";
import { algorithmOf, parseSummary, type Summary } from "../results/summary.ts";

/**
 * Draws an experiment's figure from its `summary.csv`, beside the published numbers.
 *
 * @param experiment Name of the experiment.
 * @param csv Content of its `summary.csv`.
 * @param name How errors name that.
 * @returns File name and content of the SVG.
 * @throws {Error} If the CSV is none of a summary.
 * @throws {RangeError} If the experiment has no figure.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { drawFigure } from "./plot_folder.ts";
 *
 * assert.throws(() => drawFigure("baseline", "method\nLMC learn\n"), /column/);
 * ```
 */
export function drawFigure(experiment: string, csv: string, name?: string): { file: string; svg: string } {
  const summaries = parseSummary(csv, name);
  return {
    file: figureFor(experiment, algorithmOf(summaries)).file,
    svg: chart(...panelsOf(experiment, summaries)),
  };
}

/**
 * Draws the figures of one experiment on several datasets as panels of one file.
 *
 * @param parent `<result-dir>/<algorithm>`, where the SVG goes.
 * @param datasets The datasets, the first on top.
 * @param experiment The experiment.
 * @returns Path of the SVG.
 * @throws {Error} If a CSV cannot be read or the SVG not be written.
 * @throws {RangeError} If the experiment has no figure.
 *
 * @example
 * ```ts
 * import { plotPanels } from "./plot_folder.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const redraw = () => plotPanels("result/LMC", ["MNIST", "CIFAR10"], "baseline");
 * ```
 */
export function plotPanels(parent: string, datasets: readonly string[], experiment: string): string {
  const tables = datasets.map((dataset) => {
    const csv = inside(parent, `${dataset}/${experiment}/summary.csv`);
    return parseSummary(readTextFile(csv), csv);
  });
  const path = `${parent}/${figureFor(experiment, algorithmOf(tables[0])).file}`;
  const panels = tables.flatMap((summaries) => panelsOf(experiment, summaries));
  writeWhole(path, chart(...panels));
  return path;
}

/**
 * The panels of an experiment on one dataset, beside the published numbers.
 *
 * @param experiment Name of the experiment.
 * @param summaries The rows of its `summary.csv`, at least one.
 * @returns The panels, the first on top.
 * @throws {RangeError} If the experiment has no figure.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { panelsOf } from "./plot_folder.ts";
 *
 * const cell = { array: "retrain_noiseless1.npy", method: "LMC retrain noiseless", num_remove: 1 } as const;
 * const trials = { dataset: "MNIST", n: 1, mean: 0.911, std: 0, L: 0.14, eta: 7.1 };
 * assert.deepEqual(panelsOf("retrain_noiseless", [{ ...cell, ...trials }]).length, 1);
 * ```
 */
export function panelsOf(experiment: string, summaries: readonly Summary[]): readonly Panel[] {
  const algorithm = algorithmOf(summaries);
  const published = [...publishedAccuracies(summaries[0].dataset, experiment, algorithm).values()];
  return figureFor(experiment, algorithm).panels(summaries, published);
}
