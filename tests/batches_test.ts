import assert from "node:assert/strict";
import { type Batches, rowOrders } from "../core/model/batches.ts";
import { fillNormals, philox, Purpose, randomOrder } from "../core/model/random.ts";
import { nullRows } from "../core/model/removal.ts";
import type { Engine } from "../core/engines/engine.ts";
import { groupedEngine } from "../core/engines/grouped_engine.ts";
import { openEngine } from "../core/engines/open_engine.ts";
import type { Rows } from "../core/model/rows.ts";
import { openWasmEngine } from "../core/engines/wasm_engine.ts";
import { openWebGpuEngine } from "../core/engines/webgpu_engine.ts";
import { gpu } from "./helpers/gpu.ts";
import { referenceSteps } from "./helpers/reference_step.ts";
import {
  assertReplaces,
  DYNAMICS,
  makeBatchRequest,
  makeRows,
  makeSparseRows,
  relativeError,
  type Request,
  SHAPES,
  someBatches,
  somePlaces,
  walkRows,
} from "./helpers/scenarios.ts";

Deno.test("every order of five rows is as likely as any other", () => {
  const orders = 120;
  const draws = 200 * orders;
  const counts = new Map<string, number>();
  for (let trial = 0; trial < draws; trial++) {
    const order = randomOrder({ seed: 5, cell: 6 }, trial, 5).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, orders);
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
  // χ² with 119 degrees of freedom leaves this interval once in a thousand times.
  assert.ok(chiSquare > 74.7 && chiSquare < 176.4, `χ² = ${chiSquare}`);
});

Deno.test("in orders of MNIST's rows, where a row is says nothing of it", () => {
  const [count, trials, bins] = [11264, 100, 16];
  const counts = new Float64Array(bins * bins);
  const all = Uint32Array.from({ length: count }, (_, row) => row);
  for (let trial = 0; trial < trials; trial++) {
    const order = randomOrder({ seed: 1, cell: 2 }, trial, count);
    order.forEach((row, place) => counts[Math.floor(place * bins / count) * bins + Math.floor(row * bins / count)]++);
    assert.deepEqual(order.sort(), all);
  }
  // A bin of the table has this variance, not its mean: the numbers of rows and places in each sixteenth are fixed.
  const mean = trials * count / bins ** 2;
  const chiSquare = counts.reduce((sum, n) => sum + (n - mean) ** 2 / mean, 0) * (count - 1) / count;
  // χ² with 15² degrees of freedom leaves this interval once in a thousand times.
  assert.ok(chiSquare > 161.7 && chiSquare < 301.4, `χ² = ${chiSquare}`);
});

Deno.test("words that would favour small numbers are passed over", () => {
  const [seed, cell, trial, length] = [3, 4, 5, 300_000];
  const words = Array.from(
    { length: length / 4 + 25 },
    (_, block) => [...philox(Uint32Array.of(trial, block, 0, Purpose.order), seed, cell)],
  ).flat().map(BigInt);
  const expected = Array.from({ length }, (_, i) => i);
  let passed = 0;
  for (let left = length; left > 1; left--) {
    const most = (1n << 32n) / BigInt(left) * BigInt(left);
    for (; words[length - left + passed] >= most; passed++);
    const chosen = Number(words[length - left + passed] % BigInt(left));
    [expected[chosen], expected[left - 1]] = [expected[left - 1], expected[chosen]];
  }
  assert.ok(passed > 0);
  assert.deepEqual([...randomOrder({ seed, cell }, trial, length)], expected);
});

Deno.test("orders are drawn once, one a trial, from the run's name alone", () => {
  const orderOf = rowOrders({ seed: 1, cell: 2 }, 50);
  assert.equal(orderOf(3), orderOf(3));
  assert.deepEqual(orderOf(3), randomOrder({ seed: 1, cell: 2 }, 3, 50));
  const others = [rowOrders({ seed: 2, cell: 2 }, 50)(3), rowOrders({ seed: 1, cell: 3 }, 50)(3), orderOf(4)];
  assert.equal(new Set([orderOf(3), ...others].map(String)).size, 4);
});

/** The branches of a step over batches, whose regularizer is never clipped. */
const BATCH_DYNAMICS = {
  clipped: { ...DYNAMICS, clipsRegularizer: false },
  "nothing clipped": { ...DYNAMICS, clipsRegularizer: false, clip: 1e3 },
  projected: { ...DYNAMICS, clipsRegularizer: false, radius: 0.5 },
  "inside the ball": { ...DYNAMICS, clipsRegularizer: false, radius: 1e6 },
};

type Openers = Readonly<Record<string, () => Promise<Engine>>>;

/** Every kind of engine of a CPU. */
const CPU_ENGINES: Openers = {
  relaxed: () => openWasmEngine({ threads: 2, relaxedSimd: true }),
  "plain SIMD": () => openWasmEngine({ threads: 2, relaxedSimd: false }),
  "plain operations": () => openEngine({ backend: "cpu", kernels: "plain", batches: true }),
};

/** Every kind of kernels of a GPU. */
const GPU_ENGINES: Openers = {
  "staged kernels": () => openWebGpuEngine({ tile: "staged" }),
  "direct kernels": () => openWebGpuEngine({ tile: "direct" }),
};

type Run = (engine: Engine, name: string) => Promise<void>;

async function withEngines(engines: Openers, run: Run) {
  for (const [name, open] of Object.entries(engines)) {
    const engine = await open();
    try {
      await run(engine, name);
    } finally {
      engine.dispose();
    }
  }
}

/** Tests the engines of a CPU, and apart from them the kernels of a GPU, in the form that software adapters get. */
function testEngines(title: string, run: Run): void {
  const { "direct kernels": direct } = GPU_ENGINES;
  Deno.test(title, () => withEngines(CPU_ENGINES, run));
  Deno.test(...gpu(title), () => withEngines({ direct }, run));
}

for (const [name, dynamics] of Object.entries(BATCH_DYNAMICS)) {
  Deno.test(`steps over batches agree with the paper's step, and engines with each other: ${name}`, async () => {
    const walks = SHAPES.flatMap((shape, i) =>
      someBatches(shape).map((batches) => {
        const rows = i % 2 === 0 ? makeRows(shape) : makeSparseRows(shape);
        const request = makeBatchRequest(shape, batches, { dynamics });
        return { rows, request, expected: referenceSteps(rows, request), sizes: [shape, batches] };
      })
    );
    await withEngines(CPU_ENGINES, async (engine, engineName) => {
      for (const { rows, request, expected, sizes } of walks) {
        const error = relativeError(await walkRows(engine, rows, request), expected);
        assert.ok(error < 2e-6 * request.steps, `${engineName}, ${JSON.stringify(sizes)}: relative error ${error}`);
      }
    });
  });
}

Deno.test(...gpu("plain operations on WebGPU take batches"), async () => {
  const [, shape] = SHAPES;
  const rows = makeRows(shape);
  const request = makeBatchRequest(shape, someBatches(shape)[3]);
  const plain = await openEngine({ backend: "webgpu", kernels: "plain", batches: true });
  const error = relativeError(await walkRows(plain, rows, request), referenceSteps(rows, request));
  assert.ok(error < 2e-6 * request.steps, `relative error ${error}`);
  plain.dispose();
});

/** Walks that together take every branch, and have more features, outputs and rows than the lanes take in a turn. */
function* someGpuWalks(): Generator<{ rows: Rows; request: Request }> {
  const variants = Object.values(BATCH_DYNAMICS);
  for (const [i, shape] of SHAPES.entries()) {
    for (const [j, batches] of someBatches(shape).filter((_, j) => j !== 2 && j !== 4).entries()) {
      const rows = (i + j) % 2 === 0 ? makeRows(shape) : makeSparseRows(shape);
      yield { rows, request: makeBatchRequest(shape, batches, { dynamics: variants[(i + j) % variants.length] }) };
    }
  }
  for (const [dimension, outputs] of [[784, 1], [512, 10], [2051, 1]]) {
    const shape = { count: 330, dimension, outputs, chains: 2 };
    const batches = { ...someBatches(shape)[0], batchSize: 300, dropsRest: false };
    yield { rows: makeRows(shape), request: makeBatchRequest(shape, batches, { dynamics: BATCH_DYNAMICS.projected }) };
  }
}

Deno.test(...gpu("steps over batches agree with the paper's step"), async () => {
  const walks = [...someGpuWalks()].map((walk) => ({ ...walk, expected: referenceSteps(walk.rows, walk.request) }));
  await withEngines(GPU_ENGINES, async (engine, name) => {
    for (const { rows, request, expected } of walks) {
      const error = relativeError(await walkRows(engine, rows, request), expected);
      const sizes = JSON.stringify([rows.count, rows.dimension, rows.outputs, request.batches]);
      assert.ok(error < 2e-6 * request.steps, `${name}, ${sizes}: relative error ${error}`);
    }
  });
});

Deno.test(...gpu("a chain over batches gives the same bits alone, among others and in parts of a walk"), async () => {
  await withEngines(GPU_ENGINES, async (engine) => {
    for (const shape of [SHAPES[1], SHAPES[4]]) {
      const rows = makeRows(shape);
      const size = shape.outputs * shape.dimension;
      const batches = someBatches(shape)[3];
      const request = makeBatchRequest(shape, batches, { dynamics: BATCH_DYNAMICS.projected, steps: 40 });
      const whole = await walkRows(engine, rows, request);
      const own = {
        ...request,
        start: request.start.slice(4 * size, 5 * size),
        chains: [request.chains[4]],
      };
      const middle = await walkRows(engine, rows, { ...own, steps: 17 });
      const rest = { start: middle, steps: 23, firstStep: own.firstStep! + 17 };
      assert.deepEqual(await walkRows(engine, rows, { ...own, ...rest }), whole.slice(4 * size, 5 * size));
    }
  });
});

Deno.test(...gpu("batches are taken from up to three buffers of rows, also of replaced ones"), async () => {
  const shape = { count: 150, dimension: 11, outputs: 3, chains: 5 };
  const rows = makeSparseRows(shape);
  const request = makeBatchRequest(shape, { ...someBatches(shape)[3], batchSize: 40 });
  for (const [tile, maxBindingSize] of [["direct", 2 ** 13], ["staged", 2 ** 14]] as const) {
    const engine = await openWebGpuEngine({ tile, maxBindingSize });
    await assertReplaces(engine, rows, [[149, 0, 64]], request);
    const places = [3, 149, 70];
    const set = engine.replace(engine.load(rows), places, nullRows(3, shape));
    const features = rows.features.map((x, i) => places.includes(Math.floor(i / shape.dimension)) ? 0 : x);
    const expected = referenceSteps({ ...rows, features }, request);
    const error = relativeError(await engine.walk({ trainingSet: set, ...request }), expected);
    assert.ok(error < 2e-6 * request.steps, `relative error ${error}`);
    const more = { ...shape, count: 250 };
    await assert.rejects(walkRows(engine, makeRows(more), makeBatchRequest(more, someBatches(more)[1])), {
      name: "CapacityError",
      message: "the WebGPU kernels take batches from at most 3 buffers of rows, and 250 rows of 11 features need 4: " +
        "choose --backend wasm, or learn fewer rows",
    });
    engine.dispose();
  }
});

Deno.test(...gpu("chains over batches that do not fit go in groups, and give the same bits"), async () => {
  const shape = { ...SHAPES[1], dimension: 8 };
  const rows = makeRows(shape);
  const request = makeBatchRequest(shape, someBatches(shape)[2]);
  const chains = request.chains.map((chain, trial) => ({ ...chain, trial }));
  const engine = await openWebGpuEngine({ tile: "direct", maxBindingSize: 2 ** 14 });
  const message = /^the orders of 21 trials take 25284 bytes, .* 16384 bytes: run at most 13 trials at once$/;
  await assert.rejects(walkRows(engine, rows, { ...request, chains }), { name: "CapacityError", message });
  const roomy = await openWebGpuEngine({ tile: "direct" });
  const whole = await walkRows(roomy, rows, { ...request, chains });
  assert.deepEqual(await walkRows(groupedEngine(engine), rows, { ...request, chains }), whole);
  const scores = { ...makeBatchRequest(shape, someBatches(shape)[4]) };
  await assert.rejects(walkRows(engine, rows, scores), /scores of 21 trials take 25200 bytes.*at most 13 trials/);
  for (const each of [engine, roomy]) each.dispose();
});

Deno.test(...gpu("more chains over batches than workgroups along an axis"), async () => {
  const shape = { count: 2, dimension: 1, outputs: 1, chains: 65_540 };
  const rows = makeRows(shape);
  const request = makeBatchRequest(shape, someBatches(shape)[0], { steps: 1 });
  const engine = await openWebGpuEngine({ tile: "direct" });
  const weights = await walkRows(engine, rows, request);
  engine.dispose();
  for (const i of [0, 65_534, 65_535, 65_539]) {
    const own = { ...request, start: request.start.slice(i, i + 1), chains: [request.chains[i]] };
    assert.ok(Math.abs(weights[i] - referenceSteps(rows, own)[0]) < 2e-6 * Math.abs(weights[i]), `chain ${i}`);
  }
});

Deno.test("auto computes batches on the CPU without a look at the GPU", async () => {
  const { requestAdapter } = navigator.gpu;
  let looks = 0;
  navigator.gpu.requestAdapter = () => {
    looks++;
    return Promise.resolve(null);
  };
  try {
    const engine = await openEngine({ batches: true });
    assert.match(engine.description, /^CPU through WebAssembly/);
    engine.dispose();
    assert.equal(looks, 0);
  } finally {
    navigator.gpu.requestAdapter = requestAdapter;
  }
});

/** Two classes and several, more chains than a task has. */
const LARGE = [{ count: 301, dimension: 37, outputs: 1, chains: 250 }, { ...SHAPES[4], chains: 50 }];

Deno.test("a chain over batches gives the same bits alone, in a pair and among others, on any number of threads", async () => {
  for (const shape of LARGE) {
    const rows = makeRows(shape);
    for (const batchSize of [10, 77]) {
      const batches = { ...someBatches(shape)[3], batchSize };
      const request = makeBatchRequest(shape, batches, { steps: 70 });
      const size = shape.outputs * shape.dimension;
      const some = (chains: number[]) => ({
        ...request,
        start: Float32Array.from(chains.flatMap((i) => [...request.start.subarray(i * size, (i + 1) * size)])),
        chains: chains.map((i) => request.chains[i]),
      });
      let together: Float32Array = new Float32Array();
      for (const threads of [1, 2, 3]) {
        const engine = await openWasmEngine({ threads });
        const weights = await walkRows(engine, rows, request);
        if (threads === 1) together = weights;
        assert.deepEqual(weights, together);
        for (const chains of [[4], [4, 8], [0, 1, 2, 3, 4, 8, 12]]) {
          const own = await walkRows(engine, rows, some(chains));
          const expected = chains.flatMap((i) => [...together.subarray(i * size, (i + 1) * size)]);
          assert.deepEqual([...own], expected, `${threads} threads, chains ${chains}`);
        }
        engine.dispose();
      }
    }
  }
});

Deno.test("a walk over batches in two parts gives the bits of one, wherever it is cut", async () => {
  await withEngines(CPU_ENGINES, async (engine) => {
    for (const shape of [SHAPES[1], SHAPES[4]]) {
      const rows = makeRows(shape);
      for (const batches of someBatches(shape).slice(2, 5)) {
        const request = makeBatchRequest(shape, batches, { dynamics: BATCH_DYNAMICS.projected, steps: 6 });
        const whole = await walkRows(engine, rows, request);
        for (const first of [1, 2, 3]) {
          const start = await walkRows(engine, rows, { ...request, steps: first });
          const rest = { start, steps: 6 - first, firstStep: request.firstStep! + first };
          assert.deepEqual(await walkRows(engine, rows, { ...request, ...rest }), whole);
        }
      }
    }
  });
});

testEngines("steps over batches draw the normals of steps over all rows, bit for bit", async (engine) => {
  const shape = { count: 1, dimension: 4003, outputs: 2, chains: 1 };
  const size = shape.dimension * shape.outputs;
  const dynamics = { stepSize: 0.5, regularization: 0, clip: 1e-30, clipsRegularizer: false };
  const chains = [{ sigma: 1, cell: 9, trial: 8 }];
  const request = { start: new Float32Array(size), chains, dynamics, seed: 6, steps: 1, firstStep: 4_000_000_000 };
  const noise = await walkRows(engine, makeRows(shape), request);
  const [batches] = someBatches(shape);
  assert.deepEqual(await walkRows(engine, makeRows(shape), { ...request, batches }), noise);
  const expected = fillNormals(new Float64Array(shape.dimension), { seed: 6, cell: 9 }, 8, 4e9, Purpose.step, 1001);
  expected.forEach((normal, k) => {
    const drawn = noise[shape.dimension + k];
    assert.ok(Math.abs(drawn - normal) <= 2 ** -21 * Math.abs(normal), `${drawn} for ${normal}`);
  });
});

testEngines("cells without noise of a trial take the same batches, other trials others", async (engine) => {
  const shape = { ...SHAPES[1], chains: 3 };
  const batches = { ...someBatches(shape)[2], batchSize: 40 };
  const chains = [[1, 7], [2, 7], [1, 8]].map(([cell, trial]) => ({ sigma: 0, cell, trial }));
  const start = new Float32Array(3 * shape.dimension);
  const weights = await walkRows(engine, makeRows(shape), makeBatchRequest(shape, batches, { start, chains }));
  const [a, b, c] = [0, 1, 2].map((i) => weights.slice(i * shape.dimension, (i + 1) * shape.dimension));
  assert.deepEqual(a, b);
  assert.notDeepEqual(a, c);
});

testEngines("batches of all rows take the step over all rows, up to rounding", async (engine) => {
  for (const shape of [SHAPES[1], SHAPES[4]]) {
    const batches = someBatches(shape).at(-1)!;
    assert.equal(batches.batchSize, shape.count);
    const { batches: _, ...whole } = makeBatchRequest(shape, batches);
    const rows = makeRows(shape);
    const expected = await walkRows(engine, rows, whole);
    const error = relativeError(await walkRows(engine, rows, { ...whole, batches }), expected);
    assert.ok(error < 4e-6 * whole.steps, `relative error ${error}`);
  }
});

Deno.test("replaced rows are loaded ones in batches too, bit for bit, and null rows leave a batch its size", async () => {
  await withEngines(CPU_ENGINES, async (engine) => {
    for (const outputs of [1, 3]) {
      const shape = { count: 250, dimension: 11, outputs, chains: 5 };
      const rows = makeSparseRows(shape);
      const batches = { ...someBatches(shape)[3], batchSize: 60 };
      const request = makeBatchRequest(shape, batches);
      await assertReplaces(engine, rows, somePlaces(shape.count), request);
      const removed = [3, 249, 0];
      const set = engine.replace(engine.load(rows), removed, nullRows(3, shape));
      const features = rows.features.map((x, i) => removed.includes(Math.floor(i / shape.dimension)) ? 0 : x);
      const expected = referenceSteps({ ...rows, features }, request);
      const error = relativeError(await engine.walk({ trainingSet: set, ...request }), expected);
      assert.ok(error < 2e-6 * request.steps, `relative error ${error}`);
    }
  });
});

testEngines("batches that are none are refused", async (engine) => {
  const [, shape] = SHAPES;
  const [batches] = someBatches(shape);
  const order = batches.orderOf(0);
  const orderOf = (changed: Uint32Array) => ({ batchSize: 5, orderOf: () => changed });
  const wrong: [changes: Partial<Batches>, message: RegExp][] = [
    ...[0, 1.5, -1, NaN, 302].map((
      batchSize,
    ): [Partial<Batches>, RegExp] => [
      { batchSize },
      /^RangeError: b, the rows of a batch, must be an integer from 1 to n = 301, got/,
    ]),
    [orderOf(order.slice(1)), /^RangeError: the order of trial 0 has 300 rows, the training set 301$/],
    [
      orderOf(order.map((row) => row === 7 ? 301 : row)),
      /^RangeError: the order of trial 0 has row 301, rows are 0 to/,
    ],
    [orderOf(order.map((row) => row === 7 ? 8 : row)), /^RangeError: the order of trial 0 has row 8 twice$/],
  ];
  for (const [changes, message] of wrong) {
    const request = makeBatchRequest(shape, batches);
    await assert.rejects(
      walkRows(engine, makeRows(shape), { ...request, batches: { ...batches, ...changes } }),
      message,
    );
  }
  const clipped = makeBatchRequest(shape, batches, { dynamics: DYNAMICS });
  await assert.rejects(walkRows(engine, makeRows(shape), clipped), /^RangeError: .*do not clip the regularizer/);
});

Deno.test("walks over batches report each of their steps and leave nothing behind", async () => {
  const engine = await openWasmEngine({ threads: 2 });
  const shape = { count: 2000, dimension: 100, outputs: 1, chains: 4 };
  const batches = { batchSize: 50, dropsRest: true, orderOf: rowOrders({ seed: 0, cell: 0 }, 2000) };
  const rows = makeRows(shape);
  const { reservedBytes } = engine;
  let seconds = 0;
  for (let steps = 1000; seconds < 1; steps *= 2) {
    const reports: number[] = [];
    const began = performance.now();
    await walkRows(engine, rows, makeBatchRequest(shape, batches, { steps, onSteps: (done) => reports.push(done) }));
    seconds = (performance.now() - began) / 1000;
    assert.equal(reports.reduce((sum, done) => sum + done), steps);
    assert.ok(reports.every((done) => done > 0));
    assert.ok(seconds < 1 || reports.length > 2, `${reports.length} reports in ${seconds} s`);
  }
  assert.equal(engine.usedBytes, 0);
  assert.ok(engine.reservedBytes < reservedBytes + 8 * 2 ** 20);
  engine.dispose();
});
