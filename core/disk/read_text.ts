/**
 * Reads a text file that the user names.
 * @module
 */
import { naming } from "./files.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true }); // Skips a byte order mark.

/**
 * Lets an operation on a file that the user names say what is wrong with the name.
 *
 * @param path The file.
 * @param operation What may fail.
 * @param remedy What to do where there is no such file.
 * @returns Its result.
 * @throws {RangeError} If the file is not there, or is a folder.
 * @throws {Error} What it throws else, with the path in the message.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readable } from "./read_text.ts";
 *
 * assert.throws(() => readable("data/none.csv", () => Deno.openSync("data/none.csv")), /no file data\/none.csv/);
 * ```
 */
export function readable<Result>(path: string, operation: () => Result, remedy = "check the path"): Result {
  try {
    return naming(path, operation);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new RangeError(`no file ${path}: ${remedy}`);
    if (error instanceof Deno.errors.IsADirectory) throw new RangeError(`${path} is a folder, not a file`);
    throw error;
  }
}

/**
 * Reads a file.
 *
 * @param path The file.
 * @param remedy What to do where there is no such file.
 * @returns Its text, without a byte order mark.
 * @throws {RangeError} If it is not there, is a folder, or is not UTF-8.
 * @throws {Error} If it may not be read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readText } from "./read_text.ts";
 *
 * assert.throws(() => readText("data/none.csv"), /no file data\/none.csv/);
 * ```
 */
export function readText(path: string, remedy = "check the path"): string {
  const bytes = readable(path, () => Deno.readFileSync(path), remedy);
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new RangeError(`${path} is not text in UTF-8: save it as that`);
  }
}
