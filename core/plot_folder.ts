/**
 * The figures of result folders.
 * @module
 */
import { chart, type Panel } from "./chart.ts";
import { figureFor } from "./figures.ts";
import { publishedAccuracies } from "./published.ts";
import { parseSummary, writeWhole } from "./results.ts";

/**
 * Draws a result folder's figure from its `summary.csv`, beside the published numbers.
 *
 * @param folder `<result-dir>/LMC/<dataset>/<experiment>`.
 * @returns Path of the SVG.
 * @throws {Error} If the CSV cannot be read or the SVG not be written.
 * @throws {RangeError} If the experiment has no figure.
 *
 * @example
 * ```ts
 * import { plotFolder } from "./plot_folder.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const redraw = () => plotFolder("result/LMC/MNIST/baseline");
 * ```
 */
export function plotFolder(folder: string): string {
  return draw(folder, [folder]);
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
  return draw(parent, datasets.map((dataset) => `${parent}/${dataset}/${experiment}`));
}

/** Draws the folders of one experiment into the folder `where`. */
function draw(where: string, folders: readonly string[]): string {
  const [experiment] = folders.map(nameOf);
  const path = `${where}/${figureFor(experiment).file}`;
  writeWhole(path, chart(...folders.map(panelOf)));
  return path;
}

const nameOf = (folder: string) => folder.slice(folder.lastIndexOf("/") + 1);

function panelOf(folder: string): Panel {
  const csv = `${folder}/summary.csv`;
  const summaries = parseSummary(Deno.readTextFileSync(csv), csv);
  const experiment = nameOf(folder);
  const published = [...publishedAccuracies(summaries[0].dataset, experiment).values()];
  return figureFor(experiment).panel(summaries, published);
}
