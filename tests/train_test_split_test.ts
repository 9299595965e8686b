import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { trainTestSplit } from "../core/datasets/train_test_split.ts";

const hash = (positions: Int32Array) =>
  createHash("sha256").update(new Uint8Array(positions.slice().buffer)).digest("hex").slice(0, 16);

Deno.test("splits are scikit-learn's, row by row", () => {
  // From scikit-learn 1.2.1 with numpy 1.24.2; beginnings of the SHA-256 of the positions as int32.
  const expected: [count: number, share: number, seed: number, trains: number, train: string, test: string][] = [
    [10, 0.1, 123, 9, "992d7977a8c12261", "fb5e512425fc9449"],
    [10, 0.25, 0, 7, "fe8d2a4e64d213ee", "ed99fcf74d2d96a6"],
    [33, 0.1, 123, 29, "7991ab7482fc6eee", "3d68dddedd05db07"],
    [100, 0.1, 42, 90, "6c2d44375f19b5df", "f030cc27b4eba188"],
    [256, 0.2, 123, 204, "327818bc1ab60c33", "a6dfe5055facb803"],
    [257, 0.2, 4294967295, 205, "304222930672432d", "eb719ffe686cd4fd"],
    [1000, 0.1, 1, 900, "5db4935f4902e8f2", "70fceda86a179652"],
    [65536, 0.1, 123, 58982, "98a4ea134babfa8c", "9ad16b81f832d173"],
    [65537, 0.1, 123, 58983, "052ea25efb11eb55", "ac6a941533302e47"],
    [48842, 0.2, 7, 39073, "3a4d289591d0eddc", "82c0674fce0b1388"],
    [32561, 0.1, 123, 29304, "4f1390e7d5ba8baf", "15bb993b24256b91"],
  ];
  for (const [count, share, seed, trains, trainHash, testHash] of expected) {
    const { train, test } = trainTestSplit(count, share, seed);
    assert.deepEqual(
      [train.length, test.length, hash(train), hash(test)],
      [trains, count - trains, trainHash, testHash],
      `${count} rows, seed ${seed}`,
    );
  }
});

Deno.test("a split leaves a row on either side, or is refused", () => {
  assert.throws(() => trainTestSplit(1, 0.1, 0), /^RangeError: of 1 rows none is left to learn$/);
  assert.throws(() => trainTestSplit(0, 0.1, 0), RangeError);
});
