/**
 * Reads a text file that the user names.
 * @module
 */
import { naming } from "./files.ts";

/**
 * Reads a file.
 *
 * @param path The file.
 * @param remedy What to do where there is no such file.
 * @returns Its text, without a byte order mark.
 * @throws {RangeError} If it is not there or is a folder.
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
    return naming(path, () => Deno.readTextFileSync(path)).replace(/^\uFEFF/, "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new RangeError(`no file ${path}: ${remedy}`);
    if (error instanceof Deno.errors.IsADirectory) throw new RangeError(`${path} is a folder, not a file`);
    throw error;
  }
}
