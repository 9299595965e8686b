import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { loadMnist, loadMnistMulti, readMnist } from "../core/datasets/mnist.ts";
import { spectralCurvature } from "../core/model/curvature.ts";

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
  for (const { features, count, dimension } of [train, test]) {
    for (let row = 0; row < count; row++) {
      const squares = features.subarray(row * dimension, (row + 1) * dimension).reduce((sum, x) => sum + x * x, 0);
      assert.ok(Math.abs(squares - 1) < 1e-5);
    }
  }
});

Deno.test("every row is its pixels, shifted and scaled, in the order of the files", async () => {
  const [{ train, test }, files] = await Promise.all([loadMnist(), readMnist()]);
  const positions = (labels: Uint8Array, digit: number) =>
    [...labels.subarray(8).keys()].filter((position) => labels[8 + position] === digit);
  const trainOrder = [...positions(files.trainLabels, 3), ...positions(files.trainLabels, 8)];
  const testOrder = [...positions(files.testLabels, 3), ...positions(files.testLabels, 8)].sort((a, b) => a - b);
  const sides = [
    { rows: train, images: files.trainImages, labels: files.trainLabels, order: trainOrder },
    { rows: test, images: files.testImages, labels: files.testLabels, order: testOrder },
  ];
  for (const { rows, images, labels, order } of sides) {
    assert.equal(order.length, rows.count);
    order.forEach((position, row) => {
      assert.equal(rows.labels[row], labels[8 + position] === 3 ? 1 : -1);
      const pixels = images.subarray(16 + position * 784, 16 + (position + 1) * 784);
      const norm = Math.sqrt(pixels.reduce((sum, pixel) => sum + (pixel / 255 - 0.5) ** 2, 0));
      const difference = pixels.reduce(
        (largest, pixel, k) => Math.max(largest, Math.abs(rows.features[row * 784 + k] - (pixel / 255 - 0.5) / norm)),
        0,
      );
      assert.ok(difference < 1e-7, `row ${row} differs by ${difference}`);
    });
  }
});

Deno.test("the spectral smoothness constant is the published run's", async () => {
  const { train } = await loadMnist();
  // The run's log shows 0.19470058990192413, and 0.19470056009960174 where the data stayed in float32.
  assert.ok(Math.abs(spectralCurvature(train) + 1e-6 * train.count - 0.19470058990192413) < 5e-8);
});

Deno.test("the spectral smoothness constant is right where every row, or nearly, is orthogonal to (1, …, 1)", () => {
  const labels = new Float32Array(10).fill(1);
  for (const along of [0, 1]) {
    const features = Float32Array.from({ length: 20 }, (_, i) => i % 2 === 0 || i >= 20 - 2 * along ? 1 : -1)
      .map((x) => x * Math.SQRT1_2);
    const curvature = spectralCurvature({ features, labels, count: 10, dimension: 2, outputs: 1 });
    assert.ok(Math.abs(curvature - (10 - along) / 10 / 4) < 1e-7, `${curvature}`);
  }
});

Deno.test("all ten digits keep the order of the files", async () => {
  const [{ train, test, classNames }, files] = await Promise.all([loadMnistMulti(), readMnist()]);
  assert.deepEqual(classNames, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  const sides = [
    { rows: train, count: 60000, images: files.trainImages, digits: files.trainLabels.subarray(8) },
    { rows: test, count: 10000, images: files.testImages, digits: files.testLabels.subarray(8) },
  ];
  for (const { rows, count, images, digits } of sides) {
    assert.deepEqual([rows.count, rows.dimension, rows.outputs], [count, 784, 10]);
    assert.ok(rows.labels.every((label, i) => label === (digits[Math.floor(i / 10)] === i % 10 ? 1 : 0)));
    for (const row of [0, 1, count - 1]) {
      const pixels = Array.from(images.subarray(16 + row * 784, 16 + (row + 1) * 784), (pixel) => pixel / 255 - 0.5);
      const norm = Math.hypot(...pixels);
      pixels.forEach((x, k) => assert.ok(Math.abs(rows.features[row * 784 + k] - x / norm) < 1e-7));
    }
  }
});
