/**
 * Files that are there whole or not at all.
 * @module
 */
import { dirname } from "node:path";

const REMEDY =
  "put it below result (data, if it is read), or run the script itself with --allow-read and --allow-write (see " +
  "docs/permissions.md)";

/**
 * Lets an error of the system say which path it is about, and what to do where Deno does not permit to touch it.
 *
 * @param path The path.
 * @param operation What may fail.
 * @returns Its result.
 * @throws {Error} What it throws, with the path in the message.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { naming } from "./files.ts";
 *
 * const fill = () => {
 *   throw new Error("No space left on device");
 * };
 * assert.throws(() => naming("result/note.txt", fill), /result\/note.txt: No space left/);
 * ```
 */
export function naming<Result>(path: string, operation: () => Result): Result {
  try {
    return operation();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new Error(`${path} is outside the folders that the task may touch: ${REMEDY}`, { cause: error });
    }
    if (!(error instanceof Error) || error.message.includes(path)) throw error;
    throw new Error(`${path}: ${error.message}`, { cause: error });
  }
}

/**
 * Writes a new file and waits until it is on the disk; what is there, such as a link, makes room.
 *
 * @param path The file; its folder is there.
 * @param content Its content.
 * @param mode Who may read and write it, where the system knows that.
 * @throws {Error} If it cannot be written.
 *
 * @example
 * ```ts
 * import { writeThrough } from "./files.ts";
 *
 * // Needs permission to write the folder `result`.
 * const save = () => writeThrough("result/note.txt", "K = 1\n");
 * ```
 */
export function writeThrough(path: string, content: string | Uint8Array, mode: number = 0o666): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  remove(path);
  naming(path, () => {
    const file = Deno.openSync(path, { write: true, createNew: true, mode });
    try {
      for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
      file.syncSync();
    } finally {
      file.close();
    }
  });
}

/**
 * Makes a folder and those above it, unless they are there: so that what cannot be written shows before hours of
 * computing.
 *
 * @param path The folder.
 * @throws {Error} If it cannot be made.
 *
 * @example
 * ```ts
 * import { makeFolder } from "./files.ts";
 *
 * // Needs permission to write the folder `result`.
 * const prepare = () => makeFolder("result/example");
 * ```
 */
export function makeFolder(path: string): void {
  naming(path, () => Deno.mkdirSync(path, { recursive: true }));
}

/**
 * Writes a file whole or not at all: to a temporary file beside it, which is renamed once it is on the disk. Missing
 * folders are made. A link in the file's place is replaced, not followed.
 *
 * @param path The file.
 * @param content Its content.
 * @throws {Error} If the path cannot be written; what was there is still there.
 *
 * @example
 * ```ts
 * import { writeWhole } from "./files.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const save = () => writeWhole("result/note.txt", "K = 1\n");
 * ```
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.tmp`;
  makeFolder(dirname(path));
  naming(path, () => {
    try {
      writeThrough(temporary, content);
      Deno.renameSync(temporary, path);
    } catch (error) {
      remove(temporary);
      throw error;
    }
  });
}

/**
 * The result of an operation, if there is such a file or folder.
 *
 * @param path The file or folder.
 * @param operation What may fail.
 * @returns Its result, undefined if there is no such file or folder.
 * @throws {Error} What it throws else, with the path in the message.
 *
 * @example
 * ```ts
 * import { ifThere } from "./files.ts";
 *
 * // Needs permission to read the folder `result`.
 * const size = () => ifThere("result/note.txt", () => Deno.statSync("result/note.txt").size);
 * ```
 */
export function ifThere<Result>(path: string, operation: () => Result): Result | undefined {
  return naming(path, () => {
    try {
      return operation();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  });
}

/**
 * Removes a file or a folder, if it is there.
 *
 * @param path The file or folder.
 * @param recursive Whether to remove a folder with all it holds.
 * @throws {Error} If it cannot be removed.
 *
 * @example
 * ```ts
 * import { remove } from "./files.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const clear = () => remove("result/note.txt");
 * ```
 */
export function remove(path: string, recursive = false): void {
  ifThere(path, () => Deno.removeSync(path, { recursive }));
}

/**
 * Reads a file, if it is there.
 *
 * @param path The file.
 * @returns Its content, undefined if there is no such file.
 * @throws {Error} If it cannot be read.
 *
 * @example
 * ```ts
 * import { readIfThere } from "./files.ts";
 *
 * // Needs permission to read the folder `result`.
 * const load = () => readIfThere("result/note.txt");
 * ```
 */
export function readIfThere(path: string): Uint8Array<ArrayBuffer> | undefined {
  return ifThere(path, () => Deno.readFileSync(path));
}

/**
 * Reads a file.
 *
 * @param path The file.
 * @returns Its content.
 * @throws {Error} If it cannot be read.
 *
 * @example
 * ```ts
 * import { readFile } from "./files.ts";
 *
 * // Needs permission to read the folder `result`.
 * const load = () => readFile("result/note.txt");
 * ```
 */
export function readFile(path: string): Uint8Array<ArrayBuffer> {
  return naming(path, () => Deno.readFileSync(path));
}

/**
 * Reads a file of text.
 *
 * @param path The file.
 * @returns Its content.
 * @throws {Error} If it cannot be read.
 *
 * @example
 * ```ts
 * import { readTextFile } from "./files.ts";
 *
 * // Needs permission to read the folder `result`.
 * const load = () => readTextFile("result/note.txt");
 * ```
 */
export function readTextFile(path: string): string {
  return naming(path, () => Deno.readTextFileSync(path));
}

/**
 * Whether a path leads to a file.
 *
 * @param path The path.
 * @returns Whether it does.
 *
 * @example
 * ```ts
 * import { isFile } from "./files.ts";
 *
 * // Needs permission to read the folder `result`.
 * const done = () => isFile("result/LMC/MNIST/baseline/run.json");
 * ```
 */
export function isFile(path: string): boolean {
  return ifThere(path, () => Deno.statSync(path))?.isFile ?? false;
}

/**
 * Whether two paths lead to the same folder, be they relative, absolute or through links.
 *
 * @param first One path.
 * @param second The other.
 * @returns Whether they do; not if one leads nowhere.
 *
 * @example
 * ```ts
 * import { isSameFolder } from "./files.ts";
 *
 * // Needs permission to read the folder `result`.
 * const check = () => isSameFolder("result", `${Deno.cwd()}/result`);
 * ```
 */
export function isSameFolder(first: string, second: string): boolean {
  const [a, b] = [first, second].map((path) => ifThere(path, () => Deno.statSync(path)));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}
