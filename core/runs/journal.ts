/**
 * What a run has computed so far, so that it need not be computed again.
 * @module
 */
import { readIfThere, writeWhole } from "../disk/files.ts";
import { inside } from "../disk/inside.ts";
import { parseJson } from "../text/json.ts";
import { sha256 } from "./checksums.ts";

/** Contents by name. */
export interface Journal {
  /** What was last written under a name, undefined if nothing was. */
  read(name: string): Uint8Array<ArrayBuffer> | undefined;
  /** Puts content under a name: there is the old one or the new one, never a mixture. */
  write(name: string, content: string | Uint8Array): void;
}

/** Bytes of an entry's checksum, which goes before its content. */
const CHECKSUM = 32;

/**
 * A journal on the disk, a file for each name. An entry that is not what was written, or of another run, is as good as
 * none: a warning says that it is computed again.
 *
 * @param folder Where its files are.
 * @param run The digest of the run that the entries are of; without it they have no checksums, as in earlier versions.
 * @returns The journal.
 * @throws {Error} From its functions, if a file cannot be read or written, or is a link.
 *
 * @example
 * ```ts
 * import { folderJournal } from "./journal.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const recall = (digest: string) => folderJournal("result/example", digest).read("walk0");
 * ```
 */
export function folderJournal(folder: string, run?: string): Journal {
  if (run === undefined) {
    return {
      read: (name) => readIfThere(inside(folder, name)),
      write: (name, content) => writeWhole(inside(folder, name), content),
    };
  }
  const checksum = (name: string, content: string | Uint8Array) => sha256(`${run} ${name}\n`, content);
  return {
    read(name) {
      const path = inside(folder, name);
      const entry = readIfThere(path);
      const content = entry?.slice(CHECKSUM);
      if (!entry || !content || entry.subarray(0, CHECKSUM).toHex() === checksum(name, content)) return content;
      console.warn(`\n${path} is damaged: what it held is computed again`);
    },
    write(name, content) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      const entry = new Uint8Array(CHECKSUM + bytes.length);
      entry.set(Uint8Array.fromHex(checksum(name, bytes)));
      entry.set(bytes, CHECKSUM);
      writeWhole(inside(folder, name), entry);
    },
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
