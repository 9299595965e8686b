/**
 * A file system that fails, call by call.
 * @module
 */
import assert from "node:assert/strict";

/** A file system that fails at one call or from one call on. */
export interface Faults {
  /** Number of the call, from 1. */
  readonly nth: number;
  /** Whether all later calls fail too, as on a full disk. */
  readonly lasting: boolean;
}

/** What writes, and how much of it a failing call still does. */
const CALLS: readonly [holder: object, name: string][] = [
  [Deno, "mkdirSync"],
  [Deno, "openSync"],
  [Deno.FsFile.prototype, "writeSync"],
  [Deno.FsFile.prototype, "truncateSync"],
  [Deno.FsFile.prototype, "syncSync"],
  [Deno, "renameSync"],
  [Deno, "removeSync"],
];

/**
 * Runs an action on a file system that fails; a failing `writeSync` writes half of its bytes first.
 *
 * @returns Whether the action failed.
 */
export function failsWith({ nth, lasting }: Faults, action: () => void): boolean {
  const originals = CALLS.map(([holder, name]) => Reflect.get(holder, name));
  let calls = 0;
  CALLS.forEach(([holder, name], i) => {
    Reflect.set(holder, name, function (this: unknown, ...args: unknown[]) {
      calls++;
      if (calls !== nth && !(lasting && calls > nth)) return originals[i].apply(this, args);
      if (name === "writeSync") originals[i].call(this, (args[0] as Uint8Array).subarray(0, 3));
      const path = holder === Deno ? `: ${name} '${args[0]}'` : "";
      throw new Error(`No space left on device (os error 28)${path}`);
    });
  });
  try {
    action();
    return false;
  } catch (error) {
    assert.match(String(error), /result\/test\/.*No space left on device|No space left on device.*result\/test\//);
    return true;
  } finally {
    CALLS.forEach(([holder, name], i) => Reflect.set(holder, name, originals[i]));
  }
}

/** Calls `test` with a failure at the first call, at the second and so on, until nothing fails; says how often. */
export function atEveryCall(test: (faults: Faults) => boolean): number {
  let most = 0;
  for (const lasting of [false, true]) {
    let nth = 1;
    while (test({ nth, lasting })) nth++;
    most = Math.max(most, nth - 1);
  }
  return most;
}
