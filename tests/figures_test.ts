import assert from "node:assert/strict";
import { chart } from "../core/figures/chart.ts";
import { figureFor } from "../core/figures/figures.ts";
import { pick } from "../core/figures/points.ts";
import { type Algorithm, ALGORITHMS, EXPERIMENTS, experimentsOf } from "../core/original/experiments.ts";
import type { Published } from "../core/original/published.ts";
import type { Cell, Summary } from "../core/results/summary.ts";
import { beside, heading, svgFile } from "../core/figures/svg.ts";
import { assertWellFormed } from "./helpers/assert_well_formed.ts";
import { snapshots } from "./figures/snapshots.ts";
import { publishedRows } from "./helpers/published_rows.ts";

const experiments = EXPERIMENTS.filter(({ published }) => published).map(({ name }) => name);

/** Draws an experiment's rows of one dataset. */
const drawer =
  (experiment: string, algorithm?: Algorithm) => (rows: readonly Summary[], published?: readonly Published[]) =>
    chart(...figureFor(experiment, algorithm).panels(rows, published));

const drawings = ALGORITHMS.flatMap((algorithm) =>
  experimentsOf(algorithm).filter(({ published }) => published).map(({ name }) => [algorithm, name] as const)
);

for (const [algorithm, experiment] of drawings) {
  const name = figureFor(experiment, algorithm).file;
  const file = algorithm === "LMC" ? name : `${algorithm}_${name}`;
  const draw = drawer(experiment, algorithm);

  for (const dataset of ["MNIST", "CIFAR10"]) {
    Deno.test(`${file} of the published ${dataset} numbers`, () => {
      const rows = publishedRows(dataset, experiment, algorithm);
      const text = draw(rows, rows);
      assertDrawn(text);
      assertSnapshot(`${dataset}_${file}`, text);
    });
  }

  Deno.test(`${file} depends neither on the order of the rows nor on figures drawn before`, () => {
    const rows = publishedRows("MNIST", experiment, algorithm);
    const text = draw(rows);
    for (const other of experiments) drawer(other)(publishedRows("CIFAR10", other));
    assert.equal(draw(rows.toReversed()), text);
  });

  Deno.test(`${file} without rows is an error`, () => {
    assert.throws(() => draw([]), { name: "RangeError", message: `no results of ${experiment} to draw` });
  });
}

Deno.test("a curve without symbols that has a single point is a point", () => {
  const rows = publishedRows("MNIST", "sequential", "SGD");
  const first = pick(rows, { method: "SGD unlearn", step: 1 });
  assert.match(drawer("sequential", "SGD")(first), /<circle/);
  assert.doesNotMatch(drawer("sequential", "SGD")(rows), /<circle/);
});

const partial: [string, Partial<Cell>][] = [
  ["baseline", { epsilon: 1 }],
  ["baseline", { epsilon: 1, method: "LMC retrain", k: 2 }],
  ["baseline", { method: "D2D unlearn", k: 5 }],
  ["sequential2", { method: "LMC unlearn", num_remove: 20 }],
  ["sequential2", { method: "D2D unlearn", i_factor: 2 }],
  ["sequential2", { step: 0 }],
  ["paint_unlearning_sigma", { sigma: 0.1 }],
  ["paint_unlearning_sigma", { sigma: 0.01, method: "LMC unlearn" }],
  ["paint_utility_epsilon", { epsilon: 0.1 }],
  ["paint_utility_epsilon", { epsilon: 1, num_remove: 1 }],
  ["paint_utility_s", { epsilon: 0.5, num_remove: 50 }],
  ["paint_utility_s", { method: "LMC retrain" }],
  ["retrain_noiseless", { num_remove: 1 }],
];

for (const [experiment, match] of partial) {
  Deno.test(`a part of ${experiment} draws: ${JSON.stringify(match)}`, () => {
    const rows = pick(publishedRows("MNIST", experiment), match);
    const draw = drawer(experiment);
    assertDrawn(draw(rows));
    assertDrawn(draw(rows.map((row) => ({ ...row, n: 1, std: 0 })), rows.slice(0, 1)));
  });
}

Deno.test("published numbers are rings, with one key", () => {
  const rows = publishedRows("MNIST", "retrain_noiseless");
  const rings = (published: Summary[]) => drawer("retrain_noiseless")(rows, published).split(`r="3.5"`).length - 1;
  assert.equal(rings([]), 0);
  assert.equal(rings(rows.slice(0, 2)), 2 + 1);
});

Deno.test("Figure 3a takes the smallest k and draws the noiseless accuracy", () => {
  const draw = drawer("baseline");
  const rows = publishedRows("ADULT", "baseline");
  assert.match(draw(rows), />Langevin unlearning \(K = 1\)<.*>Noiseless</s);
  assert.match(draw(pick(rows, { k: 5 })), />Langevin unlearning \(K = 5\)</);
  assert.doesNotMatch(draw(pick(rows, { method: "LMC unlearn" })), />Noiseless</);
});

Deno.test("Figure 3b ends each line with the last accuracy", () => {
  const rows = pick(publishedRows("MNIST", "sequential2"), { method: "LMC unlearn", num_remove: 5 });
  assert.match(drawer("sequential2")(rows), />0\.899</);
});

Deno.test("Figure 3b keeps its labels apart where published points are far above the lines", () => {
  const published = publishedRows("MNIST", "sequential2");
  const svg = drawer("sequential2")(published.map(({ K = 0, ...row }) => ({ ...row, K: K / 100 })), published);
  const heights = [...svg.matchAll(/translate\([\d.]+,([\d.]+)\)" y="0.32em">0\.\d{3}</g)].map(([, y]) => Number(y))
    .sort((a, b) => a - b);
  assert.equal(heights.length, 4);
  for (const [i, y] of heights.slice(1).entries()) assert.ok(y - heights[i] > 9, `${heights}`);
});

Deno.test("beside exact noise D2D says for how many requests, and rings are said to be published points", () => {
  const legendOf = (experiment: string, variant: string) => {
    const rows = publishedRows("MNIST", experiment);
    const svg = drawer(experiment)(rows.map((row) => ({ ...row, variant })), rows.slice(0, 5));
    return [...svg.matchAll(/<text x="23"[^>]*>([^<]*)</g)].map(([, label]) => label);
  };
  for (const variant of ["released", "published", "corrected --accountant paper"]) {
    assert.ok(legendOf("baseline", variant).includes("D2D, K = 1"), variant);
    assert.ok(legendOf("sequential2", variant).includes("D2D"), variant);
    for (const experiment of experiments) assert.ok(!legendOf(experiment, variant).includes("published points"));
  }
  for (const variant of ["corrected", "corrected --delta 1e-6", "released --accountant exact --clip_regularizer 0"]) {
    assert.ok(legendOf("baseline", variant).includes("D2D, K = 1, one request"), variant);
    assert.ok(legendOf("sequential2", variant).includes("D2D, any number"), variant);
    for (const experiment of experiments) assert.ok(!legendOf(experiment, variant).includes("published"), experiment);
  }
  assert.ok(legendOf("paint_utility_s", "corrected").includes("published points"));
});

Deno.test("the figures of the sequel say what is published beside their own curves, and draw no row of other ε or b", () => {
  const labelsOf = (experiment: string, rows: readonly Summary[], published: readonly Published[] = []) =>
    [...drawer(experiment, "SGD")(rows, published).matchAll(/<text x="23"[^>]*>([^<]*)</g)].map(([, label]) => label);
  const [one, sequence] = ["baseline_nonconvergent", "sequential"].map((name) => publishedRows("MNIST", name, "SGD"));
  const others = ["Langevin, K = 1", "D2D, K = 1", "D2D, K = 5"].map((label) => `published: ${label}`);
  assert.deepEqual(labelsOf("baseline_nonconvergent", one), ["SGD, b = n", "SGD, b = 128", ...others]);
  assert.deepEqual(labelsOf("baseline_nonconvergent", pick(one, { b: 128, epsilon: 1 }), one).slice(0, 2), [
    "SGD, b = 128",
    "published",
  ]);
  const unknown = one.map((row) => ({ ...row, dataset: "CSV" }));
  assert.deepEqual(labelsOf("baseline_nonconvergent", unknown), ["SGD, b = n", "SGD, b = 128"]);
  assert.deepEqual(labelsOf("sequential", pick(sequence, { b: 128 })), [
    "SGD, b = 128, accuracy 0.873",
    "published: Langevin, S = 10",
    "published: D2D",
  ]);
});

Deno.test("Figure 4 averages over every ε but draws ε = 0.1 only if there is no other", () => {
  const draw = drawer("paint_utility_epsilon");
  const rows = publishedRows("MNIST", "paint_utility_epsilon");
  assert.match(draw(rows), />S = 50, accuracy 0\.900</);
  assert.doesNotMatch(draw(rows), />0\.1</);
  assert.match(draw(pick(rows, { epsilon: 0.1 })), />0\.1</);
});

Deno.test("panels share a legend if they have the same", () => {
  const panels = (experiment: string) =>
    chart(...["MNIST", "CIFAR10"].flatMap((dataset) => {
      const rows = publishedRows(dataset, experiment);
      return figureFor(experiment).panels(rows, rows);
    }));
  for (const experiment of experiments) {
    const text = panels(experiment);
    assertDrawn(text);
    assert.match(text, /<title>MNIST, .*; CIFAR10, .*<\/title>/);
    const legends = text.split(">published</text>").length - 1;
    assert.equal(legends, experiment === "paint_utility_epsilon" ? 2 : 1, experiment);
  }
});

for (const experiment of ["baseline", "paint_unlearning_sigma", "paint_utility_s"]) {
  Deno.test(`${experiment} of several classes is drawn`, () => {
    const rows = publishedRows("CIFAR10_MULTI", experiment);
    assertDrawn(drawer(experiment)(rows, rows));
  });
}

Deno.test("accuracy against burn-in has a curve for every σ", () => {
  const rows = [0.015, 0.03].flatMap((sigma) =>
    [1, 10, 300].map((step): Summary => (
      {
        method: "LMC learn",
        array: `${sigma} ${step}`,
        sigma,
        step,
        dataset: "MNIST_MULTI",
        n: 2,
        mean: 0.1 + step / 400,
        std: 0.1,
        L: 1,
        eta: 1,
      }
    ))
  );
  const text = drawer("search_burnin")(rows);
  assertDrawn(text);
  for (const label of ["σ = 0.015", "σ = 0.03", "1", "10", "300"]) assert.ok(text.includes(`>${label}<`), label);
  assert.throws(() => drawer("search_burnin")([]), /no results of search_burnin to draw/);
});

Deno.test("an experiment without a figure is an error", () => {
  assert.throws(() => figureFor("find_k"), /no figure for find_k: expected one of baseline, sequential2/);
});

Deno.test("text is escaped, also side by side", () => {
  const text = svgFile("1 < 2", beside(heading("<a>", 200), heading("b & c", 100)));
  assertWellFormed(text);
  assert.match(text, /^<\?xml [^]* width="300" height="22"/);
});

function assertDrawn(text: string): void {
  assertWellFormed(text);
  assert.doesNotMatch(text, /NaN|Infinity|undefined|null/);
}

/** Compares with the snapshot; leaves a changed figure beside it where the test may write. */
function assertSnapshot(file: string, text: string): void {
  if (text === snapshots[file]) return;
  const changed = new URL(`./figures/${file.replace(".svg", "-changed.svg")}`, import.meta.url);
  if (Deno.permissions.querySync({ name: "write", path: changed }).state === "granted") {
    Deno.writeTextFileSync(changed, text);
  }
  assert.fail(
    `tests/figures/${file} is not what is drawn. To accept: deno test --allow-write=tests/figures, look at ` +
      `${file.replace(".svg", "-changed.svg")} and rename it to ${file}.`,
  );
}

Deno.test("on a dark page a figure keeps its axes: what takes the page's color has one on the root", () => {
  for (const [name, svg] of Object.entries(snapshots)) {
    assert.match(svg, /currentColor/, name);
    assert.match(svg.slice(0, svg.indexOf("<title>")), / color="black"/, name);
  }
});
