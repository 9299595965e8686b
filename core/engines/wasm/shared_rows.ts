/**
 * Training rows as walks on several threads read them, whoever multiplies them.
 * @module
 */
import type { Rows } from "../../model/rows.ts";
import type { TrainingSet } from "../engine.ts";
import type { SharedHeap } from "./heap.ts";
import type { LibraryBlock } from "./worker.ts";

/** A training set in blocks, which others may share. */
export interface SharedRows extends TrainingSet {
  /** The memory of its engine. */
  readonly heap: SharedHeap;
  /** Most rows of a block. */
  readonly blockRows: number;
  /** Most chains that are faster one after the other than as an octet. */
  readonly fewChains: number;
  /** Octets of chains that a task of a step's first phase covers, of a walk of so many. */
  octetsPerTask(octets: number): number;
  /** Octets of a group, whose panels lie side by side, even of a walk of fewer. Without it every panel lies alone. */
  octetsPerGroup?(octets: number): number;
  /** Addresses of each block's labels and of its bands of features. */
  readonly addresses?: readonly (readonly [number, number])[];
  /** The blocks where a library multiplies, in place of their addresses. */
  readonly libraryBlocks?: readonly LibraryBlock[];
  /**
   * A set with `rows` in the place of those at `positions`, which shares the blocks whose rows stay.
   * @throws {RangeError} If `rows` are of another shape, or the positions are not distinct rows, one for each.
   * @throws {CapacityError} If the blocks do not fit the memory.
   */
  replace(positions: readonly number[], rows: Rows): SharedRows;
  /** A set of the same rows, which stay until both are disposed of. */
  retain(): SharedRows;
}
