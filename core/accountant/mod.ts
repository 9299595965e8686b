/**
 * Guarantees as pure functions of numbers, without TensorFlow.js and without data: for planning in a browser or on a
 * server.
 *
 * What happened is a {@linkcode History}: a chain, and requests of S rows and K steps each. What it costs, an
 * {@linkcode Accountant} says. K, σ and S are found by {@linkcode fewestSteps}, {@linkcode smallestSigma} and
 * {@linkcode mostRows}, the same for every accountant.
 *
 * @example How many steps unlearn ten rows of MNIST to ε = 1
 * ```ts
 * import assert from "node:assert/strict";
 * import { fewestSteps, langevinAccountant, makeProblem } from "./mod.ts";
 *
 * const problem = makeProblem({ n: 11982, d: 784, lambda: 1e-6 });
 * const target = { epsilon: 1, delta: 1 / 11982 };
 * assert.equal(fewestSteps(langevinAccountant(), { problem, sigma: 0.03, requests: [] }, 10, target).K, 778);
 * ```
 *
 * @module
 */
export { type Accountant, type ClosedForms, type Guarantee, type Target } from "./accountant.ts";
export { ACCOUNTANTS, type OpenAccountant, openAccountant, type OriginalOptions } from "./accountants.ts";
export { fewestSteps, fewestStepsEach, mostRows, type Plan, smallestSigma } from "./calibrate.ts";
export {
  descentAccountant,
  descentStepSize,
  exactPublishingNoise,
  leastIterations,
  publishingNoise,
  requestIterations,
  stateNoise,
} from "./descent_to_delete.ts";
export { exactAccountant, type Kept, muOf, phasesOf, stepRate } from "./exact.ts";
export { gaussianDelta, gaussianEpsilon, gaussianMu } from "./gaussian.ts";
export { type Chain, type History, NEIGHBOURS, type Neighbours, type Request } from "./history.ts";
export { initialRenyi, langevinAccountant, type LangevinOptions, type Triangle, TRIANGLES } from "./langevin.ts";
export {
  BOUND_VERSIONS,
  type BoundVersion,
  initialDistance,
  noisySgdAccountant,
  type NoisySgdOptions,
} from "./noisy_sgd.ts";
export { curvatureBound, gradientBound, makeProblem, type Problem, type ProblemOf } from "../model/problem.ts";
export type { Orders } from "./renyi.ts";
export { geometric, muOfSchedule, type Phase } from "./schedule.ts";
export { muOfTranscript, spendBudget } from "./transcript.ts";
