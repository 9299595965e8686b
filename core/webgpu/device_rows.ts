/**
 * Training rows on the device: blocks of rows in buffers of their own, each small enough to be bound. A training set is
 * a list of blocks; sets that differ in their last rows share the blocks of the others.
 * @module
 */
import type { Rows } from "../dataset.ts";
import type { TrainingSet } from "../engine.ts";
import { type Limits, roundUp, ROW_ALIGNMENT } from "./limits.ts";

/** Buffers of consecutive rows, freed with the last training set that holds them. */
export class Block {
  #holders = 0;

  /**
   * Wraps buffers that nobody holds yet.
   *
   * @param features The rows, each padded with zeros to whole tiles.
   * @param labels Their labels.
   */
  constructor(readonly features: GPUBuffer, readonly labels: GPUBuffer) {}

  /** Adds a holder. */
  hold(): void {
    this.#holders++;
  }

  /** Takes a holder away. */
  release(): void {
    if (--this.#holders > 0) return;
    this.features.destroy();
    this.labels.destroy();
  }
}

/** The first `count` rows of a block. */
export interface Span {
  /** The buffers. */
  readonly block: Block;
  /** Number of rows. */
  readonly count: number;
}

/** Rows for one dispatch, bound to the kernels. */
export interface BoundRows {
  /** Number of rows. */
  readonly count: number;
  /** Their features. */
  readonly features: GPUBufferBinding;
  /** Their labels. */
  readonly labels: GPUBufferBinding;
}

/** A training set of the WebGPU engine. */
export class DeviceRows implements TrainingSet {
  readonly count: number;
  readonly #forget: (rows: DeviceRows) => void;

  /**
   * Lists the rows of a training set.
   *
   * @param spans The rows; the training set holds their blocks until it is disposed of.
   * @param dimension d.
   * @param outputs Labels a row.
   * @param featureStride Length of a stored row.
   * @param forget Called when the training set is disposed of.
   */
  constructor(
    readonly spans: readonly Span[],
    readonly dimension: number,
    readonly outputs: number,
    readonly featureStride: number,
    forget: (rows: DeviceRows) => void,
  ) {
    this.count = spans.reduce((sum, { count }) => sum + count, 0);
    this.#forget = forget;
  }

  /** Frees the buffers that no other training set holds. */
  dispose(): void {
    this.#forget(this);
  }

  /**
   * Cuts the rows for dispatches.
   *
   * @param most Greatest number of rows of a dispatch, a multiple of {@linkcode ROW_ALIGNMENT}.
   * @returns All rows, in order.
   */
  bind(most: number): BoundRows[] {
    return this.spans.flatMap(({ block, count }) =>
      cut(count, most).map(([first, end]) => ({
        count: end - first,
        features: bindRows(block.features, first, end, this.featureStride),
        labels: bindRows(block.labels, first, end, this.outputs),
      }))
    );
  }
}

/** The training sets of an engine. */
export class RowStore {
  readonly #gpu: GPUDevice;
  readonly #limits: Limits;
  readonly #tileRows: number;
  readonly #sets = new Set<DeviceRows>();

  /**
   * Makes an empty store.
   *
   * @param gpu Where the rows are stored.
   * @param limits What one binding can hold.
   * @param tileRows Features are padded to multiples of this.
   */
  constructor(gpu: GPUDevice, limits: Limits, tileRows: number) {
    this.#gpu = gpu;
    this.#limits = limits;
    this.#tileRows = tileRows;
  }

  /**
   * Puts rows on the device.
   *
   * @param rows n rows of d features.
   * @returns The training set.
   * @throws {RangeError} If there is no row, or a few rows alone are too large for a binding.
   */
  load(rows: Rows): DeviceRows {
    if (!(rows.count > 0)) throw new RangeError("a training set needs at least one row");
    return this.#hold(this.#store(rows), rows);
  }

  /**
   * Makes a training set that shares all but its last rows with another.
   *
   * @param set The training set to share rows with.
   * @param rows The last rows of the new set.
   * @returns The training set.
   * @throws {RangeError} If `rows` has more rows than `set`, or others than fit it.
   */
  replaceLast(set: DeviceRows, rows: Rows): DeviceRows {
    if (rows.dimension !== set.dimension || rows.outputs !== set.outputs) {
      throw new RangeError(
        `rows of ${rows.dimension} features and ${rows.outputs} outputs cannot replace rows of ` +
          `${set.dimension} features and ${set.outputs} outputs`,
      );
    }
    if (rows.count > set.count) throw new RangeError(`${rows.count} rows cannot replace the last of ${set.count}`);
    return this.#hold([...firstRows(set.spans, set.count - rows.count), ...this.#store(rows)], rows);
  }

  /**
   * Recognizes a training set of this store.
   *
   * @param set A training set.
   * @returns The same.
   * @throws {TypeError} If it is not one of this store, or no longer.
   */
  own(set: TrainingSet): DeviceRows {
    if (set instanceof DeviceRows && this.#sets.has(set)) return set;
    throw new TypeError("the training set was disposed of or belongs to another engine");
  }

  /** Frees all training sets. */
  dispose(): void {
    for (const set of this.#sets) set.dispose();
  }

  #hold(spans: Span[], { dimension, outputs }: Rows): DeviceRows {
    const set = new DeviceRows(spans, dimension, outputs, this.#stride(dimension), (set) => this.#forget(set));
    this.#sets.add(set);
    for (const { block } of spans) block.hold();
    return set;
  }

  #forget(set: DeviceRows): void {
    if (!this.#sets.delete(set)) return;
    for (const { block } of set.spans) block.release();
  }

  #stride(dimension: number): number {
    return roundUp(dimension, this.#tileRows);
  }

  /** Puts rows into as few blocks as the limits allow. */
  #store({ features, labels, count, dimension, outputs }: Rows): Span[] {
    const stride = this.#stride(dimension);
    const what = `rows of ${dimension} features and ${outputs} labels`;
    return cut(count, this.#limits.rows(Math.max(stride, outputs), what)).map(([first, end]) => ({
      block: new Block(
        upload(this.#gpu, features.subarray(first * dimension, end * dimension), dimension, stride),
        upload(this.#gpu, labels.subarray(first * outputs, end * outputs), outputs, outputs),
      ),
      count: end - first,
    }));
  }
}

/** The ranges [first, end) of `most` indices each, the last of fewer, that make up 0 … count − 1. */
function cut(count: number, most: number): [first: number, end: number][] {
  return Array.from(
    { length: Math.ceil(count / most) },
    (_, index) => [index * most, Math.min((index + 1) * most, count)],
  );
}

function bindRows(buffer: GPUBuffer, first: number, end: number, stride: number): GPUBufferBinding {
  return { buffer, offset: 4 * first * stride, size: 4 * roundUp(end - first, ROW_ALIGNMENT) * stride };
}

/** A buffer of the matrix's rows, the rows padded with zeros to `stride` and their number to whole tiles. */
function upload(gpu: GPUDevice, matrix: Float32Array, length: number, stride: number): GPUBuffer {
  const count = matrix.length / length;
  const buffer = gpu.createBuffer({
    size: 4 * roundUp(count, ROW_ALIGNMENT) * stride,
    usage: GPUBufferUsage.STORAGE,
    mappedAtCreation: true,
  });
  const target = new Float32Array(buffer.getMappedRange());
  for (let row = 0; row < count; row++) {
    target.set(matrix.subarray(row * length, (row + 1) * length), row * stride);
  }
  buffer.unmap();
  return buffer;
}

/** The spans that hold the first `count` rows. */
function firstRows(spans: readonly Span[], count: number): Span[] {
  const kept: Span[] = [];
  for (const span of spans) {
    if (count <= 0) break;
    kept.push({ block: span.block, count: Math.min(span.count, count) });
    count -= span.count;
  }
  return kept;
}
