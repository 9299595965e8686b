/**
 * What differs where there are more than two classes: starts, removal, labels, accuracy and the files of weights.
 */
import assert from "node:assert/strict";
import { testAccuracies } from "../core/model/accuracy.ts";
import { dynamicsOf, langevin, langevinStart, publish } from "../core/learning/chains.ts";
import { parseOptions, scriptCommand } from "../core/command_line/mod.ts";
import type { Rows } from "../core/model/rows.ts";
import type { Engine, Walk } from "../core/engines/engine.ts";
import { makeLab } from "../core/runs/lab.ts";
import { openPlainEngine } from "../core/engines/plain_engine.ts";
import { spectralCurvature } from "../core/model/curvature.ts";
import { problemFor } from "../core/original/problem.ts";
import { cellId } from "../core/model/random.ts";
import { replacementRows, rowsToRemove } from "../core/model/removal.ts";
import type { Results } from "../core/runs/results.ts";
import { setBackend } from "../core/engines/tensorflow.ts";
import { openWasmEngine } from "../core/engines/wasm_engine.ts";
import { referenceSteps } from "./helpers/reference_step.ts";
import { makeRows, relativeError, replacedRows } from "./helpers/scenarios.ts";

const SHAPE = { count: 205, dimension: 13, outputs: 5 };
const train = makeRows(SHAPE);
const problem = problemFor(train, { lam: 1e-4, smoothness: "bound" });
const SIZE = SHAPE.dimension * SHAPE.outputs;

/** Labels of −1 and 1, as the original's `--train-mode binary` makes them of one-hot ones. */
const signed = (rows: Rows): Rows => ({ ...rows, labels: rows.labels.map((y) => 2 * y - 1) });

const engines = {
  fused: () => openWasmEngine({ threads: 1 }),
  plain: async () => openPlainEngine(await setBackend("cpu")),
};

for (const [values, rows] of Object.entries({ "0 and 1": train, "−1 and 1": signed(train) })) {
  for (const [kernels, open] of Object.entries(engines)) {
    Deno.test(`${kernels} kernels learn and unlearn labels of ${values} as the float64 reference`, async () => {
      const engine = await open();
      const setting = { engine, problem, seed: 3, trials: 2 };
      const positions = rowsToRemove(20, rows.count, [...Array(rows.count).keys()].filter((row) => row % 9 === 4));
      const random = replacementRows(20, rows, { seed: 3, cell: 4 });
      const everything = engine.load(rows);
      const remaining = engine.replace(everything, positions, random);
      const sigmas = [0, 0.01, 0.3];
      const legs = sigmas.map((sigma) => (
        { name: `σ = ${sigma}`, sigma, steps: 5, start: langevinStart(setting, "start", 0.1, { mean: 0 }) }
      ));
      const learned = await langevin(setting, everything, legs);
      const unlearned = await langevin(setting, remaining, legs.map((leg, i) => ({ ...leg, start: learned[i] })));
      engine.dispose();
      legs.forEach(({ name, sigma, start }, i) => {
        const chains = [0, 1].map((trial) => ({ sigma, cell: cellId(name), trial }));
        const walk = { chains, dynamics: dynamicsOf({ problem }), seed: 3, steps: 5 };
        const expected = referenceSteps(rows, { ...walk, start });
        assert.ok(relativeError(learned[i], expected) < 2e-6 * walk.steps, name);
        const after = referenceSteps(replacedRows(rows, positions, random), {
          ...walk,
          start: Float32Array.from(expected),
        });
        assert.ok(relativeError(unlearned[i], after) < 4e-6 * walk.steps, name);
      });
    });
  }
}

/** An engine that leaves chains where they start and remembers what it was asked for. */
function stubEngine(): Engine & { readonly walks: Walk[]; readonly loaded: Rows[]; readonly places: number[][] } {
  const set = { ...SHAPE, dispose: () => {} };
  const walks: Walk[] = [];
  const loaded: Rows[] = [];
  const places: number[][] = [];
  return {
    description: "stub",
    kind: "stub",
    walks,
    loaded,
    places,
    load: (rows) => (loaded.push(rows), set),
    replace: (_, positions, rows) => (places.push([...positions]), loaded.push(rows), set),
    walk: (walk) => (walks.push(walk), Promise.resolve(walk.start.slice())),
    dispose: () => {},
  };
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A lab whose engine is a stub, and the `.npy` files that it writes. */
function stubLab(args: readonly string[] = [], named?: readonly number[]) {
  const engine = stubEngine();
  const files = new Map<string, Uint8Array>();
  const results: Results = {
    summaries: [],
    add: () => {},
    writeNpy: (name, content) => files.set(name, content),
    files: () => files,
  };
  const options = parseOptions(scriptCommand("example", "An example."), ["--num_trial", "3", ...args]);
  const dataset = { name: "example", train, test: train, ...(named && { named }) };
  return { lab: makeLab({ experiment: "example", options, dataset, problem }, engine, results), engine, files };
}

for (const preset of ["paper", "fast"]) {
  Deno.test(`Langevin chains start at N(0, 2σ²/m), Descent-to-Delete at its own mean: --preset ${preset}`, async () => {
    const { lab, engine } = stubLab(["--preset", preset]);
    const [learned] = await lab.learn(lab.trainingSet, [{ method: "LMC learn", array: "learn.npy", sigma: 1 }]);
    const [descended] = await lab.descend(lab.trainingSet, [{ method: "D2D learn", array: "d2d.npy" }]);
    assert.deepEqual([learned.length, descended.length], [3 * SIZE, 3 * SIZE]);
    const deviation = Math.sqrt(2 / problem.m);
    assert.ok(Math.abs(mean(learned)) < 4 * deviation / Math.sqrt(3 * SIZE));
    assert.ok(Math.abs(mean(learned.map((w) => w * w)) / deviation ** 2 - 1) < 4 * Math.sqrt(2 / (3 * SIZE)));
    assert.ok(Math.abs(mean(descended) - (preset === "paper" ? 1000 : 0)) < 4 / Math.sqrt(3 * SIZE));
    assert.deepEqual(engine.walks.map(({ steps }) => steps), Array(2).fill(preset === "paper" ? 10_001 : 501));
    for (const { dynamics } of engine.walks) {
      assert.deepEqual([dynamics.clip, dynamics.clipsRegularizer], [2, false]);
    }
  });
}

Deno.test("all weights of a chain are published with noise", () => {
  const weights = publish({ problem, seed: 0, trials: 40 }, "cell", new Float32Array(40 * SIZE), 0.7);
  assert.ok(Math.abs(mean(weights.map((w) => w * w)) / 0.49 - 1) < 4 * Math.sqrt(2 / weights.length));
  assert.equal(new Set(weights).size, weights.length);
});

Deno.test("replaced rows have uniform classes, one-hot", () => {
  const { lab, engine } = stubLab();
  lab.remove(100, "removed");
  assert.equal(engine.loaded[1].labels.length, 100 * SHAPE.outputs);
  const { labels, count } = replacementRows(5000, SHAPE, { seed: 0, cell: 1 });
  const sizes = Array<number>(SHAPE.outputs).fill(0);
  for (let row = 0; row < count; row++) {
    const label = [...labels.subarray(row * SHAPE.outputs, (row + 1) * SHAPE.outputs)];
    assert.deepEqual(label.toSorted(), [0, 0, 0, 0, 1]);
    sizes[label.indexOf(1)]++;
  }
  const chiSquared = sizes.reduce((sum, size) => sum + (size - 1000) ** 2 / 1000, 0);
  assert.ok(chiSquared < 18.5, `${sizes}`); // exceeded with probability 0.001 for 4 degrees of freedom
});

Deno.test("the first rows named, or the last rows, are removed; a nested draw stays with its row for every S", () => {
  const cases: [named: number[] | undefined, removed: number[]][] = [
    [undefined, [204, 203, 202]],
    [[5, 190, 17, 4], [5, 190, 17]],
  ];
  for (const [named, removed] of cases) {
    for (const redraw of [false, true]) {
      const { lab, engine } = stubLab(["--redraw", String(Number(redraw))], named);
      const cell = cellId(`example/example/${redraw ? "name" : "removed"}`);
      const draws = replacementRows(3, SHAPE, { seed: 0, cell });
      for (const numRemove of [1, 2, 3]) {
        lab.remove(numRemove, "name");
        const [places, rows] = [engine.places.at(-1)!, engine.loaded.at(-1)!];
        assert.deepEqual(places.toReversed(), removed.slice(0, numRemove));
        const expected = Array.from({ length: numRemove }, (_, i) => redraw ? i : numRemove - 1 - i)
          .flatMap((draw) => [...draws.features.subarray(13 * draw, 13 * (draw + 1))]);
        assert.deepEqual([...rows.features], expected);
      }
    }
  }
});

Deno.test("with ten classes labels of −1 and 1 clip every gradient, one-hot ones none", () => {
  const rows = makeRows({ count: 100, dimension: 13, outputs: 10 });
  const tenClasses = problemFor(rows, { lam: 1e-4, smoothness: "bound" });
  const start = langevinStart({ problem: tenClasses, seed: 0, trials: 1 }, "weights", 1, { mean: 0 });
  const dynamics = { ...dynamicsOf({ problem: tenClasses }, 1), regularization: 0 };
  const chains = [{ sigma: 0, cell: 0, trial: 0 }];
  /** Norms of the rows' gradients: lengths of noise-free steps of 1 on one row each. */
  const gradientNorms = ({ features, labels, count, dimension, outputs }: Rows, clip: number) =>
    Array.from({ length: count }, (_, row) => {
      const one = {
        features: features.slice(row * dimension, (row + 1) * dimension),
        labels: labels.slice(row * outputs, (row + 1) * outputs),
        ...{ count: 1, dimension, outputs },
      };
      const after = referenceSteps(one, { start, chains, dynamics: { ...dynamics, clip }, seed: 0, steps: 1 });
      return Math.hypot(...after.map((w, i) => w - start[i]));
    });
  const unclipped = gradientNorms(signed(rows), 1e9);
  assert.ok(unclipped.every((norm) => norm > 3 - 1e-6 && norm < Math.sqrt(13) + 1e-6));
  assert.ok(gradientNorms(signed(rows), dynamics.clip).every((norm) => Math.abs(norm - 2) < 1e-12));
  assert.deepEqual(gradientNorms(rows, dynamics.clip), gradientNorms(rows, 1e9));
});

Deno.test("accuracy is that of the largest output, the first one of equals", () => {
  const test = {
    features: Float32Array.of(1, 0, 0, 1),
    labels: Float32Array.of(1, 0, 0, 0, 0, 1),
    count: 2,
    dimension: 2,
    outputs: 3,
  };
  // Outputs of the first row are the first feature's weights, of the second row the second's.
  const weights = (...rows: [number, number][]) => Float32Array.from(rows.flat());
  const accuracy = (rows: Rows, ...pairs: [number, number][]) => testAccuracies(rows, weights(...pairs))[0];
  assert.equal(accuracy(test, [2, 0], [1, 1], [0, 3]), 1);
  assert.equal(accuracy(test, [0, 0], [1, 1], [0, 3]), 0.5);
  assert.equal(accuracy(test, [-0, 2], [0, 1], [0, 2]), 0.5, "−0 and 0 are equal, and the first counts");
  assert.equal(accuracy(test, [-1, -2], [-1, -3], [-1, -1]), 1);
  assert.equal(accuracy(signed(test), [2, 0], [1, 1], [0, 3]), 1);
  assert.deepEqual(
    testAccuracies(test, Float32Array.of(...weights([2, 0], [1, 1], [0, 3]), ...weights([0, 1], [1, 0], [2, 0]))),
    [1, 0],
  );
});

Deno.test("with two classes an output of 0 is not above 0: it is the class of −1", () => {
  const rows = { features: Float32Array.of(1, 2), labels: Float32Array.of(-1, -1), count: 2, dimension: 1, outputs: 1 };
  assert.deepEqual(testAccuracies(rows, Float32Array.of(0, -0)), [1, 1]);
  const positive = { ...rows, labels: Float32Array.of(1, -1) };
  assert.deepEqual(testAccuracies(positive, Float32Array.of(0, -0)), [0.5, 0.5]);
});

Deno.test("weights are saved as the original's (trials, d, classes)", () => {
  const { lab, files } = stubLab();
  const weights = Float32Array.from({ length: 3 * SIZE }, (_, i) => i);
  lab.saveWeights("w.npy", weights);
  const file = files.get("w.npy")!;
  assert.ok(new TextDecoder().decode(file).includes("'shape': (3, 13, 5)"));
  const saved = new Float32Array(file.slice(128).buffer);
  for (let trial = 0; trial < 3; trial++) {
    for (let k = 0; k < 13; k++) {
      for (let c = 0; c < 5; c++) assert.equal(saved[(trial * 13 + k) * 5 + c], weights[(trial * 5 + c) * 13 + k]);
    }
  }
});

Deno.test("the spectral bound holds for the softmax loss", () => {
  const features = Float32Array.of(1, 0, 1, 0, 0, 1);
  const labels = Float32Array.of(1, 0, 0, 1, 1, 0);
  assert.ok(Math.abs(spectralCurvature({ features, labels, count: 3, dimension: 2, outputs: 2 }) - 1 / 3) < 1e-12);
});
