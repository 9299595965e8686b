import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import assert from "node:assert/strict";
import { groupedEngine } from "../core/engines/grouped_engine.ts";
import type { Rows } from "../core/model/rows.ts";
import { CapacityError, checkWalk, type Engine, type Walk, withWalk } from "../core/engines/engine.ts";
import type { Journal } from "../core/runs/journal.ts";
import type { BackendName, Kernels } from "../core/engines/backends.ts";
import { openEngine } from "../core/engines/open_engine.ts";
import { openWasmEngine } from "../core/engines/wasm_engine.ts";
import { reopenedEngine } from "../core/engines/reopened_engine.ts";
import { type Keeping, resumableEngine } from "../core/runs/resumable_engine.ts";
import { DeviceLostError } from "../core/engines/webgpu/device_lost_error.ts";
import { blas } from "./helpers/blas.ts";
import { gpu } from "./helpers/gpu.ts";
import { makeBatchRequest, makeChains, makeRequest, makeRows, type Shape, someBatches } from "./helpers/scenarios.ts";

const SHAPE = { count: 301, dimension: 37, outputs: 1, chains: 21 };
const MULTICLASS = { count: 205, dimension: 13, outputs: 5, chains: 9 };

/** Eleven pieces of at most eight steps. */
const STEPS = 83;

/** A journal in memory. */
function memoryJournal(): Journal & { readonly entries: Map<string, Uint8Array<ArrayBuffer>> } {
  const entries = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    entries,
    read: (name) => entries.get(name),
    write(name, content) {
      entries.set(name, typeof content === "string" ? new TextEncoder().encode(content) : Uint8Array.from(content));
    },
  };
}

/** Often enough that every piece is kept. */
const always = (signal = new AbortController().signal): Keeping => ({ checkpointSeconds: 1e-9, signal });

/** An engine that does something after each walk. */
const after = (engine: Engine, act: (walk: Walk) => void): Engine => ({
  ...{ description: engine.description, kind: engine.kind, dispose: () => engine.dispose() },
  load: (rows) => engine.load(rows),
  replace: (set, positions, rows) => engine.replace(set, positions, rows),
  walk: async (walk) => {
    const weights = await engine.walk(walk);
    act(walk);
    return weights;
  },
});

const engines = [
  ...[["wasm", "fused"], ["cpu", "plain"], ["wasm", "plain"], ["webgpu", "fused"], ["blas", "fused"]] as const,
];
for (const [backend, kernels] of engines) {
  for (const shape of [SHAPE, MULTICLASS]) {
    for (const takesBatches of backend === "webgpu" || backend === "blas" ? [false] : [false, true]) {
      const title = `interrupted, resumed and split walks are the same bits: ${backend}, ${kernels}, ${shape.outputs}` +
        (takesBatches ? ", over batches" : "");
      const named = backend === "blas" ? blas(title) : gpu(title, backend === "webgpu");
      Deno.test(...named, () => assertResumes(backend, kernels, shape, takesBatches));
    }
  }
}

async function assertResumes(
  backend: BackendName,
  kernels: Kernels,
  shape: Shape,
  takesBatches: boolean,
): Promise<void> {
  const engine = await openEngine({ backend, kernels });
  const trainingSet = engine.load(makeRows(shape));
  const request = takesBatches
    ? makeBatchRequest(shape, someBatches(shape)[3], { steps: STEPS })
    : makeRequest(shape, { steps: STEPS });
  const clipsRegularizer = shape.outputs === 1 && !takesBatches;
  const walk = { trainingSet, ...request, dynamics: { ...request.dynamics, clipsRegularizer } };
  const whole = await engine.walk(walk);

  const journal = memoryJournal();
  let interruptions = 0;
  let done = 0;
  for (const most of [Infinity, 4, 1, 8, 5, 3, 20, 2, 9, 7, 6, 10]) {
    const controller = new AbortController();
    const stopping = after(groupedEngine(engine, most), () => controller.abort(new Error("stop")));
    done = 0;
    const onSteps = (steps: number) => done += steps;
    const walking = resumableEngine(stopping, journal, always(controller.signal)).walk({ ...walk, onSteps });
    const weights = await walking.catch((error) => assert.equal(error.message, "stop"));
    if (!weights) {
      interruptions++;
      continue;
    }
    assert.deepEqual(weights, whole);
  }
  assert.equal(interruptions, 10);
  assert.ok(Math.abs(done - STEPS) < 1e-9);
  engine.dispose();
}

/** An engine that adds 1 to every weight in each step, and the numbers of the steps that it took. */
function counter(most = Infinity): Engine & { readonly taken: number[] } {
  const taken: number[] = [];
  return {
    ...{ description: "counter", kind: "counter", taken, dispose: () => {} },
    load: (rows: Rows) => ({ ...rows, dispose: () => {} }),
    replace: (set) => set,
    walk({ start, chains, steps, firstStep = 0, onSteps }) {
      if (chains.length > most) return Promise.reject(new CapacityError(`more than ${most} chains`));
      for (let step = firstStep; step < firstStep + steps; step++) taken.push(step);
      onSteps?.(steps);
      return Promise.resolve(start.map((weight) => weight + steps));
    },
  };
}

const ROWS = makeRows({ count: 4, dimension: 2, outputs: 1 });
const start = new Float32Array(6);
const makeWalk = (engine: Engine, changes: Partial<Walk> = {}): Walk => ({
  ...makeRequest({ count: 4, dimension: 2, outputs: 1, chains: 3 }, { start, steps: 40, firstStep: 0 }),
  trainingSet: engine.load(ROWS),
  ...changes,
});

Deno.test("a finished walk is not computed again, and walks are told apart by their order", async () => {
  const journal = memoryJournal();
  const engine = counter();
  const walkTwice = async () => {
    const resumable = resumableEngine(engine, journal, always());
    return [await resumable.walk(makeWalk(engine)), await resumable.walk(makeWalk(engine, { steps: 3 }))];
  };
  const first = await walkTwice();
  assert.deepEqual(first.map(([weight]) => weight), [40, 3]);
  assert.deepEqual(engine.taken, [...Array(40).keys(), 0, 1, 2]);
  assert.deepEqual(await walkTwice(), first);
  assert.equal(engine.taken.length, 43);
  assert.deepEqual([...journal.entries.keys()], ["walk0", "walk1"]);
});

Deno.test("a state of another walk is refused", async () => {
  const engine = counter();
  for (const damage of [new Uint8Array(0), new Uint8Array(3), new Uint8Array(4 + 23), new Uint8Array(28).fill(255)]) {
    const journal = memoryJournal();
    journal.write("walk0", damage);
    const walking = resumableEngine(engine, journal, always()).walk(makeWalk(engine));
    await assert.rejects(walking, /walk0 of the unfinished run is damaged.*--fresh 1/);
  }
});

Deno.test("a chain that is not finite stops the run with cell, trial and step, and is not kept", async () => {
  const engine = after(counter(), () => {});
  const chains = makeChains(3).map((chain, i) => ({ ...chain, name: "MNIST/a/b.npy", trial: 10 + i }));
  for (const bad of [NaN, Infinity, -Infinity]) {
    const journal = memoryJournal();
    const spoiled: Engine = {
      ...engine,
      walk: async (walk) => {
        const weights = await engine.walk(walk);
        if (walk.firstStep! > 0) weights[3] = bad;
        return weights;
      },
    };
    const walking = resumableEngine(spoiled, journal, always()).walk(makeWalk(engine, { chains }));
    await assert.rejects(walking, /^Error: MNIST\/a\/b.npy, trial 11: the weights are not finite after step \d+/);
    assert.equal(new Float32Array(journal.read("walk0")!.buffer, 4)[3], 8);
  }
});

Deno.test("chains that do not fit are halved until they do, and what cannot fit fails", async () => {
  const chains = makeChains(100);
  const walk = (engine: Engine) => makeWalk(engine, { chains, start: Float32Array.from({ length: 200 }, (_, i) => i) });
  const engine = counter(30);
  let done = 0;
  const weights = await groupedEngine(engine).walk({ ...walk(engine), onSteps: (steps) => done += steps });
  assert.deepEqual(weights, Float32Array.from({ length: 200 }, (_, i) => i + 40));
  assert.ok(Math.abs(done - 40) < 1e-9);
  assert.equal(engine.taken.length, 4 * 40);
  await assert.rejects(groupedEngine(counter(0)).walk(walk(engine)), CapacityError);
});

Deno.test("a walk that is not as it should be is refused at once", async () => {
  let calls = 0;
  const engine = withWalk(counter(), async (walk) => {
    calls++;
    checkWalk(walk);
    return await Promise.resolve(walk.start);
  });
  const wrong = makeWalk(engine, { firstStep: 2 ** 32 });
  await assert.rejects(groupedEngine(engine).walk(wrong), { name: "RangeError", message: /below 2\^32/ });
  assert.equal(calls, 1);
});

Deno.test("rows for which a device has no room are not put there again", async () => {
  let calls = 0;
  const load = () => {
    calls++;
    throw new CapacityError("too many rows");
  };
  const engine = await reopenedEngine(() => Promise.resolve({ ...counter(), load }));
  await assert.rejects(engine.walk(makeWalk(engine)), /^CapacityError: too many rows/);
  assert.equal(calls, 1);
});

/** Opens engines of which the first ones lose their device three steps after a walk's step `from`, or while loading. */
function losing(losses: number, from = 0) {
  let opened = 0;
  const taken: number[] = [];
  const open = (): Promise<Engine> => {
    opened++;
    const engine = counter();
    return Promise.resolve({
      ...engine,
      load(rows) {
        if (opened <= losses && from === 0 && opened % 2 === 0) {
          throw new DeviceLostError(new Float32Array(), 0, "while loading");
        }
        return engine.load(rows);
      },
      walk: async (walk) => {
        const loses = opened <= losses && walk.firstStep! >= from;
        const steps = loses ? Math.min(3, walk.steps) : walk.steps;
        const weights = await engine.walk({ ...walk, steps });
        taken.push(...engine.taken.splice(0));
        if (loses) throw new DeviceLostError(weights, steps, "while walking");
        return weights;
      },
    });
  };
  return { open, taken, opened: () => opened };
}

Deno.test("a lost device is opened again up to three times, and the chains go on from the last state", async () => {
  for (const losses of [0, 1, 2, 3]) {
    const { open, taken, opened } = losing(losses);
    const messages: string[] = [];
    const engine = await reopenedEngine(open, (message) => messages.push(message));
    const weights = await engine.walk(makeWalk(engine));
    assert.deepEqual(weights, start.map(() => 40));
    assert.deepEqual(taken, [...Array(40).keys()]);
    assert.equal(opened(), 1 + losses);
    assert.equal(messages.length, losses);
  }
});

Deno.test(...gpu("a WebGPU device that is lost within a walk and one lost between walks change no bit"), async () => {
  const engine = await reopenedEngine(() => openEngine({ backend: "webgpu" }));
  const walk = { trainingSet: engine.load(makeRows(SHAPE)), ...makeRequest(SHAPE, { steps: 600 }) };
  const whole = await engine.walk(walk);
  const lose = () => (tf.backend() as WebGPUBackend).device.destroy();
  let done = 0;
  const onSteps = (steps: number) => {
    if (done <= 5 && done + steps > 5) lose();
    done += steps;
  };
  assert.deepEqual(await engine.walk({ ...walk, onSteps }), whole);
  assert.equal(done, 600);
  const replace = () => engine.replace(walk.trainingSet, [300, 0, 7], makeRows({ ...SHAPE, count: 3 }));
  const remaining = await engine.walk({ ...walk, trainingSet: replace() });
  lose();
  assert.deepEqual(await engine.walk({ ...walk, trainingSet: replace() }), remaining);
  engine.dispose();
});

Deno.test("a device lost too often ends the run with its state in the journal", async () => {
  const { open } = losing(Infinity, 8);
  const journal = memoryJournal();
  const engine = resumableEngine(await reopenedEngine(open), journal, always());
  await assert.rejects(engine.walk(makeWalk(engine)), /lost 4 times.*same command again/);
  assert.equal(new DataView(journal.read("walk0")!.buffer).getUint32(0, true), 8);

  const again = resumableEngine(await reopenedEngine(losing(0).open), journal, always());
  assert.deepEqual(await again.walk(makeWalk(again)), start.map(() => 40));
});

Deno.test("a device of another kind does not go on", async () => {
  const { open } = losing(1);
  let kind = 0;
  const engine = await reopenedEngine(async () => ({ ...await open(), kind: `kind ${kind++}` }));
  await assert.rejects(engine.walk(makeWalk(engine)), /kind 1 is not the same: was kind 0/);
});

Deno.test("rows replaced on a lost device are replaced on the next", async () => {
  const seen: (readonly number[])[] = [];
  let lost = false;
  const open = (): Promise<Engine> => {
    const engine = counter();
    return Promise.resolve({
      ...engine,
      replace(set, positions, rows) {
        seen.push([set.count, ...positions, rows.count]);
        return set;
      },
      walk(walk) {
        if (lost) return engine.walk(walk);
        lost = true;
        return Promise.reject(new DeviceLostError(walk.start, 0, "gone"));
      },
    });
  };
  const engine = await reopenedEngine(open);
  const base = engine.load(ROWS);
  const remaining = engine.replace(base, [3, 0], makeRows({ count: 2, dimension: 2, outputs: 1 }));
  assert.deepEqual(await engine.walk(makeWalk(engine, { trainingSet: remaining })), start.map(() => 40));
  assert.deepEqual(seen, [[4, 3, 0, 2], [4, 3, 0, 2]]);
  assert.equal(remaining.count, 4);
});

Deno.test("rows replaced on another set outlive it, which leaves nothing on the device", async () => {
  const wasm = await openWasmEngine({ threads: 1 });
  const engine = await reopenedEngine(() => Promise.resolve(wasm));
  const base = engine.load(ROWS);
  const remaining = engine.replace(base, [3, 0], makeRows({ count: 2, dimension: 2, outputs: 1 }));
  base.dispose();
  await engine.walk(makeWalk(engine, { trainingSet: remaining }));
  remaining.dispose();
  assert.equal(wasm.usedBytes, 0);
  engine.dispose();
});
