import assert from "node:assert/strict";
import { loadMnist } from "../core/datasets/mnist.ts";
import { makeProblem } from "../core/model/problem.ts";
import { fillNormals, Purpose } from "../core/model/random.ts";
import { openWasmEngine, type WasmEngine, type WasmEngineOptions } from "../core/engines/wasm_engine.ts";
import { referenceSteps } from "./helpers/reference_step.ts";
import {
  DYNAMICS,
  DYNAMICS_VARIANTS,
  makeChains,
  makeHoledRows,
  makeRequest,
  makeRows,
  makeSparseRows,
  relativeError,
  SHAPES,
  walkRows,
} from "./helpers/scenarios.ts";

async function withEngine(
  options: WasmEngineOptions,
  run: (engine: WasmEngine) => Promise<void> | void,
): Promise<void> {
  const engine = await openWasmEngine(options);
  try {
    await run(engine);
  } finally {
    engine.dispose();
  }
}

for (const relaxedSimd of [true, false]) {
  const module = relaxedSimd ? "relaxed" : "plain";

  for (const [name, dynamics] of Object.entries(DYNAMICS_VARIANTS)) {
    Deno.test(`the ${module} module agrees with the paper's step: ${name}`, () =>
      withEngine({ threads: 2, relaxedSimd }, async (engine) => {
        for (const shape of SHAPES) {
          const walk = makeRequest(shape, { dynamics });
          for (const rows of [makeRows(shape), makeSparseRows(shape)]) {
            const error = relativeError(await walkRows(engine, rows, walk), referenceSteps(rows, walk));
            assert.ok(error < 2e-6 * walk.steps, `${JSON.stringify(shape)}: relative error ${error}`);
          }
        }
      }));
  }

  Deno.test(`the ${module} module draws the normals of fillNormals`, () =>
    withEngine({ threads: 1, relaxedSimd }, async (engine) => {
      const shape = { count: 1, dimension: 40_001, outputs: 2, chains: 1 };
      const size = shape.dimension * shape.outputs;
      const noise = await walkRows(engine, makeRows(shape), {
        start: new Float32Array(size),
        chains: [{ sigma: 1, cell: 9, trial: 8 }],
        dynamics: { stepSize: 0.5, regularization: 0, clip: 1e-30, clipsRegularizer: false },
        seed: 6,
        steps: 1,
        firstStep: 4_000_000_000,
      });
      for (let output = 0; output < shape.outputs; output++) {
        const expected = new Float64Array(shape.dimension);
        const firstBlock = output * Math.ceil(shape.dimension / 4);
        fillNormals(expected, { seed: 6, cell: 9 }, 8, 4_000_000_000, Purpose.step, firstBlock);
        expected.forEach((normal, k) => {
          const drawn = noise[output * shape.dimension + k];
          assert.ok(Math.abs(drawn - normal) <= 2 ** -21 * Math.abs(normal), `${drawn} for ${normal}`);
        });
      }
    }));
}

Deno.test("a walk gives the same bits on any number of threads", async () => {
  // Steps that are long enough for three threads.
  const shapes = [
    { count: 2000, dimension: 37, outputs: 1, chains: 150 },
    { count: 800, dimension: 13, outputs: 5, chains: 40 },
    { count: 12_000, dimension: 50, outputs: 1, chains: 1 },
    { count: 4000, dimension: 13, outputs: 5, chains: 3 },
  ];
  for (const shape of shapes) {
    const results: Float32Array[] = [];
    for (const threads of [1, 2, 3]) {
      await withEngine({ threads }, async (engine) => {
        results.push(await walkRows(engine, makeSparseRows(shape), makeRequest(shape, { steps: 20 })));
      });
    }
    assert.deepEqual(results[1], results[0]);
    assert.deepEqual(results[2], results[0]);
  }
});

Deno.test("a product of two panels at once gives the bits of one after the other", async () => {
  for (const relaxedSimd of [true, false]) {
    for (const shape of [...SHAPES, { count: 300, dimension: 24, outputs: 1, chains: 130 }]) {
      const results: Float32Array[] = [];
      for (const wide of [false, true]) {
        await withEngine({ threads: 2, relaxedSimd, wide }, async (engine) => {
          for (const rows of [makeRows(shape), makeSparseRows(shape)]) {
            results.push(await walkRows(engine, rows, makeRequest(shape)));
          }
        });
      }
      assert.deepEqual(results.slice(2), results.slice(0, 2), JSON.stringify(shape));
    }
  }
});

/** Problems whose blocks have dense bands, sparse ones, empty ones, tiles by fours and a rest, and a last block that is not full. */
const ALONE = [SHAPES[1], SHAPES[4], { count: 203, dimension: 50, outputs: 1, chains: 9 }];

for (const relaxedSimd of [true, false]) {
  Deno.test(`a chain gives the same bits alone and among others: ${relaxedSimd ? "relaxed" : "plain"} module`, () =>
    withEngine({ threads: 2, relaxedSimd }, async (engine) => {
      for (const shape of ALONE) {
        for (const dynamics of Object.values(DYNAMICS_VARIANTS)) {
          const walk = makeRequest(shape, { dynamics });
          const size = shape.outputs * shape.dimension;
          for (const rows of [makeRows(shape), makeSparseRows(shape), makeHoledRows(shape)]) {
            const together = await walkRows(engine, rows, walk);
            for (const [first, end] of [[0, 1], [1, 4], [4, 9], [shape.chains - 2, shape.chains]]) {
              const start = walk.start.slice(first * size, end * size);
              const alone = await walkRows(engine, rows, { ...walk, start, chains: walk.chains.slice(first, end) });
              assert.deepEqual(alone, together.slice(first * size, end * size));
            }
          }
        }
      }
    }));
}

Deno.test("a walk in two parts gives the bits of one", () =>
  withEngine({ threads: 2 }, async (engine) => {
    for (const shape of [SHAPES[1], SHAPES[4]]) {
      const rows = makeRows(shape);
      const walk = makeRequest(shape, { dynamics: { ...DYNAMICS, radius: 2 }, steps: 7, firstStep: 2 });
      const start = await walkRows(engine, rows, { ...walk, steps: 3 });
      const end = await walkRows(engine, rows, { ...walk, start, steps: 4, firstStep: 5 });
      assert.deepEqual(end, await walkRows(engine, rows, walk));
    }
  }));

Deno.test("a replaced set takes memory for the blocks that changed alone", () =>
  withEngine({ threads: 1 }, (engine) => {
    const shape = { count: 960, dimension: 11, outputs: 1 };
    const set = engine.load(makeRows(shape));
    const { usedBytes } = engine;
    const replaced = engine.replace(set, [0, 5, 959], makeRows({ ...shape, count: 3 }, 20));
    assert.ok(engine.usedBytes < 1.3 * usedBytes);
    replaced.dispose();
    assert.equal(engine.usedBytes, usedBytes);
  }));

Deno.test("a set that shares rows outlives the one that it shares them with", () =>
  withEngine({ threads: 1 }, async (engine) => {
    const shape = { count: 250, dimension: 11, outputs: 1, chains: 5 };
    const rows = makeRows(shape);
    const walk = makeRequest(shape);
    const expected = await walkRows(engine, rows, walk);
    const set = engine.load(rows);
    const heir = engine.replace(set, [], {
      ...rows,
      features: new Float32Array(),
      labels: new Float32Array(),
      count: 0,
    });
    set.dispose();
    engine.load(makeRows(shape, 30));
    assert.deepEqual(await engine.walk({ trainingSet: heir, ...walk }), expected);
  }));

Deno.test("noiseless chains draw nothing and zero steps change nothing", () =>
  withEngine({ threads: 1 }, async (engine) => {
    const [shape] = SHAPES;
    const rows = makeRows(shape);
    const quiet = makeRequest(shape, { chains: [{ sigma: 0, cell: 0, trial: 0 }] });
    assert.deepEqual(
      await walkRows(engine, rows, quiet),
      await walkRows(engine, rows, { ...quiet, seed: 1, firstStep: 9 }),
    );
    assert.deepEqual(await walkRows(engine, rows, { ...quiet, steps: 0 }), quiet.start);
  }));

Deno.test("walks run one after the other and report each of their steps", () =>
  withEngine({ threads: 2 }, async (engine) => {
    const shape = { count: 2000, dimension: 100, outputs: 1, chains: 32 };
    const trainingSet = engine.load(makeRows(shape));
    const reports: number[] = [];
    const onSteps = (done: number) => reports.push(done);
    const walk = { trainingSet, ...makeRequest(shape, { steps: 500, onSteps }) };
    const [first, second] = await Promise.all([engine.walk(walk), engine.walk(walk)]);
    assert.deepEqual(first, second);
    assert.equal(reports.reduce((sum, done) => sum + done), 1000);
    assert.ok(reports.every((done) => done > 0));

    let seconds = 0;
    for (let steps = 1000; seconds < 1; steps *= 2) {
      reports.length = 0;
      const began = performance.now();
      await engine.walk({ ...walk, steps });
      seconds = (performance.now() - began) / 1000;
    }
    assert.ok(reports.length > 2, `${reports.length} reports in ${seconds} s`);
  }));

Deno.test("the memory may grow before walks, between them and while one runs", async () => {
  const shape = { count: 500, dimension: 11, outputs: 1, chains: 20 };
  const rows = makeRows(shape);
  const walk = makeRequest(shape, { steps: 300 });
  let expected: Float32Array;
  await withEngine({ threads: 1 }, async (engine) => {
    expected = await walkRows(engine, rows, walk);
  });
  await withEngine({ threads: 2 }, async (engine) => {
    const grow = () => engine.load(makeRows({ count: 20_000, dimension: 11, outputs: 1 }));
    for (let i = 0; i < 3; i++) {
      grow();
      const trainingSet = engine.load(rows);
      const running = engine.walk({ trainingSet, ...walk });
      await new Promise((resolve) => setTimeout(resolve, 5));
      const { reservedBytes } = engine;
      grow();
      assert.ok(engine.reservedBytes > reservedBytes);
      assert.deepEqual(await running, expected);
    }
  });
});

Deno.test("neither steps nor walks nor training sets leave anything behind", () =>
  withEngine({ threads: 2 }, async (engine) => {
    const shape = { count: 300, dimension: 20, outputs: 2, chains: 9 };
    await walkRows(engine, makeRows(shape), makeRequest(shape, { steps: 1 }));
    const { usedBytes, reservedBytes } = engine;
    await walkRows(engine, makeRows(shape), makeRequest(shape, { steps: 1000 }));
    for (let i = 0; i < 20; i++) await walkRows(engine, makeRows(shape), makeRequest(shape));
    assert.equal(usedBytes, 0);
    assert.equal(engine.usedBytes, 0);
    assert.equal(engine.reservedBytes, reservedBytes);
  }));

Deno.test("a walk that does not fit 4 GiB throws a CapacityError that says what to do, and leaves nothing behind", () =>
  withEngine({ threads: 1 }, async (engine) => {
    const [count, dimension, outputs] = [1536, 2900, 2900];
    const features = new Float32Array(count * dimension).fill(1 / Math.sqrt(dimension));
    const trainingSet = engine.load({ features, labels: new Float32Array(count * outputs), count, dimension, outputs });
    const { usedBytes } = engine;
    const chains = makeChains(4);
    const start = new Float32Array(4 * outputs * dimension);
    await assert.rejects(engine.walk({ trainingSet, start, chains, dynamics: DYNAMICS, seed: 0, steps: 1 }), {
      name: "CapacityError",
      message: /limit of 4096 MiB: advance fewer trials at once or train on fewer rows/,
    });
    assert.equal(engine.usedBytes, usedBytes);
  }));

Deno.test("wrong arguments are refused", () =>
  withEngine({ threads: 1 }, async (engine) => {
    const rows = makeRows(SHAPES[1]);
    const walk = makeRequest(SHAPES[1]);
    const trainingSet = engine.load(rows);
    assert.throws(() => engine.load(makeRows({ ...SHAPES[1], count: 0 })), RangeError);
    assert.throws(() => engine.load({ ...rows, labels: rows.labels.slice(1) }), RangeError);
    await assert.rejects(engine.walk({ trainingSet, ...walk, start: walk.start.slice(1) }), RangeError);
    await assert.rejects(openWasmEngine({ threads: 0 }), RangeError);
    await withEngine({ threads: 1 }, (other) => assert.throws(() => other.replace(trainingSet, [], rows), TypeError));
    trainingSet.dispose();
    await assert.rejects(engine.walk({ trainingSet, ...walk }), /disposed of/);
  }));

Deno.test("disposing of an engine rejects the walk that runs and those that wait", async () => {
  const engine = await openWasmEngine({ threads: 2 });
  const shape = { count: 2000, dimension: 100, outputs: 1, chains: 32 };
  const trainingSet = engine.load(makeRows(shape));
  const walks = [0, 1].map(() => engine.walk({ trainingSet, ...makeRequest(shape, { steps: 1_000_000 }) }));
  const rejections = walks.map((walk) => assert.rejects(walk, /disposed of/));
  await new Promise((resolve) => setTimeout(resolve, 100));
  engine.dispose();
  await Promise.all(rejections);
});

Deno.test("a step on MNIST from far away agrees with the paper's step", async () => {
  const { train } = await loadMnist();
  const problem = makeProblem({ n: train.count, d: train.dimension, lambda: 1e-6 });
  const request = {
    start: Float32Array.from({ length: 3 * 784 }, (_, i) => 1000 * (Math.floor(i / 784) - 1)),
    chains: makeChains(3),
    dynamics: { stepSize: problem.eta, regularization: problem.m, clip: 1, clipsRegularizer: true },
    seed: 0,
    steps: 1,
  };
  await withEngine({}, async (engine) => {
    const error = relativeError(await walkRows(engine, train, request), referenceSteps(train, request));
    assert.ok(error < 2e-6, `relative error ${error}`);
  });
});
