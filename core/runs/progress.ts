/**
 * How far a long run is.
 * @module
 */
import { SingleBar } from "cli-progress";
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
