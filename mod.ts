/**
 * Langevin unlearning: certified machine unlearning by noisy gradient descent (Chien, Wang, Chen and Li, NeurIPS 2024).
 *
 * - The **accountant** says how many unlearning steps K, or how much noise σ, an (ε, δ) guarantee takes:
 *   {@linkcode unlearningSteps}, {@linkcode unlearningEpsilon}, {@linkcode smallestNoiseScale},
 *   {@linkcode initialEpsilon}, {@linkcode sequentialSteps}, and those of Descent-to-Delete.
 * - The **chains** learn and unlearn: {@linkcode langevin} and {@linkcode descend} on an {@linkcode Engine} from
 *   {@linkcode openEngine}.
 * - The **data**: {@linkcode loadMnist}, {@linkcode parseCsv}, {@linkcode loadDataset}, {@linkcode replacementRows},
 *   {@linkcode testAccuracies}.
 *
 * @example Learn MNIST 3 against 8, remove ten rows, unlearn them to ε = 1
 * ```ts
 * import {
 *   langevin,
 *   langevinStart,
 *   loadMnist,
 *   makeProblem,
 *   openEngine,
 *   replacementRows,
 *   rowsToRemove,
 *   testAccuracies,
 *   unlearningSteps,
 * } from "./mod.ts";
 *
 * const { train, test } = await loadMnist();
 * const problem = makeProblem(train.count, train.dimension, 1e-6, 1);
 * const noiseScale = 0.03;
 * const { steps } = unlearningSteps(problem, { noiseScale, numRemove: 10 }, 1);
 * console.log(`K = ${steps}`); // 778
 *
 * const engine = await openEngine();
 * const setting = { engine, problem, seed: 0, trials: 1 };
 * const everything = engine.load(train);
 * const start = langevinStart(setting, "learn", noiseScale, { mean: 0 });
 * const [learned] = await langevin(setting, everything, [{ name: "learn", noiseScale, start, steps: 20 }]);
 *
 * const random = replacementRows(10, train, { seed: 0, cell: 1 });
 * const remaining = engine.replace(everything, rowsToRemove(10, train.count), random);
 * // A certificate takes learning until the chain is stationary, some 500 steps, and all K steps here.
 * const [unlearned] = await langevin(setting, remaining, [{ name: "unlearn", noiseScale, start: learned, steps: 5 }]);
 * console.log(testAccuracies(test, unlearned));
 * engine.dispose();
 * ```
 *
 * @module
 */
export * from "./core/accountant/accountant.ts";
export * from "./core/accuracy.ts";
export * from "./core/accountant/certificate.ts";
export * from "./core/chains.ts";
export * from "./core/datasets/dataset.ts";
export * from "./core/datasets/adult.ts";
export * from "./core/datasets/csv.ts";
export * from "./core/datasets/load_dataset.ts";
export * from "./core/datasets/mnist.ts";
export * from "./core/accountant/descent_to_delete.ts";
export * from "./core/engines/engine.ts";
export * from "./core/engines/open_engine.ts";
export * from "./core/accountant/problem.ts";
export * from "./core/random.ts";
export * from "./core/removal.ts";
export * from "./core/statistics/statistics.ts";
export * from "./core/accountant/stochastic_accountant.ts";
export * from "./core/engines/backends.ts";
export { DeviceLostError } from "./core/engines/webgpu_engine.ts";
