/**
 * The paper's figures, each drawn from the rows of one experiment's `summary.csv`, one dataset.
 * @module
 */
import * as Plot from "@observablehq/plot";
import {
  axis,
  color,
  curves,
  endLabels,
  palette,
  type Panel,
  type Point,
  publishedKey,
  type Series,
  valueAxis,
} from "./chart.ts";
import { accumulated, initialPrivacy, pick, pointsOf, values } from "./points.ts";
import { type Algorithm, ALGORITHMS, experimentsOf } from "../original/experiments.ts";
import { type Published, publishedAccuracies, publishedNumbers } from "../original/published.ts";
import { LISTED_EPSILON } from "../original/sgd.ts";
import type { Cell, Summary } from "../results/summary.ts";
import type { LegendEntry } from "./svg.ts";

/** How an experiment's results are drawn. */
export interface Figure {
  /** Name of the SVG file. */
  readonly file: string;
  /** The rows of one dataset, beside the authors' numbers if given: a panel a figure of the paper, the first on top. */
  readonly panels: (rows: readonly Summary[], published?: readonly Published[]) => readonly Panel[];
}

/**
 * The figure of an experiment.
 *
 * @param experiment Name of the experiment's folder.
 * @param algorithm The folder that it is in.
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
export function figureFor(experiment: string, algorithm: Algorithm = "LMC"): Figure {
  const figures = FIGURES.get(algorithm)!;
  const figure = figures.get(experiment);
  if (!figure) throw new RangeError(`no figure for ${experiment}: expected one of ${[...figures.keys()].join(", ")}`);
  const noted = (rows: readonly Summary[]) => (panel: Panel) => ({ ...panel, ...variantNote(rows) });
  return { ...figure, panels: (rows, published) => figure.panels(rows, published).map(noted(rows)) };
}

/** The variant of the rows, to stand below the title, if they have one, and whether they are independent. */
function variantNote([{ variant }]: readonly Summary[]): Pick<Panel, "note"> {
  return variant ? { note: `variant: ${variant}${sharesChains({ variant }) ? "; cells share chains" : ""}` } : {};
}

/** Whether cells of a run share chains, as what stands after the variant says. */
const sharesChains = ({ variant = "" }: Pick<Summary, "variant">): boolean => variant.endsWith(" --share 1");

/** Whether the exact accountant set the noise of rows, as `--variant` and the flags that depart from it say. */
function isExact(rows: readonly Summary[]): boolean {
  const { variant = "" } = rows.at(0) ?? {};
  const [, name = variant.startsWith("corrected") ? "exact" : "paper"] = /--accountant (\S+)/.exec(variant) ?? [];
  return name === "exact";
}

/** The key of the rings, which beside exact noise are no points of the same run. */
const ringsKey = (rows: readonly Summary[], series: readonly Series[]): LegendEntry[] =>
  publishedKey(series, isExact(rows) ? "published points" : undefined);

/** Draws the rows of one dataset. */
type Draw = (rows: readonly Summary[], published?: readonly Published[]) => Panel;

const PANELS: Readonly<Record<Algorithm, Readonly<Record<string, readonly Draw[]>>>> = {
  LMC: {
    baseline: [figure3a],
    sequential2: [figure3b],
    paint_unlearning_sigma: [figure3c],
    paint_utility_epsilon: [figure4],
    paint_utility_s: [figure5],
    retrain_noiseless: [noiselessRetraining],
    search_burnin: [burnIn],
  },
  SGD: {
    baseline_nonconvergent: [sgdFigure3a],
    sequential: [sgdFigure3b],
    paint_unlearning_sigma: [sgdFigure3c, sgdFigure3d],
    retrain_noiseless: [noiselessRetraining],
    search_batch: [searchBatch],
    compare_batches: [accuracyByBatch, epochsByBatch, epsilonByBatch],
  },
};

const FIGURES: ReadonlyMap<Algorithm, ReadonlyMap<string, Figure>> = new Map(
  ALGORITHMS.map((algorithm) => [
    algorithm,
    new Map(
      experimentsOf(algorithm).flatMap(({ name, file }): [string, Figure][] => {
        const panels: Figure["panels"] = (...data) => PANELS[algorithm][name].map((draw) => draw(...data));
        return file === undefined ? [] : [[name, { file, panels }]];
      }),
    ),
  ]),
);

/**
 * Figure 3a, accuracy against ε after one row is unlearned: Langevin unlearning and retraining at the smallest k (the
 * paper's 1), and Descent-to-Delete at every k; a dashed line where the noiseless accuracy is known. With the exact
 * accountant both have the noise of one request. "Fig 1" of the original's LMC notebook.
 *
 * @param rows The experiment `baseline` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { figure3a } from "./figures.ts";
 *
 * const cell = { array: "1/lmc_acc_unlearn_finetune1.npy", method: "LMC unlearn", k: 1, epsilon: 1 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.911, std: 0.005, L: 0.14, eta: 7.1 };
 * assert.match(chart(figure3a([{ ...cell, ...trials }])), /<svg/);
 * ```
 */
export function figure3a(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const points = (match: Partial<Cell>) => pointsOf(pick(rows, match), "epsilon", "mean", published);
  const langevinRows = rows.filter(({ method }) => method === "LMC unlearn" || method === "LMC retrain");
  const langevin = values(langevinRows, "k").slice(0, 1).flatMap((k) => [
    ...curve(`Langevin unlearning (K = ${k})`, palette.blue, points({ method: "LMC unlearn", k })),
    ...curve("Langevin retraining", palette.vermilion, points({ method: "LMC retrain", k })),
  ]);
  const requests = isExact(rows) ? ", one request" : "";
  const descent = values(pick(rows, { method: "D2D unlearn" }), "k").flatMap((k, i) =>
    curve(`D2D, K = ${k}${requests}`, color(i + 2), points({ method: "D2D unlearn", k }))
  );
  const series = drawable("baseline", [...langevin, ...descent]);
  const noiseless = pick(rows, { method: "LMC learn noiseless" }).slice(0, 1);
  const noiselessKey = noiseless.map((): LegendEntry => ({ label: "Noiseless", color: palette.black, line: "dashed" }));
  return {
    title: title(rows, "one row unlearned"),
    columns: [[...langevin, ...noiselessKey], [...descent, ...ringsKey(rows, series)]],
    layers: [{
      x: { type: "log" },
      y: accuracyAxis([...ys(series), ...noiseless.map(({ mean }) => mean)]),
      marks: [
        valueAxis("target ε", xs(series)),
        Plot.ruleY(noiseless, { y: "mean", strokeDasharray: "4,3" }),
        ...curves(series),
      ],
    }],
  };
}

/**
 * Figure 3b, accumulated K against the number of unlearned rows: Langevin unlearning of S rows a request, and
 * Descent-to-Delete of one row a request at its smallest factor (the paper's 1), with the noise of any number of
 * requests. The number at the end of a line is the
 * accuracy after the last request. "Fig 4" of the original's LMC notebook.
 *
 * @param rows The experiment `sequential2` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { figure3b } from "./figures.ts";
 *
 * const cell = { array: "lmc_acc_finetune_nr20_step1.npy", method: "LMC unlearn", num_remove: 20, step: 1 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.899, std: 0.016, L: 0.14, eta: 7.1 };
 * assert.match(chart(figure3b([{ ...cell, ...trials, K: 864 }])), /0\.899/);
 * ```
 */
export function figure3b(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const langevinRows = pick(rows, { method: "LMC unlearn" });
  const langevin = values(langevinRows, "num_remove").flatMap((size, i) => {
    const points = accumulated(pick(langevinRows, { num_remove: size }), size, published);
    return curve(`Langevin, S = ${size}`, color(i), points);
  });
  const descentRows = pick(rows, { method: "D2D unlearn" });
  const descent = values(descentRows, "i_factor").slice(0, 1).flatMap((factor) => {
    const points = accumulated(pick(descentRows, { i_factor: factor }), 1, published);
    const label = factor === 1 ? "D2D" : `D2D, iterations × ${factor}`;
    return curve(isExact(rows) ? `${label}, any number` : label, palette.black, points, { line: "solid" });
  });
  const series = drawable("sequential2", [...langevin, ...descent]);
  return {
    title: title(rows, "sequential unlearning", { ε: values(rows, "epsilon") }),
    columns: [langevin, [...descent, ...ringsKey(rows, series)]],
    layers: [{
      marginRight: 54,
      x: axis("number of unlearned rows", [0, ...xs(series)]),
      y: { ...axis("accumulated K", [0, ...ys(series)]), grid: true },
      marks: [
        ...curves(series),
        endLabels(series),
        Plot.text(["accuracy at the end"], { frameAnchor: "right", textAnchor: "middle", rotate: -90, dx: 44 }),
      ],
    }],
  };
}

/**
 * Figure 3c, privacy before unlearning and accuracy against σ: ε0 on the left axis; learning, retraining and unlearning
 * on the right, with the K of every unlearning along the top. "Fig 3" of the original's LMC notebook, whose σ axis is
 * linear; on this logarithmic one the small σ do not crowd.
 *
 * @param rows The experiment `paint_unlearning_sigma` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { figure3c } from "./figures.ts";
 *
 * const cell = { array: "0.1_acc_finetune.npy", method: "LMC unlearn", sigma: 0.1, num_remove: 100 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.802, std: 0.042, L: 0.14, eta: 7.1 };
 * assert.match(chart(figure3c([{ ...cell, ...trials, K: 1031, epsilon0: 11.7 }])), />1031</);
 * ```
 */
export function figure3c(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const points = (match: Partial<Cell>) => pointsOf(pick(rows, match), "sigma", "mean", published);
  const unlearning = pick(rows, { method: "LMC unlearn" });
  const series = drawable("paint_unlearning_sigma", [
    ...curve("unlearning", palette.blue, points({ method: "LMC unlearn" })),
    ...curve("learning", palette.vermilion, points({ method: "LMC learn" })),
    ...curve("retraining", palette.green, points({ method: "LMC retrain" })),
  ]);
  const privacy = curve("ε₀ (left axis)", palette.black, initialPrivacy(rows), dashed);
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
  return {
    title: title(rows, "noise and accuracy", { S: values(unlearning, "num_remove"), ε: values(unlearning, "epsilon") }),
    columns: [[...privacy, ...ringsKey(rows, series)], series],
    layers: [{
      ...shared,
      y: { ...accuracyAxis(ys(series)), axis: "right" },
      marks: [valueAxis("σ", sigmas), ...curves(series), ...stepLabels(unlearning)],
    }, ...(privacy.length > 0 ? [privacyLayer] : [])],
  };
}

/**
 * Figure 4, K against ε for every S. The legend has the accuracy after unlearning, averaged over all ε; ε = 0.1 counts
 * in that average but, as in the paper, is drawn only if there is no other. "Fig 2-1" of the original's SGD notebook.
 *
 * @param rows The experiment `paint_utility_epsilon` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { figure4 } from "./figures.ts";
 *
 * const cell = { array: "1/acc_finetune_epsilon1.npy", method: "LMC unlearn", epsilon: 1, num_remove: 1 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.9, std: 0.016, L: 0.14, eta: 7.1 };
 * assert.match(chart(figure4([{ ...cell, ...trials, K: 1 }])), /S = 1, accuracy 0\.900/);
 * ```
 */
export function figure4(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const unlearning = pick(rows, { method: "LMC unlearn" });
  const large = unlearning.filter(({ epsilon = 0 }) => epsilon > 0.1);
  const drawn = large.length > 0 ? large : unlearning;
  const series = drawable(
    "paint_utility_epsilon",
    values(unlearning, "num_remove").flatMap((size, i) => {
      const points = pointsOf(pick(drawn, { num_remove: size }), "epsilon", "K", published);
      return curve(`S = ${size}, accuracy ${average(pick(unlearning, { num_remove: size }))}`, color(i), points);
    }),
  );
  return {
    title: title(rows, "steps to unlearn S rows", { σ: values(rows, "sigma") }),
    columns: [series, ringsKey(rows, series)],
    layers: [{
      y: { ...axis("unlearning steps K", [0, ...ys(series)]), grid: true },
      marks: [valueAxis("target ε", xs(series)), ...curves(series)],
    }],
  };
}

/**
 * Figure 5, accuracy against S for every ε: unlearning solid, retraining dashed, one line where its cells share chains.
 * "Fig 2-2" of the original's SGD notebook, whose S axis is linear; on this logarithmic one the small S do not crowd.
 *
 * @param rows The experiment `paint_utility_s` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { figure5 } from "./figures.ts";
 *
 * const cell = { array: "1/acc_finetune_remove50.npy", method: "LMC unlearn", epsilon: 1, num_remove: 50 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.897, std: 0.015, L: 0.14, eta: 7.1 };
 * assert.match(chart(figure5([{ ...cell, ...trials }])), /<svg/);
 * ```
 */
export function figure5(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const points = (match: Partial<Cell>) => pointsOf(pick(rows, match), "num_remove", "mean", published);
  const pairs = values(rows, "epsilon").map((epsilon, i) => {
    const name = `ε = ${epsilon}`;
    const isDrawnAlready = sharesChains(rows[0]) && i > 0;
    const [label, shade] = sharesChains(rows[0]) ? ["every ε", palette.black] : [name, color(i)];
    return [
      ...curve(name, color(i), points({ method: "LMC unlearn", epsilon })),
      ...(isDrawnAlready ? [] : curve(label, shade, points({ method: "LMC retrain", epsilon }), dashed)),
    ];
  });
  const series = drawable("paint_utility_s", pairs.flat());
  return {
    title: title(rows, "S rows unlearned", { σ: values(rows, "sigma") }),
    columns: [
      keysOf(pairs),
      [...WAYS_KEY, ...ringsKey(rows, series)],
    ],
    layers: [{
      x: { type: "log" },
      y: accuracyAxis(ys(series)),
      marks: [valueAxis("number S of unlearned rows", xs(series)), ...curves(series)],
    }],
  };
}

/**
 * Accuracy against S of retraining without noise, the ceiling of Figure 5. The paper has no such figure.
 *
 * @param rows The experiment `retrain_noiseless` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { noiselessRetraining } from "./figures.ts";
 *
 * const cell = { array: "retrain_noiseless1.npy", method: "LMC retrain noiseless", num_remove: 1 } as const;
 * const trials = { dataset: "MNIST", n: 1, mean: 0.911, std: 0, L: 0.14, eta: 7.1 };
 * assert.match(chart(noiselessRetraining([{ ...cell, ...trials }])), /<svg/);
 * ```
 */
export function noiselessRetraining(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const noiseless = rows.filter(({ method }) => method.endsWith("retrain noiseless"));
  const points = pointsOf(noiseless, "num_remove", "mean", published);
  const series = drawable("retrain_noiseless", curve("noiseless retraining", palette.blue, points));
  return {
    title: title(rows, "retraining without S rows"),
    columns: [series, ringsKey(rows, series)],
    layers: [{
      x: { type: "log" },
      y: accuracyAxis(ys(series)),
      marks: [valueAxis("number S of removed rows", xs(series)), ...curves(series)],
    }],
  };
}

/** b of a legend. */
const batchName = (b: number) => `SGD, b = ${b || "n"}`;

/**
 * Figure 3a of the sequel, accuracy against ε after one row is unlearned in one epoch, for every b; beside it the
 * published points of Langevin unlearning and Descent-to-Delete, on all rows. "Exp_Fig1" of its notebook.
 *
 * @param rows The experiment `baseline_nonconvergent` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { sgdFigure3a } from "./figures.ts";
 *
 * const cell = { array: "1/sgd_acc_unlearn_finetune_b128_eps1.npy", method: "SGD unlearn", b: 128, epsilon: 1 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.894, std: 0.021, L: 0.26, eta: 3.8 };
 * assert.match(chart(sgdFigure3a([{ ...cell, ...trials }])), /published: Langevin, K = 1/);
 * ```
 */
export function sgdFigure3a(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const unlearned = pick(rows, { method: "SGD unlearn" });
  const ours = drawable(
    "baseline_nonconvergent",
    values(unlearned, "b").flatMap((b, i) =>
      curve(batchName(b), color(i), pointsOf(pick(unlearned, { b }), "epsilon", "mean", published))
    ),
  );
  const others = publishedAccuracies(rows[0].dataset, "baseline");
  const theirs = ([
    ["Langevin, K = 1", "1/lmc_acc_unlearn_finetune"],
    ["D2D, K = 1", "1/baseline_acc_unlearn_finetune"],
    ["D2D, K = 5", "5/baseline_acc_unlearn_finetune"],
  ] as const).flatMap(([label, array], i) => {
    const points = values(unlearned, "epsilon").flatMap((epsilon): Point[] => {
      const point = others.get(`${array}${epsilon}.npy`);
      return point ? [{ x: epsilon, y: point.mean }] : [];
    });
    return curve(`published: ${label}`, color(ours.length + i), points, dashed);
  });
  const series = [...ours, ...theirs];
  return {
    title: title(rows, "one row unlearned, K = 1"),
    columns: [[...ours, ...ringsKey(rows, ours)], theirs],
    layers: [{
      x: { type: "log" },
      y: accuracyAxis(ys(series)),
      marks: [valueAxis("target ε", xs(series)), ...curves(series)],
    }],
  };
}

/**
 * Figure 3b of the sequel, accumulated K against the number of unlearned rows, one a request, for every b, with the
 * accuracy at the end in the legend; beside it what was published of Langevin unlearning (10 rows a request) and
 * Descent-to-Delete, on all rows. "Exp_Fig2" of its notebook, whose axis of K is linear; on this logarithmic one the
 * small K do not crowd.
 *
 * @param rows The experiment `sequential` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { sgdFigure3b } from "./figures.ts";
 *
 * const cell = { array: "sgd_acc_finetune_b0_step1.npy", method: "SGD unlearn", b: 0, step: 1, K: 2 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.886, std: 0.021, L: 0.26, eta: 3.8 };
 * assert.match(chart(sgdFigure3b([{ ...cell, ...trials }])), /b = n, accuracy 0\.886/);
 * ```
 */
export function sgdFigure3b(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const unlearned = pick(rows, { method: "SGD unlearn" });
  const ours = drawable(
    "sequential",
    values(unlearned, "b").flatMap((b, i) => {
      const points = accumulated(pick(unlearned, { b }), 1, published);
      return curve(`${batchName(b)}, accuracy ${points.at(-1)?.label}`, color(i), points, { line: "solid" });
    }),
  );
  const most = Math.max(...xs(ours));
  const others = publishedNumbers(rows[0].dataset, "sequential2");
  const totals = (file: string, size: number) => {
    const steps = [...others.get(file)?.values() ?? []].filter((K) => K > 0);
    return steps.map((_, i): Point => (
      { x: (i + 1) * size, y: steps.slice(0, i + 1).reduce((sum, K) => sum + K, 0) }
    )).filter(({ x }) => x <= most);
  };
  const theirs = [
    ...curve("published: Langevin, S = 10", palette.black, totals("k_list_nr10.npy", 10), dashed),
    ...curve("published: D2D", palette.black, totals("baseline_k_Ifac_1.npy", 1), { line: "dashed" }),
  ];
  const series = [...ours, ...theirs];
  return {
    title: title(rows, "sequential unlearning", { ε: values(unlearned, "epsilon"), σ: values(unlearned, "sigma") }),
    columns: [[...ours, ...ringsKey(rows, ours)], theirs],
    layers: [{
      x: axis("number of unlearned rows", [0, ...xs(series)]),
      y: { ...axis("accumulated K", ys(series)), type: "log", tickFormat: powerOfTen },
      marks: curves(series),
    }],
  };
}

/**
 * Figure 3c of the sequel, accuracy against σ after the last request, for every b, beside retraining without the rows of
 * all requests. "Exp_Fig3" of its notebook, whose axis of σ is linear and without σ = 0.01; on this logarithmic one the
 * small σ do not crowd.
 *
 * @param rows The experiment `paint_unlearning_sigma` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { sgdFigure3c } from "./figures.ts";
 *
 * const cell = { array: "sgd_acc_finetune_b32_sigma0.1_step1.npy", method: "SGD unlearn", b: 32, sigma: 0.1 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.775, std: 0.07, L: 0.26, eta: 3.8 };
 * assert.match(chart(sgdFigure3c([{ ...cell, ...trials, step: 1, K: 1 }])), /b = 32/);
 * ```
 */
export function sgdFigure3c(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const unlearned = pick(rows, { method: "SGD unlearn" });
  const [last = 0] = values(unlearned, "step").slice(-1);
  const pairs = batchesFirst(rows).map((b, i) => {
    const points = (match: Partial<Cell>) => pointsOf(pick(rows, { b, ...match }), "sigma", "mean", published);
    return [
      ...curve(batchName(b), color(i), points({ method: "SGD unlearn", step: last })),
      ...curve(batchName(b), color(i), points({ method: "SGD retrain" }), dashed),
    ];
  });
  const series = drawable("paint_unlearning_sigma", pairs.flat());
  return {
    title: title(rows, `accuracy after ${last} requests`, { ε: values(unlearned, "epsilon") }),
    columns: [
      keysOf(pairs),
      [...WAYS_KEY, ...ringsKey(rows, series)],
    ],
    layers: [{
      x: { type: "log" },
      y: accuracyAxis(ys(series)),
      marks: [valueAxis("σ", xs(series)), ...curves(series)],
    }],
  };
}

/**
 * Figure 3d of the sequel, accumulated K of all requests against σ, for every b. "Exp_Fig4" of its notebook, whose bars
 * on a linear axis hide the small K. Where the accuracies were published with the K of another ε, rings are the
 * published lists.
 *
 * @param rows The experiment `paint_unlearning_sigma` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { sgdFigure3d } from "./figures.ts";
 *
 * const cell = { array: "sgd_acc_finetune_b32_sigma0.1_step1.npy", method: "SGD unlearn", b: 32, sigma: 0.1 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.775, std: 0.07, L: 0.26, eta: 3.8 };
 * assert.match(chart(sgdFigure3d([{ ...cell, ...trials, step: 1, K: 1 }])), /accumulated K/);
 * ```
 */
export function sgdFigure3d(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const unlearned = pick(rows, { method: "SGD unlearn" });
  const rings = unlearned.length > 0 ? listed(unlearned, published) : [];
  const series = drawable(
    "paint_unlearning_sigma",
    batchesFirst(unlearned).flatMap((b, i) => {
      const points = values(unlearned, "sigma").flatMap((sigma) =>
        accumulated(pick(unlearned, { b, sigma }), 1, rings).slice(-1).map((total) => ({ ...total, x: sigma }))
      );
      return curve(batchName(b), color(i), points);
    }),
  );
  const requests = values(unlearned, "step").length;
  return {
    title: title(rows, `epochs of ${requests} requests`, { ε: values(unlearned, "epsilon") }),
    columns: [series, ringsKey(rows, series)],
    layers: [{
      x: { type: "log" },
      y: { ...axis("accumulated K", ys(series)), type: "log", tickFormat: powerOfTen, grid: true },
      marks: [valueAxis("σ", xs(series)), ...curves(series)],
    }],
  };
}

/**
 * Accuracy against the number of learning steps, for every σ: `--search_burnin` of `main_lmc_multiclass.py`, whose axis
 * of steps is linear; on this square-root one neither the first nor the last steps crowd. The paper has no such figure.
 *
 * @param rows The experiment `search_burnin` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { burnIn } from "./figures.ts";
 *
 * const cell = { array: "0.03_acc_burnin10.npy", method: "LMC learn", sigma: 0.03, step: 10 } as const;
 * const trials = { dataset: "MNIST_MULTI", n: 100, mean: 0.8, std: 0.01, L: 1.06, eta: 0.94 };
 * assert.match(chart(burnIn([{ ...cell, ...trials }])), /σ = 0\.03/);
 * ```
 */
export function burnIn(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const series = drawable(
    "search_burnin",
    values(rows, "sigma").flatMap((sigma, i) =>
      curve(`σ = ${sigma}`, color(i), pointsOf(pick(rows, { sigma }), "step", "mean", published))
    ),
  );
  return {
    title: title(rows, "learning"),
    columns: [series, ringsKey(rows, series)],
    layers: [{
      x: { type: "sqrt" },
      y: accuracyAxis(ys(series)),
      marks: [valueAxis("steps of learning", xs(series)), ...curves(series)],
    }],
  };
}

/**
 * Accuracy against the number of learning epochs, for every b: `--search_batch` of the sequel's code until January 2024.
 *
 * @param rows The experiment `search_batch` on one dataset.
 * @param published The authors' numbers.
 * @returns The figure's panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { searchBatch } from "./figures.ts";
 *
 * const cell = { array: "sgd_acc_b1_burnin5.npy", method: "SGD learn", b: 1, sigma: 0.03, step: 5 } as const;
 * const trials = { dataset: "MNIST", n: 100, mean: 0.64, std: 0.1, L: 0.26, eta: 3.8 };
 * assert.match(chart(searchBatch([{ ...cell, ...trials }])), /b = 1/);
 * ```
 */
export function searchBatch(rows: readonly Summary[], published: readonly Published[] = []): Panel {
  const series = drawable(
    "search_batch",
    batchesFirst(rows).flatMap((b, i) =>
      curve(batchName(b), color(i), pointsOf(pick(rows, { b }), "step", "mean", published))
    ),
  );
  return {
    title: title(rows, "learning", { σ: values(rows, "sigma") }),
    columns: [series, ringsKey(rows, series)],
    layers: [{
      y: accuracyAxis(ys(series)),
      marks: [valueAxis("epochs of learning", xs(series)), ...curves(series)],
    }],
  };
}

/**
 * Against b, at equal visits of rows: accuracy after a row is unlearned in one epoch, with the least noise for each ε.
 *
 * @param rows The experiment `compare_batches` on one dataset.
 * @returns The figure's first panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { accuracyByBatch } from "./figures.ts";
 *
 * const cell = { array: "sgd_acc_unlearn_finetune_b128_eps1.npy", method: "SGD unlearn", k: 1, b: 128 } as const;
 * const trials = { epsilon: 1, dataset: "MNIST", n: 100, mean: 0.894, std: 0.021, L: 0.26, eta: 3.8 };
 * assert.match(chart(accuracyByBatch([{ ...cell, ...trials }])), /ε = 1/);
 * ```
 */
export function accuracyByBatch(rows: readonly Summary[]): Panel {
  const { calibrated } = comparedBatches(rows);
  const curvesOf = (points: PointsByBatch) =>
    values(calibrated, "epsilon").flatMap((epsilon, i) =>
      curve(`ε = ${epsilon}`, color(i), points(pick(calibrated, { epsilon }), "mean"))
    );
  return byBatch(rows, "one epoch, the least σ", curvesOf, accuracyAxis);
}

/**
 * Against b: K, the fewest epochs that unlearn a row to ε, for each σ.
 *
 * @param rows The experiment `compare_batches` on one dataset.
 * @returns The figure's second panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { epochsByBatch } from "./figures.ts";
 *
 * const cell = { array: "sgd_acc_unlearn_finetune_b0_sigma0.1_eps1.npy", method: "SGD unlearn", b: 0, K: 61 } as const;
 * const trials = { sigma: 0.1, epsilon: 1, dataset: "MNIST", n: 100, mean: 0.894, std: 0.021, L: 0.26, eta: 3.8 };
 * assert.match(chart(epochsByBatch([{ ...cell, ...trials }])), /σ = 0\.1, ε = 1/);
 * ```
 */
export function epochsByBatch(rows: readonly Summary[]): Panel {
  const { counted } = comparedBatches(rows);
  const curvesOf = (points: PointsByBatch) =>
    values(counted, "sigma").flatMap((sigma) => values(counted, "epsilon").map((epsilon) => ({ sigma, epsilon })))
      .flatMap(({ sigma, epsilon }, i) =>
        curve(`σ = ${sigma}, ε = ${epsilon}`, color(i), points(pick(counted, { sigma, epsilon }), "K"))
      );
  return byBatch(rows, "epochs", curvesOf, (heights) => (
    { ...axis("K", heights), type: "log", tickFormat: powerOfTen, grid: true }
  ));
}

/**
 * Against b: the least ε to which a row is unlearned in one epoch, for each σ.
 *
 * @param rows The experiment `compare_batches` on one dataset.
 * @returns The figure's third panel of that dataset.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { chart } from "./chart.ts";
 * import { epsilonByBatch } from "./figures.ts";
 *
 * const trials = { dataset: "MNIST", n: 100, mean: 0.894, std: 0.021, L: 0.26, eta: 3.8 };
 * const cell = { method: "SGD unlearn", b: 0, sigma: 0.1, K: 1, ...trials } as const;
 * const rows = [{ ...cell, array: "counted.npy", epsilon: 1 }, { ...cell, array: "given.npy", k: 1, epsilon: 2 }];
 * assert.match(chart(epsilonByBatch(rows)), /σ = 0\.1/);
 * ```
 */
export function epsilonByBatch(rows: readonly Summary[]): Panel {
  const { given } = comparedBatches(rows);
  const curvesOf = (points: PointsByBatch) =>
    values(given, "sigma").flatMap((sigma, i) =>
      curve(`σ = ${sigma}`, color(i), points(pick(given, { sigma }), "epsilon"))
    );
  return byBatch(rows, "ε of one epoch", curvesOf, (heights) => ({ ...axis("ε", [0, ...heights]), grid: true }));
}

/** The rows of `compare_batches`: σ found for one epoch and ε; K found for σ and ε; ε found for one epoch and σ. */
function comparedBatches(rows: readonly Summary[]) {
  const unlearned = pick(rows, { method: "SGD unlearn" });
  const [counted, once] = [false, true].map((isOnce) => unlearned.filter(({ k }) => (k !== undefined) === isOnce));
  const sigmas = values(counted, "sigma");
  const [calibrated, given] = [false, true].map((isGiven) =>
    once.filter(({ sigma = NaN }) => sigmas.includes(sigma) === isGiven)
  );
  return { calibrated, counted, given };
}

/** Points over the places of their b. */
type PointsByBatch = (rows: readonly Summary[], y: "mean" | "K" | "epsilon") => readonly Point[];

/** A panel over b, at equal distances, the full batch last. */
function byBatch(
  rows: readonly Summary[],
  subject: string,
  curvesOf: (points: PointsByBatch) => readonly Series[],
  axisOf: (heights: readonly number[]) => Plot.ScaleOptions,
): Panel {
  const batches = batchesFirst(rows);
  const series = drawable(
    "compare_batches",
    curvesOf((rows, y) =>
      rows.flatMap(({ b = NaN, std, [y]: height }) =>
        height === undefined ? [] : [{ x: batches.indexOf(b), y: height, ...(y === "mean" && { std }) }]
      ).sort((one, other) => one.x - other.x)
    ),
  );
  return {
    title: title(rows, subject),
    columns: [series],
    layers: [{
      y: axisOf(ys(series)),
      marks: [
        valueAxis("b, rows of a step", [...batches.keys()], (place) => String(batches[place] || "n")),
        ...curves(series),
      ],
    }],
  };
}

/** The published numbers, with the K of the published lists where that of the accuracies is of another ε. */
function listed(rows: readonly Summary[], published: readonly Published[]): readonly Published[] {
  const lists = publishedNumbers(rows[0].dataset, "paint_unlearning_sigma", "SGD");
  const cells = new Map(rows.map((row) => [row.array, row]));
  return published.map((numbers) => {
    const row = cells.get(numbers.array);
    if (!row || numbers.epsilon === undefined || numbers.epsilon === row.epsilon) return numbers;
    const list = row.epsilon === LISTED_EPSILON ? lists.get(`k_list_b${row.b}_sigma${row.sigma}.npy`) : undefined;
    return { ...numbers, K: list?.get(String(row.step)) ?? NaN };
  });
}

/** The b of rows, all rows last. */
const batchesFirst = (rows: readonly Summary[]) => values(rows, "b").sort((a, b) => (a || Infinity) - (b || Infinity));

/** The keys of pairs of curves that share a color. */
const keysOf = (pairs: readonly (readonly Series[])[]): LegendEntry[] =>
  pairs.flatMap((pair) => pair.slice(0, 1)).map(({ label, color }) => ({ label, color, line: "solid" }));

const solid = { line: "solid", symbol: "dot" } as const;
const dashed = { line: "dashed", symbol: "triangle" } as const;

/** What solid and dashed lines are where both are drawn in the color of a cell. */
const WAYS_KEY = [
  { label: "unlearning", color: palette.black, ...solid },
  { label: "retraining", color: palette.black, ...dashed },
];

const accuracyAxis = (accuracies: readonly number[]): Plot.ScaleOptions => ({
  ...axis("test accuracy (mean ± std)", accuracies),
  grid: true,
});

/** A curve, or none if it has no points. */
function curve(
  label: string,
  color: string,
  points: readonly Point[],
  key: Pick<Series, "line" | "symbol"> = solid,
): Series[] {
  return points.length > 0 ? [{ label, color, points, ...key }] : [];
}

function drawable(experiment: string, series: readonly Series[]): readonly Series[] {
  if (series.length === 0) throw new RangeError(`no results of ${experiment} to draw`);
  return series;
}

const xs = (series: readonly Series[]): number[] => series.flatMap(({ points }) => points.map(({ x }) => x));

/** Every height that the curves reach, with their bands and rings. */
const ys = (series: readonly Series[]): number[] =>
  series.flatMap(({ points }) => points.flatMap(({ y, std = 0, published = y }) => [y - std, y + std, published]))
    .filter(Number.isFinite);

/** The rows' mean accuracy. */
const average = (rows: readonly Summary[]): string =>
  (rows.reduce((sum, { mean }) => sum + mean, 0) / rows.length).toFixed(3);

/** The dataset, the subject, and every setting that all rows share. */
function title(rows: readonly Summary[], subject: string, settings: Record<string, readonly number[]> = {}): string {
  const shared = Object.entries(settings).flatMap(([name, [value, ...others]]) =>
    value === undefined || others.length > 0 ? [] : [`${name} = ${value}`]
  );
  return [rows[0].dataset, subject, ...shared].join(", ");
}

/** The K of every unlearning, along the top of the frame. */
function stepLabels(unlearning: readonly Summary[]): Plot.Markish[] {
  const known = unlearning.filter(({ K }) => K !== undefined);
  const style = { fill: palette.blue, dy: 3 };
  return [
    Plot.text(known.slice(0, 1), { ...style, frameAnchor: "top-left", textAnchor: "end", dx: -6, text: () => "K =" }),
    Plot.text(known, { ...style, frameAnchor: "top", x: "sigma", sort: "sigma", text: ({ K }) => String(K) }),
  ];
}

const powerOfTen = (value: number): string => Number.isInteger(Math.log10(value)) ? String(value) : "";
