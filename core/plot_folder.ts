/**
 * The figure of a result folder.
 * @module
 */
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
  const experiment = folder.slice(folder.lastIndexOf("/") + 1);
  const { file, draw } = figureFor(experiment);
  const csv = `${folder}/summary.csv`;
  const summaries = parseSummary(Deno.readTextFileSync(csv), csv);
  const published = [...publishedAccuracies(summaries[0].dataset, experiment).values()];
  const path = `${folder}/${file}`;
  writeWhole(path, draw(summaries, published));
  return path;
}
