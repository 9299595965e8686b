/**
 * The privacy accountant of Langevin unlearning: pure functions on float64 numbers.
 *
 * Theorem numbers are those under which arXiv 2403.17105 (Appendix P) restates arXiv 2401.10371. A Rényi guarantee
 * (α, ε_α) gives (ε, δ)-unlearning with ε = ε_α + log(1/δ)/(α − 1) (Proposition N.2), and every α > 1 gives a valid ε,
 * so each function minimizes over α. The minimum is unique: α ↦ α·exp(−a/α) and α ↦ 1/(α − 1) are convex on α > 1.
 * @module
 */
import { minimizeBounded, smallestInteger } from "./minimize.ts";
import { assertPositive, type Problem } from "./problem.ts";

/** An interval of Rényi orders α to minimize over. */
export type Orders = readonly [lower: number, upper: number];

/** Orders that `main_lmc.py` searches; the default. */
export const ORDERS: Orders = [1, 10_000];
/** Orders that `baseline.py` searches for one request. */
export const BASELINE_ORDERS: Orders = [2, 10_000];
/** Orders that `baseline.py` searches for a sequence of requests. */
export const SEQUENTIAL_ORDERS: Orders = [2, 100_000];

/** The noise of the chain and the size of a request. */
export interface Removal {
  /** σ. */
  readonly noiseScale: number;
  /** S, the number of rows removed at once. */
  readonly numRemove: number;
}

/** ε of an (ε, δ) guarantee and the Rényi order α at which it is attained. */
export interface Guarantee {
  /** ε. */
  readonly epsilon: number;
  /** α. */
  readonly order: number;
}

/** How many unlearning steps a guarantee takes. */
export interface Plan extends Guarantee {
  /** K. */
  readonly steps: number;
}

/**
 * Throws unless a guarantee can be computed for the constants.
 *
 * @param problem The constants.
 * @throws {RangeError} If a constant is not positive and finite, or δ not below 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assertProblem } from "./accountant.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * assert.throws(() => assertProblem(makeProblem(1, 784, 1e-6, 1)), /delta must be below 1/);
 * ```
 */
export function assertProblem({ count, smoothness, strongConvexity, lipschitz, stepSize, delta }: Problem): void {
  assertPositive({ count, smoothness, strongConvexity, lipschitz, stepSize, delta });
  if (delta >= 1) throw new RangeError(`delta must be below 1, got ${delta}: one row cannot be hidden`);
}

function assertRequest(problem: Problem, { noiseScale, numRemove }: Removal): void {
  assertProblem(problem);
  assertPositive({ noiseScale, numRemove });
  if (numRemove > problem.count) {
    throw new RangeError(`numRemove must be at most ${problem.count}, the number of rows, got ${numRemove}`);
  }
}

/** log(1/δ)/(α − 1), what a Rényi guarantee of order α costs as an (ε, δ) guarantee. */
function conversionCost({ delta }: Problem, order: number): number {
  return Math.log(1 / delta) / (order - 1);
}

/** The smallest ε over the orders, given the Rényi guarantee of each, infinite from some order on at most. */
function tightest(problem: Problem, renyi: (order: number) => number, [lower, upper]: Orders): Guarantee {
  let end = upper;
  while (end / 2 > lower && renyi(end / 2) === Infinity) end /= 2;
  const { at, value } = minimizeBounded((order) => renyi(order) + conversionCost(problem, order), lower, end);
  return { epsilon: value, order: at };
}

/**
 * The smallest ε when the Rényi guarantee of order α is αA: min over α of αA + log(1/δ)/(α − 1) is
 * A + 2√(A·log(1/δ)), at α = 1 + √(log(1/δ)/A).
 *
 * @param problem The constants.
 * @param slope A.
 * @returns ε and its order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { linearGuarantee } from "./accountant.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * const mnist = makeProblem(11982, 784, 1e-6, 1);
 * const { epsilon, order } = linearGuarantee(mnist, 0.01);
 * assert.ok(Math.abs(epsilon - (0.01 * order - Math.log(mnist.delta) / (order - 1))) < 1e-15);
 * ```
 */
export function linearGuarantee({ delta }: Problem, slope: number): Guarantee {
  const cost = Math.log(1 / delta);
  return { epsilon: slope + 2 * Math.sqrt(slope * cost), order: 1 + Math.sqrt(cost / slope) };
}

/** The Rényi orders of a request's guarantee are twice those of the next one's: float64 has no larger ones. */
const MAX_REQUESTS = 1000;

function assertRequests(count: number): void {
  if (count > MAX_REQUESTS) throw new RangeError(`a sequence has at most ${MAX_REQUESTS} requests, not ${count}`);
}

/** Throws if ε is out of reach for these orders, however many steps or however much noise. */
function assertReachable(problem: Problem, epsilon: number, [, upper]: Orders): void {
  assertPositive({ epsilon });
  const floor = conversionCost(problem, upper);
  if (epsilon <= floor * (1 + 1e-6)) {
    throw new RangeError(`epsilon ${epsilon} is out of reach: Rényi orders up to ${upper} give more than ${floor}`);
  }
}

/**
 * ε0(α) = 4αS²M²/(mσ²n²): the Rényi difference between learning with and without S rows (Theorem P.2 without its
 * factor 1 − exp(−mηT) < 1; `epsilon0_`).
 *
 * @param problem The constants.
 * @param removal σ and S.
 * @param order α.
 * @returns ε0(α).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { initialRenyi } from "./accountant.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * const mnist = makeProblem(11982, 784, 1e-6, 1);
 * const once = initialRenyi(mnist, { noiseScale: 0.03, numRemove: 1 }, 2);
 * assert.ok(initialRenyi(mnist, { noiseScale: 0.03, numRemove: 10 }, 2) > 99 * once);
 * ```
 */
export function initialRenyi(
  { count, strongConvexity, lipschitz }: Problem,
  { noiseScale, numRemove }: Removal,
  order: number,
): number {
  return (4 * order * numRemove ** 2 * lipschitz ** 2) / (strongConvexity * noiseScale ** 2 * count ** 2);
}

/** exp(−Kmη/α), by which K unlearning steps shrink a Rényi difference of order α (Theorem P.1 with C_LSI = 2σ²/m). */
function contraction({ strongConvexity, stepSize }: Problem, steps: number, order: number): number {
  return Math.exp(-(steps * strongConvexity * stepSize) / order);
}

/**
 * ε before any unlearning step: min over α of ε0(α) + log(1/δ)/(α − 1), in closed form since ε0(α) = α·ε0(1)
 * (`main_lmc.py`, the black line of Figure 3c).
 *
 * @param problem The constants.
 * @param removal σ and S.
 * @returns ε0 and its order.
 * @throws {RangeError} If an argument is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { initialEpsilon } from "./accountant.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * const { epsilon } = initialEpsilon(makeProblem(11982, 784, 1e-6, 1), { noiseScale: 0.1, numRemove: 100 });
 * assert.ok(Math.abs(epsilon - 11.67126) < 1e-5);
 * ```
 */
export function initialEpsilon(problem: Problem, removal: Removal): Guarantee {
  assertRequest(problem, removal);
  return linearGuarantee(problem, initialRenyi(problem, removal, 1));
}

/**
 * ε after K unlearning steps: min over α of exp(−Kmη/α)·ε0(α) + log(1/δ)/(α − 1) (Theorems P.1 and P.2, equation 98;
 * `epsilon_expression`).
 *
 * @param problem The constants.
 * @param removal σ and S.
 * @param steps K ≥ 0.
 * @param orders The orders to minimize over.
 * @returns ε and its order.
 * @throws {RangeError} If an argument is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { unlearningEpsilon } from "./accountant.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * const mnist = makeProblem(11982, 784, 1e-6, 1);
 * assert.ok(unlearningEpsilon(mnist, { noiseScale: 0.03, numRemove: 1 }, 1).epsilon < 0.32);
 * ```
 */
export function unlearningEpsilon(
  problem: Problem,
  removal: Removal,
  steps: number,
  orders: Orders = ORDERS,
): Guarantee {
  assertRequest(problem, removal);
  if (!(steps >= 0 && steps < Infinity)) throw new RangeError(`steps must be 0 or more and finite, got ${steps}`);
  return tightest(
    problem,
    (order) => contraction(problem, steps, order) * initialRenyi(problem, removal, order),
    orders,
  );
}

const stepsTo = (epsilon: number, { noiseScale, numRemove }: Removal) =>
  `steps to epsilon = ${epsilon} for ${numRemove} rows with noise scale ${noiseScale}`;

/**
 * K, the smallest number of unlearning steps among 1, 1 + stride, … that reaches ε (`search_finetune_step`).
 *
 * @param problem The constants.
 * @param removal σ and S.
 * @param epsilon The target ε.
 * @param stride 1 in `baseline.py`, 10 in `main_lmc.py`.
 * @param orders The orders to minimize over.
 * @returns K, the ε that it gives and the order.
 * @throws {RangeError} If an argument is out of range or ε out of reach for these orders.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { unlearningSteps } from "./accountant.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * const mnist = makeProblem(11982, 784, 1e-6, 1);
 * assert.equal(unlearningSteps(mnist, { noiseScale: 0.03, numRemove: 100 }, 1).steps, 1997);
 * assert.equal(unlearningSteps(mnist, { noiseScale: 0.03, numRemove: 100 }, 1, 10).steps, 2001);
 * ```
 */
export function unlearningSteps(
  problem: Problem,
  removal: Removal,
  epsilon: number,
  stride = 1,
  orders: Orders = ORDERS,
): Plan {
  assertRequest(problem, removal);
  assertPositive({ stride });
  assertReachable(problem, epsilon, orders);
  const reaches = (k: number) => unlearningEpsilon(problem, removal, k, orders).epsilon <= epsilon;
  const steps = smallestInteger(reaches, 1, stride, stepsTo(epsilon, removal));
  return { steps, ...unlearningEpsilon(problem, removal, steps, orders) };
}

/** No smaller noise scale is searched: below it σ² leaves the range of float64. */
const LEAST_NOISE_SCALE = 1e-140;

/**
 * The smallest noise scale σ with which K unlearning steps reach ε, by bisection to a relative width of 1e-9.
 *
 * @param problem The constants.
 * @param numRemove S.
 * @param epsilon The target ε.
 * @param steps K.
 * @param orders The orders to minimize over.
 * @returns σ, rounded to the side on which ε holds; not below 1e-140.
 * @throws {RangeError} If an argument is out of range or ε out of reach for these orders.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { smallestNoiseScale } from "./accountant.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * const sigma = smallestNoiseScale(makeProblem(11982, 784, 1e-6, 1), 1, 1, 2);
 * assert.ok(Math.abs(sigma - 0.00956686872) < 1e-10);
 * ```
 */
export function smallestNoiseScale(
  problem: Problem,
  numRemove: number,
  epsilon: number,
  steps: number,
  orders: Orders = ORDERS,
): number {
  assertRequest(problem, { noiseScale: 1, numRemove });
  assertReachable(problem, epsilon, orders);
  const reaches = (noiseScale: number) =>
    unlearningEpsilon(problem, { noiseScale, numRemove }, steps, orders).epsilon <= epsilon;
  let enough = 1;
  while (!reaches(enough)) enough *= 2;
  while (enough > LEAST_NOISE_SCALE && reaches(enough / 2)) enough /= 2;
  let tooSmall = enough / 2;
  while (enough - tooSmall > 1e-9 * enough) {
    const middle = (enough + tooSmall) / 2;
    if (reaches(middle)) enough = middle;
    else tooSmall = middle;
  }
  return enough;
}

/**
 * The weak triangle inequality of Rényi divergences that chains requests: `half` splits an order α as (2α, 2α)
 * (released code, published results), `tight` as (2α − 1, 2α) (the code until 15 January 2024, and arXiv 2403.17105).
 */
export type Triangle = typeof TRIANGLES[number];

/** The names of the weak triangle inequalities. */
export const TRIANGLES = ["half", "tight"] as const;

/**
 * e_s(α), the Rényi difference after the last of the requests whose steps are given (`epsilon_s_with_alpha`). The terms
 * are proportional to orders up to 2^(s−1)·α: they are computed in units of 2^(s−1), which rounds nothing and keeps
 * them in the range of float64.
 */
function sequentialRenyi(
  problem: Problem,
  removal: Removal,
  steps: readonly number[],
  triangle: Triangle,
  order: number,
): number {
  const unit = 2 ** (steps.length - 1);
  const initial = (order: number) => initialRenyi(problem, removal, order / unit);
  const after = (request: number, order: number): number => {
    const decay = contraction(problem, steps[request - 1], order);
    if (request === 1) return decay * initial(order);
    const before = after(request - 1, 2 * order);
    const weight = (order - 0.5) / (order - 1);
    return triangle === "half"
      ? decay * weight * (initial(2 * order) + before)
      : decay * (initial(2 * order - 1) + weight * before);
  };
  return unit * after(steps.length, order);
}

/**
 * ε after a sequence of requests of S rows each, chained by the weak triangle inequality (Mironov 2017):
 * e_1(α) = exp(−k_1·mη/α)·ε0(α), e_s(α) = exp(−k_s·mη/α)·(α − ½)/(α − 1)·[ε0(2α) + e_{s−1}(2α)].
 *
 * @param problem The constants.
 * @param removal σ and S of every request.
 * @param steps k_1, k_2, …, the unlearning steps of the requests so far; at least one.
 * @param triangle Which triangle inequality.
 * @param orders The orders to minimize over.
 * @returns ε after the last request and its order.
 * @throws {RangeError} If an argument is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sequentialEpsilon } from "./accountant.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * const mnist = makeProblem(11982, 784, 1e-6, 1);
 * assert.ok(sequentialEpsilon(mnist, { noiseScale: 0.03, numRemove: 5 }, [354, 715]).epsilon <= 1);
 * ```
 */
export function sequentialEpsilon(
  problem: Problem,
  removal: Removal,
  steps: readonly number[],
  triangle: Triangle = "half",
  orders: Orders = SEQUENTIAL_ORDERS,
): Guarantee {
  assertRequest(problem, removal);
  if (steps.length === 0 || !steps.every((k) => k >= 0 && k < Infinity)) {
    throw new RangeError(`steps must be one or more numbers, 0 or more and finite, got [${steps}]`);
  }
  assertRequests(steps.length);
  return tightest(problem, (order) => sequentialRenyi(problem, removal, steps, triangle, order), orders);
}

/**
 * k_1, k_2, …: for each request in turn the fewest unlearning steps, at least 1, that keep ε, given the requests before
 * (`sequential2` of the original).
 *
 * @param problem The constants.
 * @param removal σ and S of every request.
 * @param epsilon The target ε after every request.
 * @param numRequests How many requests.
 * @param triangle Which triangle inequality.
 * @param orders The orders to minimize over.
 * @returns One number of steps a request.
 * @throws {RangeError} If an argument is out of range or ε out of reach for these orders.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sequentialSteps } from "./accountant.ts";
 * import { makeProblem } from "./problem.ts";
 *
 * const mnist = makeProblem(11982, 784, 1e-6, 1);
 * const steps = sequentialSteps(mnist, { noiseScale: 0.03, numRemove: 20 }, 1, 5);
 * assert.deepEqual(steps, [1163, 1386, 1405, 1418, 1434]);
 * ```
 */
export function sequentialSteps(
  problem: Problem,
  removal: Removal,
  epsilon: number,
  numRequests: number,
  triangle: Triangle = "half",
  orders: Orders = SEQUENTIAL_ORDERS,
): number[] {
  assertRequest(problem, removal);
  assertPositive({ numRequests });
  assertRequests(numRequests);
  assertReachable(problem, epsilon, orders);
  const steps: number[] = [];
  while (steps.length < numRequests) {
    const keeps = (k: number) =>
      sequentialEpsilon(problem, removal, [...steps, k], triangle, orders).epsilon <= epsilon;
    steps.push(smallestInteger(keeps, 1, 1, stepsTo(epsilon, removal)));
  }
  return steps;
}
