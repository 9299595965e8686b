/**
 * The noise of a certified walk: round(2^b·Z) for Z ~ N(0, 1), whose law is exactly this if the words are random.
 *
 * Integers and comparisons of random digits alone (Karney 2016, algorithm N): Z = ±(k + x), a whole k ≥ 0 with weight
 * e^{−k²/2} and a fraction x with density e^{−kx − x²/2}, of which digits are drawn as they are needed. No logarithm, no
 * tail that is cut. A draw takes some words more or less, so how long one takes says something of it.
 * @module
 */
import { assertCounts } from "../model/problem.ts";
import type { Keystream } from "./keystream.ts";

/** Independent draws of round(2^b·Z). */
export interface Noise {
  /** b. */
  readonly bits: number;
  /** Fills an array with the next draws. */
  readonly fill: (into: Float64Array) => Promise<void>;
}

/** The largest b: x has 32 digits at first, one of them for the rounding. */
const MOST_BITS = 31;

/**
 * Throws unless b is one that can be drawn.
 *
 * @param bits b.
 * @throws {RangeError} If it is no integer from 0 to 31.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assertBits } from "./rounded_gaussian.ts";
 *
 * assert.throws(() => assertBits(32), /bits must be at most 31, got 32/);
 * ```
 */
export function assertBits(bits: number): void {
  assertCounts({ bits }, 0);
  if (bits > MOST_BITS) throw new RangeError(`bits must be at most ${MOST_BITS}, got ${bits}`);
}

class OutOfWords extends Error {}

/** Random digits, read one after the other; those of one draw can be read again. */
class Digits {
  #words = new Uint32Array(0);
  #next = 0;
  /** Digits of a word that is read bit by bit, and how many of them are left. */
  #pool = 0;
  #left = 0;
  #begin = { next: 0, pool: 0, left: 0 };

  /** 32 digits. */
  word(): number {
    if (this.#next === this.#words.length) throw new OutOfWords();
    return this.#words[this.#next++];
  }

  bit(): number {
    if (this.#left === 0) {
      this.#pool = this.word();
      this.#left = 32;
    }
    const bit = this.#pool & 1;
    this.#pool >>>= 1;
    this.#left--;
    return bit;
  }

  /** True with probability 1/k, k ≥ 1. */
  oneIn(k: number): boolean {
    if (k === 1) return true;
    const width = 32 - Math.clz32(k - 1);
    for (;;) {
      let number = 0;
      for (let i = 0; i < width; i++) number = 2 * number + this.bit();
      if (number < k) return number === 0;
    }
  }

  beginDraw(): void {
    this.#begin.next = this.#next;
    this.#begin.pool = this.#pool;
    this.#begin.left = this.#left;
  }

  /**
   * Goes back to the beginning of the draw, with more words behind those that it has read. A draw from fresh words
   * instead would have another law: long draws would be rarer.
   */
  replayDraw(more: Uint32Array): void {
    const { next, pool, left } = this.#begin;
    const words = new Uint32Array(this.#words.length - next + more.length);
    words.set(this.#words.subarray(next));
    words.set(more, words.length - more.length);
    this.#words = words;
    [this.#next, this.#pool, this.#left] = [0, pool, left];
  }
}

/** True with probability e^{−p}, where a trial is true with probability p/k (von Neumann). */
function expMinus(trial: (k: number) => boolean): boolean {
  let k = 1;
  while (trial(k)) k++;
  return k % 2 === 1;
}

/** Draws round(2^b·Z). */
function sampler(b: number, digits: Digits): () => number {
  /** The digits of x that are known, 32 a word. */
  const x: number[] = [];
  const isBelowX = () => {
    for (let i = 0;; i++) {
      if (i === x.length) x.push(digits.word());
      const word = digits.word();
      if (word !== x[i]) return word < x[i];
    }
  };
  const half = (k: number) => digits.bit() === 0 && digits.oneIn(k);
  const fraction = (k: number) => digits.oneIn(k) && isBelowX();
  const halfSquare = (k: number) => digits.bit() === 0 && digits.oneIn(k) && isBelowX() && isBelowX();
  /** Whether `times` trials in a row are true, each with probability e^{−p}. */
  const everyExpMinus = (times: number, trial: (k: number) => boolean) => {
    for (let i = 0; i < times; i++) if (!expMinus(trial)) return false;
    return true;
  };
  return () => {
    for (;;) {
      let k = 0;
      while (expMinus(half)) k++;
      if (!everyExpMinus(k * (k - 1), half)) continue;
      x.length = 0;
      x.push(digits.word());
      if (!everyExpMinus(k, fraction) || !expMinus(halfSquare)) continue;
      const doubled = k * 2 ** (b + 1) + (x[0] >>> (MOST_BITS - b)); // ⌊2·2^b·|Z|⌋
      const size = Math.floor((doubled + 1) / 2);
      return digits.bit() === 0 ? size : 0 - size;
    }
  };
}

/**
 * Draws of round(2^b·Z), Z ~ N(0, 1), exactly.
 *
 * @param bits b, 0 to 31.
 * @param keystream Random words, in pieces of any size.
 * @returns The draws.
 * @throws {RangeError} If b is not such an integer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { keystream } from "./keystream.ts";
 * import { roundedGaussian } from "./rounded_gaussian.ts";
 *
 * const draws = new Float64Array(3);
 * await roundedGaussian(24, await keystream(Uint8Array.from({ length: 32 }, (_, i) => i))).fill(draws);
 * assert.deepEqual([...draws], [-28210782, -29197101, -5461572]);
 * ```
 */
export function roundedGaussian(bits: number, keystream: Keystream): Noise {
  assertBits(bits);
  const digits = new Digits();
  const draw = sampler(bits, digits);
  const fill = async (into: Float64Array) => {
    for (let i = 0; i < into.length;) {
      try {
        for (; i < into.length; i++) {
          digits.beginDraw();
          into[i] = draw();
        }
      } catch (error) {
        if (!(error instanceof OutOfWords)) throw error;
        digits.replayDraw(await keystream());
      }
    }
  };
  return { bits, fill };
}
