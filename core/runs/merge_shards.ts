/**
 * Puts together what several machines computed, each some of the trials.
 * @module
 */
import { isSameFolder, readFile, readTextFile } from "../disk/files.ts";
import { finishRun, showFinishedRun } from "./finish_run.ts";
import { encodeNpy } from "../formats/npy.ts";
import { quoted } from "../text/messages.ts";
import { readNpy } from "../disk/read_npy.ts";
import { parseSummary, parseTrials, type Summary } from "../results/summary.ts";
import { collectResults } from "./results.ts";
import { type FinishedRun, openRunFolder, readFinishedRun } from "./run_folder.ts";
import { differences } from "./run_record.ts";

/** The results of some of the trials. */
interface Shard {
  readonly folder: string;
  readonly run: FinishedRun;
  readonly summaries: readonly Summary[];
  /** Accuracies by the name of their array. */
  readonly accuracies: ReadonlyMap<string, readonly number[]>;
}

function readShard(folder: string): Shard {
  const run = readFinishedRun(folder);
  const [summaryFile, trialsFile] = ["summary.csv", "trials.csv"].map((name) => `${folder}/${name}`);
  const summaries = parseSummary(readTextFile(summaryFile), summaryFile);
  const accuracies = parseTrials(readTextFile(trialsFile), trialsFile);
  return { folder, run, summaries, accuracies };
}

/** The accuracies of an array, as many as the shard has trials. */
function accuraciesOf({ folder, run, accuracies }: Shard, array: string): readonly number[] {
  const values = accuracies.get(array);
  if (values?.length === run.options.num_trial) return values;
  throw new Error(`${folder}/trials.csv does not have ${run.options.num_trial} accuracies of ${quoted(array)}`);
}

/** The run that the shards are parts of: their trials must follow each other, all else must be the same. */
function wholeRun(shards: readonly Shard[], resultDir: string): FinishedRun {
  const [{ run: first }] = shards;
  const last = shards.reduce((before, shard) => {
    const { first_trial, num_trial } = before.run.options;
    if (shard.run.options.first_trial === first_trial + num_trial) return shard;
    throw new RangeError(
      `${before.folder} ends with trial ${first_trial + num_trial - 1}, but ${shard.folder} begins with trial ` +
        `${shard.run.options.first_trial}`,
    );
  });
  const { first_trial } = first.options;
  const num_trial = last.run.options.first_trial + last.run.options.num_trial - first_trial;
  const whole = ({ run }: Shard) => ({ ...run, options: { ...run.options, first_trial, num_trial, resultDir } });
  for (const shard of shards) {
    const [difference] = differences(whole(shards[0]), whole(shard));
    if (difference) throw new RangeError(`${shards[0].folder} and ${shard.folder} are not of one run: ${difference}`);
  }
  return whole(shards[0]);
}

/** Weights of a shard's trials: a matrix a trial. */
interface Weights {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A `.npy` file of all trials: weights are a matrix a trial, and everything else is the same in all shards. */
function mergeNpy(paths: readonly string[]): Uint8Array {
  const [first, ...others] = paths.map((path): Weights | undefined => {
    const { shape, data } = readNpy(path);
    if (shape.length === 3 && data instanceof Float32Array) return { shape, data };
  });
  if (!first) return readFile(paths[0]);
  const [, ...matrix] = first.shape;
  const parts = [first, ...others].map((weights, i) => {
    if (weights?.shape.slice(1).join() === matrix.join()) return weights;
    throw new Error(`${paths[i]} does not have weights of the shape (${matrix}) as ${paths[0]} has`);
  });
  const whole = new Float32Array(parts.reduce((length, { data }) => length + data.length, 0));
  parts.reduce((end, { data }) => (whole.set(data, end), end + data.length), 0);
  return encodeNpy(whole, [parts.reduce((trials, { shape }) => trials + shape[0], 0), ...matrix]);
}

/**
 * Merges the results of one experiment into those of a run with all the trials.
 *
 * @param folders The shards' folders of the experiment, in any order.
 * @param path The experiment's folder for the whole.
 * @param resultDir The result folder that it is in.
 * @param fresh Whether to remove first what is there.
 * @throws {RangeError} If the shards are not of one run, trials are missing or appear twice, or the folder is a shard's
 * or holds another run.
 * @throws {Error} If a file cannot be read or written.
 *
 * @example
 * ```ts
 * import { mergeShards } from "./merge_shards.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const merge = async () => {
 *   const folderOf = (resultDir: string) => `${resultDir}/LMC/MNIST/baseline`;
 *   await mergeShards(["result/0", "result/1"].map(folderOf), folderOf("result"), "result", false);
 * };
 * ```
 */
export async function mergeShards(
  folders: readonly string[],
  path: string,
  resultDir: string,
  fresh: boolean,
): Promise<void> {
  if (folders.some((folder) => isSameFolder(folder, path))) {
    throw new RangeError(`${path} is one of the parts: choose another --result-dir`);
  }
  const shards = folders.map(readShard).sort((a, b) => a.run.options.first_trial - b.run.options.first_trial);
  const run = wholeRun(shards, resultDir);
  const { experiment, options, problem, rows, named, engine, versions } = run;
  const [{ summaries }] = shards;
  const accuracies = summaries.map(({ array }) => shards.flatMap((shard) => accuraciesOf(shard, array)));
  const arrays = new Set(summaries.map(({ array }) => array));
  const others = run.files.filter((file) => file.endsWith(".npy") && !arrays.has(file))
    .map((file) => [file, mergeNpy(shards.map(({ folder }) => `${folder}/${file}`))] as const);
  // All is read by now: with --fresh this may remove files.
  const folder = openRunFolder(path, { experiment, options, problem, rows, named, engine, versions }, fresh);
  try {
    if (folder.finished) return void await showFinishedRun(folder, experiment);
    const { first_trial: firstTrial, save_npy: saveNpy } = options;
    const [{ dataset, variant = "" }] = summaries;
    const results = collectResults({ dataset, variant, problem, firstTrial, saveNpy }, folder.journal);
    summaries.forEach((cell, i) => results.add(cell, () => accuracies[i]));
    for (const [file, content] of others) results.writeNpy(file, content);
    const device = [...new Set(shards.map(({ run }) => run.device))].join("; ");
    const seconds = shards.reduce((sum, { run }) => sum + run.seconds, 0);
    await finishRun(folder, experiment, results, { data: run.data, device, seconds });
  } finally {
    folder.release();
  }
}
