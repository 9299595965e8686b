/**
 * Training rows in memory shared with workers.
 * @module
 */
import { checkReplacement, checkRows, type Rows } from "../../datasets/dataset.ts";
import type { TrainingSet } from "../engine.ts";
import { Block, BLOCK_ROWS, LooseRows } from "./block.ts";
import type { SharedHeap } from "./heap.ts";

/** A training set cut into blocks, which others may share. */
export class BlockedRows implements TrainingSet {
  readonly count: number;
  readonly dimension: number;
  readonly outputs: number;
  /** The memory that holds them. */
  readonly heap: SharedHeap;
  #blocks: Block[] = [];

  private constructor(heap: SharedHeap, { count, dimension, outputs }: Omit<TrainingSet, "dispose">) {
    this.heap = heap;
    this.count = count;
    this.dimension = dimension;
    this.outputs = outputs;
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
    set.#fill(rows, this.blocks);
    return set;
  }

  /** A set of the same rows, which stay until both are disposed of. */
  share(): BlockedRows {
    const set = new BlockedRows(this.heap, this);
    set.#blocks = this.blocks.map((block) => block.share());
    return set;
  }

  /** The blocks. */
  get blocks(): readonly Block[] {
    if (this.#blocks.length === 0) throw new Error("the training set was disposed of");
    return this.#blocks;
  }

  dispose(): void {
    for (const block of this.#blocks) block.release();
    this.#blocks = [];
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
        const loose = new LooseRows(this.dimension, this.outputs);
        if (start < firstOwn) old.unpack(loose);
        for (let row = Math.max(start, firstOwn); row < end; row++) loose.write(row - start, rows, row - firstOwn);
        this.#blocks.push(new Block(this.heap, loose));
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }
}
