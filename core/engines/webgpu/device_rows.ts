/**
 * Training rows on the device: blocks of rows in buffers of their own, each small enough to be bound. A training set is
 * a list of blocks, all but the last of the same number of rows; sets that differ in some rows share the blocks of the
 * others.
 * @module
 */
import { checkReplacement, checkRows, type Rows } from "../../model/rows.ts";
import type { TrainingSet } from "../engine.ts";
import { DeviceMemory } from "./device_memory.ts";
import { type Limits, roundUp, ROW_ALIGNMENT } from "./limits.ts";

/** Buffers of consecutive rows, freed when no training set uses them. */
export class Block {
  #users = 1;

  /**
   * Wraps buffers for their first user.
   *
   * @param count Number of rows.
   * @param features The rows, each padded with zeros to whole tiles.
   * @param labels Their labels.
   */
  constructor(readonly count: number, readonly features: GPUBuffer, readonly labels: GPUBuffer) {}

  /**
   * Adds a user.
   *
   * @returns The block.
   */
  retain(): Block {
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
  #blocks: readonly Block[];
  readonly #forget: (rows: DeviceRows) => void;

  /**
   * Lists the rows of a training set.
   *
   * @param blocks The rows; the training set is a user of the blocks until it is disposed of.
   * @param dimension d.
   * @param outputs Labels a row.
   * @param featureStride Length of a stored row.
   * @param forget Called when the training set is disposed of.
   */
  constructor(
    blocks: readonly Block[],
    readonly dimension: number,
    readonly outputs: number,
    readonly featureStride: number,
    forget: (rows: DeviceRows) => void,
  ) {
    this.count = blocks.reduce((sum, { count }) => sum + count, 0);
    this.#blocks = blocks;
    this.#forget = forget;
  }

  /** The rows. */
  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** Frees the buffers that no other training set uses. */
  dispose(): void {
    this.#forget(this);
    for (const block of this.#blocks) block.release();
    this.#blocks = [];
  }

  /**
   * Makes a training set of the same rows, which stay until both are disposed of.
   *
   * @returns The training set.
   */
  retain(): DeviceRows {
    const { dimension, outputs, featureStride } = this;
    const blocks = this.#blocks.map((block) => block.retain());
    return new DeviceRows(blocks, dimension, outputs, featureStride, this.#forget);
  }

  /**
   * Cuts the rows for dispatches.
   *
   * @param most Greatest number of rows of a dispatch, a multiple of {@linkcode ROW_ALIGNMENT}.
   * @returns All rows, in order.
   */
  bind(most: number): BoundRows[] {
    return this.#blocks.flatMap(({ count, features, labels }) =>
      cut(count, most).map(([first, end]) => ({
        count: end - first,
        features: bindRows(features, first, end, this.featureStride),
        labels: bindRows(labels, first, end, this.outputs),
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
   * @throws {RangeError} If there are none, or arrays of other lengths than they say.
   * @throws {CapacityError} If a few are too large for a binding, or all of them for the device.
   */
  load(rows: Rows): DeviceRows {
    if (!(rows.count > 0)) throw new RangeError("a training set needs at least one row");
    checkRows(rows);
    return this.#add(this.#store(rows), rows);
  }

  /**
   * Makes a training set with other rows in some places, which shares the blocks whose rows stay.
   *
   * @param set The training set to share blocks with.
   * @param positions The places.
   * @param rows The rows for them.
   * @returns The training set.
   * @throws {RangeError} If `rows` are of another shape, or the places are not distinct rows of `set`, one for each.
   * @throws {CapacityError} If the blocks do not fit the device.
   */
  replace(set: DeviceRows, positions: readonly number[], rows: Rows): DeviceRows {
    checkReplacement(set, positions, rows);
    const { blocks } = set;
    const blockRows = blocks[0].count;
    const changes = Map.groupBy(positions.keys(), (source) => Math.floor(positions[source] / blockRows));
    const changed = this.#allocate((memory) =>
      new Map(
        changes.entries().map(([index, sources]) => {
          const copy = this.#copy(blocks[index], memory);
          for (const source of sources) this.#write(copy, positions[source] % blockRows, rows, source);
          return [index, copy];
        }),
      )
    );
    return this.#add(blocks.map((block, index) => changed.get(index) ?? block.retain()), rows);
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

  #add(blocks: Block[], { dimension, outputs }: Rows): DeviceRows {
    const set = new DeviceRows(blocks, dimension, outputs, this.#stride(dimension), (set) => this.#sets.delete(set));
    this.#sets.add(set);
    return set;
  }

  #stride(dimension: number): number {
    return roundUp(dimension, this.#tileRows);
  }

  /** Puts rows into as few blocks as the limits allow. */
  #store({ features, labels, count, dimension, outputs }: Rows): Block[] {
    const stride = this.#stride(dimension);
    const what = `rows of ${dimension} features and ${outputs} labels`;
    return this.#allocate((memory) =>
      cut(count, this.#limits.rows(Math.max(stride, outputs), what)).map(([first, end]) =>
        new Block(
          end - first,
          upload(memory, features.subarray(first * dimension, end * dimension), dimension, stride),
          upload(memory, labels.subarray(first * outputs, end * outputs), outputs, outputs),
        )
      )
    );
  }

  /** Copies a block on the device. */
  #copy({ count, features, labels }: Block, memory: DeviceMemory): Block {
    const encoder = this.#gpu.createCommandEncoder();
    const copy = (buffer: GPUBuffer) => {
      const target = memory.create(buffer.size, buffer.usage);
      encoder.copyBufferToBuffer(buffer, 0, target, 0, buffer.size);
      return target;
    };
    const block = new Block(count, copy(features), copy(labels));
    this.#gpu.queue.submit([encoder.finish()]);
    return block;
  }

  /** Puts row `source` of `rows` at a place of a block, whose padding stays. */
  #write({ features, labels }: Block, place: number, rows: Rows, source: number): void {
    const { dimension, outputs } = rows;
    const write = (buffer: GPUBuffer, stride: number, matrix: Float32Array, length: number) => {
      const row = matrix.slice(source * length, (source + 1) * length);
      this.#gpu.queue.writeBuffer(buffer, 4 * place * stride, row);
    };
    write(features, this.#stride(dimension), rows.features, dimension);
    write(labels, outputs, rows.labels, outputs);
  }

  /** What `make` makes of new buffers, which are freed if it fails. */
  #allocate<Result>(make: (memory: DeviceMemory) => Result): Result {
    const memory = new DeviceMemory(this.#gpu);
    try {
      return make(memory);
    } catch (error) {
      memory.dispose();
      throw error;
    }
  }
}

/** Blocks are read by the kernels, copied and changed in some rows. */
const BLOCK_USAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

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
  return memory.create(4 * roundUp(count, ROW_ALIGNMENT) * stride, BLOCK_USAGE, (content) => {
    const target = new Float32Array(content);
    for (let row = 0; row < count; row++) {
      target.set(matrix.subarray(row * length, (row + 1) * length), row * stride);
    }
  });
}
