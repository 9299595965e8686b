/**
 * Which flags go together: a guarantee is given where a theorem covers what the chains do, and refused elsewhere.
 * @module
 */
import type { Choices, Occasion } from "./variants.ts";

/** What decides whether an accountant covers a run. */
export type Combination =
  & Pick<Choices, "accountant" | "removal" | "step_size" | "smoothness" | "redraw" | "off_by_one" | "trainMode">
  & Pick<Occasion, "experiment">
  & {
    /** Whether the regularizer is clipped with a row's gradient. */
    readonly clipsRegularizer: boolean;
    /** Whether there are more than two classes. */
    readonly softmax: boolean;
  };

/** What is refused, and why: the table, a row a reason. */
const REFUSALS: readonly { readonly when: (run: Combination) => boolean; readonly reason: string }[] = [
  {
    when: ({ accountant, step_size }) => accountant === "paper" && step_size !== "1/L",
    reason: "--accountant paper needs --step_size 1/L: its theorem is for η ≤ 1/L",
  },
  {
    when: ({ removal, clipsRegularizer }) => removal === "null" && clipsRegularizer,
    reason: "--removal null needs --clip_regularizer 0: clipped with its regularizer, a null row is none",
  },
  {
    when: ({ accountant, clipsRegularizer }) => accountant === "exact" && clipsRegularizer,
    reason: "--accountant exact needs --clip_regularizer 0: a step that clips the regularizer with the row can expand",
  },
  {
    when: ({ accountant, smoothness }) => accountant === "exact" && smoothness === "spectral",
    reason:
      "--accountant exact needs --smoothness theorem or bound: a spectral L, and so η, depends on the removed rows",
  },
  {
    when: ({ accountant, softmax, trainMode }) => accountant === "exact" && softmax && trainMode === "binary",
    reason: "--accountant exact needs --train-mode multi: labels of −1 and 1 are clipped, which is not monotone",
  },
  {
    when: ({ accountant, off_by_one, experiment }) =>
      accountant === "exact" && off_by_one && experiment === "sequential2",
    reason: "--accountant exact needs --off_by_one 0: the last request removes rows that are not accounted for",
  },
];

/**
 * Refuses flags under which no theorem covers what the accountant says.
 *
 * @param run The flags.
 * @throws {RangeError} With the reason and the remedy.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkCombination } from "./combinations.ts";
 *
 * const run = { accountant: "paper", removal: "random", step_size: "1/L", smoothness: "bound", redraw: true } as const;
 * const others = { off_by_one: true, trainMode: "multi", experiment: "baseline", softmax: false } as const;
 * checkCombination({ ...run, ...others, clipsRegularizer: true });
 * assert.throws(() => checkCombination({ ...run, ...others, clipsRegularizer: true, accountant: "exact" }), /expand/);
 * ```
 */
export function checkCombination(run: Combination): void {
  const refusal = REFUSALS.find(({ when }) => when(run));
  if (refusal) throw new RangeError(refusal.reason);
}
