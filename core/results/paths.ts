/**
 * Where results are: `<result-dir>/<algorithm>/<dataset>/<experiment>`, as in the original.
 * @module
 */
import { isFile } from "../disk/files.ts";
import { foldersIn } from "../disk/folders.ts";
import { inside } from "../disk/inside.ts";
import { type Algorithm, ALGORITHMS } from "../original/experiments.ts";

/**
 * The folder of an experiment's results.
 *
 * @param experiment Name of the experiment.
 * @param options The user's flags.
 * @param algorithm The algorithm.
 * @returns `<result-dir>/<algorithm>/<dataset>/<experiment>`.
 * @throws {Error} If a part of it below the result folder is a link.
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
  return inside(resultDir, `${algorithm}/${dataset}/${experiment}`);
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
 * The experiments that have left one of some files below a result folder.
 *
 * @param resultDir The result folder.
 * @param files Names of the files.
 * @returns Their folders, sorted.
 * @throws {Error} If a folder cannot be read or is a link.
 *
 * @example
 * ```ts
 * import { experimentFolders } from "./paths.ts";
 *
 * // Needs permission to read the folder `result`.
 * const find = () => experimentFolders("result", "summary.csv");
 * ```
 */
export function experimentFolders(resultDir: string, ...files: readonly string[]): string[] {
  return ALGORITHMS.flatMap((algorithm) => foldersIn(inside(resultDir, algorithm))).flatMap(foldersIn)
    .filter((folder) => files.some((file) => isFile(`${folder}/${file}`)));
}

/**
 * The error where no experiment has left a file.
 *
 * @param resultDir The result folder.
 * @param file Name of the file.
 * @returns The error.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { noExperiment } from "./paths.ts";
 *
 * assert.match(noExperiment("result", "run.json").message, /^no run.json below result\/LMC or result\/SGD: run/);
 * ```
 */
export function noExperiment(resultDir: string, file: string): Error {
  const folders = ALGORITHMS.map((name) => `${resultDir}/${name}`).join(" or ");
  return new Error(`no ${file} below ${folders}: run an experiment first`);
}
