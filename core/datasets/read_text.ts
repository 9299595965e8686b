/**
 * Reads a text file that the user names.
 * @module
 */

/**
 * Reads a file.
 *
 * @param path The file.
 * @param remedy What to do where there is no such file.
 * @returns Its text, without a byte order mark.
 * @throws {Error} If it is not there, is a folder or may not be read.
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
    return Deno.readTextFileSync(path).replace(/^\uFEFF/, "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`no file ${path}: ${remedy}`);
    if (error instanceof Deno.errors.IsADirectory) throw new Error(`${path} is a folder, not a file`);
    if (error instanceof Deno.errors.NotCapable) {
      throw new Error(`${path} is outside the folders that the task may read: put it below data, or add --allow-read`);
    }
    throw new Error(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}
