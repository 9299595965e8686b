/**
 * The figures of result folders.
 * @module
 */
import { chart, type Panel } from "./chart.ts";
import { figureFor } from "./figures.ts";
import { readTextFile, writeWhole } from "../disk/files.ts";
import { inside } from "../disk/inside.ts";
import { publishedAccuracies } from "../original/published.ts";
import { parseSummary } from "../results/summary.ts";

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
  return { file: figureFor(experiment).file, svg: chart(panelOf(experiment, csv, name)) };
}

/**
 * Draws the figures of one experiment on several datasets as panels of one file.
 *
 * @param parent `<result-dir>/LMC`, where the SVG goes.
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
  const path = `${parent}/${figureFor(experiment).file}`;
  const panels = datasets.map((dataset) => {
    const csv = inside(parent, `${dataset}/${experiment}/summary.csv`);
    return panelOf(experiment, readTextFile(csv), csv);
  });
  writeWhole(path, chart(...panels));
  return path;
}

/** The panel of an experiment from its `summary.csv`, whose `name` errors give. */
function panelOf(experiment: string, csv: string, name?: string): Panel {
  const summaries = parseSummary(csv, name);
  const published = [...publishedAccuracies(summaries[0].dataset, experiment).values()];
  return figureFor(experiment).panel(summaries, published);
}
