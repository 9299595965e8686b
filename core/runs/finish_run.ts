/**
 * The end of a run: its results are written and named.
 * @module
 */
import { readTextFile } from "../disk/files.ts";
import { untilInterrupted } from "./interruption.ts";
import { algorithmOf, parseSummary, type Summary } from "../results/summary.ts";
import type { Results } from "./results.ts";
import type { RunFolder } from "./run_folder.ts";

const CSV = "summary.csv";

/** Says where the results are: the CSVs, `run.json` and the figure. */
function nameFiles(folder: string, figure: string): void {
  for (const file of ["trials.csv", CSV, "run.json", figure]) console.log(`${folder}/${file}`);
}

/**
 * Writes the results of a run and its figure, and says where they are.
 *
 * @param folder The run's folder.
 * @param experiment Name of the experiment.
 * @param results The results.
 * @param details What `run.json` says beside the run's record.
 * @throws {Interruption} If Ctrl-C or the system asked the program to end meanwhile; all is written.
 * @throws {Error} If a file cannot be written.
 *
 * @example
 * ```ts
 * import { finishRun } from "./finish_run.ts";
 * import type { Results } from "./results.ts";
 * import type { RunFolder } from "./run_folder.ts";
 *
 * const finish = (folder: RunFolder, results: Results) => finishRun(folder, "baseline", results, { seconds: 60 });
 * ```
 */
export async function finishRun(
  folder: RunFolder,
  experiment: string,
  results: Results,
  details: object,
): Promise<void> {
  const figure = await untilInterrupted(async () => {
    const { drawFigure } = await import("../figures/plot_folder.ts");
    const files = results.files();
    const { file, svg } = drawFigure(experiment, String(files.get(CSV)));
    folder.finish(new Map([...files, [file, svg]]), details);
    return file;
  });
  nameFiles(folder.path, figure);
}

/**
 * Says that a run is over and where its results are.
 *
 * @param folder The run's folder.
 * @param experiment Name of the experiment.
 * @returns The rows of its `summary.csv`.
 * @throws {Error} If the summary cannot be read.
 *
 * @example
 * ```ts
 * import { showFinishedRun } from "./finish_run.ts";
 * import type { RunFolder } from "./run_folder.ts";
 *
 * const show = (folder: RunFolder) => folder.finished && showFinishedRun(folder, "baseline");
 * ```
 */
export async function showFinishedRun(
  { path, started }: RunFolder,
  experiment: string,
): Promise<readonly Summary[]> {
  const { figureFor } = await import("../figures/figures.ts");
  const csv = `${path}/${CSV}`;
  const summaries = parseSummary(readTextFile(csv), csv);
  console.log(`Complete already, by the run of ${started}; --fresh 1 runs it again`);
  nameFiles(path, figureFor(experiment, algorithmOf(summaries)).file);
  return summaries;
}
