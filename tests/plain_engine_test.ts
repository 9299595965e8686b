import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { openPlainEngine } from "../core/engines/plain_engine.ts";
import type { TensorFlowBackend } from "../core/engines/backends.ts";
import { setBackend } from "../core/engines/tensorflow.ts";
import { gpu } from "./helpers/gpu.ts";
import { referenceSteps } from "./helpers/reference_step.ts";
import { DYNAMICS_VARIANTS, makeRequest, makeRows, relativeError, SHAPES, walkRows } from "./helpers/scenarios.ts";

for (const backend of ["cpu", "wasm", "webgpu"] satisfies TensorFlowBackend[]) {
  for (const [name, dynamics] of Object.entries(DYNAMICS_VARIANTS)) {
    const title = `plain operations on ${backend} agree with the paper's step: ${name}`;
    Deno.test(...gpu(title, backend === "webgpu"), async () => {
      const engine = openPlainEngine(await setBackend(backend));
      for (const shape of SHAPES) {
        const rows = makeRows(shape);
        const request = makeRequest(shape, { dynamics });
        const error = relativeError(await walkRows(engine, rows, request), referenceSteps(rows, request));
        assert.ok(error < 2e-6 * request.steps, `${JSON.stringify(shape)}: relative error ${error}`);
      }
    });
  }
}

const SHAPE = SHAPES[1];

Deno.test("a chain draws the same noise alone and beside others, in one walk or two", async () => {
  const engine = openPlainEngine(await setBackend("cpu"));
  const rows = makeRows(SHAPE);
  const request = makeRequest(SHAPE);
  const together = await walkRows(engine, rows, request);
  const [chain] = [4];
  const own = (weights: Float32Array) => weights.slice(chain * SHAPE.dimension, (chain + 1) * SHAPE.dimension);
  const alone = { ...request, start: own(request.start), chains: [request.chains[chain]] };
  const whole = await walkRows(engine, rows, alone);
  assert.ok(relativeError(whole, own(together)) < 1e-6);
  const half = await walkRows(engine, rows, { ...alone, steps: 1 });
  assert.deepEqual(await walkRows(engine, rows, { ...alone, start: half, steps: 2, firstStep: 5 }), whole);
});

Deno.test("steps leave no tensors behind", async () => {
  const engine = openPlainEngine(await setBackend("cpu"));
  const rows = makeRows(SHAPE);
  await walkRows(engine, rows, makeRequest(SHAPE));
  const before = tf.memory().numTensors;
  await walkRows(engine, rows, makeRequest(SHAPE, { steps: 100 }));
  assert.equal(tf.memory().numTensors, before);
  engine.replace(engine.load(rows), [3, 0], makeRows({ ...SHAPE, count: 2 }));
  engine.dispose();
  assert.equal(tf.memory().numTensors, before);
});
