/**
 * An audit: how well tests tell unlearned models from retrained ones, and what that says of ε.
 *
 * Each test has a score and a rule, which are chosen on half of the models of either side. Of the other half it is
 * counted how many the rule has, which leaves a lower bound of ε; all tests' bounds hold together at a level, of which
 * each has an equal share.
 * @module
 */
import { gaussianEpsilon } from "../accountant/gaussian.ts";
import type { Rows } from "../model/rows.ts";
import { normalityTest, varianceTest } from "../statistics/hypothesis_tests.ts";
import { type Moments, moments } from "../statistics/statistics.ts";
import type { Apart } from "./gaussian_law.ts";
import {
  chooseRule,
  type Counts,
  countsOf,
  fewestFor,
  largestEpsilon,
  lowestEpsilon,
  type Rule,
} from "./lower_bound.ts";
import {
  alongDirection,
  discriminant,
  type Distinct,
  distinctOf,
  halvesOf,
  removedLoss,
  repetition,
  type Score,
  scoreAll,
  type Sides,
} from "./scores.ts";
import type { Scores } from "./lower_bound.ts";

/** With these probabilities some bound is too high, at most: of those that are shown, and of those that accuse. */
export const LEVELS = { shown: 0.05, accusing: 1e-3 } as const;

/** The two-sided quantile of the normal distribution for 95 %. */
const Z = 1.959963984540054;

/** Hypotheses with a p-value below are rejected. */
const REJECTED = 0.01;

/** What is known of the models besides themselves. */
export interface Expected {
  /** δ of the claim. */
  readonly delta: number;
  /** How far they are apart by the Gaussian approximation, and in which direction of their first weights. */
  readonly apart: Apart;
  /** The rows of the request. */
  readonly removed: Rows;
}

/** An ε, if scores are normal, as they seem to be, from the distance of their means. */
export interface NormalInterval {
  /** The lower end of the 95 % interval. */
  readonly low: number;
  /** The upper end. */
  readonly high: number;
}

/** What a test has found. */
export interface Finding {
  /** Its name. */
  readonly test: string;
  /** The rule that was chosen. */
  readonly rule: Rule;
  /** The models counted by it. */
  readonly counts: Counts;
  /** The lower bound of ε that is shown. */
  readonly epsilon: number;
  /** That with which a certificate is accused. */
  readonly accusing: number;
  /** The interval under normality; none where that, or that both sides vary alike, is rejected. */
  readonly normal?: NormalInterval;
  /** The scores of the models counted. */
  readonly scores: Scores;
}

/** An audit of models after so many steps. */
export interface Audit {
  /** Models of a side that were counted. */
  readonly counted: number;
  /** What the tests have found. */
  readonly findings: readonly Finding[];
  /** The largest ε that so many models could have shown, at either level. */
  readonly largest: Readonly<Record<keyof typeof LEVELS, number>>;
  /** The distance of the sides in standard deviations: by the Gaussian approximation, as measured, and its error. */
  readonly shift: { readonly predicted: number; readonly measured: number; readonly error: number };
  /** How many different models and values there are. */
  readonly distinct: { readonly unlearned: Distinct; readonly retrained: Distinct };
}

/** The tests, and how each makes its score from models that were set aside. */
const TESTS: Readonly<Record<string, (aside: Sides, expected: Expected) => Score>> = {
  "likelihood ratio": (_, { apart }) => alongDirection(apart.direction),
  "discriminant": discriminant,
  "repeated values": repetition,
  "loss of removed rows": (_, { removed }) => removedLoss(removed),
};

/** The share of a level that each test has. */
const shareOf = (level: number) => level / Object.keys(TESTS).length;

/** The moments of scores. */
const momentsOf = (scores: Float64Array) => moments([...scores]);

/** The distance of two means in pooled standard deviations, infinite where neither side varies, and its standard error. */
function distanceOf(one: Moments, other: Moments): { readonly distance: number; readonly error: number } {
  const count = one.n + other.n;
  const pooled = Math.sqrt((one.n * one.std ** 2 + other.n * other.std ** 2) / (count - 2));
  const apart = Math.abs(one.mean - other.mean);
  const distance = apart === 0 ? 0 : apart / pooled;
  return { distance, error: Math.sqrt(1 / one.n + 1 / other.n + distance ** 2 / (2 * count)) };
}

/** The interval of ε under normality, if nothing speaks against that. */
function normalInterval({ unlearned, retrained }: Scores, delta: number): NormalInterval | undefined {
  const [one, other] = [unlearned, retrained].map(momentsOf);
  if (one.n < 20 || other.n < 20 || one.std === 0 || other.std === 0) return undefined;
  const pValues = [...[unlearned, retrained].map((side) => normalityTest([...side])), varianceTest(one, other)];
  if (pValues.some((p) => p < REJECTED)) return undefined;
  const { distance, error } = distanceOf(one, other);
  const epsilonAt = (mu: number) => gaussianEpsilon(Math.max(0, mu), delta);
  return { low: epsilonAt(distance - Z * error), high: epsilonAt(distance + Z * error) };
}

/**
 * Audits models of both sides.
 *
 * @param sides The models, at least two a side, in an order that says nothing of them.
 * @param expected What is known of them besides.
 * @returns The audit.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { audit } from "./audit.ts";
 *
 * const side = (w: number) => ({ weights: new Float64Array(2000).fill(w), size: 1 });
 * const rows = { features: Float32Array.of(1), labels: Float32Array.of(1), count: 1, dimension: 1, outputs: 1 };
 * const apart = { mu: 1, direction: Float64Array.of(1) };
 * const { findings, shift } = audit({ unlearned: side(1), retrained: side(2) }, { delta: 1e-3, apart, removed: rows });
 * assert.ok(findings.every(({ epsilon }) => epsilon > 5));
 * assert.equal(shift.measured, Infinity);
 * ```
 */
export function audit(sides: Sides, expected: Expected): Audit {
  const [aside, others] = halvesOf(sides);
  const { delta, apart } = expected;
  const findings = Object.entries(TESTS).map(([test, makeScore]): Finding => {
    const score = makeScore(aside, expected);
    const rule = chooseRule(scoreAll(score, aside), delta, shareOf(LEVELS.shown));
    const scores = scoreAll(score, others);
    const counts = countsOf(rule, scores);
    const [epsilon, accusing] = [LEVELS.shown, LEVELS.accusing].map((level) =>
      lowestEpsilon(counts, delta, shareOf(level))
    );
    const normal = normalInterval(scores, delta);
    return { test, rule, counts, epsilon, accusing, scores, ...(normal && { normal }) };
  });
  const along = scoreAll(alongDirection(apart.direction), sides);
  const { distance, error } = distanceOf(momentsOf(along.unlearned), momentsOf(along.retrained));
  const counted = others.unlearned.weights.length / others.unlearned.size;
  const largestAt = (level: number) => largestEpsilon(counted, delta, shareOf(level));
  return {
    counted,
    findings,
    largest: { shown: largestAt(LEVELS.shown), accusing: largestAt(LEVELS.accusing) },
    shift: { predicted: apart.mu, measured: distance, error },
    distinct: { unlearned: distinctOf(sides.unlearned), retrained: distinctOf(sides.retrained) },
  };
}

/**
 * The finding with the largest lower bound, the first one of equals.
 *
 * @param audit The audit.
 * @returns The finding.
 *
 * @example
 * ```ts
 * import { type Audit, strongest } from "./audit.ts";
 *
 * const boundOf = (audit: Audit) => strongest(audit).epsilon;
 * ```
 */
export function strongest({ findings }: Pick<Audit, "findings">): Finding {
  return findings.reduce((best, finding) => finding.epsilon > best.epsilon ? finding : best);
}

/**
 * How many models a side has to have for the tests to refute a claim of ε at all: half of them are counted.
 *
 * @param epsilon ε.
 * @param delta δ.
 * @returns The number; undefined where it is beyond any.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { modelsFor } from "./audit.ts";
 *
 * assert.ok(modelsFor(0, 1e-4)! > 20 && modelsFor(1, 1e-4)! < 60 && modelsFor(7, 1e-4)! > 5000);
 * ```
 */
export function modelsFor(epsilon: number, delta: number): number | undefined {
  const counted = fewestFor(epsilon, delta, shareOf(LEVELS.accusing));
  return counted === undefined ? undefined : 2 * counted;
}
