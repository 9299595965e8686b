/**
 * Which λ and K a model should have: the plans that `learn` would make, rehearsed by fast chains side by side.
 *
 * A rehearsal takes the steps of a plan, η, σ, T and K, with the same weight m = λn of the regularizer, on what rows there
 * are: be they fewer or more than n, the loss is the mean over them, as it is over the n. It is float32 with a seed, and
 * certifies nothing.
 * @module
 */
import { checkBudget, type Numbers } from "../certificate/model_certificate.ts";
import type { Engine } from "../engines/engine.ts";
import { langevin } from "../learning/chains.ts";
import { testAccuracies } from "../model/accuracy.ts";
import { outputsOf } from "../model/problem.ts";
import { nullRows } from "../model/removal.ts";
import type { Rows } from "../model/rows.ts";
import { type Moments, moments } from "../statistics/statistics.ts";
import { walkProblem } from "../walk/lattice.ts";
import { planModel, planRequest, type Wish } from "./plan.ts";

/** What a model is asked to be, but for λ, K and ε. */
export interface TuningWish extends Pick<Wish, "n" | "d" | "classes" | "capacity" | "delta" | "budget"> {
  /** How many requests of `capacity` rows it is to serve. */
  readonly requests: number;
}

/** A plan that is cheaper than retraining. */
export interface TunedPlan {
  /** The numbers that `learn` has for it. */
  readonly numbers: Numbers;
  /** T. */
  readonly T: number;
  /** K of every request. */
  readonly Ks: readonly number[];
}

/**
 * scikit-learn's `C` of the same optimum. It minimizes |w|²/2 + C Σ ℓᵢ, and a model here Σ ℓᵢ/n + λn|w|²/2, which is λn
 * times that with C = 1/(λn²).
 *
 * @param numbers n and λ.
 * @returns C.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { inverseRegularization } from "./tuning.ts";
 *
 * assert.equal(inverseRegularization({ n: 1000, lambda: 1e-5 }).toFixed(9), "0.100000000");
 * ```
 */
export function inverseRegularization({ n, lambda }: Pick<Numbers, "n" | "lambda">): number {
  return 1 / (lambda * n ** 2);
}

/** 1 and 3, or 1, 2 and 5, times powers of ten, between two numbers. */
function roundNumbers(digits: readonly number[], least: number, most: number): number[] {
  const powers = Array.from({ length: 41 }, (_, i) => i - 20);
  return powers.flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
    .filter((value) => value >= least && value <= most);
}

/**
 * λ to try unless others are asked for: those of which learning takes about 20 to 2000 steps.
 *
 * @param shape n, d and the number of classes.
 * @returns 1 and 3 times powers of ten, the largest first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { usualLambdas } from "./tuning.ts";
 *
 * assert.deepEqual(usualLambdas({ n: 11982, d: 784, classes: 2 }), [1e-5, 3e-6, 1e-6, 3e-7, 1e-7]);
 * ```
 */
export function usualLambdas(shape: Pick<Wish, "n" | "d" | "classes">): number[] {
  const stepsOf = (lambda: number) => {
    const { eta, m } = walkProblem({ ...shape, lambda });
    return 10 / (eta * m);
  };
  return roundNumbers([1, 3], 1e-18, 1).filter((lambda) => stepsOf(lambda) >= 20 && stepsOf(lambda) <= 2000).reverse();
}

/**
 * K to try unless others are asked for.
 *
 * @param T What retraining takes.
 * @returns 1, 2 and 5 times powers of ten, below T.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { usualSteps } from "./tuning.ts";
 *
 * assert.deepEqual(usualSteps(50), [1, 2, 5, 10, 20]);
 * ```
 */
export function usualSteps(T: number): number[] {
  return roundNumbers([1, 2, 5], 1, T - 1);
}

/**
 * The plan that `learn` makes for λ and K, and what its requests take.
 *
 * @param wish What the model is asked to be.
 * @param choice λ, ε and K of the first request.
 * @returns The plan; undefined if a request would take as many steps as retraining or exceed the budget, or where a
 * smaller K has the same noise, since float64 allows none smaller.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tunedPlan } from "./tuning.ts";
 *
 * const wish = { n: 456, d: 31, classes: 2, capacity: 3, requests: 2 };
 * const { T, Ks } = tunedPlan(wish, { lambda: 3e-5, epsilon: 1, k: 20 })!;
 * assert.deepEqual([T, Ks], [102, [20, 22]]);
 * assert.equal(tunedPlan(wish, { lambda: 3e-5, epsilon: 1, k: 102 }), undefined);
 * ```
 */
export function tunedPlan(
  { requests, ...wish }: TuningWish,
  choice: Pick<Wish, "lambda" | "epsilon"> & { readonly k: number },
): TunedPlan | undefined {
  const numbers = planModel({ ...wish, ...choice });
  const { capacity: S, releases: [{ T }] } = numbers;
  let releases = numbers.releases;
  const Ks: number[] = [];
  for (let request = 0; request < requests; request++) {
    const { K } = planRequest({ ...numbers, releases }, S);
    if (K >= T! || (request === 0 && K !== choice.k)) return undefined;
    Ks.push(K);
    releases = [...releases, { S, K }];
  }
  try {
    checkBudget({ ...numbers, releases });
  } catch {
    return undefined;
  }
  return { numbers, T: T!, Ks };
}

/** What plans are rehearsed on. */
export interface Stage {
  /** The rows to learn. */
  readonly train: Rows;
  /** Others, to see how well it went. */
  readonly test: Rows;
  /** Computes the steps. */
  readonly engine: Engine;
  /** How many models are made of a plan. */
  readonly trials: number;
  /** The seed. */
  readonly seed: number;
  /** Called now and then with the number of chain steps done since the last call. */
  readonly onChainSteps?: (done: number) => void;
}

/** How a plan did. */
export interface Rehearsed extends TunedPlan {
  /** Accuracy after learning. */
  readonly learned: Moments;
  /** Accuracy after the last request. */
  readonly unlearned: Moments;
  /** Accuracy of the T steps without noise. */
  readonly noiseless: number;
}

/** Numbers of rows, spread evenly. */
const spread = (count: number, of: number) =>
  Array.from({ length: count }, (_, i) => Math.floor((i + 0.5) * of / count));

/**
 * Rehearses plans of one λ, all models of all of them side by side.
 *
 * @param stage Rows, engine, number of models and seed.
 * @param plans The plans, of one λ and one number of requests.
 * @returns How each did.
 * @throws {RangeError} If the requests would leave no row of those that are learned.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openEngine } from "../engines/open_engine.ts";
 * import { rehearse, tunedPlan } from "./tuning.ts";
 *
 * const rows = { features: Float32Array.of(1, 1, -1, -1), labels: Float32Array.of(1, 1, -1, -1), count: 4, dimension: 1, outputs: 1 };
 * const engine = await openEngine({ backend: "wasm", threads: 1 });
 * const plan = tunedPlan({ n: 400, d: 1, classes: 2, capacity: 1, requests: 1 }, { lambda: 1e-4, epsilon: 1, k: 5 })!;
 * const [{ unlearned }] = await rehearse({ train: rows, test: rows, engine, trials: 3, seed: 1 }, [plan]);
 * assert.equal(unlearned.mean, 1);
 * engine.dispose();
 * ```
 */
export async function rehearse(
  { train, test, engine, trials, seed, onChainSteps }: Stage,
  plans: readonly TunedPlan[],
): Promise<Rehearsed[]> {
  const [{ numbers, T, Ks: { length: requests } }] = plans;
  const { capacity: S } = numbers;
  if (S * requests >= train.count) {
    throw new RangeError(`${requests} requests of ${S} rows leave none of the ${train.count} that are rehearsed on`);
  }
  const planned = walkProblem(numbers);
  const problem = { ...planned, n: train.count, lambda: planned.m / train.count };
  const setting = { engine, problem, trials, seed, ...(onChainSteps && { onChainSteps }) };
  const zeros = new Float32Array(trials * problem.d * outputsOf(problem));
  const nameOf = ({ numbers: { lambda, sigma, epsilon } }: TunedPlan) => `λ ${lambda}, σ ${sigma}, ε ${epsilon}`;
  const legs = plans.map((plan) => ({
    name: `${nameOf(plan)}, learn`,
    sigma: plan.numbers.sigma,
    steps: T,
    start: zeros,
  }));
  let rows = engine.load(train);
  const [free, ...learned] = await langevin(setting, rows, [
    { name: "without noise", sigma: 0, steps: T, start: zeros },
    ...legs,
  ]);
  let states = learned;
  const removed = spread(S * requests, train.count);
  for (let request = 0; request < requests; request++) {
    rows = engine.replace(rows, removed.slice(request * S, (request + 1) * S), nullRows(S, train));
    states = await langevin(
      setting,
      rows,
      plans.map((plan, i) => ({
        ...legs[i],
        name: `${nameOf(plan)}, request ${request + 1}`,
        steps: plan.Ks[request],
        start: states[i],
      })),
    );
  }
  const [noiseless] = testAccuracies(test, free);
  return plans.map((plan, i) => ({
    ...plan,
    learned: moments(testAccuracies(test, learned[i])),
    unlearned: moments(testAccuracies(test, states[i])),
    noiseless,
  }));
}

/**
 * How many chain steps a rehearsal takes.
 *
 * @param plans The plans.
 * @param trials How many models are made of each.
 * @returns The steps of all models.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chainStepsOfPlans, type TunedPlan } from "./tuning.ts";
 *
 * assert.equal(chainStepsOfPlans([{ T: 100, Ks: [10, 12] } as unknown as TunedPlan], 20), 2440);
 * ```
 */
export const chainStepsOfPlans = (plans: readonly TunedPlan[], trials: number): number =>
  plans.reduce((steps, { T, Ks }) => steps + trials * Ks.reduce((sum, K) => sum + K, T), 0);

const stepsOf = ({ Ks }: TunedPlan) => Ks.reduce((sum, K) => sum + K, 0);

/**
 * The plan to take: of those whose mean accuracy after the requests is within a standard error of the best, the one whose
 * requests take the fewest steps.
 *
 * @param rehearsed Plans, at least one, and how they did.
 * @returns One of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { bestOf, type Rehearsed } from "./tuning.ts";
 *
 * const plan = (K: number, mean: number) => ({ Ks: [K], unlearned: { n: 100, mean, std: 0.05 } }) as unknown as Rehearsed;
 * assert.deepEqual(bestOf([plan(1, 0.8), plan(10, 0.896), plan(50, 0.9)]).Ks, [10]);
 * ```
 */
export function bestOf(rehearsed: readonly Rehearsed[]): Rehearsed {
  const best = rehearsed.reduce((one, other) => other.unlearned.mean > one.unlearned.mean ? other : one);
  const least = best.unlearned.mean - best.unlearned.std / Math.sqrt(best.unlearned.n);
  return rehearsed.filter(({ unlearned }) => unlearned.mean >= least)
    .reduce((one, other) => stepsOf(other) < stepsOf(one) ? other : one);
}
