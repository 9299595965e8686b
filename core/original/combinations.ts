/**
 * Which flags go together: a guarantee is given where a theorem covers what the chains do, and refused elsewhere.
 * @module
 */
import { clipsSoftmax, type Problem } from "../model/problem.ts";
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
    /** Whether gradients of the softmax loss are clipped. */
    readonly clipsSoftmax: boolean;
  };

/** Flags that do not go together. */
interface Refusal {
  /** Whether a run has them. */
  readonly when: (run: Combination) => boolean;
  /** The flag that cannot be had. */
  readonly flag: "--accountant paper" | "--accountant sgd" | "--accountant exact" | "--removal null";
  /** What it needs. */
  readonly needs: string;
  /** Why. */
  readonly why: string;
}

/** What every flag needs that compares with a run on other rows: all that is fixed beforehand, all rows accounted for. */
const onOtherRows = (flag: Refusal["flag"], has: Refusal["when"]): readonly Refusal[] => [
  {
    when: (run) => has(run) && run.smoothness === "spectral",
    flag,
    needs: "--smoothness bound",
    why: "a spectral L, and so η, depends on the removed rows",
  },
  {
    when: (run) => has(run) && run.off_by_one && run.experiment === "sequential2",
    flag,
    needs: "--off_by_one 0",
    why: "the last request removes rows that are not accounted for",
  },
];

/** What is refused: the table, a row a reason. */
const REFUSALS: readonly Refusal[] = [
  ...(["paper", "sgd"] as const).map((name): Refusal => ({
    when: ({ accountant, step_size }) => accountant === name && step_size !== "1/L",
    flag: `--accountant ${name}`,
    needs: "--step_size 1/L",
    why: "its theorem is for η ≤ 1/L",
  })),
  {
    when: ({ accountant, clipsRegularizer }) => accountant === "sgd" && clipsRegularizer,
    flag: "--accountant sgd",
    needs: "--clip_regularizer 0",
    why: "clipped with its regularizer, a loss is not strongly convex",
  },
  {
    when: ({ removal, clipsRegularizer }) => removal === "null" && clipsRegularizer,
    flag: "--removal null",
    needs: "--clip_regularizer 0",
    why: "clipped with its regularizer, a null row is none",
  },
  ...onOtherRows("--removal null", ({ removal }) => removal === "null"),
  {
    when: ({ accountant, clipsRegularizer }) => accountant === "exact" && clipsRegularizer,
    flag: "--accountant exact",
    needs: "--clip_regularizer 0",
    why: "a step that clips the regularizer with the row can expand",
  },
  ...onOtherRows("--accountant exact", ({ accountant }) => accountant === "exact"),
  {
    when: ({ accountant, softmax, trainMode }) => accountant === "exact" && softmax && trainMode === "binary",
    flag: "--accountant exact",
    needs: "--train-mode multi",
    why: "labels of −1 and 1 are clipped, which is not monotone",
  },
  {
    when: ({ accountant, clipsSoftmax }) => accountant === "exact" && clipsSoftmax,
    flag: "--accountant exact",
    needs: `--M ${Math.SQRT2}`,
    why: "the softmax loss clipped below √2 is not monotone",
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
 * import { checkCombination, combinationOf } from "./combinations.ts";
 * import { choicesOf } from "./variants.ts";
 *
 * const released = choicesOf("released", { multiclass: false, experiment: "baseline", dataset: "MNIST" });
 * const run = combinationOf(released, "baseline", { classes: 2, M: 1 });
 * checkCombination(run);
 * assert.throws(() => checkCombination({ ...run, accountant: "exact" }), /expand/);
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
 * import { combinationOf, exactNeeds } from "./combinations.ts";
 * import { choicesOf } from "./variants.ts";
 *
 * const published = choicesOf("published", { multiclass: false, experiment: "baseline", dataset: "MNIST" });
 * const needs = exactNeeds(combinationOf(published, "baseline", { classes: 2, M: 1 }));
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
 * @param problem The number of classes, and M.
 * @returns That.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { combinationOf } from "./combinations.ts";
 * import { choicesOf } from "./variants.ts";
 *
 * const released = choicesOf("released", { multiclass: false, experiment: "baseline", dataset: "MNIST" });
 * assert.equal(combinationOf(released, "baseline", { classes: 2, M: 1 }).clipsRegularizer, true);
 * ```
 */
export function combinationOf(
  options: Omit<Combination, "experiment" | "clipsRegularizer" | "softmax" | "clipsSoftmax"> & {
    readonly clip_regularizer?: boolean | undefined;
  },
  experiment: string,
  problem: Pick<Problem, "classes" | "M">,
): Combination {
  const softmax = problem.classes > 2;
  const clipsRegularizer = options.clip_regularizer ?? !softmax;
  return { ...options, experiment, clipsRegularizer, softmax, clipsSoftmax: clipsSoftmax(problem) };
}
