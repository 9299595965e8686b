import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { rowOrders } from "../core/model/batches.ts";
import type { Rows } from "../core/model/rows.ts";
import { CapacityError, type Dynamics, type Engine, type Walk } from "../core/engines/engine.ts";
import { openEngine } from "../core/engines/open_engine.ts";
import { fillNormals, Purpose } from "../core/model/random.ts";
import { openDevice } from "../core/engines/webgpu/tensorflow_device.ts";
import { Limits } from "../core/engines/webgpu/limits.ts";
import { nextBurst } from "../core/engines/webgpu/pace.ts";
import { describeAdapter } from "../core/engines/adapter.ts";
import { DeviceLostError } from "../core/engines/webgpu/device_lost_error.ts";
import { openWebGpuEngine, type WebGpuOptions } from "../core/engines/webgpu_engine.ts";
import { gpu } from "./helpers/gpu.ts";
import { referenceSteps } from "./helpers/reference_step.ts";
import {
  assertReplaces,
  makeChains,
  makeRows,
  normals,
  relativeError,
  somePlaces,
  walkRows,
} from "./helpers/scenarios.ts";

/** The relative error that a step may have. */
const TOLERANCE = 2e-6;

const TILE_NAMES = ["staged", "direct"] as const;

/** Rows with one label in `outputs` classes, or with signs. */
const randomRows = (count: number, dimension: number, outputs = 1, trial = 0) =>
  makeRows({ count, dimension, outputs }, trial);

const DYNAMICS: Dynamics = { stepSize: 2.5, regularization: 0.02, clip: 0.4, clipsRegularizer: true };

/** A walk on rows, but for its training set. */
function makeWalk(rows: Rows, chains: number, changes: Partial<Dynamics> = {}): Omit<Walk, "trainingSet"> {
  return {
    start: normals(chains * rows.outputs * rows.dimension, 2),
    chains: makeChains(chains),
    dynamics: { ...DYNAMICS, ...changes },
    seed: 0xfedcba98,
    steps: 3,
    firstStep: 7,
  };
}

async function withEngine(options: WebGpuOptions, use: (engine: Engine) => Promise<void> | void): Promise<void> {
  const engine = await openWebGpuEngine(options);
  try {
    await use(engine);
  } finally {
    engine.dispose();
  }
}

async function assertFollowsReference(engine: Engine, rows: Rows, walk: Omit<Walk, "trainingSet">): Promise<void> {
  const error = relativeError(await walkRows(engine, rows, walk), referenceSteps(rows, walk));
  assert.ok(error < TOLERANCE * walk.steps, `relative error ${error} after ${walk.steps} steps`);
}

function currentDevice(): GPUDevice {
  return (tf.backend() as WebGPUBackend).device;
}

/** Counts the buffers that a device creates, and the bytes of those not yet destroyed. */
function watchMemory(device: GPUDevice): { readonly created: number; readonly bytes: number; stop(): void } {
  const createBuffer = device.createBuffer;
  const watch = { created: 0, bytes: 0, stop: () => void (device.createBuffer = createBuffer) };
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor);
    const destroy = buffer.destroy;
    watch.created++;
    watch.bytes += buffer.size;
    buffer.destroy = () => {
      watch.bytes -= buffer.size;
      destroy.call(buffer);
    };
    return buffer;
  };
  return watch;
}

/** Runs an action while the device has room for `buffers` more buffers only. */
async function withRoomFor(buffers: number, device: GPUDevice, action: () => Promise<unknown> | void): Promise<void> {
  const createBuffer = device.createBuffer;
  device.createBuffer = (descriptor) => {
    if (buffers-- > 0) return createBuffer.call(device, descriptor);
    throw new RangeError("no room");
  };
  try {
    await action();
  } finally {
    device.createBuffer = createBuffer;
  }
}

interface Case {
  readonly name: string;
  readonly rows: [count: number, dimension: number, outputs?: number];
  readonly chains: number;
  readonly changes?: Partial<Dynamics>;
}

const CASES: Case[] = [
  { name: "one row, one feature, one chain", rows: [1, 1], chains: 1 },
  { name: "one row, one feature, three classes", rows: [1, 1, 3], chains: 1 },
  { name: "odd sizes", rows: [67, 13], chains: 5 },
  { name: "more than a tile of everything", rows: [131, 70], chains: 133 },
  { name: "several partial sums", rows: [1100, 6], chains: 2 },
  { name: "no row clipped", rows: [67, 13], chains: 5, changes: { clip: 100 } },
  { name: "every row clipped", rows: [67, 13], chains: 5, changes: { clip: 0.01 } },
  { name: "regularizer added", rows: [67, 13], chains: 5, changes: { clipsRegularizer: false } },
  { name: "no regularizer", rows: [67, 13], chains: 5, changes: { regularization: 0 } },
  { name: "projected", rows: [67, 13], chains: 5, changes: { radius: 1.5 } },
  { name: "inside the ball", rows: [67, 13], chains: 5, changes: { radius: 1000 } },
  { name: "softmax", rows: [67, 13, 5], chains: 7, changes: { clipsRegularizer: false } },
  { name: "softmax, regularizer clipped", rows: [67, 13, 5], chains: 7 },
  { name: "softmax, no row clipped", rows: [67, 13, 5], chains: 7, changes: { clip: 100 } },
  { name: "softmax, projected", rows: [67, 13, 5], chains: 7, changes: { clipsRegularizer: false, radius: 1.5 } },
  { name: "softmax, more than a tile", rows: [70, 66, 10], chains: 14, changes: { clipsRegularizer: false } },
];

/** Limits that leave room for a few rows or partial sums a buffer. */
const SPREAD_CASES: (Case & { readonly maxBindingSize: number })[] = [
  { name: "a tile of rows a buffer", rows: [300, 20], chains: 3, maxBindingSize: 4 * 64 * 128 },
  { name: "softmax", rows: [300, 20, 3], chains: 3, maxBindingSize: 4 * 64 * 128 },
  { name: "several partial sums a buffer", rows: [2500, 3], chains: 2, maxBindingSize: 4 * 64 * 1024 },
];

for (const tile of TILE_NAMES) {
  Deno.test(...gpu(`walks follow the definition, ${tile} kernels`), async (t) => {
    await withEngine({ tile }, async (engine) => {
      for (const { name, rows: size, chains, changes } of CASES) {
        await t.step(name, async () => {
          const rows = randomRows(...size);
          await assertFollowsReference(engine, rows, makeWalk(rows, chains, changes));
        });
      }
    });
  });

  Deno.test(...gpu(`rows may be spread over several buffers, ${tile} kernels`), async () => {
    for (const { name, rows: size, chains, maxBindingSize } of SPREAD_CASES) {
      await withEngine({ tile, maxBindingSize }, async (engine) => {
        const rows = randomRows(...size);
        const memory = watchMemory(currentDevice());
        engine.load(rows).dispose();
        memory.stop();
        assert.ok(memory.created > 2, `${name}: not spread`);
        await assertFollowsReference(engine, rows, makeWalk(rows, chains));
      });
    }
  });

  Deno.test(...gpu(`noise is that of fillNormals, number by number, ${tile} kernels`), async () => {
    const dimension = 4001;
    const rows = randomRows(1, dimension);
    const chain = { sigma: 1, cell: 0xdeadbeef, trial: 0xfffffff0 };
    const walk: Omit<Walk, "trainingSet"> = {
      start: new Float32Array(dimension),
      chains: [chain],
      dynamics: { stepSize: 0.5, regularization: 0, clip: 1e-30, clipsRegularizer: false },
      seed: 0xabcdef01,
      steps: 1,
      firstStep: 0x80000003,
    };
    const expected = fillNormals(
      new Float64Array(dimension),
      { seed: walk.seed, cell: chain.cell },
      chain.trial,
      0x80000003,
      Purpose.step,
    );
    await withEngine({ tile }, async (engine) => {
      const actual = await walkRows(engine, rows, walk);
      actual.forEach((x, k) =>
        assert.ok(
          Math.abs(x - expected[k]) < TOLERANCE * Math.abs(expected[k]),
          `normal ${k}: ${x}, not ${expected[k]}`,
        )
      );
    });
  });
}

Deno.test(...gpu("far starts saturate the loss without overflow"), async () => {
  for (const outputs of [1, 4]) {
    const rows = randomRows(50, 9, outputs);
    const walk = makeWalk(rows, 3);
    walk.start.forEach((_, k) => walk.start[k] *= 1e4);
    await withEngine({}, (engine) => assertFollowsReference(engine, rows, walk));
  }
});

Deno.test(...gpu("replaced rows are loaded ones, bit for bit, in several buffers too"), async () => {
  for (const tile of TILE_NAMES) {
    for (const maxBindingSize of [Infinity, 4 * 64 * 128]) {
      await withEngine({ tile, maxBindingSize }, async (engine) => {
        for (const outputs of [1, 3]) {
          const rows = randomRows(200, 11, outputs);
          await assertReplaces(engine, rows, somePlaces(200), makeWalk(rows, 4));
        }
      });
    }
  }
});

Deno.test(...gpu("rows must be as many as they say"), async () => {
  await withEngine({}, (engine) => {
    const rows = randomRows(5, 3);
    const set = engine.load(rows);
    const [features, labels] = [rows.features.subarray(1), rows.labels.subarray(1)];
    for (const change of [{ count: 4 }, { features }, { labels }]) {
      const wrong = { ...rows, ...change };
      const { count, features, labels } = wrong;
      const message = `${count} rows have ${features.length} features and ${labels.length} labels in all`;
      assert.throws(() => engine.load(wrong), { name: "RangeError", message });
      assert.throws(() => engine.replace(set, [0, 1, 2, 3, 4], wrong), { name: "RangeError", message });
    }
  });
});

Deno.test(...gpu("two walks in a row are one walk, bit for bit"), async () => {
  const rows = randomRows(67, 13);
  const walk = { ...makeWalk(rows, 5, { radius: 1.5 }), steps: 9 };
  await withEngine({}, async (engine) => {
    const whole = await walkRows(engine, rows, walk);
    const middle = await walkRows(engine, rows, { ...walk, steps: 4 });
    assert.deepEqual(await walkRows(engine, rows, { ...walk, start: middle, steps: 5, firstStep: 7 + 4 }), whole);
  });
});

Deno.test(...gpu("a chain does the same alone as beside others, bit for bit"), async () => {
  const rows = randomRows(67, 13, 3);
  const walk = makeWalk(rows, 50);
  const size = 13 * 3;
  await withEngine({}, async (engine) => {
    const together = await walkRows(engine, rows, walk);
    for (const j of [0, 1, 49]) {
      const alone = { ...walk, start: walk.start.slice(j * size, (j + 1) * size), chains: [walk.chains[j]] };
      assert.deepEqual(await walkRows(engine, rows, alone), together.slice(j * size, (j + 1) * size));
    }
  });
});

Deno.test(...gpu("a walk without steps or chains returns its start"), async () => {
  const rows = randomRows(5, 3);
  await withEngine({}, async (engine) => {
    const walk = makeWalk(rows, 2);
    assert.deepEqual(await walkRows(engine, rows, { ...walk, steps: 0 }), walk.start);
    assert.deepEqual(await walkRows(engine, rows, makeWalk(rows, 0)), new Float32Array(0));
  });
});

Deno.test(...gpu("steps and trials that have no noise of their own are refused"), async () => {
  const rows = randomRows(5, 3);
  const walk = makeWalk(rows, 1);
  const last = 2 ** 32 - 1;
  const chains = (trial: number) => [{ ...walk.chains[0], trial }];
  await withEngine({}, async (engine) => {
    await assertFollowsReference(engine, rows, { ...walk, chains: chains(last), firstStep: last - 2 });
    for (const change of [{ firstStep: last - 1 }, { chains: chains(last + 1) }, { chains: chains(-1) }]) {
      const message = /^(steps|trials) are numbered .*below 2\^32/;
      await assert.rejects(walkRows(engine, rows, { ...walk, ...change }), { name: "RangeError", message });
    }
  });
});

Deno.test(...gpu("onSteps counts every step"), async () => {
  const rows = randomRows(5, 3);
  const reports: number[] = [];
  const walk = { ...makeWalk(rows, 2), steps: 1000, onSteps: (done: number) => reports.push(done) };
  await withEngine({}, async (engine) => void await walkRows(engine, rows, walk));
  assert.ok(reports.length > 1);
  assert.equal(reports.reduce((sum, done) => sum + done, 0), 1000);
});

Deno.test(...gpu("sizes over the limits are refused with a remedy"), async () => {
  await withEngine({ tile: "direct", maxBindingSize: 64 * 64 * 4 }, async (engine) => {
    const rows = randomRows(5, 60);
    await assert.rejects(walkRows(engine, rows, makeWalk(rows, 100)), {
      name: "CapacityError",
      message: /option maxBindingSize of 16384 bytes: run at most 64 trials at once/,
    });
    await walkRows(engine, rows, makeWalk(rows, 64));
    assert.throws(() => engine.load(randomRows(5, 70)), CapacityError);
    assert.throws(() => engine.load(randomRows(0, 3)), RangeError);
  });
});

Deno.test("of several limits the least is named", () => {
  const message = (maxStorageBufferBindingSize: number, maxBufferSize: number, maxBindingSize?: number) => {
    const limits = new Limits({ maxStorageBufferBindingSize, maxBufferSize }, maxBindingSize);
    assert.equal(limits.fitting(1), 25);
    try {
      limits.require(26, "26 numbers", "take 25");
    } catch (error) {
      return (error as CapacityError).message;
    }
  };
  const expected = (name: string) => `26 numbers take 104 bytes, more than ${name} of 100 bytes: take 25`;
  assert.equal(message(100, 200), expected("the adapter's maxStorageBufferBindingSize"));
  assert.equal(message(200, 100, 300), expected("the adapter's maxBufferSize"));
  assert.equal(message(200, 300, 100), expected("the option maxBindingSize"));
});

Deno.test(...gpu("a training set of another engine or disposed of is refused"), async () => {
  const rows = randomRows(5, 3);
  const walk = makeWalk(rows, 1);
  await withEngine({}, async (engine) => {
    const trainingSet = engine.load(rows);
    await withEngine({}, async (other) => await assert.rejects(other.walk({ ...walk, trainingSet }), TypeError));
    trainingSet.dispose();
    trainingSet.dispose();
    await assert.rejects(engine.walk({ ...walk, trainingSet }), TypeError);
    await assert.rejects(walkRows(engine, rows, { ...walk, start: new Float32Array(2) }), RangeError);
  });
});

Deno.test(...gpu("walks and training sets leave nothing on the device"), async () => {
  await withEngine({}, async (engine) => {
    const memory = watchMemory(currentDevice());
    try {
      const rows = randomRows(67, 13);
      const trainingSet = engine.load(rows);
      const loaded = memory.bytes;
      assert.ok(loaded > 0);
      const replaced = engine.replace(trainingSet, [66, 0], randomRows(2, 13));
      assert.equal(memory.bytes, 2 * loaded);
      replaced.dispose();
      assert.equal(memory.bytes, loaded);
      for (let i = 0; i < 3; i++) await engine.walk({ ...makeWalk(rows, 5), trainingSet });
      const batches = { batchSize: 20, dropsRest: false, orderOf: rowOrders({ seed: 0, cell: 0 }, 67) };
      await engine.walk({ ...makeWalk(rows, 5, { clipsRegularizer: false }), trainingSet, batches });
      assert.equal(memory.bytes, loaded);
      engine.dispose();
      assert.equal(memory.bytes, 0);
    } finally {
      memory.stop();
    }
  });
});

Deno.test(...gpu("a walk that does not fit leaves nothing on the device"), async () => {
  await withEngine({}, async (engine) => {
    const device = currentDevice();
    const memory = watchMemory(device);
    const { popErrorScope } = device;
    try {
      const rows = randomRows(67, 13);
      const trainingSet = engine.load(rows);
      const loaded = memory.bytes;
      const walk = () => engine.walk({ ...makeWalk(rows, 5), trainingSet });
      for (const buffers of [0, 5]) {
        await withRoomFor(buffers, device, () => assert.rejects(walk(), { name: "CapacityError", message: /no room/ }));
        assert.equal(memory.bytes, loaded);
      }
      device.popErrorScope = async () => {
        device.popErrorScope = popErrorScope;
        await popErrorScope.call(device);
        return { message: "full" };
      };
      await assert.rejects(walk(), { name: "CapacityError", message: /too little memory \(full\): advance fewer/ });
      assert.equal(memory.bytes, loaded);
      await walk();
    } finally {
      memory.stop();
      device.popErrorScope = popErrorScope;
    }
  });
});

Deno.test(...gpu("rows that do not fit leave nothing on the device"), async () => {
  await withEngine({ maxBindingSize: 4 * 64 * 64 }, async (engine) => {
    const device = currentDevice();
    const memory = watchMemory(device);
    try {
      const rows = randomRows(200, 11);
      for (const buffers of [0, 1, 2, 3]) {
        await withRoomFor(buffers, device, () => assert.throws(() => engine.load(rows), /no room/));
        assert.equal(memory.bytes, 0);
      }
      const set = engine.load(rows);
      const loaded = memory.bytes;
      const replace = () => engine.replace(set, [0, 70, 130], randomRows(3, 11));
      for (const buffers of [0, 1, 3]) {
        await withRoomFor(buffers, device, () => assert.throws(replace, /no room/));
        assert.equal(memory.bytes, loaded);
      }
      set.dispose();
      assert.equal(memory.bytes, 0);
    } finally {
      memory.stop();
    }
  });
});

Deno.test(...gpu("rows stay until the walks on them end"), async () => {
  const rows = randomRows(67, 13);
  const walk = { ...makeWalk(rows, 5), steps: 20 };
  for (const whose of ["training set", "engine"]) {
    await withEngine({}, async (engine) => {
      const expected = await walkRows(engine, rows, walk);
      const memory = watchMemory(currentDevice());
      try {
        const trainingSet = engine.load(rows);
        const walking = engine.walk({ ...walk, trainingSet });
        (whose === "engine" ? engine : trainingSet).dispose();
        assert.deepEqual(await walking, expected);
        await assert.rejects(engine.walk({ ...walk, trainingSet }), TypeError);
        assert.equal(memory.bytes, 0);
      } finally {
        memory.stop();
      }
    });
  }
});

Deno.test(...gpu("a lost device leaves the last weights to go on with"), async () => {
  const rows = randomRows(67, 13);
  const walk = { ...makeWalk(rows, 5, { radius: 1.5 }), steps: 2000 };
  const engine = await openWebGpuEngine();
  const trainingSet = engine.load(rows);
  const whole = await engine.walk({ ...walk, trainingSet });

  let reported = 0;
  const onSteps = (done: number) => {
    reported += done;
    if (reported > 5) currentDevice().destroy();
  };
  const error = await engine.walk({ ...walk, trainingSet, onSteps }).catch((error) => error);
  assert.ok(error instanceof DeviceLostError);
  assert.ok(reported > 5 && reported < walk.steps);
  assert.equal(error.steps, reported);
  assert.ok(error.message.includes("device was lost") && error.message.includes(`${reported} steps`));

  const again = await engine.walk({ ...walk, trainingSet }).catch((error) => error);
  assert.ok(again instanceof DeviceLostError);
  assert.equal(again.steps, 0);
  assert.deepEqual(again.weights, walk.start);
  assert.throws(() => engine.load(rows), /device was lost/);
  engine.dispose();

  const rest = {
    ...walk,
    start: error.weights,
    steps: walk.steps - error.steps,
    firstStep: walk.firstStep! + error.steps,
  };
  await withEngine({}, async (next) => assert.deepEqual(await walkRows(next, rows, rest), whole));
});

Deno.test(...gpu("TensorFlow.js computes beside a walk"), async () => {
  const rows = randomRows(5, 3);
  await withEngine({}, async (engine) => {
    const sum = tf.tidy(() => tf.add(tf.fill([2000], 2), tf.fill([2000], 3)));
    await walkRows(engine, rows, makeWalk(rows, 2));
    assert.deepEqual(await sum.data(), new Float32Array(2000).fill(5));
    sum.dispose();
  });
});

Deno.test(...gpu("what the device refuses is reported"), async () => {
  const device = await openDevice();
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE;
  await assert.rejects(device.check(() => device.gpu.createBuffer({ size: 4, usage })), /the WebGPU device refused/);
  assert.equal(await device.check(() => 7), 7);
});

/** Opens an engine on a new device that can bind less than a buffer may hold, as not every adapter's does. */
async function openPlainEngineOfBindings(maxStorageBufferBindingSize: number): Promise<Engine> {
  const { gpu } = await openDevice();
  gpu.destroy();
  await gpu.lost;
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = function (descriptor) {
    const requiredLimits = { ...descriptor?.requiredLimits, maxStorageBufferBindingSize };
    return requestDevice.call(this, { ...descriptor, requiredLimits });
  };
  try {
    return await openEngine({ backend: "webgpu", kernels: "plain" });
  } finally {
    GPUAdapter.prototype.requestDevice = requestDevice;
  }
}

Deno.test(...gpu("plain operations fail on what the device cannot bind"), async () => {
  const maxBindingSize = 2 ** 27;
  const engine = await openPlainEngineOfBindings(maxBindingSize);
  assert.equal(currentDevice().limits.maxStorageBufferBindingSize, maxBindingSize);
  const dimension = 1024;
  const count = maxBindingSize / 4 / dimension + 1;
  const features = new Float32Array(count * dimension);
  const rows = { features, labels: new Float32Array(count).fill(1), count, dimension, outputs: 1 };
  await assert.rejects(walkRows(engine, rows, makeWalk(rows, 1)), /the WebGPU device refused/);
});

Deno.test(...gpu("an action that fails is reported, whatever becomes of the verdicts on it"), async () => {
  const device = await openDevice();
  const { popErrorScope } = device.gpu;
  device.gpu.popErrorScope = async () => {
    await popErrorScope.call(device.gpu);
    throw new Error("no verdict");
  };
  try {
    const action = () => {
      throw new Error("a slip");
    };
    await assert.rejects(device.check(action), /a slip/);
    await assert.rejects(device.check(() => 7), /no verdict/);
  } finally {
    device.gpu.popErrorScope = popErrorScope;
  }
});

Deno.test(...gpu("nothing waits for a lost device"), async () => {
  const device = await openDevice();
  const never = () => new Promise<never>(() => {});
  device.gpu.popErrorScope = never;
  const waiting = [device.survive(never()), device.check(() => 7)];
  device.gpu.destroy();
  for (const wait of waiting) await assert.rejects(wait, /device was lost/);
  await assert.rejects(device.survive(never()), /device was lost/);
  await assert.rejects(device.survive(Promise.reject(new Error("late"))), /device was lost/);
});

Deno.test("bursts grow towards a quarter of a second", () => {
  assert.equal(nextBurst(1, 1), 4);
  assert.equal(nextBurst(16, 10), 64);
  assert.equal(nextBurst(400, 10), 512);
  assert.equal(nextBurst(100, 500), 50);
  assert.equal(nextBurst(1, 4000), 1);
});

Deno.test(...gpu("adapters are described, and missed with advice"), async () => {
  const adapter = await describeAdapter();
  assert.ok(adapter !== undefined && adapter.name !== "");
  assert.ok((await openWebGpuEngine()).description.includes(adapter.name));

  const gpu = Object.getOwnPropertyDescriptor(navigator, "gpu");
  Object.defineProperty(navigator, "gpu", {
    value: { requestAdapter: () => Promise.resolve(null) },
    configurable: true,
  });
  try {
    assert.equal(await describeAdapter(), undefined);
    await assert.rejects(openWebGpuEngine(), /no WebGPU adapter: install a Vulkan driver/);
  } finally {
    if (gpu) Object.defineProperty(navigator, "gpu", gpu);
    else delete (navigator as { gpu?: GPU }).gpu;
  }
});
