/**
 * Langevin unlearning: certified machine unlearning by noisy gradient descent (Chien, Wang, Chen and Li, NeurIPS 2024).
 *
 * - The **accountant** says how many unlearning steps K, or how much noise σ, an (ε, δ) guarantee takes:
 *   {@linkcode fewestSteps}, {@linkcode smallestSigma}, {@linkcode mostRows}, by {@linkcode langevinAccountant} or
 *   another. Alone, without TensorFlow.js: `@langevin-unlearning/deno/accountant`.
 * - The **chains** learn and unlearn: {@linkcode langevin} on an {@linkcode Engine} from {@linkcode openEngine}; more in
 *   `@langevin-unlearning/deno/chains`.
 * - The **data**: {@linkcode loadMnist}, {@linkcode parseCsv}, {@linkcode loadDataset}; more in
 *   `@langevin-unlearning/deno/data`.
 *
 * @example Learn MNIST 3 against 8, remove ten rows, unlearn them to ε = 1
 * ```ts
 * import {
 *   fewestSteps,
 *   langevin,
 *   langevinAccountant,
 *   langevinStart,
 *   loadMnist,
 *   makeProblem,
 *   openEngine,
 *   replacementRows,
 *   rowsToRemove,
 *   testAccuracies,
 * } from "./mod.ts";
 *
 * const { train, test } = await loadMnist();
 * const problem = makeProblem({ n: train.count, d: train.dimension, lambda: 1e-6 });
 * const accountant = langevinAccountant();
 * const target = { epsilon: 1, delta: 1 / train.count };
 * const chain = { problem, sigma: 0.03, T: 200 };
 * const { K, epsilon } = fewestSteps(accountant, { ...chain, requests: [] }, 10, target);
 *
 * const engine = await openEngine();
 * const setting = { engine, problem, seed: 0, trials: 1 };
 * const { sigma, T } = chain;
 * const everything = engine.load(train);
 * const start = langevinStart(setting, "start", sigma, { mean: 0 });
 * const [learned] = await langevin(setting, everything, [{ name: "learn", sigma, start, steps: T }]);
 *
 * const rows = replacementRows(10, train, { seed: 0, cell: 1 });
 * const remaining = engine.replace(everything, rowsToRemove(10, train.count), rows);
 * const [unlearned] = await langevin(setting, remaining, [{ name: "unlearn", sigma, start: learned, steps: K }]);
 * console.log(`ε = ${epsilon} after K = ${K} steps; test accuracy ${testAccuracies(test, unlearned)}`); // 778, 0.90
 * engine.dispose();
 * ```
 *
 * The ε that it prints covers the weights that it computes: T steps of learning from N(0, 2σ²/m), then K on the rows in
 * which random ones replace the ten, σ, η and M as the theorem has them.
 *
 * @module
 */
export {
  type Accountant,
  type Chain,
  exactAccountant,
  fewestSteps,
  fewestStepsEach,
  type Guarantee,
  type History,
  langevinAccountant,
  makeProblem,
  mostRows,
  type Neighbours,
  noisySgdAccountant,
  type Plan,
  type Problem,
  type ProblemOf,
  publishingNoise,
  type Request,
  smallestSigma,
  type Target,
} from "./core/accountant/mod.ts";
export { type ModelCertificate, verifyCertificate, verifyCertificates } from "./core/certificate/mod.ts";
export {
  type CsvFile,
  type CsvSource,
  type Dataset,
  hashRows,
  loadCsv,
  loadDataset,
  loadMnist,
  loadMnistMulti,
  normalizeRows,
  type OnRead,
  parseCsv,
  type Rows,
  spectralCurvature,
  type TableOptions,
} from "./core/datasets/mod.ts";
export {
  CapacityError,
  descend,
  descentStart,
  DeviceLostError,
  type Engine,
  type EngineChoice,
  langevin,
  langevinStart,
  nullRows,
  openEngine,
  publish,
  replacementRows,
  rowsToRemove,
  type Setting,
  testAccuracies,
  type TrainingSet,
} from "./core/learning/mod.ts";
