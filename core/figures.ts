/**
 * The paper's figures, each drawn from the rows of one experiment's `summary.csv`, one dataset.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { axis, chart, curves, palette, type Point, publishedKey, type Series, valueAxis } from "./chart.ts";
import type { Cell, Summary } from "./results.ts";
import type { LegendEntry } from "./svg.ts";

/** What the paper's authors got for one array. */
export interface Published {
  /** {@linkcode Cell.array} of the row that it is compared with. */
  readonly array: string;
  /** Mean accuracy. */
  readonly mean: number;
  /** Population standard deviation of the accuracy. */
  readonly std: number;
  /** Number of trials. */
  readonly n: number;
  /** Unlearning steps. */
  readonly K?: number;
}

/** How an experiment's results are drawn. */
export interface Figure {
  /** Name of the SVG file. */
  readonly file: string;
  /** Draws the rows of one dataset, beside the authors' numbers if given, as the text of the SVG file. */
  readonly draw: (rows: readonly Summary[], published?: readonly Published[]) => string;
}

/**
 * The figure of an experiment.
 *
 * @param experiment Name of the experiment's folder.
 * @returns The figure.
 * @throws {RangeError} If the experiment has none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { figureFor } from "./figures.ts";
 *
 * assert.equal(figureFor("baseline").file, "figure3a.svg");
 * ```
 */
export function figureFor(experiment: string): Figure {
  const figure = figures.get(experiment);
  if (!figure) throw new RangeError(`no figure for ${experiment}: expected one of ${[...figures.keys()].join(", ")}`);
  return figure;
}

const figures: ReadonlyMap<string, Figure> = new Map([
  ["baseline", { file: "figure3a.svg", draw: figure3a }],
  ["sequential2", { file: "figure3b.svg", draw: figure3b }],
  ["paint_unlearning_sigma", { file: "figure3c.svg", draw: figure3c }],
  ["paint_utility_epsilon", { file: "figure4.svg", draw: figure4 }],
  ["paint_utility_s", { file: "figure5.svg", draw: figure5 }],
  ["retrain_noiseless", { file: "noiseless_retraining.svg", draw: noiselessRetraining }],
]);

/**
 * Figure 3a, accuracy against ε after one row is unlearned: Langevin unlearning and retraining at the smallest k (the
 * paper's 1), and Descent-to-Delete at every k. `LMC Plotplace.ipynb`, "Fig 1".
 *
 * @param rows The experiment `baseline` on one dataset.
 * @param published The authors' numbers.
 * @returns The text of an SVG file.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { figure3a } from "./figures.ts";
 *
 * const cell = { array: "1/lmc_acc_unlearn_finetune1.npy", method: "LMC unlearn", k: 1, epsilon: 1 } as const;
 * assert.match(figure3a([{ ...cell, dataset: "MNIST", n: 100, mean: 0.911, std: 0.005, L: 0.14, eta: 7.1 }]), /<svg/);
 * ```
 */
export function figure3a(rows: readonly Summary[], published: readonly Published[] = []): string {
  const points = (match: Partial<Cell>) => accuracies(pick(rows, match), "epsilon", published);
  const [k] = values(rows.filter(({ method }) => method === "LMC unlearn" || method === "LMC retrain"), "k");
  const langevin = filled([
    curve(`Langevin unlearning (K = ${k})`, palette.blue, points({ method: "LMC unlearn", k })),
    curve("Langevin retraining", palette.vermilion, points({ method: "LMC retrain", k })),
  ]);
  const descent = filled(
    values(pick(rows, { method: "D2D unlearn" }), "k").map((steps, i) =>
      curve(`D2D, K = ${steps}`, colors[i + 2], points({ method: "D2D unlearn", k: steps }))
    ),
  );
  const series = drawable("baseline", [...langevin, ...descent]);
  const noiseless = pick(rows, { method: "LMC learn noiseless" }).slice(0, 1);
  const noiselessKey = noiseless.map((): LegendEntry => ({ label: "Noiseless", color: palette.black, line: "dashed" }));
  return chart(
    `${rows[0].dataset}, one row unlearned`,
    [[...langevin, ...noiselessKey], [...descent, ...publishedKey(series)]],
    {
      x: { type: "log" },
      y: accuracyAxis([...ys(series), ...noiseless.map(({ mean }) => mean)]),
      marks: [
        valueAxis("target ε", xs(series)),
        Plot.ruleY(noiseless, { y: "mean", strokeDasharray: "4,3" }),
        ...curves(series),
      ],
    },
  );
}

/**
 * Figure 3b, accumulated K against the number of unlearned rows: Langevin unlearning of S rows a request, and
 * Descent-to-Delete of one row a request at its smallest factor (the paper's 1). The number at the end of a line is the
 * accuracy after the last request. `LMC Plotplace.ipynb`, "Fig 4".
 *
 * @param rows The experiment `sequential2` on one dataset.
 * @param published The authors' numbers.
 * @returns The text of an SVG file.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { figure3b } from "./figures.ts";
 *
 * const cell = { array: "lmc_acc_finetune_nr20_step1.npy", method: "LMC unlearn", num_remove: 20, step: 1 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.899, std: 0.016, L: 0.14, eta: 7.1 };
 * assert.match(figure3b([{ ...cell, ...trials, K: 864 }]), /0\.899/);
 * ```
 */
export function figure3b(rows: readonly Summary[], published: readonly Published[] = []): string {
  const langevin = pick(rows, { method: "LMC unlearn" });
  const batches = filled(
    values(langevin, "num_remove").map((size, i) =>
      sequence(`Langevin, S = ${size}`, colors[i], pick(langevin, { num_remove: size }), size, published)
    ),
  );
  const descent = pick(rows, { method: "D2D unlearn" });
  const single = filled(
    values(descent, "i_factor").slice(0, 1).map((factor) => {
      const label = factor === 1 ? "D2D" : `D2D, iterations × ${factor}`;
      const requests = pick(descent, { i_factor: factor });
      return { ...sequence(label, palette.black, requests, 1, published), symbol: undefined };
    }),
  );
  const series = drawable("sequential2", [...batches, ...single]);
  return chart(
    `${rows[0].dataset}, sequential unlearning${setting("ε", values(rows, "epsilon"))}`,
    [batches, [...single, ...publishedKey(series)]],
    {
      marginRight: 54,
      x: axis("number of unlearned rows", [0, ...xs(series)]),
      y: { ...axis("accumulated K", [0, ...ys(series)]), grid: true },
      marks: [...curves(series), ...endLabels(series)],
    },
  );
}

/**
 * Figure 3c, the trade between privacy before unlearning and accuracy, against σ: ε0 on the left axis; learning,
 * retraining and unlearning on the right, with the K of every unlearning along the top. `LMC Plotplace.ipynb`, "Fig 3". The original's
 * σ axis is linear; on this logarithmic one the small σ do not crowd.
 *
 * @param rows The experiment `paint_unlearning_sigma` on one dataset.
 * @param published The authors' numbers.
 * @returns The text of an SVG file.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { figure3c } from "./figures.ts";
 *
 * const cell = { array: "0.1_acc_finetune.npy", method: "LMC unlearn", epsilon: 1, sigma: 0.1, num_remove: 100 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.802, std: 0.042, L: 0.14, eta: 7.1 };
 * assert.match(figure3c([{ ...cell, ...trials, K: 1031, epsilon0: 11.7 }]), /K=1031/);
 * ```
 */
export function figure3c(rows: readonly Summary[], published: readonly Published[] = []): string {
  const points = (match: Partial<Cell>) => accuracies(pick(rows, match), "sigma", published);
  const unlearning = pick(rows, { method: "LMC unlearn" });
  const series = drawable(
    "paint_unlearning_sigma",
    filled([
      curve("unlearning", palette.blue, points({ method: "LMC unlearn" })),
      curve("learning", palette.vermilion, points({ method: "LMC learn" })),
      curve("retraining", palette.green, points({ method: "LMC retrain" })),
    ]),
  );
  const privacy: Series[] = filled([
    { label: "ε₀ (left axis)", color: palette.black, line: "dashed", symbol: "triangle", points: initialPrivacy(rows) },
  ]);
  const sigmas = xs([...series, ...privacy]);
  const shared: Plot.PlotOptions = {
    marginRight: 50,
    insetTop: 18,
    insetLeft: 16,
    insetRight: 16,
    x: { type: "log", domain: [Math.min(...sigmas), Math.max(...sigmas)], axis: null },
  };
  const privacyLayer: Plot.PlotOptions = {
    ...shared,
    y: { ...axis("ε₀ before unlearning", ys(privacy)), type: "log", tickFormat: powerOfTen },
    marks: curves(privacy),
  };
  return chart(
    `${rows[0].dataset}, noise and accuracy${setting("S", values(unlearning, "num_remove"))}${
      setting("ε", values(unlearning, "epsilon"))
    }`,
    [[...privacy, ...publishedKey(series)], series],
    {
      ...shared,
      y: { ...accuracyAxis(ys(series)), axis: "right" },
      marks: [valueAxis("σ", sigmas), ...curves(series), ...stepLabels(unlearning)],
    },
    ...(privacy.length > 0 ? [privacyLayer] : []),
  );
}

/**
 * Figure 4, K against ε for every S. The legend has the accuracy after unlearning, averaged over all ε; ε = 0.1 counts
 * in that average but, as in the paper, is drawn only if there is no other. `LMC Plotplace.ipynb`, "Fig 2-1".
 *
 * @param rows The experiment `paint_utility_epsilon` on one dataset.
 * @param published The authors' numbers.
 * @returns The text of an SVG file.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { figure4 } from "./figures.ts";
 *
 * const cell = { array: "1/acc_finetune_epsilon1.npy", method: "LMC unlearn", epsilon: 1, num_remove: 1 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.9, std: 0.016, L: 0.14, eta: 7.1 };
 * assert.match(figure4([{ ...cell, ...trials, K: 1 }]), /S = 1, accuracy 0\.900/);
 * ```
 */
export function figure4(rows: readonly Summary[], published: readonly Published[] = []): string {
  const unlearning = pick(rows, { method: "LMC unlearn" });
  const drawn = values(unlearning, "epsilon").some((epsilon) => epsilon > 0.1)
    ? unlearning.filter(({ epsilon }) => epsilon !== undefined && epsilon > 0.1)
    : unlearning;
  const series = drawable(
    "paint_utility_epsilon",
    filled(
      values(unlearning, "num_remove").map((size, i) => {
        const accuracy = average(pick(unlearning, { num_remove: size }).map(({ mean }) => mean)).toFixed(3);
        return curve(
          `S = ${size}, accuracy ${accuracy}`,
          colors[i],
          steps(pick(drawn, { num_remove: size }), published),
        );
      }),
    ),
  );
  return chart(
    `${rows[0].dataset}, steps to unlearn S rows${setting("σ", values(rows, "sigma"))}`,
    [series, publishedKey(series)],
    {
      y: { ...axis("unlearning steps K", [0, ...ys(series)]), grid: true },
      marks: [valueAxis("target ε", xs(series)), ...curves(series)],
    },
  );
}

/**
 * Figure 5, accuracy against S for every ε: unlearning solid, retraining dashed. `LMC Plotplace.ipynb`, "Fig 2-2". The
 * original's S axis is linear; on this logarithmic one the small S do not crowd.
 *
 * @param rows The experiment `paint_utility_s` on one dataset.
 * @param published The authors' numbers.
 * @returns The text of an SVG file.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { figure5 } from "./figures.ts";
 *
 * const cell = { array: "1/acc_finetune_remove50.npy", method: "LMC unlearn", epsilon: 1, num_remove: 50 } as const;
 * assert.match(figure5([{ ...cell, dataset: "MNIST", n: 100, mean: 0.897, std: 0.015, L: 0.14, eta: 7.1 }]), /<svg/);
 * ```
 */
export function figure5(rows: readonly Summary[], published: readonly Published[] = []): string {
  const points = (match: Partial<Cell>) => accuracies(pick(rows, match), "num_remove", published);
  const pairs = values(rows, "epsilon").map((epsilon, i): Series[] => {
    const unlearning = curve(`ε = ${epsilon}`, colors[i], points({ method: "LMC unlearn", epsilon }));
    const retraining = points({ method: "LMC retrain", epsilon });
    return filled([unlearning, { ...unlearning, ...retrained, points: retraining }]);
  }).filter((pair) => pair.length > 0);
  const series = drawable("paint_utility_s", pairs.flat());
  return chart(
    `${rows[0].dataset}, S rows unlearned${setting("σ", values(rows, "sigma"))}`,
    [
      pairs.map(([{ label, color }]): LegendEntry => ({ label, color, line: "solid" })),
      [
        { label: "unlearning", color: palette.black, line: "solid", symbol: "dot" },
        { label: "retraining", color: palette.black, ...retrained },
        ...publishedKey(series),
      ],
    ],
    {
      x: { type: "log" },
      y: accuracyAxis(ys(series)),
      marks: [valueAxis("number S of unlearned rows", xs(series)), ...curves(series)],
    },
  );
}

/**
 * Accuracy against S of retraining without noise, the ceiling of Figures 3a and 5. `exp_sup.ipynb`.
 *
 * @param rows The experiment `retrain_noiseless` on one dataset.
 * @param published The authors' numbers.
 * @returns The text of an SVG file.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { noiselessRetraining } from "./figures.ts";
 *
 * const cell = { array: "retrain_noiseless1.npy", method: "LMC retrain noiseless", num_remove: 1 } as const;
 * const trials = { dataset: "MNIST", n: 1, mean: 0.911, std: 0, L: 0.14, eta: 7.1 };
 * assert.match(noiselessRetraining([{ ...cell, ...trials }]), /<svg/);
 * ```
 */
export function noiselessRetraining(rows: readonly Summary[], published: readonly Published[] = []): string {
  const points = accuracies(pick(rows, { method: "LMC retrain noiseless" }), "num_remove", published);
  const series = drawable("retrain_noiseless", filled([curve("noiseless retraining", palette.blue, points)]));
  return chart(
    `${rows[0].dataset}, retraining without S rows`,
    [series, publishedKey(series)],
    {
      x: { type: "log" },
      y: accuracyAxis(ys(series)),
      marks: [valueAxis("number S of removed rows", xs(series)), ...curves(series)],
    },
  );
}

const colors = [
  palette.blue,
  palette.vermilion,
  palette.green,
  palette.orange,
  palette.purple,
  palette.skyBlue,
  palette.black,
];

const retrained = { line: "dashed", symbol: "triangle" } as const;

const accuracyAxis = (accuracies: readonly number[]): Plot.ScaleOptions => ({
  ...axis("test accuracy (mean ± std)", accuracies),
  grid: true,
});

/** The rows that have these values. */
function pick(rows: readonly Summary[], match: Partial<Cell>): Summary[] {
  const wanted = Object.entries(match) as [keyof Cell, unknown][];
  return rows.filter((row) => wanted.every(([key, value]) => row[key] === value));
}

type Numeric = "k" | "epsilon" | "sigma" | "num_remove" | "i_factor";

/** The different values of a column, ascending. */
function values(rows: readonly Summary[], column: Numeric): number[] {
  return [...new Set(rows.flatMap((row) => row[column] ?? []))].sort((a, b) => a - b);
}

function curve(label: string, color: string, points: readonly Point[]): Series {
  return { label, color, line: "solid", symbol: "dot", points };
}

const filled = <T extends Series>(series: readonly T[]): T[] => series.filter(({ points }) => points.length > 0);

function drawable<T extends Series>(experiment: string, series: readonly T[]): readonly T[] {
  if (series.length === 0) throw new RangeError(`no results of ${experiment} to draw`);
  return series;
}

const xs = (series: readonly Series[]): number[] => series.flatMap(({ points }) => points.map(({ x }) => x));

/** Every height that the curves reach, with their bands and rings. */
const ys = (series: readonly Series[]): number[] =>
  series.flatMap(({ points }) => points.flatMap(({ y, std = 0, published = y }) => [y - std, y + std, published]))
    .filter(Number.isFinite);

const average = (numbers: readonly number[]): number => sum(numbers) / numbers.length;

/** Part of a title, for a value that all rows share. */
const setting = (name: string, [value, ...others]: readonly number[]): string =>
  value === undefined || others.length > 0 ? "" : `, ${name} = ${value}`;

function accuracies(rows: readonly Summary[], column: Numeric, published: readonly Published[]): Point[] {
  return rows
    .flatMap(({ array, mean, std, [column]: x }) =>
      x === undefined || Number.isNaN(mean) ? [] : [{ x, y: mean, std, published: numbersOf(array, published)?.mean }]
    )
    .sort((a, b) => a.x - b.x);
}

function steps(rows: readonly Summary[], published: readonly Published[]): Point[] {
  return rows
    .flatMap(({ array, epsilon: x, K: y }) =>
      x === undefined || y === undefined ? [] : [{ x, y, published: numbersOf(array, published)?.K }]
    )
    .sort((a, b) => a.x - b.x);
}

const numbersOf = (array: string, published: readonly Published[]): Published | undefined =>
  published.find((numbers) => numbers.array === array);

/** The requests of Figure 3b in order. */
interface Sequence extends Series {
  /** After the last request. */
  readonly accuracy: number;
}

function sequence(
  label: string,
  color: string,
  rows: readonly Summary[],
  size: number,
  published: readonly Published[],
): Sequence {
  const requests = rows
    .flatMap(({ step, K, ...row }) => step === undefined || K === undefined ? [] : [{ ...row, step, K }])
    .sort((a, b) => a.step - b.step);
  const points = requests.map(({ step }, i) => {
    const done = requests.slice(0, i + 1);
    return {
      x: step * size,
      y: sum(done.map(({ K }) => K)),
      ...(done.length === requests.length
        ? { published: sum(done.map(({ array }) => numbersOf(array, published)?.K ?? NaN)) }
        : {}),
    };
  });
  return { ...curve(label, color, points), accuracy: requests.at(-1)?.mean ?? NaN };
}

/** The accuracies at the ends of the lines, moved apart where they would overlap. */
function endLabels(sequences: readonly Sequence[]): Plot.Markish[] {
  const ends = sequences.map(({ points, ...sequence }) => ({ ...sequence, ...points.at(-1)! }));
  const gap = 0.055 * Math.max(...ends.map(({ y }) => y));
  const apart = ends.sort((a, b) => a.y - b.y).reduce(
    (lower: typeof ends, end) => [...lower, { ...end, y: Math.max(end.y, (lower.at(-1)?.y ?? -gap) + gap) }],
    [],
  );
  return [
    Plot.text(["accuracy at the end"], { frameAnchor: "right", textAnchor: "middle", rotate: -90, dx: 44 }),
    Plot.text(apart.filter(({ accuracy }) => Number.isFinite(accuracy)), {
      x: "x",
      y: "y",
      text: ({ accuracy }) => accuracy.toFixed(3),
      fill: "color",
      textAnchor: "start",
      dx: 12,
    }),
  ];
}

/** ε0 against σ; every row of a σ has the same. */
function initialPrivacy(rows: readonly Summary[]): Point[] {
  const known = rows.flatMap(({ sigma: x, epsilon0: y }) =>
    x === undefined || y === undefined ? [] : [[x, y] as const]
  );
  return [...new Map(known)].map(([x, y]) => ({ x, y })).sort((a, b) => a.x - b.x);
}

/** The K of every unlearning, along the top of the frame. */
function stepLabels(unlearning: readonly Summary[]): Plot.Markish[] {
  const style = { fill: palette.blue, dy: 3 };
  return [
    Plot.text(["K ="], { ...style, frameAnchor: "top-left", textAnchor: "end", dx: -6 }),
    Plot.text(unlearning, { ...style, frameAnchor: "top", x: "sigma", text: ({ K }) => K?.toString() }),
  ];
}

const powerOfTen = (value: number): string => Number.isInteger(Math.log10(value)) ? String(value) : "";

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
