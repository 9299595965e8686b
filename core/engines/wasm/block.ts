/**
 * A few training rows as `kernels/step.as.ts` reads them: features are a row's background, the number that more than
 * half of them are, plus the rest, whose zeros are left out.
 *
 * Standardized images and one-hot columns are mostly background: of MNIST's pixels four in five. Rows without such a
 * number have background 0 and stay whole.
 * @module
 */
import type { Rows } from "../../model/rows.ts";
import { BAND_ROWS, type Matrix, packBands, QUAD_BYTES, unpackBands } from "./bands.ts";
import type { SharedHeap } from "./heap.ts";

/** Rows that a worker reads at once: few enough that they stay in its cache for both passes of a step. */
export const BLOCK_ROWS = 96;

/** The rows of a block in plain arrays; zeros where there are fewer. */
export class LooseRows {
  readonly labels: Float32Array;
  readonly backgrounds: Float32Array;
  /** Features less backgrounds, by rows. */
  readonly rest: Matrix;
  /** The same numbers by features. */
  readonly transposedRest: Matrix;

  constructor(readonly dimension: number, readonly outputs: number, rows = BLOCK_ROWS) {
    const width = BAND_ROWS * Math.ceil(dimension / BAND_ROWS);
    const values = new Float32Array(rows * width);
    this.labels = new Float32Array(rows * outputs);
    this.backgrounds = new Float32Array(rows);
    this.rest = { values, rows, columns: dimension, rowStride: width, columnStride: 1 };
    this.transposedRest = { values, rows: width, columns: rows, rowStride: 1, columnStride: width };
  }

  /** Puts row `source` of `rows` at place `target`. */
  write(target: number, rows: Rows, source: number): void {
    const { dimension, outputs, rest: { values, rowStride } } = this;
    const features = rows.features.subarray(source * dimension, (source + 1) * dimension);
    const background = majority(features);
    this.backgrounds[target] = background;
    for (let k = 0; k < dimension; k++) values[target * rowStride + k] = features[k] - background;
    this.labels.set(rows.labels.subarray(source * outputs, (source + 1) * outputs), target * outputs);
  }
}

/** The number that more than half of the values are, 0 if there is none: the vote of Boyer and Moore. */
function majority(values: Float32Array): number {
  let candidate = 0;
  let lead = 0;
  for (const value of values) {
    if (lead === 0) candidate = value;
    lead += value === candidate ? 1 : -1;
  }
  let votes = 0;
  for (const value of values) if (value === candidate) votes++;
  return 2 * votes > values.length ? candidate : 0;
}

/** Floats of a cache line. */
const LINE = 16;

/** Floats from which on rows would share a few sets of a cache: rows that many apart, or a multiple of it. */
const ALIAS = 512;

/** Floats from one dense row of so many features to the next. */
export function denseStride(dimension: number): number {
  const lines = LINE * Math.ceil(dimension / LINE);
  return lines % ALIAS === 0 ? lines + LINE : lines;
}

/** A block in shared memory; freed when no training set uses it. */
export class Block {
  readonly address: number;
  /** Address of the bands of features, which follow those of the rows. */
  readonly featureBands: number;
  /** Whether the bands of rows keep all columns. */
  readonly isWhole: boolean;
  readonly #heap: SharedHeap;
  #users = 1;
  /** Address of the dense rows, where they were asked for. */
  #dense: number | undefined;

  constructor(heap: SharedHeap, { labels, backgrounds, rest, transposedRest }: LooseRows) {
    const rowBands = packBands(rest);
    const featureBands = packBands(transposedRest);
    const head = headBytes(labels.length);
    this.isWhole = rowBands.length === rest.rows / BAND_ROWS * QUAD_BYTES * (1 + rest.columns);
    this.#heap = heap;
    this.address = heap.allocate(head + rowBands.length + featureBands.length);
    this.featureBands = this.address + head + rowBands.length;
    heap.floats(this.address, labels.length).set(labels);
    heap.floats(this.address + labels.byteLength, BLOCK_ROWS).set(backgrounds);
    heap.bytes(this.address + head, rowBands.length).set(rowBands);
    heap.bytes(this.featureBands, featureBands.length).set(featureBands);
  }

  /** Puts the rows back into plain arrays. */
  unpack({ labels, backgrounds, rest }: LooseRows): void {
    const rowBands = this.address + headBytes(labels.length);
    labels.set(this.#heap.floats(this.address, labels.length));
    backgrounds.set(this.#heap.floats(this.address + labels.byteLength, BLOCK_ROWS));
    unpackBands(this.#heap.bytes(rowBands, this.featureBands - rowBands), rest);
  }

  /**
   * Address of the block's rows with all their features, {@linkcode denseStride} apart, for walks over batches.
   * @throws {CapacityError} If they do not fit the memory.
   */
  denseRows(dimension: number, outputs: number): number {
    if (this.#dense !== undefined) return this.#dense;
    const loose = new LooseRows(dimension, outputs);
    this.unpack(loose);
    const { backgrounds, rest: { values, rowStride } } = loose;
    const stride = denseStride(dimension);
    this.#dense = this.#heap.allocate(4 * BLOCK_ROWS * stride);
    const dense = this.#heap.floats(this.#dense, BLOCK_ROWS * stride);
    for (let row = 0; row < BLOCK_ROWS; row++) {
      for (let k = 0; k < dimension; k++) {
        dense[row * stride + k] = backgrounds[row] + values[row * rowStride + k];
      }
    }
    return this.#dense;
  }

  /** The labels of the block's rows, in shared memory. */
  labels(outputs: number): Float32Array {
    return this.#heap.floats(this.address, BLOCK_ROWS * outputs);
  }

  retain(): Block {
    this.#users++;
    return this;
  }

  release(): void {
    if (--this.#users > 0) return;
    this.#heap.free(this.address);
    if (this.#dense !== undefined) this.#heap.free(this.#dense);
  }
}

/** A block that training sets share: it is freed when none uses it. */
interface SharedBlock<Self> {
  retain(): Self;
  release(): void;
  unpack(loose: LooseRows): void;
}

/**
 * The rows of a block in plain arrays.
 *
 * @param rows All rows.
 * @param index The number of the block.
 * @param blockRows Rows of a block.
 * @returns Those of the block.
 */
export function looseRows(rows: Rows, index: number, blockRows: number): LooseRows {
  const first = index * blockRows;
  const loose = new LooseRows(rows.dimension, rows.outputs, blockRows);
  for (let row = first; row < Math.min(first + blockRows, rows.count); row++) loose.write(row - first, rows, row);
  return loose;
}

/**
 * Makes blocks by their numbers: all of them or none.
 *
 * @param count How many.
 * @param make Makes one.
 * @returns The blocks.
 */
export function makeBlocks<B extends SharedBlock<B>>(count: number, make: (index: number) => B): B[] {
  const blocks: B[] = [];
  try {
    for (let index = 0; index < count; index++) blocks.push(make(index));
    return blocks;
  } catch (error) {
    for (const block of blocks) block.release();
    throw error;
  }
}

/**
 * The blocks of a training set with other rows in some places: those that change are new, and all others shared.
 *
 * @param blocks The blocks of the set.
 * @param positions The places.
 * @param rows The rows for them.
 * @param blockRows Rows of a block.
 * @param make Makes a block.
 * @returns The blocks, all of them or none.
 */
export function replaceInBlocks<B extends SharedBlock<B>>(
  blocks: readonly B[],
  positions: readonly number[],
  rows: Rows,
  blockRows: number,
  make: (loose: LooseRows) => B,
): B[] {
  const changes = Map.groupBy(positions.keys(), (source) => Math.floor(positions[source] / blockRows));
  return makeBlocks(blocks.length, (index) => {
    const sources = changes.get(index);
    if (sources === undefined) return blocks[index].retain();
    const loose = new LooseRows(rows.dimension, rows.outputs, blockRows);
    blocks[index].unpack(loose);
    for (const source of sources) loose.write(positions[source] % blockRows, rows, source);
    return make(loose);
  });
}

/** Bytes of rows as a block. */
export function packedBytes({ labels, rest, transposedRest }: LooseRows): number {
  return headBytes(labels.length) + packBands(rest).length + packBands(transposedRest).length;
}

/** Bytes of the labels and backgrounds, which come before the bands. */
function headBytes(labels: number): number {
  return 4 * (labels + BLOCK_ROWS);
}
