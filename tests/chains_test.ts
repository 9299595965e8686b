import assert from "node:assert/strict";
import { descend, descentStart, langevin, langevinStart, type NoisyLeg, publish } from "../core/learning/chains.ts";
import { descentStepSize } from "../core/accountant/descent_to_delete.ts";
import type { Engine, Walk } from "../core/engines/engine.ts";
import { makeProblem } from "../core/model/problem.ts";
import { parseOptions, scriptCommand } from "../core/command_line/mod.ts";
import { openWasmEngine } from "../core/engines/wasm_engine.ts";
import { rowOrders } from "../core/model/batches.ts";
import { cellId } from "../core/model/random.ts";
import { replacementRows, rowsToRemove } from "../core/model/removal.ts";
import { type Lab, makeLab } from "../core/runs/lab.ts";
import { makeRows } from "./helpers/scenarios.ts";

const DIMENSION = 3;
const problem = makeProblem({ n: 1000, d: DIMENSION, lambda: 1e-3 });
const draws = { problem, seed: 0, trials: 4 };

/** An engine that leaves chains where they start and remembers what it was asked for. */
function stubEngine(): Engine & { readonly walks: Walk[] } {
  const set = { count: 1000, dimension: DIMENSION, outputs: 1, dispose: () => {} };
  const walks: Walk[] = [];
  return {
    description: "stub",
    kind: "stub",
    walks,
    load: () => set,
    replace: () => set,
    walk(walk) {
      walks.push(walk);
      walk.onSteps?.(walk.steps);
      return Promise.resolve(walk.start.slice());
    },
    dispose: () => {},
  };
}

const load = (engine: Engine) =>
  engine.load({ features: new Float32Array(), labels: new Float32Array(), count: 0, dimension: DIMENSION, outputs: 1 });

const noisy = (name: string, sigma: number, steps: number) => (
  { name, sigma, steps, start: langevinStart(draws, name, sigma, { mean: 0 }) }
);

Deno.test("a chain takes the steps that it is asked for, and clips a row's gradient alone", async () => {
  const engine = stubEngine();
  let done = 0;
  const setting = { ...draws, engine, onChainSteps: (steps: number) => done += steps };
  await langevin(setting, load(engine), [noisy("a", 0.1, 10)]);
  await descend(setting, load(engine), [{ start: descentStart(draws, "b", { mean: 0 }), steps: 1 }]);
  assert.deepEqual(engine.walks.map(({ steps }) => steps), [10, 1]);
  assert.deepEqual(engine.walks.map(({ dynamics }) => dynamics.stepSize), [problem.eta, descentStepSize(problem)]);
  assert.equal(done, 4 * 10 + 4 * 1);
  assert.deepEqual(engine.walks.map(({ dynamics }) => dynamics.clipsRegularizer), [false, false]);
  assert.deepEqual(engine.walks.map(({ dynamics }) => dynamics.clip), [1, 1]);
});

Deno.test("legs of equal length run together and come back apart", async () => {
  const engine = stubEngine();
  const legs = [noisy("a", 0.1, 10), noisy("b", 0.2, 5), noisy("c", 0.3, 10)];
  const weights = await langevin({ ...draws, engine }, load(engine), legs);
  assert.deepEqual(engine.walks.map(({ chains, steps }) => [chains.length, steps]), [[8, 10], [4, 5]]);
  assert.deepEqual(engine.walks[0].chains.map(({ trial }) => trial), [0, 1, 2, 3, 0, 1, 2, 3]);
  weights.forEach((rows, i) => assert.deepEqual(rows, legs[i].start));
});

Deno.test("noise-free chains with a common start are one chain", async () => {
  const engine = stubEngine();
  const [weights] = await langevin({ ...draws, engine }, load(engine), [noisy("a", 0, 10)]);
  assert.equal(engine.walks[0].chains.length, 1);
  assert.equal(weights.length, 4 * DIMENSION);
  await descend({ ...draws, engine }, load(engine), [{ start: descentStart(draws, "b", { mean: 0 }), steps: 1 }]);
  assert.equal(engine.walks[1].chains.length, 4);
});

Deno.test("legs of equal length and batches run together, and all of a run take a trial's rows in one order", async () => {
  const engine = stubEngine();
  const cycle = { orderOf: rowOrders({ seed: 0, cell: cellId("run") }, 1000), dropsRest: true };
  let done = 0;
  const setting = { ...draws, engine, cycle, onChainSteps: (steps: number) => done += steps };
  const over = (name: string, batchSize: number, steps: number, sigma = 0.1) => (
    { ...noisy(name, sigma, steps), batchSize }
  );
  const legs = [over("a", 300, 6), over("b", 100, 6), over("c", 300, 6), over("d", 1000, 6), noisy("e", 0.1, 6)];
  const weights = await langevin(setting, load(engine), legs);
  const asked = () => engine.walks.map(({ chains, steps, batches }) => [chains.length, steps, batches?.batchSize]);
  assert.deepEqual(asked(), [[8, 6, 300], [4, 6, 100], [8, 6, undefined]]);
  weights.forEach((rows, i) => assert.deepEqual(rows, legs[i].start));
  assert.ok(engine.walks.every(({ batches }) => !batches || batches.orderOf(2) === cycle.orderOf(2)));
  assert.ok(Math.abs(done - (8 * 6 / 3 + 4 * 6 / 10 + 8 * 6)) < 1e-9);

  // Chains without noise differ by their orders.
  engine.walks.length = 0;
  await langevin(setting, load(engine), [over("f", 300, 3, 0), over("g", 1000, 3, 0)]);
  assert.deepEqual(asked(), [[4, 3, 300], [1, 3, undefined]]);
  await descend(setting, load(engine), [{ start: descentStart(draws, "h", { mean: 0 }), steps: 1, batchSize: 300 }]);
  assert.deepEqual(asked()[2], [4, 1, 300]);

  const bare = langevin({ ...draws, engine }, load(engine), [over("a", 300, 6)]);
  await assert.rejects(bare, /^RangeError: a: steps over 300 of 1000 rows need the setting's cycle$/);
});

Deno.test("a shard's trials take the rows in the orders that they have in the whole", async () => {
  const engine = await openWasmEngine({ threads: 1 });
  const small = { ...draws, problem: makeProblem({ n: 20, d: DIMENSION, lambda: 1e-3 }), engine };
  const rows = engine.load(makeRows({ count: 20, dimension: DIMENSION, outputs: 1 }));
  const walk = async (trials: number, firstTrial: number) => {
    const setting = { ...small, trials, firstTrial };
    const cycle = { orderOf: rowOrders({ seed: 0, cell: 7 }, 20), dropsRest: false };
    const start = langevinStart(setting, "a", 0.1, { mean: 0 });
    const leg = { name: "a", sigma: 0.1, start, steps: 9, batchSize: 6 };
    return (await langevin({ ...setting, cycle }, rows, [leg]))[0];
  };
  const whole = await walk(4, 0);
  assert.deepEqual([...await walk(1, 0), ...await walk(3, 1)], [...whole]);
  engine.dispose();
});

Deno.test("a leg starts a chain for every trial", async () => {
  const engine = stubEngine();
  const set = load(engine);
  for (const [length, sigma] of [[1, 0.1], [1, 0], [3, 0.1], [5, 0.1], [0, 0.1], [4.5, 0]]) {
    const leg = { name: "a", sigma, steps: 1, start: new Float32Array(length * DIMENSION) };
    const refusal = { name: "RangeError", message: /^a: the start has \d+ weights, 4 trials take 12$/ };
    await assert.rejects(langevin({ ...draws, engine }, set, [leg]), refusal);
  }
  const short = { start: new Float32Array(DIMENSION), steps: 1 };
  await assert.rejects(descend({ ...draws, engine }, set, [short]), /4 trials take 12/);
  assert.equal(engine.walks.length, 0);
});

Deno.test("what no theorem covers is asked for by name; a radius projects", async () => {
  const engine = stubEngine();
  const legs = [noisy("a", 0.1, 1)];
  await langevin({ ...draws, engine, clipsRegularizer: true, radius: 2 }, load(engine), legs);
  const [{ dynamics: { clipsRegularizer, radius } }] = engine.walks;
  assert.deepEqual([clipsRegularizer, radius], [true, 2]);

  const real = await openWasmEngine({ threads: 1 });
  const rows = real.load(makeRows({ count: 20, dimension: DIMENSION, outputs: 1 }));
  const small = { ...draws, problem: makeProblem({ n: 20, d: DIMENSION, lambda: 1e-3 }), engine: real };
  for (const radius of [1e-3, 1]) {
    const [weights] = await langevin({ ...small, radius }, rows, [noisy("a", 0.5, 3)]);
    for (let i = 0; i < weights.length; i += DIMENSION) {
      assert.ok(Math.hypot(...weights.subarray(i, i + DIMENSION)) <= radius * (1 + 1e-6));
    }
  }
  for (const bad of [0, -1, NaN, Infinity]) {
    await assert.rejects(langevin({ ...small, radius: bad }, rows, legs), /^RangeError: the radius R/);
  }
  await assert.rejects(
    langevin({ ...small, radius: 1e-300 }, rows, legs),
    /^RangeError: the radius R .* beyond float32/,
  );
  real.dispose();
});

Deno.test("rows that are not the problem's, and numbers that are none, are refused", async () => {
  const engine = await openWasmEngine({ threads: 1 });
  const rows = makeRows({ count: 20, dimension: DIMENSION, outputs: 1 });
  const small = { ...draws, problem: makeProblem({ n: 20, d: DIMENSION, lambda: 1e-3 }), engine };
  const set = engine.load(rows);
  const walk = (changes: object, leg: object = {}) =>
    langevin({ ...small, ...changes }, set, [{ ...noisy("a", 0.1, 2), ...leg }]);
  await walk({});
  for (const wrong of [{ n: 21, d: DIMENSION }, { n: 20, d: DIMENSION, classes: 3 }]) {
    const trials = wrong.classes ? 1 : 4;
    const start = new Float32Array(trials * DIMENSION * (wrong.classes ?? 1));
    await assert.rejects(
      walk({ problem: makeProblem({ ...wrong, lambda: 1e-3 }), trials }, { start }),
      /^RangeError: the problem has/,
    );
  }
  for (const steps of [NaN, -1, 1.5, Infinity]) await assert.rejects(walk({}, { steps }), /^RangeError: steps must be/);
  for (const seed of [-1, 1.5, NaN, 2 ** 32]) await assert.rejects(walk({ seed }), /^RangeError: the seed must be/);
  for (const firstTrial of [0.5, -1, NaN]) {
    await assert.rejects(walk({ firstTrial }), /^RangeError: trials are numbered/);
  }
  for (const sigma of [NaN, -1, Infinity]) {
    assert.throws(() => langevinStart(draws, "a", sigma, { mean: 0 }), /^RangeError: sigma must be/);
    assert.throws(() => publish(draws, "a", new Float32Array(DIMENSION), sigma), /^RangeError: the deviation must be/);
  }
  const { features, labels } = rows;
  const bad: [rows: object, message: RegExp][] = [
    [{ features: features.map((x) => 5 * x) }, /^RangeError: row 0 has norm 5\.00000: rows have norm 1/],
    [{ features: features.map((x, i) => i === 4 ? NaN : x) }, /^RangeError: row 1 has norm NaN/],
    [{ labels: labels.map((y, i) => i === 3 ? 7 : y) }, /^RangeError: row 3 has the label 7/],
  ];
  for (const [change, message] of bad) {
    assert.throws(() => engine.load({ ...rows, ...change }), message);
    assert.throws(() => engine.replace(set, [...labels.keys()], { ...rows, ...change }), message);
  }
  engine.load({ ...rows, features: new Float32Array(features.length) });
  engine.dispose();
  for (const S of [11, -1, 1.5, NaN]) assert.throws(() => rowsToRemove(S, 10), { name: "RangeError" });
  for (const S of [-1, 1.5, NaN]) {
    assert.throws(() => replacementRows(S, rows, { seed: 0, cell: 1 }), /^RangeError: S must/);
  }
});

/** Two names that begin alike and have one number. */
function colliding(prefix: string): [string, string] {
  const names = new Map<number, string>();
  for (let i = 0;; i++) {
    const [name, id] = [`${prefix}${i}`, cellId(`${prefix}${i}`)];
    const other = names.get(id);
    if (other !== undefined) return [other, name];
    names.set(id, name);
  }
}

Deno.test("cells that would draw the same noise are refused, in one call and in one run", async () => {
  const engine = stubEngine();
  const walk = (...legs: NoisyLeg[]) => langevin({ ...draws, engine }, load(engine), legs);
  const collision = /^RangeError: the cells ".*" and ".*" would draw the same random numbers/;
  await assert.rejects(walk(noisy("costarring", 0.1, 5), noisy("liquid", 0.2, 6)), collision);
  await assert.rejects(walk(noisy("a", 0.1, 5), noisy("a", 0.2, 6)), /^RangeError: two cells are called "a"/);
  await walk(noisy("a", 0, 5), noisy("a", 0, 6), noisy("a", 0.1, 5));

  const options = parseOptions(scriptCommand("example", "An example."), ["--num_trial", "1", "--burn_in", "1"]);
  const rows = makeRows({ count: 20, dimension: DIMENSION, outputs: 1 });
  const dataset = { name: "D", train: rows, test: rows };
  const [first, second] = colliding("D/example/").map((name) => name.slice("D/example/".length));
  const cell = (array: string) => ({ method: "LMC learn", array, sigma: 0.1 }) as const;
  const labOf = () => makeLab({ experiment: "example", options, dataset, problem }, engine);
  const attempts: ((lab: Lab) => unknown)[] = [
    (lab) => lab.learn(lab.trainingSet, [cell(second)]),
    (lab) => lab.descend(lab.trainingSet, [{ method: "D2D learn", array: second }]),
    (lab) => lab.remove(1, second),
    (lab) => lab.stream(second),
  ];
  for (const attempt of attempts) {
    const lab = labOf();
    await lab.learn(lab.trainingSet, [cell(first)]);
    await assert.rejects(async () => await attempt(lab), collision);
  }
  const twice = labOf();
  await twice.learn(twice.trainingSet, [cell("a.npy")]);
  await assert.rejects(twice.learn(twice.trainingSet, [cell("a.npy")]), /two cells of this run are called "a.npy"/);
});

Deno.test("a shard's starts, chains and published noise are those of its trials in the whole", async () => {
  const engine = stubEngine();
  const shard = { ...draws, trials: 2, firstTrial: 2 };
  const second = (weights: Float32Array) => weights.subarray(2 * DIMENSION);
  const whole = langevinStart(draws, "a", 0.1, { mean: 0 });
  const start = langevinStart(shard, "a", 0.1, { mean: 0 });
  assert.deepEqual(start, second(whole));
  assert.deepEqual(descentStart(shard, "a", { mean: 0 }), second(descentStart(draws, "a", { mean: 0 })));
  assert.deepEqual(publish(shard, "a", start, 0.5), second(publish(draws, "a", whole, 0.5)));
  await langevin({ ...shard, engine }, load(engine), [{ name: "a", sigma: 0.1, start, steps: 1 }]);
  assert.deepEqual(engine.walks[0].chains.map(({ trial }) => trial), [2, 3]);
});

/** Mean and variance of many numbers. */
function lawOf(values: Float32Array): [mean: number, variance: number] {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return [mean, values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length];
}

/** Checks mean and variance of normals within four standard errors. */
function assertNormal(values: Float32Array, mean: number, variance: number): void {
  const [sampleMean, sampleVariance] = lawOf(values);
  assert.ok(Math.abs(sampleMean - mean) < 4 * Math.sqrt(variance / values.length), `mean ${sampleMean}`);
  assert.ok(Math.abs(sampleVariance / variance - 1) < 4 * Math.sqrt(2 / values.length), `variance ${sampleVariance}`);
}

Deno.test("starts and published weights have the original's laws", () => {
  const many = { problem: makeProblem({ n: 1000, d: 784, lambda: 1e-3 }), seed: 0, trials: 50 };
  assertNormal(langevinStart(many, "a", 0.3, { mean: 5 }), 5, 2 * 0.3 ** 2 / many.problem.m);
  assertNormal(descentStart(many, "b", { mean: 1000 }), 1000, 1);
  assertNormal(publish(many, "c", new Float32Array(50 * 784), 0.7), 0, 0.7 ** 2);
  const scaled = langevinStart(many, "a", 1, { mean: 0, norm: 9 });
  for (let trial = 0; trial < 50; trial++) {
    const norm = Math.hypot(...scaled.subarray(trial * 784, (trial + 1) * 784));
    assert.ok(Math.abs(norm - 9) < 1e-4);
  }
});
