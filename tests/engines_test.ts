import assert from "node:assert/strict";
import type { Rows } from "../core/model/rows.ts";
import { openEngine } from "../core/engines/open_engine.ts";
import { nullRows } from "../core/model/removal.ts";
import { referenceSteps } from "./helpers/reference_step.ts";
import { gpu } from "./helpers/gpu.ts";
import {
  assertReplaces,
  DYNAMICS,
  DYNAMICS_VARIANTS,
  makeRequest,
  makeRows,
  makeSparseRows,
  relativeError,
  SHAPES,
  somePlaces,
  walkRows,
} from "./helpers/scenarios.ts";

const CHOICES = (["webgpu", "wasm", "cpu"] as const).flatMap((backend) => [
  ...(backend === "cpu" ? [] : [{ backend, kernels: "fused" as const }]),
  { backend, kernels: "plain" as const },
]);

Deno.test(...gpu("all engines walk the same path"), async () => {
  const walks = SHAPES.flatMap((shape) =>
    Object.values(DYNAMICS_VARIANTS).map((dynamics) => ({
      rows: makeSparseRows(shape),
      request: makeRequest(shape, { dynamics }),
    }))
  );
  // |W|² is infinite in float32, which matters to the clipped regularizer alone.
  const far = makeRequest(SHAPES[1], { dynamics: DYNAMICS_VARIANTS["regularizer added"] });
  walks.push({ rows: makeSparseRows(SHAPES[1]), request: { ...far, start: far.start.map((weight) => 1e20 * weight) } });
  const paths: Float32Array[][] = [];
  for (const choice of CHOICES) {
    const engine = await openEngine(choice);
    const ends = [];
    for (const { rows, request } of walks) ends.push(await walkRows(engine, rows, request));
    paths.push(ends);
    engine.dispose();
  }
  // Each is within 2e-6 a step of the float64 reference, so any two are within twice that.
  walks.forEach(({ request }, i) => {
    for (const [a, first] of paths.entries()) {
      for (const [b, second] of paths.entries()) {
        const error = relativeError(first[i], second[i]);
        assert.ok(error < 4e-6 * request.steps, `${JSON.stringify([CHOICES[a], CHOICES[b]])}: relative error ${error}`);
      }
    }
  });
});

Deno.test(...gpu("replaced rows are loaded ones, bit for bit, in every engine"), async () => {
  for (const choice of CHOICES) {
    const engine = await openEngine(choice);
    for (const outputs of [1, 3]) {
      const shape = { count: 250, dimension: 11, outputs, chains: 5 };
      await assertReplaces(engine, makeSparseRows(shape), somePlaces(shape.count), makeRequest(shape));
    }
    engine.dispose();
  }
});

Deno.test(...gpu("rows that cannot take the place of others are refused by every engine"), async () => {
  const shape = { count: 5, dimension: 3, outputs: 1 };
  const rows = (count: number, changes: Partial<typeof shape> = {}) => makeRows({ ...shape, count, ...changes });
  const wrong: [positions: number[], rows: Rows, message: RegExp][] = [
    [[1, 2], rows(1), /^RangeError: 1 rows cannot take the place of 2$/],
    [[], rows(1), /^RangeError: 1 rows cannot take the place of 0$/],
    [[5], rows(1), /^RangeError: there is no row 5, rows are 0 to 4$/],
    [[-1], rows(1), /there is no row -1/],
    [[0.5], rows(1), /there is no row 0.5/],
    [[NaN], rows(1), /there is no row NaN/],
    [[3, 0, 3], rows(3), /^RangeError: a row cannot be replaced twice$/],
    [[0], rows(1, { dimension: 4 }), /^RangeError: rows have 4 features and 1 labels, not 3 and 1$/],
    [[0], rows(1, { outputs: 2 }), /^RangeError: rows have 3 features and 2 labels, not 3 and 1$/],
    [[0, 1], { ...rows(1), count: 2 }, /^RangeError: 2 rows have 3 features and 1 labels in all$/],
  ];
  for (const choice of CHOICES) {
    const engine = await openEngine(choice);
    const set = engine.load(rows(5));
    for (const [positions, rows, message] of wrong) assert.throws(() => engine.replace(set, positions, rows), message);
    engine.dispose();
  }
});

Deno.test(...gpu("a radius that is not positive and finite is refused"), async () => {
  const [shape] = SHAPES;
  for (const choice of CHOICES) {
    const engine = await openEngine(choice);
    for (const radius of [0, -1, Infinity, NaN]) {
      const request = makeRequest(shape, { dynamics: { ...DYNAMICS, radius } });
      const message = `the radius R of the projection is ${radius}: give a positive finite one, or none`;
      await assert.rejects(walkRows(engine, makeRows(shape), request), { name: "RangeError", message });
    }
    engine.dispose();
  }
});

Deno.test("null rows give the weights of leaving the rows out, n and λn kept", async () => {
  for (const choice of CHOICES) {
    const engine = await openEngine(choice);
    for (const shape of [SHAPES[1], SHAPES[4]]) {
      const rows = makeSparseRows(shape);
      const { count, dimension, outputs } = shape;
      const removed = [0, 3, 4, 100, count - 1];
      const isKept = (row: number) => !removed.includes(row);
      const only = (matrix: Float32Array, length: number) => matrix.filter((_, i) => isKept(Math.floor(i / length)));
      const remaining = {
        ...{ features: only(rows.features, dimension), labels: only(rows.labels, outputs) },
        ...{ count: count - removed.length, dimension, outputs },
      };
      const request = makeRequest(shape, { dynamics: DYNAMICS_VARIANTS["regularizer added"] });
      const set = engine.replace(engine.load(rows), removed, nullRows(removed.length, shape));
      const weights = await engine.walk({ trainingSet: set, ...request });
      // A mean over n − S rows, rescaled to the sum over them divided by n, with the same regularizer and noise.
      const scale = remaining.count / count;
      const { stepSize, regularization } = request.dynamics;
      const expected = referenceSteps(remaining, {
        ...request,
        dynamics: { ...request.dynamics, stepSize: scale * stepSize, regularization: regularization / scale },
        chains: request.chains.map((chain) => ({ ...chain, sigma: chain.sigma / Math.sqrt(scale) })),
      });
      const error = relativeError(weights, expected);
      assert.ok(error < 1e-6, `${JSON.stringify(choice)}: relative error ${error}`);
    }
    engine.dispose();
  }
});
