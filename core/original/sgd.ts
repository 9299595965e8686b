/**
 * What `main_sgd.py` hard-codes: how many epochs are learned, and how many are accounted for.
 * @module
 */
import type { Chain } from "../accountant/history.ts";
import { epochRate } from "../accountant/noisy_sgd.ts";
import type { Problem } from "../model/problem.ts";

/** T by the rows of a step; other b take that of the next larger one. */
const EPOCHS: readonly (readonly [batchSize: number, T: number])[] = [
  [32, 50],
  [64, 75],
  [128, 100],
  [256, 150],
  [512, 200],
];

/** T of the full batch, by experiment. */
const FULL_BATCH_EPOCHS: Readonly<Record<string, number>> = { baseline_nonconvergent: 3000, sequential: 1000 };

/** With the fast preset two chains that have learned are nearer than at their start by this factor. */
const FORGOTTEN = 1e9;

/**
 * T, the epochs of learning.
 *
 * @param experiment The experiment's folder.
 * @param problem The constants.
 * @param b The rows of a step, 0 for all.
 * @param preset As the original, or as many as forget the start.
 * @returns T, one less than the original takes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "../model/problem.ts";
 * import { learningEpochs } from "./sgd.ts";
 *
 * const problem = makeProblem({ n: 11264, d: 784, lambda: 1e-6 });
 * assert.equal(learningEpochs("baseline_nonconvergent", problem, 0, "paper"), 3000);
 * assert.equal(learningEpochs("sequential", problem, 128, "paper"), 100);
 * assert.equal(learningEpochs("sequential", problem, 128, "fast"), 6);
 * ```
 */
export function learningEpochs(experiment: string, problem: Problem, b: number, preset: "paper" | "fast"): number {
  const [, T = FULL_BATCH_EPOCHS[experiment]] = EPOCHS.find(([batchSize]) => b > 0 && b <= batchSize) ?? [];
  if (preset === "paper") return T;
  return Math.min(T, Math.ceil(Math.log(FORGOTTEN) / epochRate(problem, b || problem.n)));
}

/** R of the paper, for which the accountant answers where chains have no ball. */
const PAPER_RADIUS = 100;

/**
 * The chain of which the accountant `sgd` is asked, others of the chain as it is: in a ball, after T epochs.
 *
 * @param chain The chain.
 * @param accountant The accountant's name.
 * @param T T, Infinity where the chain is taken for converged.
 * @returns The chain to ask about.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeProblem } from "../model/problem.ts";
 * import { accountedChain } from "./sgd.ts";
 *
 * const chain = { problem: makeProblem({ n: 11264, d: 784, lambda: 1e-6 }), sigma: 0.03, T: 1001 };
 * assert.deepEqual(accountedChain(chain, "sgd", Infinity), { ...chain, radius: 100, T: Infinity });
 * assert.equal(accountedChain(chain, "exact", Infinity), chain);
 * ```
 */
export function accountedChain(chain: Chain, accountant: string, T: number): Chain {
  return accountant === "sgd" ? { ...chain, radius: chain.radius ?? PAPER_RADIUS, T } : chain;
}

/**
 * T as `compare_baseline_nonconvergent` accounts for it.
 *
 * @param b The rows of a step, 0 for all.
 * @param T The epochs that are learned.
 * @returns 30 at most for b = 128, 3000 for all rows whatever is learned, else T.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { forcedEpochs } from "./sgd.ts";
 *
 * assert.deepEqual([forcedEpochs(128, 100), forcedEpochs(0, 400), forcedEpochs(64, 75)], [30, 3000, 75]);
 * ```
 */
export function forcedEpochs(b: number, T: number): number {
  if (b === 0) return FULL_BATCH_EPOCHS.baseline_nonconvergent;
  return b === 128 ? Math.min(T, 30) : T;
}
