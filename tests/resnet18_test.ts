import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Extractor, makeExtractor, toInput } from "../core/cifar10/resnet18/extractor.ts";
import { openExtractor } from "../core/cifar10/resnet18/open_extractor.ts";
import { enlarge } from "../core/cifar10/resnet18/resize.ts";
import { randomWeights, selectWeights, type StateDict, TENSOR_SHAPES } from "../core/cifar10/resnet18/weights.ts";
import type { TensorFlowBackend } from "../core/engines/backends.ts";
import { setBackend } from "../core/engines/tensorflow.ts";
import reference from "./fixtures/resnet18/reference.json" with { type: "json" };
import { gpu } from "./helpers/gpu.ts";
import { featureError, syntheticImage } from "./helpers/feature_reference.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const { synthetic } = reference;
const IMAGE = syntheticImage();

Deno.test("the synthetic image is the reference's", () => {
  assert.equal(sha256(IMAGE), synthetic.pixels_sha256);
});

Deno.test("an image is enlarged as Pillow does it, bit for bit", () => {
  const large = enlarge(IMAGE, 32, 224);
  assert.deepEqual([...large.subarray(100 * 224 * 3).subarray(0, 60)], synthetic.resized_row100_first20.flat());
  assert.equal(sha256(large), synthetic.resized_sha256);
  assert.deepEqual(enlarge(IMAGE, 32, 32), IMAGE);
  assert.throws(() => enlarge(IMAGE, 31, 224), RangeError);
  assert.throws(() => enlarge(IMAGE, 32, 16), /cannot be enlarged to 16/);
});

Deno.test("pixels are normalised as torchvision does it", () => {
  const input = toInput(IMAGE);
  assert.deepEqual([0, 3, 6, 9, 12].map((i) => input[i]), synthetic.input_first5.map(Math.fround));
  synthetic.input_sum_per_channel.forEach((expected, channel) => {
    const sum = input.reduce((sum, x, i) => i % 3 === channel ? sum + x : sum, 0);
    assert.ok(Math.abs(sum / expected - 1) < 1e-6, `${sum} and ${expected}`);
  });
  assert.throws(() => toInput(IMAGE.subarray(1)), RangeError);
});

Deno.test("the untrained weights of seed 0 are the reference's, those of seed 1 are not", () => {
  const hash = createHash("sha256");
  const weights = randomWeights(0);
  for (const { data } of weights.values()) hash.update(new Uint8Array(data.buffer));
  assert.equal(hash.digest("hex"), reference.weights.sha256);
  for (const [name, first3] of Object.entries(reference.weights.first3)) {
    assert.deepEqual(weights.get(name)!.data.slice(0, 3), Float32Array.from(first3), name);
  }
  assert.notDeepEqual(randomWeights(1).get("bn1.weight"), weights.get("bn1.weight"));
});

for (const backend of ["wasm", "webgpu"] satisfies TensorFlowBackend[]) {
  Deno.test(...gpu(`features on ${backend} are torchvision's`, backend === "webgpu"), async () => {
    const extractor = await openExtractor(randomWeights(0), { backend, threads: 1 });
    const error = featureError(await extractor.extract(IMAGE), synthetic.features);
    assert.ok(error < 2e-6, `relative error ${error}`);
    extractor.dispose();
  });
}

/** An image, and the same upside down. */
const TWO_IMAGES = Uint8Array.from([...IMAGE, ...IMAGE.toReversed()]);

Deno.test("features of an image are the same alone and beside others, on one thread and on two", async () => {
  const weights = randomWeights(0);
  await setBackend("wasm");
  const extractor = makeExtractor(weights);
  const together = await extractor.extract(TWO_IMAGES);
  assert.deepEqual(await extractor.extract(IMAGE), together.subarray(0, 512));
  assert.notDeepEqual(together.subarray(512), together.subarray(0, 512));
  extractor.dispose();
  const pool: Extractor = await openExtractor(weights, { backend: "wasm", threads: 2 });
  assert.deepEqual(await pool.extract(TWO_IMAGES), together);
  assert.deepEqual(await pool.extract(IMAGE), together.subarray(0, 512));
  pool.dispose();
});

Deno.test("an extractor leaves no tensors behind", async () => {
  await setBackend("wasm");
  const before = tf.memory().numTensors;
  const extractor = makeExtractor(randomWeights(0));
  const loaded = tf.memory().numTensors;
  await extractor.extract(IMAGE);
  assert.equal(tf.memory().numTensors, loaded);
  extractor.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a thread that fails says so", async () => {
  const pool = await openExtractor(new Map(), { backend: "wasm", threads: 2 });
  await assert.rejects(pool.extract(IMAGE), /a thread failed/);
  pool.dispose();
});

Deno.test("weights that are not a ResNet-18's are refused", () => {
  const weights = new Map(
    [...TENSOR_SHAPES].map((
      [name, shape],
    ) => [name, { shape, data: new Float32Array(shape.reduce((n, k) => n * k, 1)) }]),
  );
  const withTensor = (name: string, tensor?: Partial<ReturnType<StateDict["get"]>>): StateDict => {
    const changed = new Map<string, NonNullable<ReturnType<StateDict["get"]>>>(weights);
    if (tensor) changed.set(name, { ...weights.get(name)!, ...tensor });
    else changed.delete(name);
    return changed;
  };
  assert.deepEqual([...selectWeights(withTensor("fc.weight", { shape: [0], data: new Float32Array() })).keys()], [
    ...TENSOR_SHAPES.keys(),
  ]);
  const cases: [StateDict, RegExp][] = [
    [withTensor("layer4.1.bn2.bias"), /layer4.1.bn2.bias is missing/],
    [withTensor("bn1.bias", { shape: [8, 8] }), /bn1.bias has the shape \(8,8\), that of a ResNet-18 has \(64\)/],
    [withTensor("bn1.bias", { data: new Float64Array(64) }), /bn1.bias is not of float32/],
    [
      withTensor("bn1.bias", { data: new Float32Array(64).fill(NaN, 63) }),
      /bn1.bias holds a number that is not finite/,
    ],
    [withTensor("bn1.running_var", { data: new Float32Array(64).fill(-1) }), /bn1.running_var holds a negative/],
  ];
  for (const [tensors, message] of cases) assert.throws(() => selectWeights(tensors), message);
});
