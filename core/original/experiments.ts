/**
 * The experiments of the original: a table a paper.
 * @module
 */

/** Folders of the original's algorithms: Langevin chains, and those of mini-batches in the sequel. */
export const ALGORITHMS = ["LMC", "SGD"] as const;

/** A folder of one of the original's algorithms. */
export type Algorithm = typeof ALGORITHMS[number];

/** An experiment of the original. */
export interface OriginalExperiment {
  /** Its folder. */
  readonly name: string;
  /** The script, the first of its two where there is one of several classes. */
  readonly script: "baseline" | "main_lmc" | "main_lmc_multiclass" | "main_sgd";
  /** The switch that chooses it. */
  readonly flag: string;
  /** Its figure in the paper. */
  readonly figure?: string;
  /** The file of its figure, or of both; without it there is none. */
  readonly file?: string;
  /** Whether the authors published results of it. */
  readonly published: boolean;
}

/** Those of Langevin unlearning, in the order in which the reports have them. */
export const EXPERIMENTS = [
  { name: "baseline", script: "baseline", flag: "run_baseline", figure: "3a", file: "figure3a.svg", published: true },
  { name: "sequential2", script: "baseline", flag: "sequential2", figure: "3b", file: "figure3b.svg", published: true },
  {
    name: "paint_unlearning_sigma",
    script: "main_lmc",
    flag: "paint_unlearning_sigma",
    figure: "3c",
    file: "figure3c.svg",
    published: true,
  },
  {
    name: "paint_utility_epsilon",
    script: "main_lmc",
    flag: "paint_utility_epsilon",
    figure: "4",
    file: "figure4.svg",
    published: true,
  },
  {
    name: "paint_utility_s",
    script: "main_lmc",
    flag: "paint_utility_s",
    figure: "5",
    file: "figure5.svg",
    published: true,
  },
  {
    name: "retrain_noiseless",
    script: "main_lmc",
    flag: "retrain_noiseless",
    file: "noiseless_retraining.svg",
    published: true,
  },
  {
    name: "search_burnin",
    script: "main_lmc_multiclass",
    flag: "search_burnin",
    file: "search_burnin.svg",
    published: false,
  },
  { name: "find_k", script: "baseline", flag: "find_k", published: false },
] as const satisfies readonly OriginalExperiment[];

/** Those of the sequel, in the same order. */
export const SGD_EXPERIMENTS = [
  {
    name: "baseline_nonconvergent",
    script: "main_sgd",
    flag: "compare_baseline_nonconvergent",
    figure: "3a",
    file: "figure3a.svg",
    published: true,
  },
  { name: "sequential", script: "main_sgd", flag: "sequential", figure: "3b", file: "figure3b.svg", published: true },
  {
    name: "paint_unlearning_sigma",
    script: "main_sgd",
    flag: "paint_unlearning_sigma",
    figure: "3c and 3d",
    file: "figure3c_3d.svg",
    published: true,
  },
  {
    name: "retrain_noiseless",
    script: "main_sgd",
    flag: "retrain_noiseless",
    file: "noiseless_retraining.svg",
    published: true,
  },
  { name: "search_batch", script: "main_sgd", flag: "search_batch", file: "search_batch.svg", published: false },
  {
    name: "compare_batches",
    script: "main_sgd",
    flag: "compare_batches",
    file: "compare_batches.svg",
    published: false,
  },
] as const satisfies readonly OriginalExperiment[];

/**
 * The experiments of an algorithm.
 *
 * @param algorithm Its folder.
 * @returns The table.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { experimentsOf } from "./experiments.ts";
 *
 * assert.deepEqual(experimentsOf("SGD").flatMap(({ figure = [] }) => figure), ["3a", "3b", "3c and 3d"]);
 * ```
 */
export function experimentsOf(algorithm: Algorithm): readonly OriginalExperiment[] {
  return algorithm === "SGD" ? SGD_EXPERIMENTS : EXPERIMENTS;
}
