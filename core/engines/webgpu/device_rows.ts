/**
 * Training rows on the device: blocks of rows in buffers of their own, each small enough to be bound. A training set is
 * a list of blocks; sets that differ in their last rows share the blocks of the others.
 * @module
 */
import { checkReplacement, checkRows, type Rows } from "../../datasets/dataset.ts";
import type { TrainingSet } from "../engine.ts";
import { DeviceMemory } from "./device_memory.ts";
import { type Limits, roundUp, ROW_ALIGNMENT } from "./limits.ts";

/** Buffers of consecutive rows, freed when no training set uses them. */
export class Block {
  #users = 1;

  /**
   * Wraps buffers for their first user.
   *
   * @param features The rows, each padded with zeros to whole tiles.
   * @param labels Their labels.
   */
  constructor(readonly features: GPUBuffer, readonly labels: GPUBuffer) {}

  /**
   * Adds a user.
   *
   * @returns The block.
   */
  share(): Block {
    this.#users++;
    return this;
  }

  /** Takes a user away. */
  release(): void {
    if (--this.#users > 0) return;
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
  #spans: readonly Span[];
  readonly #forget: (rows: DeviceRows) => void;

  /**
   * Lists the rows of a training set.
   *
   * @param spans The rows; the training set is a user of their blocks until it is disposed of.
   * @param dimension d.
   * @param outputs Labels a row.
   * @param featureStride Length of a stored row.
   * @param forget Called when the training set is disposed of.
   */
  constructor(
    spans: readonly Span[],
    readonly dimension: number,
    readonly outputs: number,
    readonly featureStride: number,
    forget: (rows: DeviceRows) => void,
  ) {
    this.count = spans.reduce((sum, { count }) => sum + count, 0);
    this.#spans = spans;
    this.#forget = forget;
  }

  /** Frees the buffers that no other training set uses. */
  dispose(): void {
    this.#forget(this);
    for (const { block } of this.#spans) block.release();
    this.#spans = [];
  }

  /**
   * Makes a training set of the same rows, which stay until both are disposed of.
   *
   * @returns The training set.
   */
  share(): DeviceRows {
    const { dimension, outputs, featureStride } = this;
    return new DeviceRows(this.shareFirst(this.count), dimension, outputs, featureStride, this.#forget);
  }

  /**
   * Shares the first rows.
   *
   * @param count How many.
   * @returns The rows for a training set, which becomes a user of their blocks.
   */
  shareFirst(count: number): Span[] {
    const shared: Span[] = [];
    for (const span of this.#spans) {
      if (count <= 0) break;
      shared.push({ block: span.block.share(), count: Math.min(span.count, count) });
      count -= span.count;
    }
    return shared;
  }

  /**
   * Cuts the rows for dispatches.
   *
   * @param most Greatest number of rows of a dispatch, a multiple of {@linkcode ROW_ALIGNMENT}.
   * @returns All rows, in order.
   */
  bind(most: number): BoundRows[] {
    return this.#spans.flatMap(({ block, count }) =>
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
   * @throws {RangeError} If there are none, arrays of other lengths than they say, or a few too large for a binding.
   */
  load(rows: Rows): DeviceRows {
    if (!(rows.count > 0)) throw new RangeError("a training set needs at least one row");
    checkRows(rows);
    return this.#add(this.#store(rows), rows);
  }

  /**
   * Makes a training set that shares all but its last rows with another.
   *
   * @param set The training set to share rows with.
   * @param rows The last rows of the new set.
   * @returns The training set.
   * @throws {RangeError} If `rows` are too many or of another shape.
   */
  replaceLast(set: DeviceRows, rows: Rows): DeviceRows {
    checkReplacement(rows, set);
    const last = this.#store(rows);
    return this.#add([...set.shareFirst(set.count - rows.count), ...last], rows);
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

  #add(spans: Span[], { dimension, outputs }: Rows): DeviceRows {
    const set = new DeviceRows(spans, dimension, outputs, this.#stride(dimension), (set) => this.#sets.delete(set));
    this.#sets.add(set);
    return set;
  }

  #stride(dimension: number): number {
    return roundUp(dimension, this.#tileRows);
  }

  /** Puts rows into as few blocks as the limits allow. */
  #store({ features, labels, count, dimension, outputs }: Rows): Span[] {
    const stride = this.#stride(dimension);
    const what = `rows of ${dimension} features and ${outputs} labels`;
    const memory = new DeviceMemory(this.#gpu);
    try {
      return cut(count, this.#limits.rows(Math.max(stride, outputs), what)).map(([first, end]) => ({
        block: new Block(
          upload(memory, features.subarray(first * dimension, end * dimension), dimension, stride),
          upload(memory, labels.subarray(first * outputs, end * outputs), outputs, outputs),
        ),
        count: end - first,
      }));
    } catch (error) {
      memory.dispose();
      throw error;
    }
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
function upload(memory: DeviceMemory, matrix: Float32Array, length: number, stride: number): GPUBuffer {
  const count = matrix.length / length;
  return memory.create(4 * roundUp(count, ROW_ALIGNMENT) * stride, GPUBufferUsage.STORAGE, (content) => {
    const target = new Float32Array(content);
    for (let row = 0; row < count; row++) {
      target.set(matrix.subarray(row * length, (row + 1) * length), row * stride);
    }
  });
}
