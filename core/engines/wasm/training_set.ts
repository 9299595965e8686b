/**
 * Training rows in memory shared with workers.
 * @module
 */
import { checkReplacement, checkRows, type Rows } from "../../model/rows.ts";
import { CapacityError, type TrainingSet } from "../engine.ts";
import { Block, BLOCK_ROWS, looseRows, makeBlocks, packedBytes, replaceInBlocks } from "./block.ts";
import { MAXIMUM_BYTES, mebibytes, type SharedHeap } from "./heap.ts";
import type { SharedRows } from "./shared_rows.ts";

/** Panels that a task covers where it can: their weights and gradients stay in a core's cache. */
const PANELS_PER_TASK = 16;

/** Most chains that are faster one after the other than as an octet: where bands keep all columns, and where not. */
const FEW_CHAINS = { whole: 3, sparse: 1 } as const;

/** Blocks by whose sizes those of all are told. */
const SAMPLED_BLOCKS = 64;

/**
 * Refuses rows that memory cannot hold before they are packed, which takes long: by the sizes of some blocks, evenly
 * spread. Rows of which all numbers would fit are not looked at.
 *
 * @param rows The rows.
 * @param most Bytes of the memory.
 * @throws {CapacityError} If they take more.
 */
export function checkRoom(rows: Rows, most: number = MAXIMUM_BYTES): void {
  const { count, dimension } = rows;
  if (2 * Float32Array.BYTES_PER_ELEMENT * count * dimension <= most / 2) return;
  const blocks = Math.ceil(count / BLOCK_ROWS);
  const sampled = Math.min(SAMPLED_BLOCKS, blocks);
  let bytes = 0;
  for (let i = 0; i < sampled; i++) bytes += packedBytes(looseRows(rows, Math.floor(i * blocks / sampled), BLOCK_ROWS));
  const needed = bytes / sampled * blocks;
  if (needed <= most) return;
  const fitting = Math.floor(count * most / needed / BLOCK_ROWS) * BLOCK_ROWS;
  throw new CapacityError(
    `${count} rows of ${dimension} features take ${mebibytes(needed)} as the kernels read them, and WebAssembly has ` +
      `${mebibytes(most)}: take ${fitting} rows at most, fewer features, or --backend blas`,
  );
}

/** A training set cut into blocks, which others may share. */
export class BlockedRows implements SharedRows {
  readonly count: number;
  readonly dimension: number;
  readonly outputs: number;
  /** The memory that holds them. */
  readonly heap: SharedHeap;
  readonly blockRows: number = BLOCK_ROWS;
  #blocks: Block[] = [];

  private constructor(heap: SharedHeap, { count, dimension, outputs }: Omit<TrainingSet, "dispose">) {
    this.heap = heap;
    this.count = count;
    this.dimension = dimension;
    this.outputs = outputs;
  }

  /**
   * Copies rows into shared memory.
   * @throws {RangeError} If there are none, or arrays of other lengths than they say.
   * @throws {CapacityError} If they do not fit the memory.
   */
  static load(heap: SharedHeap, rows: Rows): BlockedRows {
    checkRows(rows);
    checkRoom(rows);
    const set = new BlockedRows(heap, rows);
    const count = Math.ceil(rows.count / BLOCK_ROWS);
    set.#blocks = makeBlocks(count, (index) => new Block(heap, looseRows(rows, index, BLOCK_ROWS)));
    return set;
  }

  replace(positions: readonly number[], rows: Rows): BlockedRows {
    checkReplacement(this, positions, rows);
    const { heap, blocks } = this;
    const set = new BlockedRows(heap, this);
    set.#blocks = replaceInBlocks(blocks, positions, rows, BLOCK_ROWS, (loose) => new Block(heap, loose));
    return set;
  }

  retain(): BlockedRows {
    const set = new BlockedRows(this.heap, this);
    set.#blocks = this.blocks.map((block) => block.retain());
    return set;
  }

  /** The blocks. */
  get blocks(): readonly Block[] {
    if (this.#blocks.length === 0) throw new Error("the training set was disposed of");
    return this.#blocks;
  }

  get fewChains(): number {
    return this.blocks.some(({ isWhole }) => isWhole) ? FEW_CHAINS.whole : FEW_CHAINS.sparse;
  }

  octetsPerTask(): number {
    return Math.max(1, Math.floor(PANELS_PER_TASK / this.outputs));
  }

  get addresses(): readonly (readonly [number, number])[] {
    return this.blocks.map(({ address, featureBands }) => [address, featureBands]);
  }

  dispose(): void {
    for (const block of this.#blocks) block.release();
    this.#blocks = [];
  }
}
