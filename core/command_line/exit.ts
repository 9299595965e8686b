/**
 * How programs end.
 * @module
 */
import type { Command } from "@commander-js/extra-typings";
import { Interruption } from "../runs/interruption.ts";

/** More of a message is not shown. */
const LONGEST_MESSAGE = 1000;

/** A message without what would break its line or change the terminal. */
function onOneLine(text: string): string {
  const line = text.trim().replaceAll(/\s*[\p{Cc}\p{Zl}\p{Zp}]+\s*/gu, " ");
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE)} …`;
}

/**
 * Lets a wrong command line end the program with one line on stderr and exit code 2.
 *
 * @param command The command.
 * @returns The command.
 *
 * @example
 * ```ts
 * import { Command } from "@commander-js/extra-typings";
 * import { exitOnUsageError } from "./exit.ts";
 *
 * exitOnUsageError(new Command()).parse([], { from: "user" });
 * ```
 */
export function exitOnUsageError(command: Command): Command {
  return command
    .configureOutput({
      outputError: (text, write) => write(`${onOneLine(text)}\n`),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ minWidthToWrap: 20 })
    .exitOverride((error) => Deno.exit(error.exitCode === 0 ? 0 : 2))
    .allowExcessArguments(false)
    .helpOption("-h, --help", "this text");
}

/**
 * Runs a script's main function; an error ends the program with one line on stderr and exit code 1, 2 for a
 * `RangeError`, a value that the user gave, or 130 and 143 for an {@linkcode Interruption}.
 *
 * @param main The function.
 *
 * @example
 * ```ts
 * import { runScript } from "./exit.ts";
 *
 * await runScript(() => Promise.resolve());
 * ```
 */
export async function runScript(main: () => unknown): Promise<void> {
  try {
    await main();
  } catch (error) {
    const message = onOneLine(error instanceof Error ? error.message : String(error));
    console.error(error instanceof Interruption ? message : `error: ${message}`);
    Deno.exit(error instanceof Interruption ? error.exitCode : error instanceof RangeError ? 2 : 1);
  }
}
