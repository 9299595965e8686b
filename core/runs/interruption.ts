/**
 * The end of a run by Ctrl-C or by the system.
 * @module
 */

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

/** Ctrl-C and the system's request to end. */
export interface InterruptionListener {
  /** Aborted by the first request, with an {@linkcode Interruption}. The second one ends the program at once. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  dispose(): void;
}

/**
 * Listens for Ctrl-C and for the system's request to end.
 *
 * @returns The listener, which must be disposed of.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { listenForInterruption } from "./interruption.ts";
 *
 * const listener = listenForInterruption();
 * assert.equal(listener.signal.aborted, false);
 * listener.dispose();
 * ```
 */
export function listenForInterruption(): InterruptionListener {
  const controller = new AbortController();
  const handlers = SIGNALS.map((name) => {
    const handle = () => {
      dispose();
      controller.abort(new Interruption(name));
    };
    return { name, handle };
  });
  const dispose = () => {
    for (const { name, handle } of handlers) Deno.removeSignalListener(name, handle);
  };
  for (const { name, handle } of handlers) Deno.addSignalListener(name, handle);
  return { signal: controller.signal, dispose };
}
