/**
 * The guarantee against one who kept every model that was released: the learned one, and that after every request, each
 * of which is the start of the next phase.
 *
 * For a set of rows fixed before anything was released, for instance those of one person: given the models before, both
 * worlds start a phase from the same point, so the squares of the phases' μ add up (adaptive composition); quadratics
 * attain it. The requests of others may depend on the releases if a bound on the sum of squares was fixed beforehand.
 * @module
 */
import { muOfSchedule, type Phase } from "./schedule.ts";

/**
 * μ of all releases together.
 *
 * @param phases Learning, then one phase a request: its steps, and the shift that the set makes in it, which is 0 from the
 * request on that removes it.
 * @returns μ.
 * @throws {RangeError} If a number of a phase is out of range.
 *
 * @example A person with one row, who is removed by the second request
 * ```ts
 * import assert from "node:assert/strict";
 * import { muOfTranscript } from "./transcript.ts";
 *
 * const phase = (steps: number, shift: number) => ({ steps, rate: 0.05, shift, variance: 1 });
 * const mu = muOfTranscript([phase(100, 0.01), phase(10, 0.01), phase(10, 0)]);
 * assert.ok(Math.abs(mu - 0.0683) < 1e-4);
 * ```
 */
export function muOfTranscript(phases: readonly Phase[]): number {
  return Math.hypot(...phases.map((phase) => muOfSchedule([phase])));
}
