/**
 * Reads a text file that the user names.
 * @module
 */
import { naming } from "./files.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true }); // Skips a byte order mark.

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
  try {
    return UTF8.decode(naming(path, () => Deno.readFileSync(path)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new RangeError(`no file ${path}: ${remedy}`);
    if (error instanceof TypeError) throw new RangeError(`${path} is not text in UTF-8: save it as that`);
    if (error instanceof Deno.errors.IsADirectory) throw new RangeError(`${path} is a folder, not a file`);
    throw error;
  }
}
