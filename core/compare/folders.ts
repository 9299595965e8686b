/**
 * Folders of our results beside the authors'.
 * @module
 */
import { isFile } from "../disk/files.ts";
import { foldersIn } from "../disk/folders.ts";
import { type Algorithm, ALGORITHMS, experimentsOf } from "../original/experiments.ts";
import { partsOf } from "../results/paths.ts";
import { algorithmOf } from "../results/summary.ts";
import { type FinishedRun, readRunIfOver } from "../runs/run_folder.ts";
import { compare, type Comparison } from "./comparison.ts";
import { type Contents, ourContents, publishedContents, theirContents } from "./contents.ts";

/** Names of the experiments of an algorithm that the authors published results of. */
const publishedOf = (algorithm: Algorithm) =>
  experimentsOf(algorithm).filter(({ published }) => published).map(({ name }) => name);

/** What came out of all experiments in a folder. */
export interface FolderComparison {
  /** Folders of our experiments. */
  readonly folders: readonly string[];
  /** The run of each, undefined if it is not over. */
  readonly runs: readonly (FinishedRun | undefined)[];
  /** What came out for each. */
  readonly comparisons: readonly Comparison[];
  /** Their experiments on the same data that we have not run, as `<dataset>/<experiment>`. */
  readonly notRun: readonly string[];
}

/** Whether the authors left something. */
const has = ({ accuracies, numbers }: Contents) => accuracies.size + numbers.size > 0;

/**
 * Compares all experiments in a folder with the authors': those that have trials, and of which they published results.
 *
 * @param ours Our folder, with one folder a dataset.
 * @param theirs The same of the original; the published numbers without it.
 * @returns What came out.
 * @throws {Error} If a result is damaged, or a folder cannot be read.
 *
 * @example
 * ```ts
 * import { compareBelow } from "./folders.ts";
 *
 * // Needs permission to read the folder `result`.
 * const notRun = () => compareBelow("result/LMC").notRun;
 * ```
 */
export function compareBelow(ours: string, theirs?: string): FolderComparison {
  const published = ALGORITHMS.flatMap(publishedOf);
  const folders = foldersIn(ours).flatMap(foldersIn)
    .filter((folder) => published.includes(partsOf(folder).experiment) && isFile(`${folder}/trials.csv`));
  const runs = folders.map(readRunIfOver);
  const contents = folders.map(ourContents);
  const algorithm = algorithmOf(contents.flatMap(({ summaries }) => summaries));
  const contentsOf = (dataset: string, experiment: string) =>
    theirs === undefined
      ? publishedContents(dataset, experiment, algorithm)
      : theirContents(`${theirs}/${dataset}/${experiment}`);
  const comparisons = compare(folders.map((folder, i) => {
    const { dataset, experiment } = partsOf(folder);
    return { algorithm, dataset, experiment, ours: contents[i], theirs: contentsOf(dataset, experiment) };
  }));
  const notRun = [...new Set(comparisons.map(({ dataset }) => dataset))].flatMap((dataset) =>
    publishedOf(algorithm)
      .filter((experiment) => !folders.some((folder) => folder.endsWith(`/${dataset}/${experiment}`)))
      .filter((experiment) => has(contentsOf(dataset, experiment)))
      .map((experiment) => `${dataset}/${experiment}`)
  );
  return { folders, runs, comparisons, notRun };
}
