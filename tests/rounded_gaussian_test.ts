/**
 * The noise of certified walks: known answers, and its law against exact probabilities. Keys are fixed, so that what
 * passes passes always.
 */
import assert from "node:assert/strict";
import { type Keystream, keystream } from "../core/walk/keystream.ts";
import { roundedGaussian } from "../core/walk/rounded_gaussian.ts";
import golden from "./fixtures/discrete-walk.json" with { type: "json" };
import { roundedPmf, twoTails } from "./helpers/rounded_law.ts";
import { SOAK } from "./helpers/soak.ts";

const keyFrom = (first: number) => Uint8Array.from({ length: 32 }, (_, i) => first + i);

/** Words of a key, so many at a time, a power of two. */
async function inPieces(length: number, key: Uint8Array<ArrayBuffer>): Promise<Keystream> {
  const words = await keystream(key);
  let left = new Uint32Array(0);
  return async () => {
    if (left.length < length) left = await words();
    const piece = left.slice(0, length);
    left = left.subarray(length);
    return piece;
  };
}

async function draw(bits: number, count: number, words: Keystream): Promise<Float64Array> {
  const draws = new Float64Array(count);
  await roundedGaussian(bits, words).fill(draws);
  return draws;
}

/**
 * How many deviations χ² of counts is above its mean, by Wilson and Hilferty's approximation; cells where fewer than 20
 * are expected are one.
 */
function deviationOfCounts(counts: ReadonlyMap<number, number>, probability: (cell: number) => number): number {
  const total = [...counts.values()].reduce((sum, count) => sum + count);
  const reach = Math.max(...[...counts.keys()].map(Math.abs));
  let [square, cells, restOfMass, rest] = [0, 0, 1, total];
  for (let cell = -reach; cell <= reach; cell++) {
    const expected = probability(cell) * total;
    if (expected < 20) continue;
    const count = counts.get(cell) ?? 0;
    square += (count - expected) ** 2 / expected;
    cells++;
    restOfMass -= probability(cell);
    rest -= count;
  }
  if (restOfMass * total > 5) {
    square += (rest - restOfMass * total) ** 2 / (restOfMass * total);
    cells++;
  }
  const freedom = cells - 1;
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(square / freedom) - (1 - spread)) / Math.sqrt(spread);
}

function countsOf(draws: Float64Array, cellOf: (draw: number) => number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const draw of draws) counts.set(cellOf(draw), (counts.get(cellOf(draw)) ?? 0) + 1);
  return counts;
}

Deno.test("the keystream: AES-256 of 0, 1, 2, …, from piece to piece, and the key is erased", async () => {
  const key = keyFrom(0);
  const secret = await crypto.subtle.importKey("raw", key, "AES-CTR", false, ["encrypt"]);
  const words = await keystream(key);
  assert.deepEqual(key, new Uint8Array(32));
  const pieces = [await words(), await words(), await words()];
  const zeros = new Uint8Array(4 * pieces.reduce((sum, { length }) => sum + length, 0));
  const whole = await crypto.subtle.encrypt(
    { name: "AES-CTR", counter: new Uint8Array(16), length: 128 },
    secret,
    zeros,
  );
  assert.deepEqual(pieces.flatMap((piece) => [...piece]), [...new Uint32Array(whole)]);
  assert.ok(pieces[0].byteLength >= 2 ** 16 && pieces[0].byteLength <= 2 ** 20);
});

Deno.test("known answers", async () => {
  const cases = golden.sampler.filter(({ sampler }) => sampler === "roundedKarney");
  assert.deepEqual(cases.map(({ b }) => b), [4, 24, 30]);
  for (const { b, first, sumOfMillion } of cases) {
    const draws = await draw(b, 1_000_000, await keystream(keyFrom(0)));
    assert.deepEqual([...draws.subarray(0, first.length)], first);
    assert.equal(draws.reduce((sum, N) => sum + N, 0), sumOfMillion);
  }
});

Deno.test("the law with coarse lattices, against exact probabilities", async () => {
  for (const { tau, k, rounded } of golden.pmf) {
    assert.ok(Math.abs(roundedPmf(tau, k) / Number(rounded) - 1) < 1e-13, `${tau}, ${k}`);
  }
  for (const b of [0, 2, 4, 6]) {
    const draws = await draw(b, SOAK ? 8_000_000 : 400_000, await keystream(keyFrom(b)));
    const deviation = deviationOfCounts(countsOf(draws, (N) => N), (k) => roundedPmf(2 ** b, k));
    assert.ok(Math.abs(deviation) < 3.5, `b = ${b}: ${deviation}`);
  }
});

Deno.test("a draw that runs out of words is replayed, not restarted: the same draws and law with tiny pieces", async () => {
  const whole = await draw(2, 50_000, await keystream(keyFrom(9)));
  for (const length of [16, 4, 1]) {
    const pieced = await draw(2, 50_000, await inPieces(length, keyFrom(9)));
    const deviation = deviationOfCounts(countsOf(pieced, (N) => N), (k) => roundedPmf(4, k));
    assert.ok(Math.abs(deviation) < 3.5, `pieces of ${length}: ${deviation}`);
    assert.deepEqual(pieced, whole);
  }
});

Deno.test("the law with fine lattices: moments, bins, tails, and the lowest digits", async () => {
  for (const b of [20, 24, 30]) {
    const count = 500_000;
    const draws = await draw(b, count, await keystream(keyFrom(100 + b)));
    assert.ok(draws.every(Number.isSafeInteger));
    const moment = (k: number) => draws.reduce((sum, N) => sum + (N / 2 ** b) ** k, 0) / count;
    const moments = [
      moment(1) * Math.sqrt(count),
      (moment(2) - 1) / Math.sqrt(2 / count),
      moment(3) / Math.sqrt(15 / count),
      (moment(4) - 3) / Math.sqrt(96 / count),
    ];
    const tails = [2, 3, 4].map((x) => {
      const expected = twoTails(x) * count;
      return (draws.filter((N) => Math.abs(N) > x * 2 ** b).length - expected) / Math.sqrt(expected);
    });
    const bins = deviationOfCounts(countsOf(draws, (N) => Math.round(N / 2 ** (b - 4))), (k) => roundedPmf(16, k));
    const lowest = deviationOfCounts(countsOf(draws, (N) => ((N % 256) + 256) % 256 - 128), (cell) => {
      return cell < 128 ? 1 / 256 : 0;
    });
    for (const deviation of [...moments, ...tails, bins, lowest]) {
      assert.ok(Math.abs(deviation) < 3.5, `b = ${b}: ${[moments, tails, bins, lowest]}`);
    }
  }
});

Deno.test("b is an integer from 0 to 31", async () => {
  const words = await keystream(keyFrom(0));
  for (const bits of [-1, 2.5, 32, NaN]) assert.throws(() => roundedGaussian(bits, words), /bits must be/);
});
