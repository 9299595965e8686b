/**
 * The paper's accountant, or another that is asked for, and the exact one side by side, each with constants that its
 * theorem covers.
 * @module
 */
import type { Accountant } from "../accountant/accountant.ts";
import { exactAccountant } from "../accountant/exact.ts";
import type { Problem } from "../model/problem.ts";
import type { Rows } from "../model/rows.ts";
import { type AccountantFlags, accountantFor } from "./accountant.ts";
import { type Combination, exactNeeds } from "./combinations.ts";
import { problemFor } from "./problem.ts";

/** An accountant, and the constants with which it is asked. */
export interface Side {
  /** The accountant. */
  readonly accountant: Accountant;
  /** The constants. */
  readonly problem: Problem;
  /** The flags with which a run would have this guarantee; empty if it has it. */
  readonly needs: readonly string[];
}

/**
 * What to ask for the same run: the paper's accountant, or the flags' if it is another, with steps of 1/L, for which
 * alone its theorem is, and the exact one with a constant L where the run's depends on the removed rows.
 *
 * @param options The flags.
 * @param run What decides whether an accountant covers the run.
 * @param rows The training rows.
 * @param problem The constants of the run.
 * @returns The two sides.
 * @throws {RangeError} If there is no such accountant.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { bothAccountants } from "./both_accountants.ts";
 * import { combinationOf } from "./combinations.ts";
 * import { problemFor } from "./problem.ts";
 * import { choicesOf } from "./variants.ts";
 *
 * const choices = choicesOf("corrected", { multiclass: false, experiment: "baseline", dataset: "MNIST" });
 * const options = { ...choices, lam: 1e-3 };
 * const features = Float32Array.of(1, 0, 0, 1);
 * const rows = { features, labels: Float32Array.of(1, -1), count: 2, dimension: 2, outputs: 1 };
 * const problem = problemFor(rows, options);
 * const [paper, exact] = bothAccountants(options, combinationOf(options, "baseline", problem), rows, problem);
 * assert.deepEqual([paper.needs, exact.needs], [["--step_size 1/L"], []]);
 * assert.equal(paper.problem.eta, 1 / paper.problem.L);
 * ```
 */
export function bothAccountants(
  options: AccountantFlags & Parameters<typeof problemFor>[1],
  run: Combination,
  rows: Rows,
  problem: Problem,
): readonly [other: Side, exact: Side] {
  const accountant = options.accountant === "exact" ? "paper" : options.accountant;
  const constant = options.smoothness === "spectral" ? problemFor(rows, { ...options, smoothness: "bound" }) : problem;
  return [
    {
      accountant: accountantFor({ ...options, accountant }, run.experiment),
      problem: { ...problem, eta: 1 / problem.L },
      needs: options.step_size === "2/(m+L)" ? ["--step_size 1/L"] : [],
    },
    { accountant: exactAccountant(), problem: constant, needs: exactNeeds(run) },
  ];
}

/**
 * Says with which flags a run would have the guarantee of a side, if it has not.
 *
 * @param side The side.
 *
 * @example
 * ```ts
 * import { exactAccountant } from "../accountant/exact.ts";
 * import { makeProblem } from "../model/problem.ts";
 * import { sayNeeds } from "./both_accountants.ts";
 *
 * const problem = makeProblem({ n: 100, d: 5, lambda: 1e-3 });
 * sayNeeds({ accountant: exactAccountant(), problem, needs: ["--clip_regularizer 0"] });
 * ```
 */
export function sayNeeds({ accountant: { name }, needs }: Side): void {
  if (needs.length > 0) console.log(`What the accountant ${name} says would be with ${needs.join(" ")}`);
}
