/**
 * What a run has computed so far, so that it need not be computed again.
 * @module
 */
import { readIfThere, writeWhole } from "../disk/files.ts";
import { parseJson } from "../text/json.ts";

/** Contents by name. */
export interface Journal {
  /** What was last written under a name, undefined if nothing was. */
  read(name: string): Uint8Array<ArrayBuffer> | undefined;
  /** Puts content under a name: there is the old one or the new one, never a mixture. */
  write(name: string, content: string | Uint8Array): void;
}

/**
 * A journal on the disk, a file for each name.
 *
 * @param folder Where its files are.
 * @returns The journal.
 *
 * @example
 * ```ts
 * import { folderJournal } from "./journal.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const recall = () => folderJournal("result/example").read("walk0");
 * ```
 */
export function folderJournal(folder: string): Journal {
  const path = (name: string) => `${folder}/${name}`;
  return {
    read: (name) => readIfThere(path(name)),
    write: (name, content) => writeWhole(path(name), content),
  };
}

/**
 * A value from the journal, or computed and put there.
 *
 * @param journal The journal.
 * @param name The value's name.
 * @param isValue Whether something can be the value.
 * @param compute Computes it; it is kept as JSON.
 * @returns The value.
 * @throws {Error} If what the journal has cannot be the value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { once } from "./journal.ts";
 *
 * const entries = new Map<string, Uint8Array<ArrayBuffer>>();
 * const journal = {
 *   read: (name: string) => entries.get(name),
 *   write: (name: string, content: string | Uint8Array) => {
 *     entries.set(name, new TextEncoder().encode(String(content)));
 *   },
 * };
 * const isNumber = (value: unknown) => typeof value === "number";
 * assert.deepEqual(once(journal, "accuracy", isNumber, () => 0.5), 0.5);
 * assert.deepEqual(once(journal, "accuracy", isNumber, () => 1), 0.5);
 * ```
 */
export function once<Value>(
  journal: Journal,
  name: string,
  isValue: (value: unknown) => value is Value,
  compute: () => Value,
): Value {
  const known = journal.read(name);
  if (known) {
    const value = parseJson(known);
    if (isValue(value)) return value;
    throw new Error(`${name} of the unfinished run is damaged: start over with --fresh 1`);
  }
  const value = compute();
  journal.write(name, JSON.stringify(value));
  return value;
}
