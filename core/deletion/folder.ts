/**
 * The folder of a model and the private one beside it, as they are on the disk: what was committed and nothing else.
 *
 * A release is written to `writing` in the private folder, which becomes `next` once all of it is on the disk: by that
 * one name the state changes. Then each file of `next` takes the place of the one before, which is gone with that. Who
 * reads looks into `next` first, so that the state is the new one before, while and after its files are moved, whatever
 * happens to the process; what is left to do, the next one with the lock does.
 * @module
 */
import { dirname } from "node:path";
import { makePrivateFolder, move, PRIVATE, syncFolder } from "../disk/durable.ts";
import { isFile, makeFolder, readIfThere, remove, writeThrough } from "../disk/files.ts";
import { filesBelow, isEmptyFolder } from "../disk/folders.ts";
import { type Lock, lockFolder } from "../disk/lock.ts";

/** Files of a release, by name: those of a model's folder, its certificates and private ones among them. */
export type ReleaseFiles = Readonly<Record<string, string | Uint8Array>>;

/** Names of files that are private. */
const SECRETS = ["key", "state"];

/** A path without slashes at its end. */
const withoutEnd = (path: string) => path.replace(/\/+$/, "");

/**
 * The folder beside a model's, with the key and what is needed to go on.
 *
 * @param model The model's folder.
 * @returns The private one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { privateFolder } from "./folder.ts";
 *
 * assert.equal(privateFolder("result/models/week/"), "result/models/week.private");
 * ```
 */
export function privateFolder(model: string): string {
  return `${withoutEnd(model)}.private`;
}

/**
 * The folder beside a model's that `tune` leaves: statistics of rows that may go.
 *
 * @param model The model's folder.
 * @returns That of its search for λ and K.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tuneFolder } from "./folder.ts";
 *
 * assert.equal(tuneFolder("result/models/week/"), "result/models/week.tune");
 * ```
 */
export function tuneFolder(model: string): string {
  return `${withoutEnd(model)}.tune`;
}

/**
 * The list that `tune --keep` leaves of the rows that never go.
 *
 * @param model The model's folder.
 * @returns The file of their ids, one a line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { keptList } from "./folder.ts";
 *
 * assert.equal(keptList("result/models/week"), "result/models/week.tune/kept.txt");
 * ```
 */
export function keptList(model: string): string {
  return `${tuneFolder(model)}/kept.txt`;
}

/**
 * Makes sure that a folder can be a new model's: its private folder will be beside it, and in no folder that is public.
 *
 * @param model The model's folder.
 * @throws {RangeError} If it is there and not empty, has no name of its own, or is in a model's folder or a private one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkNewModel } from "./folder.ts";
 *
 * assert.throws(() => checkNewModel("result/models/.."), /is no name of a model/);
 * ```
 */
export function checkNewModel(model: string): void {
  const parts = withoutEnd(model).split("/");
  const name = parts.at(-1)!;
  if (
    parts.slice(1).some((part) => ["", ".", ".."].includes(part)) || /^\.*$/.test(name) ||
    /\.(private|tune)$/.test(name)
  ) {
    throw new RangeError(`${model} is no name of a model: give a folder of its own, such as result/models/week`);
  }
  if (certificateNames(model).length > 0) throw new RangeError(`${model} holds a model: choose another --model`);
  if (!isEmptyFolder(model)) throw new RangeError(`${model} is there already: choose another --model`);
  for (let length = 1; length < parts.length; length++) {
    const above = parts.slice(0, length).join("/");
    const { state } = Deno.permissions.querySync({ name: "read", path: above || "/" });
    const isModel = state === "granted" && isFile(`${certificatesOf(above)}/${certificateName(1)}`);
    if (!above.endsWith(".private") && !isModel) continue;
    throw new RangeError(`${model} is inside ${above}, and its key would be: choose another --model`);
  }
}

const nextOf = (model: string) => `${privateFolder(model)}/next`;
const writingOf = (model: string) => `${privateFolder(model)}/writing`;
const certificatesOf = (model: string) => `${model}/certificates`;

/** Where a file of a release belongs. */
function placeOf(model: string, name: string): string {
  if (SECRETS.includes(name)) return `${privateFolder(model)}/${name}`;
  return isCertificate(name) ? `${certificatesOf(model)}/${name}` : `${model}/${name}`;
}

const isCertificate = (name: string) => /^\d{4,}\.json$/.test(name);

/**
 * The name of a certificate's file.
 *
 * @param sequence Its number, from 1.
 * @returns The name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { certificateName } from "./folder.ts";
 *
 * assert.equal(certificateName(7), "0007.json");
 * ```
 */
export function certificateName(sequence: number): string {
  return `${String(sequence).padStart(4, "0")}.json`;
}

/** What can be read in the private folder: nothing, for all but its owner. */
function unlessDenied<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    const cause = error instanceof Error ? error.cause ?? error : error;
    if (cause instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}

/**
 * Reads a file of the state that was committed last.
 *
 * @param model The model's folder.
 * @param name The file's name.
 * @returns Its content, undefined if there is none.
 * @throws {Error} If it cannot be read.
 *
 * @example
 * ```ts
 * import { readPart } from "./folder.ts";
 *
 * // Needs permission to read the folder `result`.
 * const weights = () => readPart("result/models/week", "weights.npy");
 * ```
 */
export function readPart(model: string, name: string): Uint8Array<ArrayBuffer> | undefined {
  return unlessDenied(() => readIfThere(`${nextOf(model)}/${name}`)) ?? readIfThere(placeOf(model, name));
}

const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/**
 * The names of all certificates that were committed.
 *
 * @param model The model's folder.
 * @returns The names in the order of their numbers.
 *
 * @example
 * ```ts
 * import { certificateNames } from "./folder.ts";
 *
 * // Needs permission to read the folder `result`.
 * const list = () => certificateNames("result/models/week");
 * ```
 */
export function certificateNames(model: string): string[] {
  const staged = unlessDenied(() => filesBelow(nextOf(model), ".json")) ?? [];
  const names = [...filesBelow(certificatesOf(model), ".json"), ...staged].map(nameOf).filter(isCertificate);
  return [...new Set(names)].sort((a, b) => parseInt(a) - parseInt(b));
}

/**
 * Whether a release was committed of which files of the one before may still be there, since the process was killed.
 *
 * @param model The model's folder.
 * @returns Whether there is one.
 *
 * @example
 * ```ts
 * import { isUnfinished } from "./folder.ts";
 *
 * // Needs permission to read the folder `result`.
 * const check = () => isUnfinished("result/models/week");
 * ```
 */
export function isUnfinished(model: string): boolean {
  return (unlessDenied(() => filesBelow(nextOf(model), "")) ?? []).length > 0;
}

/** Moves what was committed to its place, and erases what is in its way. */
function finish(model: string): void {
  const next = nextOf(model);
  const names = filesBelow(next, "").map(nameOf);
  if (names.length > 0) {
    makeFolder(certificatesOf(model));
    for (const name of names) move(`${next}/${name}`, placeOf(model, name));
    for (const folder of [certificatesOf(model), model, dirname(model), privateFolder(model)]) syncFolder(folder);
  }
  remove(next, true);
}

/**
 * Locks a model for this process, and clears up after one that was killed: what it had committed is finished, what it
 * had not is erased.
 *
 * @param model The model's folder; the private one is made if it is not there.
 * @returns The lock.
 * @throws {Error} If another process has it, others can read the private folder, or a file cannot be written.
 *
 * @example
 * ```ts
 * import { lockModel } from "./folder.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const hold = () => lockModel("result/models/week").release();
 * ```
 */
export function lockModel(model: string): Lock {
  const folder = privateFolder(model);
  makeFolder(dirname(folder));
  makePrivateFolder(folder);
  if (!isFile(`${folder}/lock`)) writeThrough(`${folder}/lock`, "", PRIVATE.file);
  const lock = lockFolder(folder, "");
  try {
    finish(model);
    remove(writingOf(model), true);
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Commits a release: after it the state is the new one. Before, it is the old one, whatever happens.
 *
 * @param model The model's folder, locked.
 * @param files The files that are new.
 * @throws {Error} If a file cannot be written: `readPart` then gives the old files, or the new ones, of all.
 *
 * @example
 * ```ts
 * import { commitRelease } from "./folder.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const commit = (weights: Uint8Array) => commitRelease("result/models/week", { "weights.npy": weights });
 * ```
 */
export function commitRelease(model: string, files: ReleaseFiles): void {
  const [writing, next] = [writingOf(model), nextOf(model)];
  try {
    makePrivateFolder(writing);
    for (const [name, content] of Object.entries(files)) {
      writeThrough(`${writing}/${name}`, content, SECRETS.includes(name) ? PRIVATE.file : 0o644);
    }
    syncFolder(writing);
    move(writing, next);
  } catch (error) {
    remove(writing, true);
    throw error;
  }
  syncFolder(privateFolder(model));
  finish(model);
}
