/**
 * The end of a run by Ctrl-C or by the system.
 * @module
 */
import { setTimeout } from "node:timers/promises";

/** The signals that end a run, and the exit codes that a shell expects after them. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Those that the system has: Windows knows no listener for SIGTERM. */
const SIGNALS = (Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[])
  .filter((name) => name === "SIGINT" || Deno.build.os !== "windows");

/**
 * Thrown by a run that was asked to end.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Interruption } from "./interruption.ts";
 *
 * assert.equal(new Interruption("SIGINT").exitCode, 130);
 * ```
 */
export class Interruption extends Error {
  /** The exit code of the program. */
  readonly exitCode: number;

  /**
   * Names the signal.
   *
   * @param name The signal.
   */
  constructor(name: keyof typeof EXIT_CODES) {
    super(`${name}: what is computed so far is kept; the same command goes on from there`);
    this.exitCode = EXIT_CODES[name];
  }
}

/** Milliseconds of a turn. */
const TURN = 100;

/**
 * Turns without a signal after which the next one is a request of its own. One Ctrl-C comes up to three times within
 * milliseconds: from the terminal, and forwarded by `deno task` and by npx; a person takes longer to read what it did.
 * Turns are counted, not time: while JavaScript computes no signal is heard, so that an echo may seem to come late.
 */
const SILENCE = 10;

/**
 * Does work that keeps what it has computed when Ctrl-C or the system asks the program to end. Nothing ends the program
 * before the work is over, but a request that comes when there has been time to read what the first one did.
 *
 * @param work The work. Its signal is aborted by the first request, with an {@linkcode Interruption}; what is not worth
 * being stopped may ignore it.
 * @returns Its result.
 * @throws {Interruption} If it was asked to end, also when it came to its end all the same.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { untilInterrupted } from "./interruption.ts";
 *
 * assert.equal(await untilInterrupted((signal) => Promise.resolve(signal.aborted)), false);
 * ```
 */
export async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const { signal } = controller;
  let silence = 0;
  const handlers = SIGNALS.map((name) => {
    const handle = () => {
      if (silence >= SILENCE) Deno.exit(EXIT_CODES[name]);
      silence = 0;
      if (signal.aborted) return;
      controller.abort(new Interruption(name));
      Deno.unrefTimer(setInterval(() => silence++, TURN));
      console.error(`\n${name}: keeping what is computed; once more ends at once, without`);
    };
    Deno.addSignalListener(name, handle);
    return { name, handle };
  });
  try {
    const result = await work(signal);
    signal.throwIfAborted();
    return result;
  } finally {
    // An interrupted program is about to end, and no echo may end it before it has said so.
    if (!signal.aborted) { for (const { name, handle } of handlers) Deno.removeSignalListener(name, handle); }
  }
}

/**
 * Ends work that was asked to end. Signals are heard where JavaScript waits alone, so this waits: some engines compute
 * without, and a turn without a pause was seen to be too short.
 *
 * @param signal That of {@linkcode untilInterrupted}.
 * @throws {Interruption} If it is aborted.
 *
 * @example
 * ```ts
 * import { throwIfInterrupted, untilInterrupted } from "./interruption.ts";
 *
 * await untilInterrupted((signal) => throwIfInterrupted(signal));
 * ```
 */
export async function throwIfInterrupted(signal: AbortSignal): Promise<void> {
  await setTimeout(1);
  signal.throwIfAborted();
}
