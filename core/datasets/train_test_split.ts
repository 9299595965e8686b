/**
 * scikit-learn's `train_test_split` with an integer `random_state`, which shuffles by numpy's legacy generator.
 * @module
 */

const WORDS = 624;
const OFFSET = 397;

/** MT19937 (Matsumoto and Nishimura 1998), seeded as `numpy.random.RandomState(seed)`; draws 32-bit integers. */
function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(WORDS);
  state[0] = seed;
  for (let i = 1; i < WORDS; i++) {
    state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  }
  const refill = () => {
    for (let i = 0; i < WORDS; i++) {
      const bits = (state[i] & 0x80000000) | (state[(i + 1) % WORDS] & 0x7fffffff);
      state[i] = state[(i + OFFSET) % WORDS] ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
    }
  };
  let position = WORDS;
  return () => {
    if (position === WORDS) {
      refill();
      position = 0;
    }
    let bits = state[position++];
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  };
}

/** `numpy.random.RandomState(seed).permutation(count)`: Fisher-Yates with masked draws. */
function permutation(count: number, seed: number): Int32Array {
  const draw = mersenneTwister(seed);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const mask = 0xffffffff >>> Math.clz32(last);
    let chosen;
    do chosen = (draw() & mask) >>> 0; while (chosen > last);
    [order[last], order[chosen]] = [order[chosen], order[last]];
  }
  return order;
}

/** Positions of the rows on either side. */
export interface Split {
  /** Rows to learn. */
  readonly train: Int32Array;
  /** Rows to measure on. */
  readonly test: Int32Array;
}

/**
 * `sklearn.model_selection.train_test_split(range(count), test_size=testShare, random_state=seed)`.
 *
 * @param count Number of rows.
 * @param testShare Share of the rows to measure on, above 0 and below 1; their number is rounded up.
 * @param seed An integer from 0 to 2³² − 1.
 * @returns The positions, in scikit-learn's order.
 * @throws {RangeError} If no row is left to learn.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { trainTestSplit } from "./train_test_split.ts";
 *
 * const { train, test } = trainTestSplit(10, 0.1, 123);
 * assert.deepEqual([...train, ...test], [0, 7, 5, 8, 3, 1, 6, 9, 2, 4]);
 * ```
 */
export function trainTestSplit(count: number, testShare: number, seed: number): Split {
  const tests = Math.ceil(testShare * count);
  if (tests >= count) throw new RangeError(`of ${count} rows none is left to learn`);
  const order = permutation(count, seed);
  return { train: order.subarray(tests), test: order.subarray(0, tests) };
}
