/**
 * How far a long run is.
 * @module
 */
import { SingleBar } from "cli-progress";
import type { OnRead } from "../disk/open_table.ts";
import { formatDuration } from "../text/time.ts";

/**
 * Starts a bar on stderr, with the time that is left: redrawn on a terminal, a line every half minute elsewhere.
 *
 * @param total What it counts to.
 * @returns The bar.
 *
 * @example
 * ```ts
 * import { startProgress } from "./progress.ts";
 *
 * const progress = startProgress(100);
 * progress.increment(50);
 * progress.stop();
 * ```
 */
export function startProgress(total: number): SingleBar {
  const bar = new SingleBar({
    format: "{bar} {percentage}% | {duration_formatted} elapsed | {eta_formatted} left",
    barsize: 24,
    // Of the time that is left the bar has a text for as long as it does not know it.
    formatTime: (seconds: number | string) => formatDuration(typeof seconds === "number" ? seconds : NaN),
    etaBuffer: 50,
    fps: 4,
    noTTYOutput: true,
    notTTYSchedule: 30_000,
  });
  bar.start(total, 0);
  return bar;
}

/** Smaller files, in bytes, are read at once. */
const LARGE = 2 ** 25;

/**
 * Shows how far the reading of each large file is.
 *
 * @param read Reads files, and tells how far it is.
 * @returns Its result.
 *
 * @example
 * ```ts
 * import { openTable } from "../disk/open_table.ts";
 * import { showReading } from "./progress.ts";
 *
 * const columns = () => showReading(async (onRead) => (await openTable("data/train.csv", {}, onRead)).columns);
 * ```
 */
export async function showReading<Result>(read: (onRead: OnRead) => Promise<Result>): Promise<Result> {
  let bar: SingleBar | undefined;
  const onRead = (done: number, size: number) => {
    if (size < LARGE) return;
    bar ??= startProgress(size);
    bar.update(done);
    if (done < size) return;
    bar.stop();
    bar = undefined;
  };
  try {
    return await read(onRead);
  } finally {
    bar?.stop();
  }
}
