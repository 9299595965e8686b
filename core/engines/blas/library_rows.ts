/**
 * Training rows as a library multiplies them: a row's background (see `wasm/block.ts`) plus the rest, of which a block
 * has only the columns that are not zero in all of its rows. Of MNIST's 784 these are some 480.
 *
 * The rest is outside WebAssembly's memory, and so not bound by its 4 GiB.
 * @module
 */
import { checkReplacement, checkRows, type Rows } from "../../model/rows.ts";
import type { TrainingSet } from "../engine.ts";
import { type LooseRows, looseRows, makeBlocks, replaceInBlocks } from "../wasm/block.ts";
import type { SharedHeap } from "../wasm/heap.ts";
import type { SharedRows } from "../wasm/shared_rows.ts";
import type { LibraryBlock } from "../wasm/worker.ts";
import type { BlasLibrary } from "./library.ts";
import { BLOCK_ROWS, MOST_PANELS } from "./rounding.ts";

/** The number of columns that are multiplied is a multiple of it, so that products are of few shapes. */
const WIDTH_STEP = 16;

/** Share of the columns from which on leaving out the others does not repay copying. */
const MOST_COLUMNS = 7 / 8;

/**
 * The columns of a block that are multiplied, in order: those that are not zero throughout, with as many others as make
 * their number a multiple of {@linkcode WIDTH_STEP}; or all.
 */
function chooseColumns({ dimension, rest: { values, rowStride } }: LooseRows): Uint32Array {
  const isUsed = new Uint8Array(dimension);
  for (let row = 0; row < values.length; row += rowStride) {
    for (let k = 0; k < dimension; k++) if (values[row + k] !== 0) isUsed[k] = 1;
  }
  const all = Uint32Array.from(isUsed.keys());
  const used = isUsed.reduce((sum, one) => sum + one, 0);
  const width = WIDTH_STEP * Math.max(1, Math.ceil(used / WIDTH_STEP));
  if (width >= MOST_COLUMNS * dimension) return all;
  let spare = width - used;
  return all.filter((k) => isUsed[k] === 1 || spare-- > 0);
}

/** A block; all but its features, which the library alone reads, is in the kernels' memory while a set uses it. */
class Block {
  /** Where the parts are. */
  readonly parts: LibraryBlock;
  readonly #heap: SharedHeap;
  readonly #columns: Uint32Array;
  /** The rest in these columns, row by row. */
  readonly #features: Float32Array;
  readonly #backgrounds: number;
  #users = 1;

  constructor({ heap, library }: Place, loose: LooseRows) {
    const { dimension, labels, backgrounds, rest: { values, rowStride } } = loose;
    const columns = chooseColumns(loose);
    const width = columns.length;
    const features = new Float32Array(BLOCK_ROWS * width);
    for (let row = 0; row < BLOCK_ROWS; row++) {
      for (let i = 0; i < width; i++) features[row * width + i] = values[row * rowStride + columns[i]];
    }
    const address = heap.allocate(labels.byteLength + backgrounds.byteLength + columns.byteLength);
    const backgroundsAt = address + labels.byteLength;
    const columnsAt = backgroundsAt + backgrounds.byteLength;
    heap.floats(address, labels.length).set(labels);
    heap.floats(backgroundsAt, BLOCK_ROWS).set(backgrounds);
    heap.words(columnsAt, width).set(columns);
    this.#heap = heap;
    this.#columns = columns;
    this.#features = features;
    this.#backgrounds = backgroundsAt;
    this.parts = {
      labels: address,
      features: library.addressOf(features),
      width,
      columns: width === dimension ? undefined : columnsAt,
      backgrounds: backgrounds.some((background) => background !== 0) ? backgroundsAt : undefined,
    };
  }

  /** Puts the rows back into plain arrays. */
  unpack({ labels, backgrounds, rest: { values, rowStride } }: LooseRows): void {
    const [columns, features] = [this.#columns, this.#features];
    labels.set(this.#heap.floats(this.parts.labels, labels.length));
    backgrounds.set(this.#heap.floats(this.#backgrounds, BLOCK_ROWS));
    for (let row = 0; row < BLOCK_ROWS; row++) {
      for (let i = 0; i < columns.length; i++) {
        values[row * rowStride + columns[i]] = features[row * columns.length + i];
      }
    }
  }

  retain(): Block {
    this.#users++;
    return this;
  }

  release(): void {
    if (--this.#users === 0) this.#heap.free(this.parts.labels);
  }
}

/** Where the rows of an engine lie. */
interface Place {
  readonly heap: SharedHeap;
  readonly library: BlasLibrary;
  /** The groups that round alike in products of a shape. */
  readonly groupSizesOf: (shape: Pick<Rows, "dimension" | "outputs">) => readonly number[];
}

/** A training set cut into blocks, which others may share. */
export class LibraryRows implements SharedRows {
  readonly count: number;
  readonly dimension: number;
  readonly outputs: number;
  readonly heap: SharedHeap;
  readonly blockRows: number = BLOCK_ROWS;
  readonly fewChains = 0;
  readonly #place: Place;
  #blocks: Block[] = [];
  /** Numbers of octets that are multiplied at once. */
  #groupSizes: readonly number[] = [];

  private constructor(place: Place, { count, dimension, outputs }: Omit<TrainingSet, "dispose">) {
    this.#place = place;
    this.heap = place.heap;
    this.count = count;
    this.dimension = dimension;
    this.outputs = outputs;
  }

  /**
   * Copies rows.
   * @throws {RangeError} If there are none, or arrays of other lengths than they say.
   * @throws {CapacityError} If their labels do not fit the memory.
   * @throws {Error} If the library rounds chains by their places or their number.
   */
  static load(place: Place, rows: Rows): LibraryRows {
    checkRows(rows);
    const set = new LibraryRows(place, rows);
    const count = Math.ceil(rows.count / BLOCK_ROWS);
    set.#take(makeBlocks(count, (index) => new Block(place, looseRows(rows, index, BLOCK_ROWS))));
    return set;
  }

  replace(positions: readonly number[], rows: Rows): LibraryRows {
    checkReplacement(this, positions, rows);
    const set = new LibraryRows(this.#place, this);
    const make = (loose: LooseRows) => new Block(this.#place, loose);
    set.#take(replaceInBlocks(this.#liveBlocks, positions, rows, BLOCK_ROWS, make));
    return set;
  }

  retain(): LibraryRows {
    const set = new LibraryRows(this.#place, this);
    set.#blocks = this.#liveBlocks.map((block) => block.retain());
    set.#groupSizes = this.#groupSizes;
    return set;
  }

  /** The size of a group of which the fewest octets remain empty; the largest such. */
  octetsPerGroup(octets: number): number {
    const waste = (size: number) => (size - octets % size) % size;
    return this.#groupSizes.reduce((best, size) => waste(size) < waste(best) ? size : best);
  }

  /** As many groups as have no more columns than the largest. */
  octetsPerTask(octets: number): number {
    const group = this.octetsPerGroup(octets);
    return group * Math.max(1, Math.floor(MOST_PANELS / (group * this.outputs)));
  }

  get libraryBlocks(): readonly LibraryBlock[] {
    return this.#liveBlocks.map(({ parts }) => parts);
  }

  get #liveBlocks(): readonly Block[] {
    if (this.#blocks.length === 0) throw new Error("the training set was disposed of");
    return this.#blocks;
  }

  dispose(): void {
    for (const block of this.#blocks) block.release();
    this.#blocks = [];
  }

  /** Takes blocks for its own, and what groups they have in common; without any it releases them. */
  #take(blocks: Block[]): void {
    this.#blocks = blocks;
    try {
      this.#groupSizes = this.#commonSizes();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The groups that round alike in the products of all blocks. */
  #commonSizes(): readonly number[] {
    const { library, groupSizesOf } = this.#place;
    const { outputs } = this;
    const widths = new Set(this.#blocks.map(({ parts: { width } }) => width));
    const lists = [...widths].map((dimension) => groupSizesOf({ dimension, outputs }));
    const common = lists.reduce((sizes, others) => sizes.filter((size) => others.includes(size)));
    if (common.length > 0) return common;
    throw new Error(`${library.name} rounds a chain by how many there are: use --backend wasm`);
  }
}
