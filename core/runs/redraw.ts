/**
 * The figure of a run, drawn again.
 * @module
 */
import { readFile, writeWhole } from "../disk/files.ts";
import { inside } from "../disk/inside.ts";
import { lockFolder } from "../disk/lock.ts";
import { drawFigure } from "../figures/plot_folder.ts";
import { partsOf } from "../results/paths.ts";
import { readRunFile, readRunIfOver, replaceFigure } from "./run_folder.ts";

const CSV = "summary.csv";

/**
 * Draws the figure of an experiment from its `summary.csv`, beside the published numbers.
 *
 * @param folder `<result-dir>/LMC/<dataset>/<experiment>`.
 * @returns Path of the SVG, of which `run.json` then has the checksum.
 * @throws {Error} If another process has the folder, a result is damaged, or the SVG cannot be written.
 * @throws {RangeError} If the experiment has no figure.
 *
 * @example
 * ```ts
 * import { redraw } from "./redraw.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const drawAgain = () => redraw("result/LMC/MNIST/baseline");
 * ```
 */
export function redraw(folder: string): string {
  const lock = lockFolder(folder);
  try {
    const run = readRunIfOver(folder);
    const csv = run ? readRunFile(folder, CSV, run) : readFile(inside(folder, CSV));
    const { experiment } = partsOf(folder);
    const { file, svg } = drawFigure(experiment, new TextDecoder().decode(csv), `${folder}/${CSV}`);
    if (run) {
      replaceFigure(folder, run, file, svg);
    } else {
      console.warn(`${folder} has no run.json: nothing tells whether its files are whole`);
      writeWhole(inside(folder, file), svg);
    }
    return `${folder}/${file}`;
  } finally {
    lock.release();
  }
}
