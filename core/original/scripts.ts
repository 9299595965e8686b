/**
 * A fresh run of the authors' scripts by the user's Python, on the MNIST of this program, with few steps and trials.
 * @module
 */
import imports from "./imports.py" with { type: "text" };
import scripts from "./scripts.py" with { type: "text" };
import { readMnist } from "../datasets/mnist.ts";
import { writeWhole } from "../disk/files.ts";
import { type Algorithm, experimentsOf } from "./experiments.ts";

/** A script of the authors that can be run, which is its algorithm's. */
export const AUTHORS_SCRIPTS: Readonly<Record<Algorithm, string>> = { LMC: "main_lmc", SGD: "main_sgd" };

/** What to run. */
export interface ScriptRun {
  /** Name of the program, such as `python3`. */
  readonly python: string;
  /** Folder of the authors' repository. */
  readonly repository: string;
  /** The algorithm, which has the script. */
  readonly algorithm: Algorithm;
  /** Which of its experiments, by their folders, and how many trials of each. */
  readonly trials: Readonly<Record<string, number>>;
  /** The script's further flags. */
  readonly flags: readonly string[];
  /** Mean of the starting weights. */
  readonly initMean: number;
  /** The most epochs that `main_sgd` learns, which hard-codes them. */
  readonly mostEpochs: number;
  /** Seed of all random numbers. */
  readonly seed: number;
}

const MISSING = "missing";
const LOOK = `import os, sys; os.path.isfile(sys.argv[1]) or sys.exit("${MISSING}")`;
const IMPORT = "\nimport_authors(sys.argv[2], sys.argv[1])";

/**
 * Whether a folder has one of the authors' scripts. Python looks, which may read folders that this program may not.
 *
 * @param python Name of the program.
 * @param repository The folder.
 * @param script The script, without `.py`.
 * @returns Whether it is there.
 * @throws {Error} If Python cannot run.
 *
 * @example
 * ```ts
 * import { hasScript } from "./scripts.ts";
 *
 * // Needs python3, and permission to run it.
 * const look = () => hasScript("python3", "../Langevin_unlearning", "main_lmc");
 * ```
 */
export async function hasScript(python: string, repository: string, script: string): Promise<boolean> {
  const complaint = await complaintOf(python, ["-c", LOOK, `${repository}/${script}.py`]);
  if (complaint !== undefined && complaint !== MISSING) throw new Error(`${python}: ${complaint}`);
  return complaint === undefined;
}

/**
 * Imports one of the authors' scripts, and runs nothing of it: a package that it needs and Python lacks is named before
 * anything is computed.
 *
 * @param python Name of the program.
 * @param repository The folder.
 * @param script The script, without `.py`.
 * @throws {Error} If Python cannot run, or the script cannot be imported.
 *
 * @example
 * ```ts
 * import { importScript } from "./scripts.ts";
 *
 * // Needs python3 with PyTorch, and permission to run it.
 * const look = () => importScript("python3", "../SGD_unlearning", "main_sgd");
 * ```
 */
export async function importScript(python: string, repository: string, script: string): Promise<void> {
  failing(python, script, await complaintOf(python, ["-c", imports + IMPORT, repository, script]));
}

/**
 * Runs experiments of one of the authors' scripts. The script is theirs, unchanged: the number of trials, the mean of
 * the start, the most epochs and the seed are set from outside, and packages that it imports without need are stand-ins
 * if they are missing.
 *
 * @param run What to run.
 * @param folder Where to: `data` gets the four files of MNIST, `result/<algorithm>` the results.
 * @throws {Error} If Python cannot run, or the script fails.
 *
 * @example
 * ```ts
 * import { runAuthorsScript } from "./scripts.ts";
 *
 * // Needs python3 with PyTorch, permission to run it, and to write the folder `result`.
 * const run = () =>
 *   runAuthorsScript({
 *     python: "python3",
 *     repository: "../Langevin_unlearning",
 *     algorithm: "LMC",
 *     trials: { retrain_noiseless: 1 },
 *     flags: ["--burn_in", "5"],
 *     initMean: 0,
 *     mostEpochs: 5,
 *     seed: 0,
 *   }, "result/compare/theirs");
 * ```
 */
export async function runAuthorsScript(run: ScriptRun, folder: string): Promise<void> {
  const { python, repository, algorithm, trials, flags, initMean, mostEpochs, seed } = run;
  const script = AUTHORS_SCRIPTS[algorithm];
  await provideMnist(`${folder}/data/MNIST/raw`);
  const switchOf = (folder: string) => experimentsOf(algorithm).find(({ name }) => name === folder)!.flag;
  const experiments = Object.entries(trials).map(([name, count]) => `${switchOf(name)}:${name}:${count}`).join(",");
  const given = [repository, script, folder, ...[initMean, mostEpochs, seed].map(String), experiments, ...flags];
  const args = ["-c", imports + scripts, ...given, "--gpu", "0"];
  failing(python, script, await complaintOf(python, args));
}

function failing(python: string, script: string, complaint: string | undefined): void {
  if (complaint !== undefined) throw new Error(`${python} ${script}.py: ${complaint}`);
}

/** Runs Python and returns the last line that it complains with, if it fails. */
async function complaintOf(python: string, args: string[]): Promise<string | undefined> {
  const { success, stderr } = await new Deno.Command(python, { args }).output();
  return success ? undefined : new TextDecoder().decode(stderr).trim().split("\n").at(-1) || "ended without a word";
}

/** The files as torchvision looks for them. */
async function provideMnist(folder: string): Promise<void> {
  const { trainImages, trainLabels, testImages, testLabels } = await readMnist();
  const files = {
    "train-images-idx3-ubyte": trainImages,
    "train-labels-idx1-ubyte": trainLabels,
    "t10k-images-idx3-ubyte": testImages,
    "t10k-labels-idx1-ubyte": testLabels,
  };
  for (const [name, content] of Object.entries(files)) writeWhole(`${folder}/${name}`, content);
}
