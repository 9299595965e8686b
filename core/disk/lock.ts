/**
 * Folders that one process has at a time.
 *
 * The system's lock on the file `lock` ends with its process. Some network file systems have no such locks. There the
 * process has the folder that made `lock.<n>` with the highest n, and it writes to that file as a sign of life; once
 * there was none for long, another process may make `lock.<n + 1>`. Of several that try one alone can make it, and the
 * file of the highest n is never removed, so that a process that comes too late finds it.
 * @module
 */
import { ifThere, makeFolder, naming, readTextFile, remove } from "./files.ts";

/** A folder that other processes cannot have. */
export interface Lock {
  /**
   * Makes sure that the folder is still this process's.
   *
   * @throws {Error} If another process has it, since the file system has no locks and this process gave no sign of life.
   */
  confirm(): void;
  /** Lets other processes have the folder. */
  release(): void;
}

/** What a system says where a file system has no locks: EINVAL, ENOTTY, ENOLCK, ENOSYS, ENOTSUP or EOPNOTSUPP. */
const NO_LOCKS = /\(os error (22|25|37|38|45|77|78|95|102)\)/;

/** Milliseconds between two signs of life. */
const BEAT = 10_000;

/** Milliseconds without a sign of life after which the process counts as gone; a long computation gives none. */
const SILENCE = 120_000;

/** What the file `lock` says where it is none. */
const NOTE = "This file system has no locks: the process in lock.<n> with the highest n has the folder.\n";

/**
 * Locks a folder for this process; the system takes the lock back when the process ends, however it ends. Where the
 * file system has no locks, a folder that was not released is free after two minutes.
 *
 * @param folder The folder, which is made if it is not there.
 * @param otherwise What to do where another process has it, besides to wait.
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
export function lockFolder(folder: string, otherwise = " or choose another --result-dir"): Lock {
  const path = `${folder}/lock`;
  makeFolder(folder);
  if (ifThere(path, () => Deno.lstatSync(path))?.isFile === false) {
    throw new Error(`${path} is a link or a folder, which this program does not make: remove it`);
  }
  const file = naming(path, () => Deno.openSync(path, { read: true, write: true, create: true }));
  let isMine: boolean | undefined;
  const giveBack = () => {
    // At once, also while a program that is just being started still has the file open.
    if (isMine) file.unlockSync();
    file.close();
  };
  let now: number;
  try {
    isMine = naming(path, () => tryLock(file));
    if (isMine === false) throw inUse(folder, path, otherwise);
    naming(path, () => overwrite(file, isMine ? owner() : NOTE));
    if (isMine) return { confirm: () => {}, release: giveBack };
    now = file.statSync().mtime!.getTime();
  } catch (error) {
    giveBack();
    throw error;
  }
  giveBack();
  return lockByNumber(folder, now, otherwise);
}

/** Whether this process has got the lock on a file; undefined where the file system has no locks. */
function tryLock(file: Deno.FsFile): boolean | undefined {
  try {
    return file.tryLockSync(true);
  } catch (error) {
    if (!NO_LOCKS.test(String(error))) throw error;
  }
}

/**
 * Locks a folder where the file system has no locks.
 *
 * @param folder The folder.
 * @param now The time by the clock of the file system, which need not be this machine's.
 * @param otherwise What to do where another process has it, besides to wait.
 */
function lockByNumber(folder: string, now: number, otherwise: string): Lock {
  const pathOf = (number: number) => `${folder}/lock.${number}`;
  const refuse = (number: number) =>
    inUse(folder, pathOf(number), otherwise, `, alive ${SILENCE / 60_000} minutes ago at most`);
  const last = Math.max(0, ...numbersIn(folder));
  const written = ifThere(pathOf(last), () => Deno.lstatSync(pathOf(last)))?.mtime;
  if (last > 0 && !(written && now - written.getTime() > SILENCE)) throw refuse(last);
  const mine = last + 1;
  const path = pathOf(mine);
  const file = makeFile(path);
  if (!file) throw refuse(mine);
  const giveBack = () => {
    try {
      naming(path, () => file.utimeSync(0, 0)); // silent since 1970
    } finally {
      file.close();
    }
  };
  const live = () => overwrite(file, owner());
  const confirm = () => {
    const newest = Math.max(...numbersIn(folder));
    if (newest !== mine) throw refuse(newest);
  };
  try {
    naming(path, live);
    confirm();
    for (const number of numbersIn(folder).sort((a, b) => a - b)) if (number < mine) remove(pathOf(number));
  } catch (error) {
    giveBack();
    throw error;
  }
  const beat = setInterval(() => {
    try {
      live();
    } catch {
      // A silence that lasts is found by `confirm`.
    }
  }, BEAT);
  Deno.unrefTimer(beat);
  return {
    confirm,
    release() {
      clearInterval(beat);
      giveBack();
    },
  };
}

/** The numbers of the files `lock.<n>` in a folder. */
function numbersIn(folder: string): number[] {
  const names = naming(folder, () => [...Deno.readDirSync(folder)].map(({ name }) => name));
  return names.flatMap((name) => name.match(/^lock\.(\d{1,9})$/)?.slice(1) ?? []).map(Number);
}

/** Makes a file, undefined if there is one, or a link. */
function makeFile(path: string): Deno.FsFile | undefined {
  return naming(path, () => {
    try {
      return Deno.openSync(path, { write: true, createNew: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  });
}

/** Gives a file another text, through to the disk. */
function overwrite(file: Deno.FsFile, text: string): void {
  file.truncateSync();
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode(text));
  file.syncSync();
}

/** This process, as it is found in the lock; on which machine it runs only if Deno may say that. */
function owner(): string {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? `${Deno.pid} on ${Deno.hostname()}\n` : `${Deno.pid}\n`;
}

/** What another process is told. */
function inUse(folder: string, path: string, otherwise: string, since = ""): Error {
  return new Error(`${folder} is in use by ${ownerOf(path)}${since}: wait for its end${otherwise}`);
}

/** The process that holds a lock; where the system forbids to read a locked file, nobody can tell. */
function ownerOf(path: string): string {
  try {
    const text = Deno.lstatSync(path).isFile ? readTextFile(path).trim() : "";
    if (text !== "") return `process ${text}`;
  } catch {
    // Said below.
  }
  return "another process";
}
