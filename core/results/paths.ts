/**
 * Where results are: `<result-dir>/<algorithm>/<dataset>/<experiment>`, as in the original.
 * @module
 */
import { isFile } from "../disk/files.ts";
import { foldersIn } from "../disk/folders.ts";

/** Folders of the original's algorithms: Langevin chains, and those of mini-batches. */
export const ALGORITHMS = ["LMC", "SGD"] as const;

/** A folder of one of the original's algorithms. */
export type Algorithm = typeof ALGORITHMS[number];

/**
 * The folder of an experiment's results.
 *
 * @param experiment Name of the experiment.
 * @param options The user's flags.
 * @param algorithm The algorithm.
 * @returns `<result-dir>/<algorithm>/<dataset>/<experiment>`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { experimentFolder } from "./paths.ts";
 *
 * assert.equal(experimentFolder("baseline", { resultDir: "result", dataset: "MNIST" }), "result/LMC/MNIST/baseline");
 * ```
 */
export function experimentFolder(
  experiment: string,
  { resultDir, dataset }: { readonly resultDir: string; readonly dataset: string },
  algorithm: Algorithm = "LMC",
): string {
  return `${resultDir}/${algorithm}/${dataset}/${experiment}`;
}

/** A result folder, taken apart. */
export interface ExperimentPath {
  /** `<result-dir>/<algorithm>`. */
  readonly parent: string;
  /** Name of the dataset. */
  readonly dataset: string;
  /** Name of the experiment. */
  readonly experiment: string;
}

/**
 * Takes an experiment's folder apart.
 *
 * @param folder The folder.
 * @returns Its parts.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { partsOf } from "./paths.ts";
 *
 * assert.deepEqual(partsOf("result/LMC/MNIST/baseline"), {
 *   parent: "result/LMC",
 *   dataset: "MNIST",
 *   experiment: "baseline",
 * });
 * ```
 */
export function partsOf(folder: string): ExperimentPath {
  const parts = folder.split("/");
  return { parent: parts.slice(0, -2).join("/"), dataset: parts.at(-2) ?? "", experiment: parts.at(-1) ?? "" };
}

/**
 * The experiments that have left a file below a result folder.
 *
 * @param resultDir The result folder.
 * @param file Name of the file.
 * @returns Their folders, sorted.
 * @throws {Error} If a folder cannot be read or none has such a file.
 *
 * @example
 * ```ts
 * import { experimentFolders } from "./paths.ts";
 *
 * // Needs permission to read the folder `result`.
 * const find = () => experimentFolders("result", "summary.csv");
 * ```
 */
export function experimentFolders(resultDir: string, file: string): string[] {
  const folders = ALGORITHMS.flatMap((algorithm) => foldersIn(`${resultDir}/${algorithm}`)).flatMap(foldersIn)
    .filter((folder) => isFile(`${folder}/${file}`));
  if (folders.length > 0) return folders;
  throw new Error(
    `no ${file} below ${ALGORITHMS.map((name) => `${resultDir}/${name}`).join(" or ")}: run an experiment first`,
  );
}
