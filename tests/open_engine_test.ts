import assert from "node:assert/strict";
import { type EngineChoice, fastestBackend, openEngine } from "../core/engines/open_engine.ts";
import { makeRequest, makeRows, walkRows } from "./helpers/scenarios.ts";

Deno.test("auto computes on the CPU where a GPU does not start", async () => {
  const { requestAdapter } = navigator.gpu;
  const { error } = console;
  const complaints: string[] = [];
  const info = { description: "A GPU", vendor: "", isFallbackAdapter: false };
  const broken = { info, features: new Set(), limits: {}, requestDevice: () => Promise.reject(new Error("broken")) };
  navigator.gpu.requestAdapter = () => Promise.resolve(broken as unknown as GPUAdapter);
  console.error = (text) => complaints.push(String(text));
  try {
    const engine = await openEngine();
    assert.match(engine.description, /^CPU through WebAssembly/);
    engine.dispose();
  } finally {
    navigator.gpu.requestAdapter = requestAdapter;
    console.error = error;
  }
  assert.match(complaints.at(-1) ?? "", /^warning: the GPU does not start \(.*\); the CPU computes instead$/);
});

Deno.test("an adapter is looked for where one may be used, and once", async () => {
  const { requestAdapter } = navigator.gpu;
  let looks = 0;
  navigator.gpu.requestAdapter = () => {
    looks++;
    return Promise.resolve(null);
  };
  const looksOf = async (choice: EngineChoice) => {
    looks = 0;
    (await openEngine(choice)).dispose();
    return looks;
  };
  try {
    assert.equal(await looksOf({ backend: "wasm" }), 0);
    assert.equal(await looksOf({ backend: "cpu" }), 0);
    assert.equal(await looksOf({}), 1);
    assert.equal(await looksOf({ backend: "auto" }), 0);
    assert.equal(await fastestBackend(), "wasm");
    await assert.rejects(openEngine({ backend: "webgpu" }), /no WebGPU adapter/);
    assert.equal(looks, 0);
  } finally {
    navigator.gpu.requestAdapter = requestAdapter;
  }
});

Deno.test("an array for which JavaScript has no memory is a CapacityError", async () => {
  const engine = await openEngine({ backend: "cpu", kernels: "plain" });
  const shape = { count: 3, dimension: 2, outputs: 1, chains: 4 };
  for (const length of [2 ** 40, 2 ** 60]) {
    const request = makeRequest(shape, { onSteps: () => void new Float32Array(length) });
    await assert.rejects(walkRows(engine, makeRows(shape), request), {
      name: "CapacityError",
      message: /^JavaScript has no memory for a walk of 4 chains: advance fewer trials at once \(.*\)$/,
    });
  }
  const rows = makeRows(shape);
  const huge = {
    ...rows,
    get features(): Float32Array<ArrayBuffer> {
      return new Float32Array(2 ** 40);
    },
  };
  const set = engine.load(rows);
  const refusal = { name: "CapacityError", message: /^JavaScript has no memory for 3 rows: learn fewer \(.*\)$/ };
  assert.throws(() => engine.load(huge), refusal);
  assert.throws(() => engine.replace(set, [0, 1, 2], huge), refusal);
  const failing = makeRequest(shape, { onSteps: () => assert.fail("another reason") });
  await assert.rejects(walkRows(engine, makeRows(shape), failing), /another reason/);
  engine.dispose();
});
