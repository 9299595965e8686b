/**
 * Experiments and tools in this process, without what they say.
 * @module
 */
import process from "node:process";
import { filesBelow } from "../../core/disk/folders.ts";
import { runExperiment } from "../../core/runs/run_experiment.ts";
import { mainLmcExperiment } from "../../experiments/main_lmc.ts";

/** How something that talks ended. */
export interface Ending {
  /** What it threw, if it failed. */
  readonly error?: unknown;
  /** What it warned of. */
  readonly warnings: string;
  /** What else it said. */
  readonly said: string;
}

/** Does something and keeps what it says from the terminal. */
export async function quietly(act: () => unknown): Promise<Ending> {
  const { log, warn } = console;
  const { write } = process.stderr;
  const texts = { said: "", warnings: "" };
  console.log = (text: unknown = "") => texts.said += `${text}\n`;
  console.warn = (text: unknown) => texts.warnings += `${text}\n`;
  process.stderr.write = () => true; // the progress bar
  try {
    await act();
    return texts;
  } catch (error) {
    return { ...texts, error };
  } finally {
    Object.assign(console, { log, warn });
    process.stderr.write = write;
  }
}

/** Runs `main_lmc`. */
export function runHere(...args: readonly string[]): Promise<Ending> {
  return quietly(() => runExperiment(mainLmcExperiment(args)));
}

/** The files below a folder by name, as their bytes; but `lock`. */
export function bytesBelow(folder: string): Map<string, Uint8Array<ArrayBuffer>> {
  const paths = filesBelow(folder, "").filter((path) => !path.endsWith("/lock"));
  return new Map(paths.map((path) => [path.slice(folder.length + 1), Deno.readFileSync(path)]));
}
