/**
 * Durations to read.
 * @module
 */

/**
 * A duration in its two largest units, rounded: minutes have 60 seconds and hours 60 minutes.
 *
 * @param seconds The duration, 0 or more.
 * @returns The text, `?` if the duration is not known.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatDuration } from "./time.ts";
 *
 * assert.deepEqual([7.4, 299.6, 7199, NaN].map(formatDuration), ["7s", "5m00s", "2h00m", "?"]);
 * ```
 */
export function formatDuration(seconds: number): string {
  if (!(seconds >= 0 && seconds < Infinity)) return "?";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.round(whole / 60);
  const [large, small, units] = whole < 3600
    ? [Math.floor(whole / 60), whole % 60, "ms"]
    : [Math.floor(minutes / 60), minutes % 60, "hm"];
  return `${large}${units[0]}${String(small).padStart(2, "0")}${units[1]}`;
}
