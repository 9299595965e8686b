/**
 * Training rows whose features are outside WebAssembly's memory, and so not bound by its 4 GiB.
 * @module
 */
import { checkReplacement, checkRows, type Rows } from "../../model/rows.ts";
import type { TrainingSet } from "../engine.ts";
import type { SharedHeap } from "../wasm/heap.ts";
import type { SharedRows } from "../wasm/shared_rows.ts";
import type { BlasLibrary } from "./library.ts";
import { majority } from "../wasm/block.ts";
import { BLOCK_ROWS, MOST_PANELS } from "./rounding.ts";

/** The number of columns that are multiplied is a multiple of it, so that products are of few shapes. */
const WIDTH_STEP = 16;

/** Share of the columns from which on leaving out the others does not repay copying. */
const MOST_COLUMNS = 7 / 8;

/** The rows of a block in plain arrays; zeros where there are fewer than {@linkcode BLOCK_ROWS}. */
class LooseRows {
  readonly labels: Float32Array;
  readonly backgrounds: Float32Array = new Float32Array(BLOCK_ROWS);
  /** Features less backgrounds. */
  readonly rest: Float32Array;

  constructor(readonly dimension: number, readonly outputs: number) {
    this.labels = new Float32Array(BLOCK_ROWS * outputs);
    this.rest = new Float32Array(BLOCK_ROWS * dimension);
  }

  /** Puts row `source` of `rows` at place `target`. */
  write(target: number, rows: Rows, source: number): void {
    const { dimension, outputs } = this;
    const features = rows.features.subarray(source * dimension, (source + 1) * dimension);
    const background = majority(features);
    this.backgrounds[target] = background;
    for (let k = 0; k < dimension; k++) this.rest[target * dimension + k] = features[k] - background;
    this.labels.set(rows.labels.subarray(source * outputs, (source + 1) * outputs), target * outputs);
  }

  /**
   * The columns to multiply, in order: those that are not zero throughout, and as many others as make their number a
   * multiple of {@linkcode WIDTH_STEP}; or all.
   */
  columns(): Uint32Array {
    const { dimension, rest } = this;
    const isUsed = new Uint8Array(dimension);
    for (let row = 0; row < BLOCK_ROWS; row++) {
      for (let k = 0; k < dimension; k++) if (rest[row * dimension + k] !== 0) isUsed[k] = 1;
    }
    const all = Uint32Array.from(isUsed.keys());
    const used = isUsed.reduce((sum, one) => sum + one, 0);
    const width = WIDTH_STEP * Math.max(1, Math.ceil(used / WIDTH_STEP));
    if (width >= MOST_COLUMNS * dimension) return all;
    let spare = width - used;
    return all.filter((k) => isUsed[k] === 1 || spare-- > 0);
  }
}

/** A block; all but its features, which the kernels read, is in their memory until no training set uses it. */
class WholeBlock {
  /** Of {@linkcode WholeBlock.columns}, row by row. */
  readonly features: Float32Array;
  readonly columns: Uint32Array;
  /** See `LibraryBlock`. */
  readonly addresses: readonly number[];
  readonly #heap: SharedHeap;
  readonly #address: number;
  #users = 1;

  constructor(heap: SharedHeap, library: BlasLibrary, loose: LooseRows) {
    const { dimension, labels, backgrounds, rest } = loose;
    const columns = loose.columns();
    const width = columns.length;
    this.columns = columns;
    this.features = width === dimension
      ? rest
      : new Float32Array(BLOCK_ROWS * width).map((_, i) =>
        rest[Math.floor(i / width) * dimension + columns[i % width]]
      );
    this.#heap = heap;
    this.#address = heap.allocate(labels.byteLength + backgrounds.byteLength + columns.byteLength);
    const backgroundsAt = this.#address + labels.byteLength;
    const columnsAt = backgroundsAt + backgrounds.byteLength;
    heap.floats(this.#address, labels.length).set(labels);
    heap.floats(backgroundsAt, BLOCK_ROWS).set(backgrounds);
    heap.words(columnsAt, width).set(columns);
    this.addresses = [
      ...[this.#address, library.addressOf(this.features), width],
      ...[width === dimension ? 0 : columnsAt, backgrounds.some((c) => c !== 0) ? backgroundsAt : 0],
    ];
  }

  /** Puts the rows back into plain arrays. */
  unpack({ dimension, labels, backgrounds, rest }: LooseRows): void {
    const { columns, features } = this;
    labels.set(this.#heap.floats(this.#address, labels.length));
    backgrounds.set(this.#heap.floats(this.#address + labels.byteLength, BLOCK_ROWS));
    features.forEach((value, i) =>
      rest[Math.floor(i / columns.length) * dimension + columns[i % columns.length]] = value
    );
  }

  retain(): WholeBlock {
    this.#users++;
    return this;
  }

  release(): void {
    if (--this.#users === 0) this.#heap.free(this.#address);
  }
}

/** Where the rows of an engine lie. */
interface Place {
  readonly heap: SharedHeap;
  readonly library: BlasLibrary;
  /** The groups that round alike in products of a shape. */
  readonly groupSizesOf: (shape: { readonly dimension: number; readonly outputs: number }) => readonly number[];
}

/** A training set cut into blocks, which others may share. */
export class WholeRows implements SharedRows {
  readonly count: number;
  readonly dimension: number;
  readonly outputs: number;
  readonly heap: SharedHeap;
  readonly blockRows: number = BLOCK_ROWS;
  readonly fewChains = 0;
  readonly #place: Place;
  #blocks: WholeBlock[] = [];
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
   * @throws {Error} If the library rounds chains by their places.
   */
  static load(place: Place, rows: Rows): WholeRows {
    checkRows(rows);
    const { count, dimension, outputs } = rows;
    const set = new WholeRows(place, rows);
    set.#fill((index) => {
      const first = index * BLOCK_ROWS;
      const loose = new LooseRows(dimension, outputs);
      for (let row = first; row < Math.min(first + BLOCK_ROWS, count); row++) loose.write(row - first, rows, row);
      return new WholeBlock(place.heap, place.library, loose);
    });
    return set;
  }

  replace(positions: readonly number[], rows: Rows): WholeRows {
    checkReplacement(this, positions, rows);
    const { heap, library } = this.#place;
    const blocks = this.#liveBlocks;
    const changes = Map.groupBy(positions.keys(), (source) => Math.floor(positions[source] / BLOCK_ROWS));
    const set = new WholeRows(this.#place, this);
    set.#fill((index) => {
      const sources = changes.get(index);
      if (sources === undefined) return blocks[index].retain();
      const loose = new LooseRows(rows.dimension, rows.outputs);
      blocks[index].unpack(loose);
      for (const source of sources) loose.write(positions[source] % BLOCK_ROWS, rows, source);
      return new WholeBlock(heap, library, loose);
    });
    return set;
  }

  retain(): WholeRows {
    const set = new WholeRows(this.#place, this);
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

  get addresses(): readonly (readonly number[])[] {
    return this.#liveBlocks.map(({ addresses }) => addresses);
  }

  get #liveBlocks(): readonly WholeBlock[] {
    if (this.#blocks.length === 0) throw new Error("the training set was disposed of");
    return this.#blocks;
  }

  dispose(): void {
    for (const block of this.#blocks) block.release();
    this.#blocks = [];
  }

  /** Makes the blocks by their numbers: all of them or none. */
  #fill(make: (index: number) => WholeBlock): void {
    try {
      for (let index = 0; index * BLOCK_ROWS < this.count; index++) this.#blocks.push(make(index));
      this.#groupSizes = this.#commonSizes();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The groups that round alike in the products of all blocks. */
  #commonSizes(): readonly number[] {
    const { outputs } = this;
    const widths = new Set(this.#blocks.map(({ columns }) => columns.length));
    const lists = [...widths].map((dimension) => this.#place.groupSizesOf({ dimension, outputs }));
    return lists.reduce((common, sizes) => common.filter((size) => sizes.includes(size)));
  }
}
