/**
 * Training rows in memory shared with workers.
 * @module
 */
import { checkReplacement, checkRows, type Rows } from "../../datasets/dataset.ts";
import type { TrainingSet } from "../engine.ts";
import type { SharedHeap } from "./heap.ts";

/** Rows that a worker reads at once: few enough that they stay in its cache for both passes of a step. */
export const BLOCK_ROWS = 48;

/** A row's bytes: an odd number of 16-byte quads, so that one feature of many rows spreads over the cache's sets. */
function rowBytes(dimension: number): number {
  return 16 * (Math.ceil(dimension / 4) | 1);
}

/** {@linkcode BLOCK_ROWS} rows of features, then as many of labels; freed when no training set uses it. */
class Block {
  readonly address: number;
  #users = 1;

  constructor(readonly heap: SharedHeap, readonly dimension: number, readonly outputs: number) {
    this.address = heap.allocate(BLOCK_ROWS * (rowBytes(dimension) + 4 * outputs));
  }

  /** Puts row `source` of `rows` at place `target`. */
  write(target: number, rows: Rows, source: number): void {
    const { heap, dimension, outputs } = this;
    heap.floats(this.address + target * rowBytes(dimension), dimension)
      .set(rows.features.subarray(source * dimension, (source + 1) * dimension));
    heap.floats(this.address + BLOCK_ROWS * rowBytes(dimension) + 4 * target * outputs, outputs)
      .set(rows.labels.subarray(source * outputs, (source + 1) * outputs));
  }

  /** Copies another block's rows. */
  copy(other: Block): void {
    const floats = BLOCK_ROWS * (rowBytes(this.dimension) / 4 + this.outputs);
    this.heap.floats(this.address, floats).set(this.heap.floats(other.address, floats));
  }

  share(): Block {
    this.#users++;
    return this;
  }

  release(): void {
    if (--this.#users === 0) this.heap.free(this.address);
  }
}

/** A training set cut into blocks, which others may share. */
export class BlockedRows implements TrainingSet {
  readonly count: number;
  readonly dimension: number;
  readonly outputs: number;
  /** Bytes from one row of a block to the next. */
  readonly rowStride: number;
  /** The memory that holds them. */
  readonly heap: SharedHeap;
  #blocks: Block[] = [];

  private constructor(heap: SharedHeap, { count, dimension, outputs }: Omit<TrainingSet, "dispose">) {
    this.heap = heap;
    this.count = count;
    this.dimension = dimension;
    this.outputs = outputs;
    this.rowStride = rowBytes(dimension);
  }

  /**
   * Copies rows into shared memory.
   * @throws {RangeError} If there are none, arrays of other lengths than they say, or too many for the memory.
   */
  static load(heap: SharedHeap, rows: Rows): BlockedRows {
    checkRows(rows);
    const set = new BlockedRows(heap, rows);
    set.#fill(rows, []);
    return set;
  }

  /**
   * A set that shares all but the last `rows.count` rows, which are `rows`.
   * @throws {RangeError} If `rows` are too many, of another shape, or do not fit the memory.
   */
  replaceLast(rows: Rows): BlockedRows {
    checkReplacement(rows, this);
    const set = new BlockedRows(this.heap, this);
    set.#fill(rows, this.#liveBlocks);
    return set;
  }

  /** A set of the same rows, which stay until both are disposed of. */
  share(): BlockedRows {
    const set = new BlockedRows(this.heap, this);
    set.#blocks = this.#liveBlocks.map((block) => block.share());
    return set;
  }

  /** Addresses of the blocks. */
  get addresses(): number[] {
    return this.#liveBlocks.map(({ address }) => address);
  }

  dispose(): void {
    for (const block of this.#blocks) block.release();
    this.#blocks = [];
  }

  get #liveBlocks(): readonly Block[] {
    if (this.#blocks.length === 0) throw new Error("the training set was disposed of");
    return this.#blocks;
  }

  /** Makes the blocks: the last rows are `rows`, those before are in `shared`. */
  #fill(rows: Rows, shared: readonly Block[]): void {
    const firstOwn = this.count - rows.count;
    try {
      for (let start = 0; start < this.count; start += BLOCK_ROWS) {
        const end = Math.min(start + BLOCK_ROWS, this.count);
        const old = shared[this.#blocks.length];
        if (end <= firstOwn) {
          this.#blocks.push(old.share());
          continue;
        }
        const block = new Block(this.heap, this.dimension, this.outputs);
        this.#blocks.push(block);
        if (start < firstOwn) block.copy(old);
        for (let row = Math.max(start, firstOwn); row < end; row++) block.write(row - start, rows, row - firstOwn);
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }
}
