/**
 * The folder of a run: one process at a time, one run's numbers.
 *
 * While a run lasts, its folder `unfinished` holds `run.json` with the run's options, and the journal of what is
 * computed. When all is computed the results are written, `run.json` last, and `unfinished` is removed.
 * @module
 */
import { isFile, readFile, readIfThere, remove, writeWhole } from "../disk/files.ts";
import { foldersIn } from "../disk/folders.ts";
import { inside, isInnerName } from "../disk/inside.ts";
import { type Lock, lockFolder } from "../disk/lock.ts";
import { isSealed, sealed, sha256 } from "./checksums.ts";
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
  /** The SHA-256 of each of them; absent in those of earlier versions. */
  readonly sha256?: Readonly<Record<string, string>>;
  /** The SHA-256 of everything else in `run.json`, see `sealed`; absent in those of earlier versions. */
  readonly digest?: string;
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
const RESTORE = "put back a copy, or start over with --fresh 1";
const REDRAW = "draw it again with `deno task plot`, or start over with --fresh 1";

const isScalar = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);
const isAbsentOr = (type: "string" | "number", value: unknown) => value === undefined || typeof value === type;

/** Whether something names a file that a run writes. */
const isFileName = (name: unknown): name is string => isInnerName(name) && /\.(csv|npy|svg)$/.test(name);
/** Whether a file is a drawing of results, which `deno task plot` makes anew. */
const isFigure = (name: string) => name.endsWith(".svg");

function isRun(value: unknown): value is FinishedRun {
  if (!isObject(value)) return false;
  const { experiment, options, problem, rows, named, engine, versions, started, files, sha256: sums } = value;
  return [experiment, rows, engine, started].every((text) => typeof text === "string") &&
    isObject(options) && Object.values(options).every((option) => [option].flat().every(isScalar)) &&
    isCount(options.first_trial) && isCount(options.num_trial) &&
    (options.all_trials === undefined || isCount(options.all_trials)) &&
    (options.shard === undefined || /^\d+\/[1-9]\d*$/.test(String(options.shard))) &&
    (options.trials === undefined || /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(String(options.trials))) &&
    isObject(problem) && Object.values(problem).every(isScalar) &&
    [named, value.data, value.device].every((text) => isAbsentOr("string", text)) &&
    isAbsentOr("number", value.seconds) &&
    isObject(versions) && typeof versions.program === "string" &&
    Array.isArray(files) && files.every(isFileName) &&
    (sums === undefined || isObject(sums) && files.every((name) => typeof sums[name] === "string"));
}

/**
 * Parses a `run.json`, of this version or of 0.2.
 *
 * @param content The file's bytes.
 * @param path The file, for messages.
 * @returns The run.
 * @throws {RangeError} If it is not of a run, or of one of another version.
 * @throws {Error} If it is not what the run wrote.
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
  if (!isRun(run)) throw new RangeError(`${path} is not a run.json of this version: ${ADVICE}`);
  const hasChecksums = isObject(value) && (run.sha256 !== undefined || run.digest !== undefined);
  if (hasChecksums && !isSealed(value)) throw new Error(`${path} is damaged: ${RESTORE}`);
  return run;
}

/** Reads the `run.json` of a run, undefined if there is none. */
function readRun(folder: string): FinishedRun | undefined {
  const path = inside(folder, "run.json");
  const content = isFile(path) ? readIfThere(path) : undefined;
  return content && parseRun(content, path);
}

/**
 * Reads a file that a run wrote.
 *
 * @param folder The run's folder.
 * @param name The file's name.
 * @param run The run.
 * @returns Its content.
 * @throws {Error} If it is missing, a link, or not what the run wrote.
 *
 * @example
 * ```ts
 * import { readFinishedRun, readRunFile } from "./run_folder.ts";
 *
 * // Needs permission to read the folder `result`.
 * const folder = "result/LMC/MNIST/baseline";
 * const read = () => readRunFile(folder, "summary.csv", readFinishedRun(folder));
 * ```
 */
export function readRunFile(folder: string, name: string, run: Pick<FinishedRun, "sha256">): Uint8Array<ArrayBuffer> {
  const path = inside(folder, name);
  const remedy = isFigure(name) ? REDRAW : RESTORE;
  if (!isFile(path)) throw new Error(`${printable(path)} is missing, which run.json lists: ${remedy}`);
  const content = readFile(path);
  if (run.sha256 === undefined || run.sha256[name] === sha256(content)) return content;
  throw new Error(`${printable(path)} is not what the run wrote: ${remedy}`);
}

/**
 * Reads the `run.json` of a run that is over, and makes sure that its results are what it wrote, but its figures, which
 * can be drawn again. Of a run of an earlier version, of which nothing tells, a warning says so.
 *
 * @param folder The run's folder.
 * @returns The run, undefined if there is no `run.json`.
 * @throws {Error} If a result that it lists is missing or damaged.
 *
 * @example
 * ```ts
 * import { readRunIfOver } from "./run_folder.ts";
 *
 * // Needs permission to read the folder `result`.
 * const read = () => readRunIfOver("result/LMC/MNIST/baseline")?.options.seed;
 * ```
 */
export function readRunIfOver(folder: string): FinishedRun | undefined {
  const run = readRun(folder);
  if (run) requireFiles(folder, run, false);
  return run;
}

/**
 * Reads the `run.json` of a run that must be over, as {@linkcode readRunIfOver} does.
 *
 * @param folder The run's folder.
 * @returns The run.
 * @throws {Error} If there is none, or a result that it lists is missing or damaged.
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
  const run = readRun(folder);
  if (!run) throw new Error(`${folder} has no run.json: no run has ended there`);
  requireFiles(folder, run, false);
  return run;
}

/** Makes sure that the results of a finished run are what it wrote. */
function requireFiles(folder: string, run: FinishedRun, figures: boolean): void {
  if (run.sha256 === undefined) {
    console.warn(`${folder} is of a version without checksums: damage of its files may not show`);
  }
  for (const name of run.files) if (figures || !isFigure(name)) readRunFile(folder, name, run);
}

/** The content of a `run.json`. */
function encodeRun(run: object): string {
  return JSON.stringify(sealed(run), null, 2) + "\n";
}

/**
 * Puts another figure into the folder of a run that is over.
 *
 * @param folder The run's folder, locked.
 * @param run The run.
 * @param name The figure's name, which must be among the run's files to be one of its.
 * @param svg The figure.
 * @throws {Error} If it cannot be written.
 *
 * @example
 * ```ts
 * import { readFinishedRun, replaceFigure } from "./run_folder.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const folder = "result/LMC/MNIST/baseline";
 * const replace = (svg: string) => replaceFigure(folder, readFinishedRun(folder), "figure3a.svg", svg);
 * ```
 */
export function replaceFigure(folder: string, run: FinishedRun, name: string, svg: string): void {
  writeWhole(inside(folder, name), svg);
  const { digest: _, ...content } = run;
  if (!run.sha256 || run.sha256[name] === sha256(svg)) return;
  writeWhole(inside(folder, "run.json"), encodeRun({ ...content, sha256: { ...run.sha256, [name]: sha256(svg) } }));
}

/** Removes what runs left in a folder; files of others stay. */
function clear(folder: string): void {
  const file = readIfThere(inside(folder, "run.json"));
  const run = parseJson(file ?? new Uint8Array());
  if (file && !(isObject(run) && Array.isArray(run.files))) {
    console.warn(`${folder}/run.json is damaged: which files its run has written is not known, and they stay`);
  }
  const ending = parseJson(readIfThere(inside(folder, "unfinished/files")) ?? new Uint8Array());
  const names = [isObject(run) ? run.files : [], ending].flat().filter(isFileName);
  for (const name of [...names, "run.json"]) remove(inside(folder, name));
  remove(inside(folder, "unfinished"), true);
}

/** Refuses to mix runs. */
function requireSame(folder: string, before: RunRecord, now: RunRecord): void {
  const different = differences(before, now);
  if (different.length === 0) return;
  throw new RangeError(`${folder} holds a run with other options: ${different.join("; ")}: ${ADVICE}`);
}

/** The run that is over in a folder, if there is one; none but that of the record may be there. */
function findFinished(folder: string, record: RunRecord): FinishedRun | undefined {
  const run = readRun(folder);
  if (!run) return undefined;
  requireSame(folder, run, record);
  requireFiles(folder, run, true);
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
  const unfinished = inside(path, "unfinished");
  // A run that is over is only read, which needs no lock and may be on a disk that cannot be written.
  const over = fresh || foldersIn(path).includes(unfinished) ? undefined : findFinished(path, record);
  const lock = over ? NO_LOCK : lockFolder(path);
  try {
    if (fresh) clear(path);
    const finished = over ?? findFinished(path, record);
    const begun = finished ?? readRun(unfinished);
    if (begun && !finished) {
      requireSame(path, begun, record);
      if (!begun.digest) console.warn(`${unfinished} is of a version without checksums: damage of it may not show`);
    }
    const started = begun?.started ?? new Date().toISOString();
    if (!begun && !fresh && foldersIn(path).includes(unfinished)) {
      console.warn(`${unfinished} has no run.json: nothing tells of which run it is, and all is computed again`);
    }
    if (!over && (!begun || finished)) remove(unfinished, true);
    const state = begun ?? sealed({ ...record, started, files: [] });
    if (!begun) writeWhole(`${unfinished}/run.json`, JSON.stringify(state));
    const { read, write } = folderJournal(unfinished, state.digest);
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
        writeWhole(inside(path, "unfinished/files"), JSON.stringify(names));
        for (const [name, content] of files) writeWhole(inside(path, name), content);
        const sums = Object.fromEntries([...files].map(([name, content]) => [name, sha256(content)]));
        writeWhole(inside(path, "run.json"), encodeRun({ ...record, ...details, started, files: names, sha256: sums }));
        remove(unfinished, true);
      },
      release: () => lock.release(),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
