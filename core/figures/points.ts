/**
 * From the rows of `summary.csv` to the points of a figure.
 * @module
 */
import type { Point } from "./chart.ts";
import type { Published } from "../original/published.ts";
import type { Cell, Summary } from "../results/summary.ts";

/** A column of numbers that tells cells apart. */
export type Column = "k" | "b" | "epsilon" | "sigma" | "num_remove" | "step" | "i_factor";

/**
 * The rows that have these values.
 *
 * @param rows Rows.
 * @param match The values.
 * @returns Some of the rows, in their order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { pick } from "./points.ts";
 *
 * const cell = { method: "LMC unlearn", array: "1/lmc_acc_unlearn_finetune1.npy", epsilon: 1, K: 1 } as const;
 * const row = { ...cell, dataset: "MNIST", n: 100, mean: 0.9, std: 0.02, L: 0.14, eta: 7.1 };
 * assert.deepEqual(pick([row], { method: "LMC unlearn", epsilon: 1 }), [row]);
 * assert.deepEqual(pick([row], { epsilon: 2 }), []);
 * ```
 */
export function pick(rows: readonly Summary[], match: Partial<Cell>): Summary[] {
  const wanted = Object.entries(match) as [keyof Cell, unknown][];
  return rows.filter((row) => wanted.every(([column, value]) => row[column] === value));
}

/**
 * The different values of a column.
 *
 * @param rows Rows.
 * @param column The column.
 * @returns Ascending.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { values } from "./points.ts";
 *
 * const cell = { method: "LMC unlearn", array: "1/lmc_acc_unlearn_finetune1.npy", epsilon: 1, K: 1 } as const;
 * const row = { ...cell, dataset: "MNIST", n: 100, mean: 0.9, std: 0.02, L: 0.14, eta: 7.1 };
 * assert.deepEqual(values([{ ...row, epsilon: 5 }, row, row], "epsilon"), [1, 5]);
 * ```
 */
export function values(rows: readonly Summary[], column: Column): number[] {
  return [...new Set(rows.flatMap((row) => row[column] ?? []))].sort((a, b) => a - b);
}

/**
 * Accuracies with their standard deviations, or unlearning steps, against a setting.
 *
 * @param rows Rows; those that lack one of the two columns are left out.
 * @param x Column of the setting.
 * @param y `mean` for accuracies, `K` for steps.
 * @param published The authors' numbers.
 * @returns Ascending in x.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { pointsOf } from "./points.ts";
 *
 * const cell = { method: "LMC unlearn", array: "1/lmc_acc_unlearn_finetune1.npy", epsilon: 1, K: 1 } as const;
 * const row = { ...cell, dataset: "MNIST", n: 100, mean: 0.9, std: 0.02, L: 0.14, eta: 7.1 };
 * assert.deepEqual(pointsOf([row], "epsilon", "K", [row]), [{ x: 1, y: 1, published: 1 }]);
 * ```
 */
export function pointsOf(
  rows: readonly Summary[],
  x: Column,
  y: "mean" | "K",
  published: readonly Published[],
): Point[] {
  return rows.flatMap(({ [x]: at, [y]: value, std, array }) => {
    if (at === undefined || value === undefined) return [];
    const point = { x: at, y: value, published: numbersOf(array, published)?.[y] };
    return y === "mean" ? [{ ...point, std }] : [point];
  }).sort(byX);
}

/**
 * Accumulated unlearning steps against the number of unlearned rows, labelled with accuracies. The published total is
 * at the last request only.
 *
 * @param rows The requests of one sequence; those without `step` or `K` are left out.
 * @param size Rows that a request removes.
 * @param published The authors' numbers.
 * @returns In the order of the requests.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { accumulated } from "./points.ts";
 *
 * const cell = { method: "LMC unlearn", array: "lmc_acc_finetune_nr20_step1.npy", step: 1, K: 864 } as const;
 * const row = { ...cell, dataset: "MNIST", n: 100, mean: 0.9, std: 0.02, L: 0.14, eta: 7.1 };
 * const points = accumulated([row, { ...row, step: 2, K: 1030 }], 20, []);
 * assert.deepEqual(points.map(({ x, y }) => [x, y]), [[20, 864], [40, 1894]]);
 * ```
 */
export function accumulated(rows: readonly Summary[], size: number, published: readonly Published[]): Point[] {
  const requests = rows
    .flatMap(({ step, K, mean, array }) => step === undefined || K === undefined ? [] : [{ step, K, mean, array }])
    .sort((a, b) => a.step - b.step);
  const publishedTotal = sum(requests.map(({ array }) => numbersOf(array, published)?.K ?? NaN));
  return requests.map(({ step, mean }, i) => ({
    x: step * size,
    y: sum(requests.slice(0, i + 1).map(({ K }) => K)),
    label: Number.isFinite(mean) ? mean.toFixed(3) : "",
    published: i === requests.length - 1 ? publishedTotal : undefined,
  }));
}

/**
 * ε0 against σ, once for every σ.
 *
 * @param rows Rows; those without `epsilon0` are left out.
 * @returns Ascending in σ.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { initialPrivacy } from "./points.ts";
 *
 * const cell = { method: "LMC unlearn", array: "0.1_acc_finetune.npy", sigma: 0.1, epsilon0: 11.7 } as const;
 * const row = { ...cell, dataset: "MNIST", n: 100, mean: 0.9, std: 0.02, L: 0.14, eta: 7.1 };
 * assert.deepEqual(initialPrivacy([row, row]), [{ x: 0.1, y: 11.7 }]);
 * ```
 */
export function initialPrivacy(rows: readonly Summary[]): Point[] {
  const known = rows.flatMap(({ sigma, epsilon0 }): [number, number][] =>
    sigma === undefined || epsilon0 === undefined ? [] : [[sigma, epsilon0]]
  );
  return [...new Map(known)].map(([x, y]) => ({ x, y })).sort(byX);
}

const byX = (a: Point, b: Point): number => a.x - b.x;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

const numbersOf = (array: string, published: readonly Published[]): Published | undefined =>
  published.find((numbers) => numbers.array === array);
