/**
 * Folders that one process has at a time.
 * @module
 */
import { makeFolder, naming, readTextFile } from "./files.ts";

/** A folder that other processes cannot have. */
export interface Lock {
  /** Lets other processes have the folder. */
  release(): void;
}

/**
 * Locks a folder for this process; the system takes the lock back when the process ends, however it ends.
 *
 * @param folder The folder, which is made if it is not there.
 * @returns The lock.
 * @throws {Error} If another process has the folder, or it cannot be written.
 *
 * @example
 * ```ts
 * import { lockFolder } from "./lock.ts";
 *
 * // Needs permission to read and write the folder `result`.
 * const hold = () => lockFolder("result/example").release();
 * ```
 */
export function lockFolder(folder: string): Lock {
  const path = `${folder}/lock`;
  makeFolder(folder);
  const file = naming(path, () => Deno.openSync(path, { read: true, write: true, create: true }));
  if (!file.tryLockSync(true)) {
    file.close();
    throw new Error(`${folder} is in use by ${ownerOf(path)}: wait for its end or choose another --result-dir`);
  }
  try {
    naming(path, () => {
      file.truncateSync();
      file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    });
    return { release: () => giveBack(file) };
  } catch (error) {
    giveBack(file);
    throw error;
  }
}

/** Gives a lock back at once, also while a program that is just being started still has the file open. */
function giveBack(file: Deno.FsFile): void {
  file.unlockSync();
  file.close();
}

/** The process that holds a lock; where the system forbids to read a locked file, nobody can tell. */
function ownerOf(path: string): string {
  try {
    return `process ${readTextFile(path).trim()}`;
  } catch {
    return "another process";
  }
}
