/**
 * What every setting of the paper takes, accountant by accountant: K and σ as tables.
 *
 * `deno task guarantee --tables 1`
 * @module
 */
import type { Accountant, Target } from "../accountant/accountant.ts";
import { fewestSteps, fewestStepsEach, smallestSigma } from "../accountant/calibrate.ts";
import { exactAccountant } from "../accountant/exact.ts";
import type { Chain } from "../accountant/history.ts";
import { langevinAccountant } from "../accountant/langevin.ts";
import { makeProblem, type Problem } from "../model/problem.ts";
import { markdownTable } from "../text/table.ts";
import { EPSILONS, FIGURE_3C_SIGMAS, TARGET_STEPS } from "./noise_scales.ts";
import { originalBounds } from "./problem.ts";

/** A data set of the paper, or of its kind: n, d and the number of classes are known without the rows. */
interface Shape {
  readonly n: number;
  readonly d: number;
  readonly classes: number;
}

/** The data sets by name. */
const SHAPES: Readonly<Record<string, Shape>> = {
  MNIST: { n: 11_982, d: 784, classes: 2 },
  CIFAR10: { n: 10_000, d: 512, classes: 2 },
  ADULT: { n: 29_304, d: 6, classes: 2 },
  MNIST_MULTI: { n: 60_000, d: 784, classes: 10 },
  CIFAR10_MULTI: { n: 50_000, d: 512, classes: 10 },
};

const LAMBDA = 1e-6;

/** An accountant, and how it is asked. */
interface Column {
  readonly title: string;
  readonly accountant: Accountant;
  readonly chainOf: (problem: Problem) => Omit<Chain, "sigma">;
}

const asPaper = (problem: Problem) => ({ problem });
const faster = (problem: Problem): Problem => ({ ...problem, eta: 2 / (problem.m + problem.L) });

const COLUMNS: readonly Column[] = [
  { title: "paper", accountant: langevinAccountant({ triangle: "half" }), chainOf: asPaper },
  {
    title: "paper, CKS",
    accountant: langevinAccountant({ triangle: "half", conversion: "cks" }),
    chainOf: asPaper,
  },
  { title: "exact", accountant: exactAccountant(), chainOf: asPaper },
  { title: "η = 2/(m + L)", accountant: exactAccountant(), chainOf: (problem) => ({ problem: faster(problem) }) },
  { title: "null rows", accountant: exactAccountant(), chainOf: (problem) => ({ problem, neighbours: "null" }) },
  {
    title: "both",
    accountant: exactAccountant(),
    chainOf: (problem) => ({ problem: faster(problem), neighbours: "null" }),
  },
];

/** A table with a row of what is given and what every accountant says of it. */
function tableOf<Given>(
  given: Readonly<Record<string, (row: Given) => string | number>>,
  rows: readonly Given[],
  ask: (column: Column, row: Given) => string | number,
): string {
  const cells = rows.map((row) => [
    ...Object.values(given).map((of) => String(of(row))),
    ...COLUMNS.map((column) => String(ask(column, row))),
  ]);
  return markdownTable([...Object.keys(given), ...COLUMNS.map(({ title }) => title)], cells);
}

/** All pairs, the second changing first. */
const pairs = <One, Two>(ones: readonly One[], twos: readonly Two[]): [One, Two][] =>
  ones.flatMap((one) => twos.map((two): [One, Two] => [one, two]));

/** The settings of Figures 4 and 5: ε and S. */
const FIGURES_4_AND_5 = pairs([0.1, 0.5, 1, 2, 5], [1, 10, 50, 100, 500, 1000])
  .filter(([epsilon, S]) => [1, 50, 100].includes(S) || [0.5, 1, 2].includes(epsilon));

/** The tables of one data set with some constants. */
function tablesOf(problem: Problem, sigma: number): string[] {
  const target = (epsilon: number): Target => ({ epsilon, delta: 1 / problem.n });
  const stepsOf = ({ accountant, chainOf }: Column, sigma: number, S: number, epsilon: number) =>
    fewestSteps(accountant, { ...chainOf(problem), sigma, requests: [] }, S, target(epsilon)).K;
  const sequenceOf = ({ accountant, chainOf }: Column, S: number) =>
    fewestStepsEach(accountant, { ...chainOf(problem), sigma: 0.03 }, Array(100 / S).fill(S), target(1))
      .reduce((sum, K) => sum + K);
  return [
    "The smallest σ with which k steps unlearn one row to ε (Figure 3a):",
    tableOf(
      { k: ([k]) => k, ε: ([, epsilon]) => epsilon },
      pairs(TARGET_STEPS, EPSILONS),
      ({ accountant, chainOf }, [K, epsilon]) =>
        smallestSigma(accountant, { ...chainOf(problem), requests: [{ S: 1, K }] }, target(epsilon)).toPrecision(4),
    ),
    "Steps that unlearn 100 rows in requests of S rows to ε = 1 after each, σ = 0.03 (Figure 3b):",
    tableOf({ S: (S) => S }, [5, 10, 20], sequenceOf),
    "K for 100 rows and ε = 1 (Figure 3c):",
    tableOf({ σ: (sigma) => sigma }, FIGURE_3C_SIGMAS, (column, sigma) => stepsOf(column, sigma, 100, 1)),
    `K for σ = ${sigma} (Figures 4 and 5):`,
    tableOf(
      { ε: ([epsilon]) => epsilon, S: ([, S]) => S },
      FIGURES_4_AND_5,
      (column, [epsilon, S]) => stepsOf(column, sigma, S, epsilon),
    ),
  ];
}

/** The constants with which a data set is accounted for: those that hold for all rows, and other ones of the release. */
function constantsOf(shape: Shape): [title: string, problem: Problem][] {
  const least = makeProblem({ ...shape, lambda: LAMBDA });
  const { M, curvature } = originalBounds(shape.classes);
  const released = makeProblem({ ...shape, lambda: LAMBDA, M, curvature });
  const text = (problem: Problem) =>
    `L = ${Number(problem.L.toPrecision(12))}, M = ${Number(problem.M.toPrecision(4))}`;
  if (released.L === least.L) return [[text(least), least]];
  return [[`as released: ${text(released)}`, released], [`as the theorem asks for: ${text(least)}`, least]];
}

const INTRODUCTION = `# K and σ, accountant by accountant

Every setting of the paper on all data sets, made by \`deno task guarantee --tables 1\`: δ = 1/n, λ = 1e-6, T = ∞, and K
of 1 or more. The columns:

- **paper**: the theorems of arXiv 2401.10371, with the conversion and the triangle inequality of the released code, but
  any order α and every K;
- **paper, CKS**: the same with the conversion of Canonne, Kamath and Steinke;
- **exact**: the [exact accountant](theory.md), of the same algorithm;
- **η = 2/(m + L)**, **null rows**, **both**: exact, with the longer step, with null rows for random ones, with both.`;

/**
 * The tables as Markdown, as they stand in docs/tables.md.
 *
 * @param datasets Names of data sets; all of the paper by default.
 * @returns Lines of Markdown.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { guaranteeTables } from "./tables.ts";
 *
 * assert.match(guaranteeTables(["ADULT"]), /^## ADULT, n = 29304/m);
 * ```
 */
export function guaranteeTables(datasets: readonly string[] = Object.keys(SHAPES)): string {
  const sections = datasets.flatMap((name) => {
    const shape = SHAPES[name];
    return constantsOf(shape).flatMap(([title, problem]) => [
      `## ${name}, n = ${shape.n}, ${title}`,
      ...tablesOf(problem, shape.classes === 2 ? 0.03 : 0.015),
    ]);
  });
  return [INTRODUCTION, ...sections].join("\n\n") + "\n";
}
