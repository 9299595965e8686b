import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { loadMnist, readMnist } from "../core/mnist.ts";
import { spectralCurvature } from "../core/problem.ts";

Deno.test("the files are MNIST's", async () => {
  const files = await readMnist();
  const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
  assert.equal(md5(files.trainImages), "6bbc9ace898e44ae57da46a324031adb");
  assert.equal(md5(files.trainLabels), "a25bea736e30d166cdddb491f175f624");
  assert.equal(md5(files.testImages), "2646ac647ad5339dbf082846283269ea");
  assert.equal(md5(files.testLabels), "27ae3e4e09519cfbb04c329615203637");
});

Deno.test("3 against 8 has the original's rows in the original's order", async () => {
  const { train, test } = await loadMnist();
  assert.deepEqual([train.count, train.dimension, train.outputs], [11982, 784, 1]);
  assert.deepEqual([test.count, test.dimension, test.outputs], [1984, 784, 1]);
  const threes = (labels: Float32Array) => labels.filter((label) => label === 1).length;
  assert.equal(threes(train.labels), 6131);
  assert.equal(threes(test.labels), 1010);
  assert.ok(train.labels.every((label, row) => label === (row < 6131 ? 1 : -1)), "all 3's come first");
  assert.ok(test.labels.indexOf(-1) < test.labels.lastIndexOf(1), "test rows keep the order of the file");
  for (const { features, count, dimension } of [train, test]) {
    for (let row = 0; row < count; row++) {
      const squares = features.subarray(row * dimension, (row + 1) * dimension).reduce((sum, x) => sum + x * x, 0);
      assert.ok(Math.abs(squares - 1) < 1e-5);
    }
  }
});

Deno.test("a row is its pixels, shifted and scaled", async () => {
  const [{ train }, files] = await Promise.all([loadMnist(), readMnist()]);
  const first = files.trainLabels.subarray(8).indexOf(3);
  const pixels = [...files.trainImages.subarray(16 + first * 784, 16 + (first + 1) * 784)].map((pixel) =>
    pixel / 255 - 0.5
  );
  const norm = Math.hypot(...pixels);
  pixels.forEach((pixel, k) => assert.ok(Math.abs(train.features[k] - pixel / norm) < 1e-7));
});

Deno.test("the spectral smoothness constant is the published run's", async () => {
  const { train } = await loadMnist();
  // The run's log shows 0.19470058990192413 and, with the eigenvalue in float32, 0.19470056009960174.
  assert.ok(Math.abs(spectralCurvature(train) + 1e-6 * train.count - 0.1947005750) < 6e-8);
});
