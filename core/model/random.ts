/**
 * Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011) and normals by Box–Muller.
 *
 * Every number of an experiment is a pure function of (seed, cell, trial, step), so a trial draws the same noise
 * alone or beside others, on every device, in any order.
 * @module
 */

import { quoted } from "../text/messages.ts";

/** What random numbers are drawn for: the last word of the Philox counter. */
export const Purpose = { step: 0, start: 1, publish: 2, features: 3, labels: 4, order: 5 } as const;

/** Names a stream of random numbers; its Philox key is (seed, cell). */
export interface Stream {
  /** The run's seed, an unsigned 32-bit integer. */
  readonly seed: number;
  /** Which cell of the experiment (see {@linkcode cellId}). */
  readonly cell: number;
}

/**
 * The number of a cell of an experiment: FNV-1a of its name. The name of the array that the cell fills, such as
 * `MNIST/baseline/1/lmc_acc_learn_scratch0.05.npy`, names it.
 *
 * @param name The cell's name.
 * @returns An unsigned 32-bit integer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { cellId } from "./random.ts";
 *
 * assert.equal(cellId("a"), 0xe40c292c);
 * ```
 */
export function cellId(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * Numbers cells and keeps two of one run from drawing the same random numbers: the numbers have 32 bits, so two names
 * may have the same.
 *
 * @returns {@linkcode cellId} for the names of one run; it throws a `RangeError` for a name that has the number of
 * another.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { cellRegister } from "./random.ts";
 *
 * const register = cellRegister();
 * assert.equal(register("costarring"), register("costarring"));
 * assert.throws(() => register("liquid"), /"costarring" and "liquid" would draw the same random numbers/);
 * ```
 */
export function cellRegister(): (name: string) => number {
  const names = new Map<number, string>();
  return (name) => {
    const id = cellId(name);
    const other = names.get(id) ?? name;
    if (other !== name) {
      throw new RangeError(
        `the cells ${quoted(other)} and ${quoted(name)} would draw the same random numbers: rename one`,
      );
    }
    names.set(id, name);
    return id;
  };
}

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** High 32 bits of the product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/**
 * Philox4x32-10: encrypts `counter` under the key (`key0`, `key1`), in place.
 *
 * @param counter Four unsigned 32-bit words, replaced by four random ones.
 * @param key0 First word of the key.
 * @param key1 Second word of the key.
 * @returns `counter`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { philox } from "./random.ts";
 *
 * const words = philox(new Uint32Array(4), 0, 0);
 * assert.deepEqual([...words], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
 * ```
 */
export function philox(counter: Uint32Array, key0: number, key1: number): Uint32Array {
  let [c0, c1, c2, c3] = counter;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ key0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ key1) >>> 0;
    c3 = low0 >>> 0;
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  counter[0] = c0;
  counter[1] = c1;
  counter[2] = c2;
  counter[3] = c3;
  return counter;
}

const words = new Uint32Array(4);

/**
 * Fills `target` with independent standard normals: coordinate k is normal k mod 4 of the Philox block with counter
 * (trial, firstBlock + ⌊k/4⌋, step, purpose).
 *
 * A pair of words (a, b) gives √(−2 ln u)·(cos πt, sin πt) with u = (⌊a/2⁸⌋ + 1)/2²⁴ and t = b/2³¹, b read as signed.
 *
 * @param target Where the normals go.
 * @param stream Seed and cell.
 * @param trial Which chain of the cell.
 * @param step Which step of the chain.
 * @param purpose One of {@linkcode Purpose}.
 * @param firstBlock Block of the first coordinate.
 * @returns `target`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fillNormals, Purpose } from "./random.ts";
 *
 * const draw = () => fillNormals(new Float32Array(784), { seed: 0, cell: 1 }, 5, 17, Purpose.step);
 * assert.deepEqual(draw(), draw());
 * ```
 */
export function fillNormals<T extends Float32Array | Float64Array>(
  target: T,
  { seed, cell }: Stream,
  trial: number,
  step: number,
  purpose: number,
  firstBlock = 0,
): T {
  for (let k = 0; k < target.length; k += 4) {
    words[0] = trial;
    words[1] = firstBlock + k / 4;
    words[2] = step;
    words[3] = purpose;
    philox(words, seed, cell);
    for (let pair = 0; pair < 4; pair += 2) {
      const radius = Math.sqrt(-2 * Math.log(((words[pair] >>> 8) + 1) / 0x1000000));
      const angle = Math.PI * ((words[pair + 1] | 0) / 0x80000000);
      target[k + pair] = radius * Math.cos(angle);
      target[k + pair + 1] = radius * Math.sin(angle);
    }
  }
  return target;
}

/**
 * A fair sign, the label of replaced row `index` of two classes.
 *
 * @param stream Seed and cell.
 * @param index Which sign of the stream.
 * @returns +1 or −1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { randomSign } from "./random.ts";
 *
 * assert.equal(Math.abs(randomSign({ seed: 0, cell: 1 }, 3)), 1);
 * ```
 */
export function randomSign({ seed, cell }: Stream, index: number): number {
  words.set([index, 0, 0, Purpose.labels]);
  return philox(words, seed, cell)[0] & 1 ? 1 : -1;
}

/**
 * A class, all equally likely: the label of replaced row `index` of several classes.
 *
 * @param stream Seed and cell.
 * @param index Which class of the stream.
 * @param classes Number of classes.
 * @returns An integer from 0 to `classes` − 1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { randomClass } from "./random.ts";
 *
 * assert.ok([0, 1, 2].includes(randomClass({ seed: 0, cell: 1 }, 3, 3)));
 * ```
 */
export function randomClass({ seed, cell }: Stream, index: number, classes: number): number {
  words.set([index, 0, 0, Purpose.labels]);
  return Math.floor(philox(words, seed, cell)[0] / 2 ** 32 * classes);
}

/**
 * A uniformly random order: Fisher and Yates's shuffle by the words of the Philox blocks (trial, 0, 0,
 * `Purpose.order`), (trial, 1, 0, `Purpose.order`) and so on. Words at the upper end that would favour small numbers
 * are passed over.
 *
 * @param stream Seed and cell.
 * @param trial Which order of the stream.
 * @param length How many numbers.
 * @returns The numbers from 0 to `length` − 1, every order equally likely.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { randomOrder } from "./random.ts";
 *
 * assert.deepEqual(randomOrder({ seed: 0, cell: 1 }, 2, 4).toSorted(), Uint32Array.of(0, 1, 2, 3));
 * ```
 */
export function randomOrder({ seed, cell }: Stream, trial: number, length: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  const block = new Uint32Array(4);
  let drawn = 0;
  const nextWord = () => {
    if (drawn % 4 === 0) {
      block.set([trial, drawn / 4, 0, Purpose.order]);
      philox(block, seed, cell);
    }
    return block[drawn++ % 4];
  };
  for (let left = length; left > 1; left--) {
    const fair = 2 ** 32 - 2 ** 32 % left;
    let word = nextWord();
    while (word >= fair) word = nextWord();
    const [chosen, last] = [word % left, left - 1];
    [order[chosen], order[last]] = [order[last], order[chosen]];
  }
  return order;
}
