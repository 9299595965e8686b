/**
 * Changes that survive a power cut, and folders that nobody else reads.
 * @module
 */
import { ifThere, naming } from "./files.ts";

/** The modes of what nobody else reads. */
export const PRIVATE = { folder: 0o700, file: 0o600 } as const;

/**
 * Waits until the names in a folder are on the disk, where the system can say so.
 *
 * @param path The folder.
 * @throws {Error} If they cannot be written.
 *
 * @example
 * ```ts
 * import { syncFolder } from "./durable.ts";
 *
 * // Needs permission to read the folder `result`.
 * const sync = () => syncFolder("result");
 * ```
 */
export function syncFolder(path: string): void {
  if (Deno.build.os === "windows") return; // It opens no folders.
  naming(path, () => {
    const folder = Deno.openSync(path);
    try {
      folder.syncSync();
    } finally {
      folder.close();
    }
  });
}

/**
 * Gives a file or folder another name, in the place of a file that has it.
 *
 * @param from Its name.
 * @param to Its name from now on, on the same file system.
 * @throws {Error} If it cannot be done; nothing has changed then.
 *
 * @example
 * ```ts
 * import { move } from "./durable.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const replace = () => move("result/note.txt.tmp", "result/note.txt");
 * ```
 */
export function move(from: string, to: string): void {
  naming(to, () => Deno.renameSync(from, to));
}

/**
 * Makes a folder that nobody else can read, unless it is there.
 *
 * @param path The folder; the one above it is there.
 * @throws {Error} If it cannot be made, is no folder, or others can read it.
 *
 * @example
 * ```ts
 * import { makePrivateFolder } from "./durable.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const make = () => makePrivateFolder("result/secrets");
 * ```
 */
export function makePrivateFolder(path: string): void {
  if (!ifThere(path, () => Deno.lstatSync(path))) naming(path, () => Deno.mkdirSync(path, { mode: PRIVATE.folder }));
  const { isDirectory, mode } = naming(path, () => Deno.lstatSync(path));
  if (!isDirectory) throw new Error(`${path} is no folder: remove it`);
  if (mode !== null && (mode & 0o077) !== 0) {
    throw new Error(`${path} can be read by others: run chmod -R go-rwx ${path}`);
  }
}
