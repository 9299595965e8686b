/**
 * The accountant of Descent-to-Delete (Neel, Roth and Sharifi-Malvajerdi, ALT 2021), the baseline of the paper.
 *
 * Noise-free gradient descent with step 2/(L + m) contracts by γ = (L − m)/(L + m); Gaussian noise is added to the
 * published weights.
 * @module
 */
import { assertPositive, type Problem } from "./problem.ts";

/**
 * 2/(L + m), the step of Descent-to-Delete.
 *
 * @param problem The constants.
 * @returns The step.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { descentStepSize } from "./descent_to_delete.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * assert.equal(descentStepSize(makeProblem(11982, 784, 1e-6, 1)), 7.300229227197734);
 * ```
 */
export function descentStepSize({ smoothness, strongConvexity }: Problem): number {
  return 2 / (smoothness + strongConvexity);
}

/** γ, by which a step brings two chains closer. */
function contractionRate({ smoothness, strongConvexity }: Problem): number {
  return (smoothness - strongConvexity) / (smoothness + strongConvexity);
}

/**
 * Standard deviation of the noise on the published weights after I steps, where the noise-free state is kept
 * (Theorem 9 of Neel et al., Theorem O.1 of arXiv 2403.17105; `calculate_baseline_sigma`):
 * 4√2·Mγ^I / (mn(1 − γ^I)(√(log(1/δ) + ε) − √log(1/δ))).
 *
 * @param problem The constants.
 * @param steps I.
 * @param epsilon The target ε.
 * @returns The standard deviation.
 * @throws {RangeError} If `steps` or `epsilon` is not positive.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { publishingNoise } from "./descent_to_delete.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * const noise = publishingNoise(makeProblem(11982, 784, 1e-6, 1), 1, 1);
 * assert.ok(Math.abs(noise - 2.58471) < 1e-5);
 * ```
 */
export function publishingNoise(problem: Problem, steps: number, epsilon: number): number {
  assertPositive({ steps, epsilon });
  const { count, strongConvexity, lipschitz, delta } = problem;
  const shrink = contractionRate(problem) ** steps;
  const cost = Math.log(1 / delta);
  return (4 * Math.sqrt(2) * lipschitz * shrink) /
    (strongConvexity * count * (1 - shrink) * (Math.sqrt(cost + epsilon) - Math.sqrt(cost)));
}

/**
 * I, the least number of steps a request takes where the noise stays in the state (Theorem 28 of Neel et al.,
 * Theorem O.2 of arXiv 2403.17105; `get_baseline_min_I`):
 * ⌈log(√(2d)/((1 − γ)(√(2 log(2/δ) + ε) − √(2 log(2/δ))))) / log(1/γ)⌉.
 *
 * @param problem The constants.
 * @param epsilon The target ε.
 * @returns I.
 * @throws {RangeError} If `epsilon` is not positive.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { leastIterations } from "./descent_to_delete.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * assert.equal(leastIterations(makeProblem(11982, 784, 1e-6, 1), 1), 91);
 * ```
 */
export function leastIterations(problem: Problem, epsilon: number): number {
  assertPositive({ epsilon });
  const { dimension, delta } = problem;
  const rate = contractionRate(problem);
  const cost = 2 * Math.log(2 / delta);
  const spread = Math.sqrt(2 * dimension) / (1 - rate) / (Math.sqrt(cost + epsilon) - Math.sqrt(cost));
  return Math.ceil(Math.log(spread) / Math.log(1 / rate));
}

/**
 * Steps of the i-th request where the noise stays in the state: ⌊I·factor⌋ + ⌈log log(4di/δ) / log(1/γ)⌉
 * (Theorem 28 of Neel et al.; `get_baseline_term2`).
 *
 * @param problem The constants.
 * @param epsilon The target ε.
 * @param request i, from 1.
 * @param factor How many times {@linkcode leastIterations}, at least 1; the paper takes 1, 1.5 and 2.
 * @returns The number of steps.
 * @throws {RangeError} If an argument is not positive.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { requestIterations } from "./descent_to_delete.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * assert.equal(requestIterations(makeProblem(11982, 784, 1e-6, 1), 1, 100, 1.5), 170);
 * ```
 */
export function requestIterations(problem: Problem, epsilon: number, request: number, factor: number): number {
  assertPositive({ request, factor });
  const doublyLogarithmic = Math.log(Math.log((4 * problem.dimension * request) / problem.delta));
  return Math.floor(leastIterations(problem, epsilon) * factor) +
    Math.ceil(doublyLogarithmic / Math.log(1 / contractionRate(problem)));
}

/**
 * Standard deviation of the noise after I steps where it stays in the state (Theorem 28 of Neel et al.;
 * `calculate_baseline_sigma2`): 8Mγ^I / (mn(1 − γ^I)(√(2 log(2/δ) + 3ε) − √(2 log(2/δ) + 2ε))).
 *
 * @param problem The constants.
 * @param steps I.
 * @param epsilon The target ε.
 * @returns The standard deviation.
 * @throws {RangeError} If `steps` or `epsilon` is not positive.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { stateNoise } from "./descent_to_delete.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * assert.ok(Math.abs(stateNoise(makeProblem(11982, 784, 1e-6, 1), 123, 1) - 6.840279e-6) < 1e-11);
 * ```
 */
export function stateNoise(problem: Problem, steps: number, epsilon: number): number {
  assertPositive({ steps, epsilon });
  const { count, strongConvexity, lipschitz, delta } = problem;
  const shrink = contractionRate(problem) ** steps;
  const cost = 2 * Math.log(2 / delta);
  return (8 * lipschitz * shrink) /
    (strongConvexity * count * (1 - shrink) * (Math.sqrt(cost + 3 * epsilon) - Math.sqrt(cost + 2 * epsilon)));
}
