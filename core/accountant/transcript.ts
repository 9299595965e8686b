/**
 * The guarantee against one who kept every model that was released: the learned one, and that after every request, each
 * of which is the start of the next phase.
 *
 * For a set of rows fixed before anything was released, for instance those of one person: given the models before, both
 * worlds start a phase from the same point, so the squares of the phases' μ add up (adaptive composition); quadratics
 * attain it. Where the requests of others, or K, may depend on what was released, a budget on the sum of squares is
 * fixed beforehand, its ε is what is printed, and what would exceed it is refused: {@linkcode spendBudget}.
 * @module
 */
import { assertPositive } from "../model/problem.ts";
import { muOfSchedule, type Phase } from "./schedule.ts";

/**
 * μ of all releases together.
 *
 * @param phases Learning, then one phase a request: its steps, and the shift that the set makes in it, which is 0 from
 * the request on that removes it.
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
 * assert.ok(Math.abs(mu - 0.0702) < 1e-4);
 * ```
 */
export function muOfTranscript(phases: readonly Phase[]): number {
  return phases.reduce((mu, phase) => Math.hypot(mu, muOfSchedule([phase])), 0);
}

/** What the roundings of the μ of some phases, and of their sum of squares, stay below. */
const roundingOf = (phases: number) => 2 ** -40 + phases * 2 ** -50;

/**
 * What is left of a budget after a next release, which is refused where it would exceed it: for requests and K that may
 * depend on what was released, in full adaptivity (the filters of Smith and Thakurta 2022: if Σμ² stays below budget²
 * on every path, all releases together are budget-GDP).
 *
 * It holds for a set of rows fixed before anything was released, whose shift is full until it is removed. What is
 * printed is gaussianEpsilon(budget, δ), never ε of the sum spent so far, which one who stops when it suits him can
 * exceed. A phase is a function of what was released before it, and the same whether or not the set was there.
 *
 * @param budget μ of all releases together, fixed before the first.
 * @param released The phases released so far.
 * @param next The phase to be released, with the shift that the set makes in it; to be asked before it is.
 * @returns The largest μ that a later phase may have, rounded downwards.
 * @throws {RangeError} If a number is out of range, or the release would exceed the budget.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { gaussianEpsilon } from "./gaussian.ts";
 * import { spendBudget } from "./transcript.ts";
 *
 * const release = { steps: 1, rate: 0, shift: 3, variance: 100 };
 * assert.ok(Math.abs(spendBudget(0.5, [], release) - 0.4) < 1e-9);
 * assert.throws(() => spendBudget(0.5, [release, release], release), /exceeds the budget/);
 * assert.ok(Math.abs(gaussianEpsilon(0.5, 1e-5) - 1.9931) < 1e-4); // What is printed.
 * ```
 */
export function spendBudget(budget: number, released: readonly Phase[], next: Phase): number {
  assertPositive({ budget });
  const rounding = roundingOf(released.length + 1);
  const spent = muOfTranscript([...released, next]) * (1 + rounding);
  if (spent <= budget) return Math.sqrt((budget - spent) * (budget + spent)) * (1 - rounding);
  throw new RangeError(`the release exceeds the budget of mu = ${budget}: all releases together would have ${spent}`);
}
