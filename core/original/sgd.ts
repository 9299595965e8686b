/**
 * What `main_sgd.py` and `main_sgd_multiclass.py` hard-code: how many epochs are learned, and how many are accounted
 * for; and what the published Figure 3c was made with.
 * @module
 */
import type { Accountant } from "../accountant/accountant.ts";
import type { Chain } from "../accountant/history.ts";
import { epochRate, noisySgdAccountant } from "../accountant/noisy_sgd.ts";
import type { Problem } from "../model/problem.ts";

/** T by the rows of a step; other b take that of the next larger one. */
const EPOCHS: readonly (readonly [batchSize: number, T: number])[] = [
  [32, 50],
  [64, 75],
  [128, 100],
  [256, 150],
  [512, 200],
];

/** The same of several classes. */
const MULTICLASS_EPOCHS: typeof EPOCHS = [[512, 100]];

/** T of the full batch, by experiment. */
const FULL_BATCH_EPOCHS: Readonly<Record<string, number>> = {
  baseline_nonconvergent: 3000,
  sequential: 1000,
  paint_unlearning_sigma: 1000,
  compare_batches: 3000,
};

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
 * const softmax = makeProblem({ n: 48640, d: 512, classes: 10, lambda: 1e-6, curvature: 1 });
 * assert.equal(learningEpochs("baseline_nonconvergent", softmax, 512, "paper"), 100);
 * ```
 */
export function learningEpochs(experiment: string, problem: Problem, b: number, preset: "paper" | "fast"): number {
  const epochs = problem.classes > 2 ? MULTICLASS_EPOCHS : EPOCHS;
  const [, T = FULL_BATCH_EPOCHS[experiment]] = epochs.find(([batchSize]) => b > 0 && b <= batchSize) ?? [];
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
 * T as `compare_baseline_nonconvergent` accounts for it, which always learns the T of its list.
 *
 * @param b The rows of a step, 0 for all.
 * @param T The epochs that are learned.
 * @returns 30 for b = 128, 3000 for all rows, else T.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { forcedEpochs } from "./sgd.ts";
 *
 * assert.deepEqual([forcedEpochs(128, 5), forcedEpochs(0, 400), forcedEpochs(64, 75)], [30, 3000, 75]);
 * ```
 */
export function forcedEpochs(b: number, T: number): number {
  if (b === 0) return FULL_BATCH_EPOCHS.baseline_nonconvergent;
  return b === 128 ? 30 : T;
}

/** What decides how many epochs a request takes. */
export interface AskedEpochs {
  /** σ. */
  readonly sigma: number;
  /** ε of every request. */
  readonly epsilon: number;
  /** What they cost. */
  readonly accountant: Accountant;
}

/** ε of every request of Figures 3c and 3d, and of their published lists of K. */
export const LISTED_EPSILON = 0.01;

/** b of Figure 3c whose lists of K were rewritten after the accuracies were made; those of 64 and 256 were not. */
export const REWRITTEN: readonly number[] = [0, 32, 128, 512];

/**
 * How the K of the published accuracies of Figure 3c were found: ε = 1, and the bounds of 25 January 2024, for σ = 0.01
 * of 29 January.
 *
 * @param sigma σ.
 * @param accountant The accountant of the run, of which only `sgd` has such bounds.
 * @returns What the epochs were asked for.
 * @throws {RangeError} If the run has another accountant.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { noisySgdAccountant } from "../accountant/noisy_sgd.ts";
 * import { januaryEpochs } from "./sgd.ts";
 *
 * assert.equal(januaryEpochs(0.05, noisySgdAccountant()).epsilon, 1);
 * ```
 */
export function januaryEpochs(sigma: number, { name }: Accountant): AskedEpochs {
  if (name !== "sgd") {
    throw new RangeError(`--mixture 1 needs --accountant sgd: there is no bound of January of ${name}`);
  }
  return { sigma, epsilon: 1, accountant: noisySgdAccountant({ version: sigma === 0.01 ? "jan29" : "jan25" }) };
}
