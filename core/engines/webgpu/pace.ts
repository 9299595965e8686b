/**
 * How many steps to submit at once, a burst: enough to keep the device busy, few enough to keep the program responsive.
 * @module
 */

/** The most steps of a burst. */
export const MOST_STEPS = 512;

/** How long a burst should take. */
const TARGET_MILLISECONDS = 250;

/**
 * The size of the next burst.
 *
 * @param steps Size of the last burst.
 * @param milliseconds How long it took.
 * @returns A number of steps from 1 to {@linkcode MOST_STEPS} that should take about a quarter of a second. It grows at
 * most fourfold, because a few steps are mostly overhead and say little about many.
 */
export function nextBurst(steps: number, milliseconds: number): number {
  const fitting = Math.floor(steps * TARGET_MILLISECONDS / milliseconds);
  return Math.max(1, Math.min(fitting, 4 * steps, MOST_STEPS));
}
