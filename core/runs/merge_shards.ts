/**
 * Puts together what several machines computed, each some of the trials.
 * @module
 */
import { isFile, isSameFolder } from "../disk/files.ts";
import { inside } from "../disk/inside.ts";
import { encodeNpy } from "../formats/npy.ts";
import { decodeNpy } from "../formats/read_npy.ts";
import { experimentFolders, noExperiment, partsOf } from "../results/paths.ts";
import type { Summary } from "../results/summary.ts";
import { parseTables, type Tables } from "../results/tables.ts";
import { printable } from "../text/messages.ts";
import { finishRun, showFinishedRun } from "./finish_run.ts";
import { collectResults } from "./results.ts";
import { type FinishedRun, openRunFolder, readFinishedRun, readRunFile } from "./run_folder.ts";
import { differences } from "./run_record.ts";

/** The results of some of the trials. */
interface Shard extends Tables {
  readonly folder: string;
  readonly run: FinishedRun;
}

/** Where the results of a trial are. */
interface Place {
  readonly trial: number;
  readonly shard: Shard;
  /** Which of the shard's trials it is. */
  readonly index: number;
}

/** What becomes of the shards of an experiment. */
interface Whole {
  /** The experiment's folder below a result folder. */
  readonly experiment: string;
  readonly shards: readonly Shard[];
  /** The trials in the order of their numbers. */
  readonly places: readonly Place[];
  /** The run with all these trials. */
  readonly run: FinishedRun;
  /** What is not there of it, if anything. */
  readonly missing: readonly string[];
}

/** Numbers that rise, as the user writes them: `0-1,4`. */
function rangesOf(numbers: readonly number[]): string {
  const firsts = numbers.filter((number, i) => number !== numbers[i - 1] + 1);
  const lasts = numbers.filter((number, i) => number + 1 !== numbers[i + 1]);
  return firsts.map((first, i) => first === lasts[i] ? String(first) : `${first}-${lasts[i]}`).join(",");
}

/** The trials that a run has computed, as the user writes them. */
function trialsOf({ options: { first_trial, num_trial, trials } }: FinishedRun): string {
  const last = first_trial + num_trial - 1;
  return trials ?? (last === first_trial ? String(first_trial) : `${first_trial}-${last}`);
}

function readShard(folder: string): Shard {
  const run = readFinishedRun(folder);
  if (run.experiment !== partsOf(folder).experiment) {
    throw new Error(`${folder}/run.json is of ${printable(run.experiment)}: move it back to the folder of that name`);
  }
  const tables = parseTables(folder, (name) => new TextDecoder().decode(readRunFile(folder, name, run)));
  const found = rangesOf(tables.trials);
  if (found === trialsOf(run)) return { folder, run, ...tables };
  throw new Error(`${folder}/trials.csv has the trials ${found}, run.json has ${printable(trialsOf(run))}`);
}

/** All but what is measured. */
const accountOf = ({ n: _n, mean: _mean, std: _std, ...others }: Summary) => others;

/** Refuses shards that are not of one run. */
function requireOneRun(first: Shard, other: Shard): void {
  const fail = (reason: string) => new RangeError(`${first.folder} and ${other.folder} are not of one run: ${reason}`);
  const alike = ({ run }: Shard) => {
    const { trials: _, ...options } = run.options;
    return { ...run, options: { ...options, first_trial: 0, num_trial: 0 } };
  };
  const [difference] = differences(alike(first), alike(other));
  if (difference) throw fail(difference);
  const [whole, otherWhole] = [first, other].map(({ run }) => run.options.all_trials);
  if (whole !== undefined && otherWhole !== undefined && whole !== otherWhole) {
    throw fail(`one is of ${whole} trials, the other of ${otherWhole}`);
  }
  if (first.summaries.length !== other.summaries.length) {
    throw fail(`their summary.csv have ${first.summaries.length} and ${other.summaries.length} rows`);
  }
  first.summaries.forEach((summary, row) => {
    const [own, others] = [accountOf(summary), accountOf(other.summaries[row])].map((cells) =>
      new Map<string, unknown>(Object.entries(cells))
    );
    const column = [...new Set([...own.keys(), ...others.keys()])].find((name) => own.get(name) !== others.get(name));
    if (column === undefined) return;
    const [here, there] = [own, others].map((cells) => printable(String(cells.get(column) ?? "nothing")));
    throw fail(`row ${row + 1} of their summary.csv has ${here} and ${there} in the column ${column}`);
  });
  const arraysOf = ({ run }: Shard) => run.files.filter((file) => file.endsWith(".npy")).sort().join();
  if (arraysOf(first) !== arraysOf(other)) throw fail("they have other .npy files");
}

/** The trials of the shards in the order of their numbers; none may be in two of them. */
function placesOf(shards: readonly Shard[]): Place[] {
  const places = shards.flatMap((shard) => shard.trials.map((trial, index) => ({ trial, shard, index })))
    .sort((a, b) => a.trial - b.trial);
  const twice = places.findIndex(({ trial }, i) => trial === places[i - 1]?.trial);
  if (twice < 0) return places;
  const [{ shard: one, trial }, { shard: other }] = places.slice(twice - 1);
  throw new RangeError(
    `${one.folder} ends with trial ${one.trials.at(-1)}, but ${other.folder} begins with trial ${other.trials[0]}: ` +
      `both have trial ${trial}`,
  );
}

/** The trials that are not there, and the shards that have them, in words. */
function missingTrials(places: readonly Place[], total: number, shards: readonly Shard[]): string[] {
  const present = [-1, ...places.map(({ trial }) => trial), total];
  const counts = new Set(shards.map(({ run }) => run.options.shard?.split("/")[1]));
  const [count] = counts.size === 1 ? counts : [];
  /** The number of the shard that has a trial. */
  const shardOf = (trial: number) => Math.ceil((trial + 1) * Number(count) / total) - 1;
  return present.flatMap((trial, i) => {
    const [first, last] = [trial + 1, present[i + 1] - 1];
    if (i + 1 === present.length || last < first) return [];
    const [from, to] = [shardOf(first), shardOf(last)];
    const flag = count && `, --shard ${from}/${count}${to > from ? ` to ${to}/${count}` : ""}`;
    return [`${first === last ? `trial ${first}` : `trials ${first} to ${last}`} of ${total}${flag ?? ""}`];
  });
}

/** The run that the shards are parts of. */
function wholeOf(experiment: string, shards: readonly Shard[], resultDir: string): Whole {
  for (const shard of shards) requireOneRun(shards[0], shard);
  const places = placesOf(shards);
  const [{ trial: first_trial, shard: first }] = places;
  const last = places.at(-1)!;
  const known = shards.find(({ run }) => run.options.all_trials !== undefined);
  const total = known?.run.options.all_trials ?? last.trial + 1;
  if (last.trial >= total) {
    throw new RangeError(`${last.shard.folder} has trial ${last.trial}, but ${known?.folder} is of ${total} trials`);
  }
  const { shard: _shard, trials: _trials, ...options } = first.run.options;
  const ranges = rangesOf(places.map(({ trial }) => trial));
  const parts = {
    ...{ first_trial, num_trial: places.length, resultDir },
    ...(known && { all_trials: total }),
    ...(ranges.includes(",") && { trials: ranges }),
  };
  const run = { ...first.run, options: { ...options, ...parts } };
  const missing = missingTrials(places, total, shards).map((trials) => `${experiment}: ${trials}`);
  return { experiment, shards, places, run, missing };
}

/** Weights of a shard's trials: a matrix a trial. */
interface Weights {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A `.npy` file of all trials: weights are a matrix a trial, and everything else is the same in all shards. */
function mergeNpy(file: string, { shards, places }: Whole): Uint8Array {
  const contents = shards.map(({ folder, run }) => readRunFile(folder, file, run));
  const parts = contents.map((content, i): Weights | undefined => {
    const { folder, trials } = shards[i];
    try {
      const { shape, data } = decodeNpy(content);
      if (shape.length !== 3 || !(data instanceof Float32Array)) return undefined;
      if (shape[0] === trials.length) return { shape, data };
    } catch (error) {
      throw new Error(`${folder}/${file}: ${(error as Error).message}`);
    }
    throw new Error(`${folder}/${file} does not have the weights of ${trials.length} trials`);
  });
  const [first] = parts;
  const matrix = first?.shape.slice(1);
  const size = matrix?.reduce((size, length) => size * length, 1) ?? 0;
  parts.forEach((part, i) => {
    const isAlike = first
      ? part?.shape.slice(1).join() === matrix?.join()
      : contents[i].length === contents[0].length && contents[i].every((byte, k) => byte === contents[0][k]);
    if (isAlike) return;
    throw new RangeError(`${shards[0].folder} and ${shards[i].folder} are not of one run: ${file} differs`);
  });
  if (!first || !matrix) return contents[0];
  const whole = new Float32Array(places.length * size);
  places.forEach(({ shard, index }, i) => {
    const { data } = parts[shards.indexOf(shard)]!;
    whole.set(data.subarray(index * size, (index + 1) * size), i * size);
  });
  return encodeNpy(whole, [places.length, ...matrix]);
}

/** Merges the results of one experiment into those of a run with all the trials. */
async function writeMerged(whole: Whole, fresh: boolean): Promise<void> {
  const { shards, places, run } = whole;
  const { experiment, options, problem, rows, named, engine, versions } = run;
  const [{ summaries }] = shards;
  const trials = places.map(({ trial }) => trial);
  const accuraciesOf = (array: string) => places.map(({ shard, index }) => shard.accuracies.get(array)![index]);
  const arrays = new Set(summaries.map(({ array }) => array));
  const others = run.files.filter((file) => file.endsWith(".npy") && !arrays.has(file))
    .map((file) => [file, mergeNpy(file, whole)] as const);
  console.log(`${whole.experiment}: ${trials.length} trials of ${shards.length} parts, ${rangesOf(trials)}`);
  // All is read by now: with --fresh this may remove files.
  const path = inside(options.resultDir, whole.experiment);
  const folder = openRunFolder(path, { experiment, options, problem, rows, named, engine, versions }, fresh);
  try {
    if (folder.finished) return void await showFinishedRun(folder, experiment);
    const [{ dataset, variant = "" }] = summaries;
    const of = { dataset, variant, problem, trials, saveNpy: options.save_npy };
    const results = collectResults(of, folder.journal);
    for (const cell of summaries) results.add(cell, () => accuraciesOf(cell.array));
    for (const [file, content] of others) results.writeNpy(file, content);
    const device = [...new Set(shards.map(({ run }) => run.device))].join("; ");
    const seconds = shards.reduce((sum, { run }) => sum + run.seconds, 0);
    await finishRun(folder, experiment, results, { data: run.data, device, seconds });
  } finally {
    folder.release();
  }
}

/** Files by which an experiment shows that was begun. */
const TRACES = ["run.json", "unfinished/run.json", "trials.csv", "summary.csv"];

/** How to merge. */
export interface MergeOptions {
  /** The result folder of the whole. */
  readonly resultDir: string;
  /** Whether to remove first what is there. */
  readonly fresh: boolean;
  /** Whether to merge what is there although something is missing. */
  readonly partial: boolean;
}

/** No more of what is missing is named. */
const MOST_NAMED = 5;

/**
 * Merges the results of all experiments of several result folders, each with some of the trials.
 *
 * @param parts The result folders, in any order.
 * @param options Where to, and whether all must be there.
 * @throws {RangeError} If the shards of an experiment are not of one run, trials or experiments are missing or trials
 * appear twice, or the folder of the whole is a shard's or holds another run. Nothing is written then.
 * @throws {Error} If a file is damaged, or cannot be read or written.
 *
 * @example
 * ```ts
 * import { mergeParts } from "./merge_shards.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const merge = () =>
 *   mergeParts(["result/0", "result/1"], { resultDir: "result", fresh: false, partial: false });
 * ```
 */
export async function mergeParts(
  parts: readonly string[],
  { resultDir, fresh, partial }: MergeOptions,
): Promise<void> {
  const begun = parts.flatMap((part) => experimentFolders(part, ...TRACES).map((path) => path.slice(part.length + 1)));
  const experiments = [...new Set(begun)].sort();
  const folders = experiments.flatMap((experiment) =>
    parts.map((part) => ({ experiment, folder: inside(part, experiment) }))
  );
  const same = folders.find(({ folder, experiment }) => isSameFolder(folder, `${resultDir}/${experiment}`));
  if (same) throw new RangeError(`${same.folder} is one of the parts: choose another --result-dir`);
  const [finished, unfinished] = [true, false].map((isFinished) =>
    folders.filter(({ folder }) => isFile(`${folder}/run.json`) === isFinished)
  );
  if (finished.length === 0) throw noExperiment(parts[0], "run.json");
  const wholes = [...Map.groupBy(finished, ({ experiment }) => experiment)].map(([experiment, folders]) =>
    wholeOf(
      experiment,
      folders.map(({ folder }) => readShard(folder)).sort((a, b) => a.trials[0] - b.trials[0]),
      resultDir,
    )
  );
  const missing = [
    ...unfinished.map(({ folder }) => `${folder} is not finished`),
    ...wholes.flatMap(({ missing }) => missing),
  ];
  const named = [
    ...missing.slice(0, MOST_NAMED),
    ...(missing.length > MOST_NAMED ? [`${missing.length - MOST_NAMED} more`] : []),
  ].join("; ");
  if (missing.length > 0 && !partial) {
    throw new RangeError(`parts are missing: ${named}: run them, or merge what is there with --partial 1`);
  }
  if (missing.length > 0) console.warn(`Without what is missing: ${named}`);
  for (const { experiment, run } of wholes) {
    if (run.options.all_trials === undefined) {
      console.warn(
        `${experiment}: no part says how many trials the whole has: trials after the last one would not be missed`,
      );
    }
  }
  for (const whole of wholes) await writeMerged(whole, fresh);
}
