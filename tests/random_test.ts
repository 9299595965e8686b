import assert from "node:assert/strict";
import { cellId, fillNormals, philox, Purpose } from "../core/model/random.ts";
import { replacementRows } from "../core/model/removal.ts";

Deno.test("Philox4x32-10 gives the published answers", () => {
  const answers: [counter: number[], key: [number, number], words: number[]][] = [
    [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [[-1, -1, -1, -1], [-1, -1], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  for (const [counter, [key0, key1], words] of answers) {
    assert.deepEqual([...philox(Uint32Array.from(counter), key0 >>> 0, key1 >>> 0)], words);
  }
});

/** The standard normal distribution function, by Simpson's rule from 0 in steps below 0.005. */
function normalDistribution(x: number): number {
  const pieces = 2 * Math.ceil(Math.abs(x) / 0.01 + 1);
  const width = x / pieces;
  let sum = 0;
  for (let i = 0; i <= pieces; i++) {
    const weight = i === 0 || i === pieces ? 1 : i % 2 ? 4 : 2;
    sum += weight * Math.exp(-((i * width) ** 2) / 2);
  }
  return 0.5 + sum * width / 3 / Math.sqrt(2 * Math.PI);
}

Deno.test("a million normals have the normal's moments and distribution", () => {
  const n = 1_000_000;
  const draws = new Float64Array(n);
  for (let trial = 0; trial < 1000; trial++) {
    fillNormals(draws.subarray(trial * 1000, (trial + 1) * 1000), { seed: 3, cell: 4 }, trial, 5, Purpose.step);
  }
  // Four standard errors: those of the mean, the variance and the fourth moment are 1, √2 and √96 over √n.
  const moment = (k: number) => draws.reduce((sum, x) => sum + x ** k, 0) / n;
  assert.ok(Math.abs(moment(1)) < 4 / Math.sqrt(n));
  assert.ok(Math.abs(moment(2) - 1) < 4 * Math.SQRT2 / Math.sqrt(n));
  assert.ok(Math.abs(moment(3)) < 4 * Math.sqrt(15) / Math.sqrt(n));
  assert.ok(Math.abs(moment(4) - 3) < 4 * Math.sqrt(96) / Math.sqrt(n));

  // Kolmogorov and Smirnov's distance at every thousandth draw; √n·D exceeds 1.95 once in a thousand times.
  draws.sort();
  let distance = 0;
  for (let i = 500; i < n; i += 1000) {
    distance = Math.max(distance, Math.abs((i + 0.5) / n - normalDistribution(draws[i])));
  }
  assert.ok(distance < 1.95 / Math.sqrt(n), `D = ${distance}`);
});

Deno.test("every part of a name changes the draw, and a name draws the same again", () => {
  const draw = (seed: number, cell: number, trial: number, step: number, purpose: number) =>
    fillNormals(new Float32Array(8), { seed, cell }, trial, step, purpose).join();
  const names = [[0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]];
  const draws = names.map((name) => draw(...name as [number, number, number, number, number]));
  assert.equal(new Set(draws).size, names.length);
  assert.equal(draw(0, 0, 0, 0, 0), draws[0]);
});

Deno.test("the first normals of a longer draw are those of a shorter one", () => {
  const draw = (length: number) => fillNormals(new Float64Array(length), { seed: 1, cell: 2 }, 3, 4, Purpose.step);
  assert.deepEqual(draw(101).slice(0, 7), draw(7));
});

Deno.test("names of cells are FNV-1a", () => {
  assert.equal(cellId(""), 0x811c9dc5);
  assert.equal(cellId("foobar"), 0xbf9cf968);
});

Deno.test("replacement rows have norm 1, fair labels and isotropic features", () => {
  const { features, labels } = replacementRows(2000, { dimension: 50, outputs: 1 }, {
    seed: 0,
    cell: cellId("removed"),
  });
  for (let row = 0; row < 2000; row++) {
    const norm = Math.hypot(...features.subarray(row * 50, (row + 1) * 50));
    assert.ok(Math.abs(norm - 1) < 1e-6);
  }
  const sum = labels.reduce((total, label) => total + label, 0);
  assert.ok(labels.every((label) => Math.abs(label) === 1) && Math.abs(sum) < 4 * Math.sqrt(2000));
  // The mean of 100000 coordinates of variance 1/50, within four standard errors.
  const mean = features.reduce((total, x) => total + x, 0) / features.length;
  assert.ok(Math.abs(mean) < 4 * Math.sqrt(1 / 50 / features.length));
});
