/**
 * Training rows whose features are outside WebAssembly's memory, and so not bound by its 4 GiB.
 * @module
 */
import { checkReplacement, checkRows, type Rows } from "../../model/rows.ts";
import type { TrainingSet } from "../engine.ts";
import type { SharedHeap } from "../wasm/heap.ts";
import type { SharedRows } from "../wasm/shared_rows.ts";
import type { BlasLibrary } from "./library.ts";
import { BLOCK_ROWS, groupSizes } from "./rounding.ts";

/** The rows of a block in plain arrays; zeros where there are fewer than {@linkcode BLOCK_ROWS}. */
interface LooseRows {
  readonly features: Float32Array;
  readonly labels: Float32Array;
}

/** Puts row `source` of `rows` at place `target`. */
function write({ features, labels }: LooseRows, target: number, rows: Rows, source: number): void {
  const { dimension, outputs } = rows;
  features.set(rows.features.subarray(source * dimension, (source + 1) * dimension), target * dimension);
  labels.set(rows.labels.subarray(source * outputs, (source + 1) * outputs), target * outputs);
}

/** A block; its labels, which the kernels read, are in their memory until no training set uses them. */
class WholeBlock {
  readonly features: Float32Array;
  /** Addresses of the labels and of the features. */
  readonly addresses: readonly [number, number];
  readonly #heap: SharedHeap;
  readonly #labelCount: number;
  #users = 1;

  constructor(heap: SharedHeap, library: BlasLibrary, { features, labels }: LooseRows) {
    this.#heap = heap;
    this.#labelCount = labels.length;
    this.features = features;
    this.addresses = [heap.allocate(labels.byteLength), library.addressOf(features)];
    heap.floats(this.addresses[0], labels.length).set(labels);
  }

  /** The rows again. */
  copy(): LooseRows {
    return {
      features: new Float32Array(this.features),
      labels: new Float32Array(this.#heap.floats(this.addresses[0], this.#labelCount)),
    };
  }

  retain(): WholeBlock {
    this.#users++;
    return this;
  }

  release(): void {
    if (--this.#users === 0) this.#heap.free(this.addresses[0]);
  }
}

/** Where the rows of an engine lie. */
interface Place {
  readonly heap: SharedHeap;
  readonly library: BlasLibrary;
}

/** A training set cut into blocks, which others may share. */
export class WholeRows implements SharedRows {
  readonly count: number;
  readonly dimension: number;
  readonly outputs: number;
  readonly heap: SharedHeap;
  readonly blockRows: number = BLOCK_ROWS;
  readonly isGrouped = true;
  readonly fewChains = 0;
  /** Numbers of octets that are multiplied at once. */
  readonly #groupSizes: readonly number[];
  readonly #place: Place;
  #blocks: WholeBlock[] = [];

  private constructor(
    place: Place,
    { count, dimension, outputs }: Omit<TrainingSet, "dispose">,
    groupSizes: readonly number[],
  ) {
    this.#place = place;
    this.heap = place.heap;
    this.count = count;
    this.dimension = dimension;
    this.outputs = outputs;
    this.#groupSizes = groupSizes;
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
    const set = new WholeRows(place, rows, groupSizes(place.library, rows));
    set.#fill((index) => {
      const first = index * BLOCK_ROWS;
      const loose = {
        features: new Float32Array(BLOCK_ROWS * dimension),
        labels: new Float32Array(BLOCK_ROWS * outputs),
      };
      for (let row = first; row < Math.min(first + BLOCK_ROWS, count); row++) write(loose, row - first, rows, row);
      return new WholeBlock(place.heap, place.library, loose);
    });
    return set;
  }

  replace(positions: readonly number[], rows: Rows): WholeRows {
    checkReplacement(this, positions, rows);
    const { heap, library } = this.#place;
    const blocks = this.#liveBlocks;
    const changes = Map.groupBy(positions.keys(), (source) => Math.floor(positions[source] / BLOCK_ROWS));
    const set = new WholeRows(this.#place, this, this.#groupSizes);
    set.#fill((index) => {
      const sources = changes.get(index);
      if (sources === undefined) return blocks[index].retain();
      const loose = blocks[index].copy();
      for (const source of sources) write(loose, positions[source] % BLOCK_ROWS, rows, source);
      return new WholeBlock(heap, library, loose);
    });
    return set;
  }

  retain(): WholeRows {
    const set = new WholeRows(this.#place, this, this.#groupSizes);
    set.#blocks = this.#liveBlocks.map((block) => block.retain());
    return set;
  }

  /** The size of a group of which the fewest octets remain empty; the largest such. */
  octetsPerTask(octets: number): number {
    const waste = (size: number) => (size - octets % size) % size;
    return this.#groupSizes.reduce((best, size) => waste(size) < waste(best) ? size : best);
  }

  get addresses(): readonly (readonly [number, number])[] {
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
    } catch (error) {
      this.dispose();
      throw error;
    }
  }
}
