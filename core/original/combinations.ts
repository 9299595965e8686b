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

/** Flags that do not go together. */
interface Refusal {
  /** Whether a run has them. */
  readonly when: (run: Combination) => boolean;
  /** The flag that cannot be had. */
  readonly flag: "--accountant paper" | "--accountant exact" | "--removal null";
  /** What it needs. */
  readonly needs: string;
  /** Why. */
  readonly why: string;
}

/** What is refused: the table, a row a reason. */
const REFUSALS: readonly Refusal[] = [
  {
    when: ({ accountant, step_size }) => accountant === "paper" && step_size !== "1/L",
    flag: "--accountant paper",
    needs: "--step_size 1/L",
    why: "its theorem is for η ≤ 1/L",
  },
  {
    when: ({ removal, clipsRegularizer }) => removal === "null" && clipsRegularizer,
    flag: "--removal null",
    needs: "--clip_regularizer 0",
    why: "clipped with its regularizer, a null row is none",
  },
  {
    when: ({ removal, smoothness }) => removal === "null" && smoothness === "spectral",
    flag: "--removal null",
    needs: "--smoothness bound",
    why: "a spectral L, and so η, depends on the removed rows",
  },
  {
    when: ({ removal, off_by_one, experiment }) => removal === "null" && off_by_one && experiment === "sequential2",
    flag: "--removal null",
    needs: "--off_by_one 0",
    why: "the last request removes rows that are not accounted for",
  },
  {
    when: ({ accountant, clipsRegularizer }) => accountant === "exact" && clipsRegularizer,
    flag: "--accountant exact",
    needs: "--clip_regularizer 0",
    why: "a step that clips the regularizer with the row can expand",
  },
  {
    when: ({ accountant, smoothness }) => accountant === "exact" && smoothness === "spectral",
    flag: "--accountant exact",
    needs: "--smoothness bound",
    why: "a spectral L, and so η, depends on the removed rows",
  },
  {
    when: ({ accountant, softmax, trainMode }) => accountant === "exact" && softmax && trainMode === "binary",
    flag: "--accountant exact",
    needs: "--train-mode multi",
    why: "labels of −1 and 1 are clipped, which is not monotone",
  },
  {
    when: ({ accountant, off_by_one, experiment }) =>
      accountant === "exact" && off_by_one && experiment === "sequential2",
    flag: "--accountant exact",
    needs: "--off_by_one 0",
    why: "the last request removes rows that are not accounted for",
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
  if (refusal) throw new RangeError(`${refusal.flag} needs ${refusal.needs}: ${refusal.why}`);
}

/**
 * The flags that a run would need to have the guarantee of the exact accountant.
 *
 * @param run The flags that it has.
 * @returns Those to add; none if it is covered.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { exactNeeds } from "./combinations.ts";
 *
 * const run = { accountant: "paper", removal: "random", step_size: "1/L", smoothness: "spectral", redraw: true } as const;
 * const others = { off_by_one: true, trainMode: "multi", experiment: "baseline", softmax: false } as const;
 * const needs = exactNeeds({ ...run, ...others, clipsRegularizer: true });
 * assert.deepEqual(needs, ["--clip_regularizer 0", "--smoothness bound"]);
 * ```
 */
export function exactNeeds(run: Combination): readonly string[] {
  const exactly = { ...run, accountant: "exact" };
  return [...new Set(REFUSALS.filter(({ when }) => when(exactly)).map(({ needs }) => needs))];
}

/**
 * What of a run's flags decides whether an accountant covers it.
 *
 * @param options The flags.
 * @param experiment The experiment.
 * @param classes The number of classes.
 * @returns That.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { combinationOf } from "./combinations.ts";
 *
 * const flags = { accountant: "paper", removal: "random", step_size: "1/L", smoothness: "bound", redraw: true } as const;
 * const { clipsRegularizer } = combinationOf({ ...flags, off_by_one: true, trainMode: "multi" }, "baseline", 2);
 * assert.equal(clipsRegularizer, true);
 * ```
 */
export function combinationOf(
  options: Omit<Combination, "experiment" | "clipsRegularizer" | "softmax"> & {
    readonly clip_regularizer?: boolean | undefined;
  },
  experiment: string,
  classes: number,
): Combination {
  const softmax = classes > 2;
  return { ...options, experiment, clipsRegularizer: options.clip_regularizer ?? !softmax, softmax };
}
