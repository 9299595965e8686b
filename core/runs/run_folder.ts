/**
 * The folder of a run: one process at a time, one run's numbers.
 *
 * While a run lasts, its folder `unfinished` holds `run.json` with the run's options, and the journal of what is
 * computed. When all is computed the results are written, `run.json` last, and `unfinished` is removed.
 * @module
 */
import { isFile, readIfThere, remove, writeWhole } from "../disk/files.ts";
import { foldersIn } from "../disk/folders.ts";
import { type Lock, lockFolder } from "../disk/lock.ts";
import { folderJournal, type Journal } from "./journal.ts";
import { isCount, isObject, parseJson } from "../text/json.ts";
import { printable } from "../text/messages.ts";
import { differences, type RunRecord, withNewNames } from "./run_record.ts";

/** A run that is over, as its `run.json` has it. */
export interface FinishedRun extends RunRecord {
  /** Where the data come from, if they do not say so themselves. */
  readonly data?: string;
  /** What computed it, for the user to read. */
  readonly device: string;
  /** When it began, an ISO time. */
  readonly started: string;
  /** How long the process that ended it took. */
  readonly seconds: number;
  /** Names of the files that it wrote, but `run.json`. */
  readonly files: readonly string[];
}

/** The folder of a run, locked unless the run is over. */
export interface RunFolder {
  /** The folder. */
  readonly path: string;
  /** The run, if it is over already. */
  readonly finished: FinishedRun | undefined;
  /** When the run began, an ISO time. */
  readonly started: string;
  /** What the run has computed. */
  readonly journal: Journal;
  /** Writes the results, ends the run and removes the journal. `details` go to `run.json` beside the record. */
  finish(files: ReadonlyMap<string, string | Uint8Array>, details: object): void;
  /** Lets other processes have the folder. */
  release(): void;
}

const ADVICE = "choose another --result-dir, or start over with --fresh 1";

const isScalar = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);
/** Whether something names a file in the folder of a run. */
const isFileName = (name: unknown): name is string =>
  typeof name === "string" && name.split("/").every((part) => part !== "" && part !== "..");

function isRun(value: unknown): value is FinishedRun {
  if (!isObject(value)) return false;
  const { experiment, options, problem, rows, named, engine, versions, started, files } = value;
  return [experiment, rows, engine, started].every((text) => typeof text === "string") &&
    isObject(options) && Object.values(options).every((option) => [option].flat().every(isScalar)) &&
    isCount(options.first_trial) && isCount(options.num_trial) &&
    isObject(problem) && Object.values(problem).every(isScalar) &&
    (named === undefined || typeof named === "string") &&
    isObject(versions) && Array.isArray(files) && files.every(isFileName);
}

/**
 * Parses a `run.json`, of this version or of 0.2.
 *
 * @param content The file's bytes.
 * @param path The file, for messages.
 * @returns The run.
 * @throws {RangeError} If it is not of a run, or of one of another version.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseRun } from "./run_folder.ts";
 *
 * assert.throws(() => parseRun(new TextEncoder().encode("{}"), "run.json"), /run.json is not a run.json of this version/);
 * ```
 */
export function parseRun(content: Uint8Array, path: string): FinishedRun {
  const value = parseJson(content);
  const run = isObject(value) ? withNewNames(value) : value;
  if (isRun(run)) return run;
  throw new RangeError(`${path} is not a run.json of this version: ${ADVICE}`);
}

/** Reads the `run.json` of a run, undefined if there is none. */
function readRun(path: string): FinishedRun | undefined {
  const content = isFile(path) ? readIfThere(path) : undefined;
  return content && parseRun(content, path);
}

/**
 * Reads the `run.json` of a run that is over.
 *
 * @param folder The run's folder.
 * @returns The run.
 * @throws {Error} If there is none, or a file that it lists is missing.
 *
 * @example
 * ```ts
 * import { readFinishedRun } from "./run_folder.ts";
 *
 * // Needs permission to read the folder `result`.
 * const read = () => readFinishedRun("result/LMC/MNIST/baseline");
 * ```
 */
export function readFinishedRun(folder: string): FinishedRun {
  const run = readRun(`${folder}/run.json`);
  if (!run) throw new Error(`${folder} has no run.json: no run has ended there`);
  requireFiles(folder, run);
  return run;
}

/** Removes what runs left in a folder; files of others stay. */
function clear(folder: string): void {
  const read = (name: string) => parseJson(readIfThere(`${folder}/${name}`) ?? new Uint8Array());
  const run = read("run.json");
  const names = [isObject(run) ? run.files : [], read("unfinished/files")].flat().filter(isFileName);
  for (const name of [...names, "run.json"]) remove(`${folder}/${name}`);
  remove(`${folder}/unfinished`, true);
}

/** Refuses to mix runs. */
function requireSame(folder: string, before: RunRecord, now: RunRecord): void {
  const different = differences(before, now);
  if (different.length === 0) return;
  throw new RangeError(`${folder} holds a run with other options: ${different.join("; ")}: ${ADVICE}`);
}

/** Makes sure that the results of a finished run are there. */
function requireFiles(folder: string, { files }: FinishedRun): void {
  const missing = files.find((name) => !isFile(`${folder}/${name}`));
  if (missing) {
    throw new Error(`${folder}/${printable(missing)} is missing, which run.json lists: start over with --fresh 1`);
  }
}

/** The run that is over in a folder, if there is one; none but that of the record may be there. */
function findFinished(folder: string, record: RunRecord): FinishedRun | undefined {
  const run = readRun(`${folder}/run.json`);
  if (!run) return undefined;
  requireSame(folder, run, record);
  requireFiles(folder, run);
  return run;
}

/** What does for a lock where nothing is written. */
const NO_LOCK: Lock = { confirm: () => {}, release: () => {} };

/**
 * Opens the folder of a run, for the run to begin, to go on or to be found finished.
 *
 * @param path The folder; it is made if it is not there.
 * @param record What decides the run's numbers.
 * @param fresh Whether to remove first what earlier runs left there.
 * @returns The folder, locked until it is released or the process ends; not locked if its run is over.
 * @throws {RangeError} If the folder holds a run of another record.
 * @throws {Error} If another process has the folder, or it cannot be read or written.
 *
 * @example
 * ```ts
 * import { openRunFolder } from "./run_folder.ts";
 * import type { RunRecord } from "./run_record.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const open = (record: RunRecord) => openRunFolder("result/LMC/MNIST/example", record, false);
 * ```
 */
export function openRunFolder(path: string, record: RunRecord, fresh: boolean): RunFolder {
  const unfinished = `${path}/unfinished`;
  // A run that is over is only read, which needs no lock and may be on a disk that cannot be written.
  const over = fresh || foldersIn(path).includes(unfinished) ? undefined : findFinished(path, record);
  const lock = over ? NO_LOCK : lockFolder(path);
  try {
    if (fresh) clear(path);
    const finished = over ?? findFinished(path, record);
    const begun = finished ?? readRun(`${unfinished}/run.json`);
    if (begun && !finished) requireSame(path, begun, record);
    const started = begun?.started ?? new Date().toISOString();
    if (!over && (!begun || finished)) remove(unfinished, true);
    if (!begun) writeWhole(`${unfinished}/run.json`, JSON.stringify({ ...record, started, files: [] }));
    const { read, write } = folderJournal(unfinished);
    return {
      path,
      finished,
      started,
      journal: {
        read,
        write(name, content) {
          lock.confirm();
          write(name, content);
        },
      },
      finish(files, details) {
        lock.confirm();
        const names = [...files.keys()];
        write("files", JSON.stringify(names));
        for (const [name, content] of files) writeWhole(`${path}/${name}`, content);
        const run = { ...record, ...details, started, files: names };
        writeWhole(`${path}/run.json`, JSON.stringify(run, null, 2) + "\n");
        remove(unfinished, true);
      },
      release: () => lock.release(),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
