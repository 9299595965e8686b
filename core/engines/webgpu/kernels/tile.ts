/**
 * Tiles: how a workgroup shares the work of a matrix product.
 * @module
 */

/** The tile of the result that one workgroup computes. */
export interface Tile {
  /**
   * Whether lanes first copy the factors' tiles to workgroup memory. Hardware reads it much faster than buffers; a
   * software adapter has only one kind of memory.
   */
  readonly staged: boolean;
  /** Lanes along the columns. */
  readonly lanesX: number;
  /** Lanes along the rows. */
  readonly lanesY: number;
  /** Quads of columns that a lane computes, `lanesX` apart. */
  readonly laneQuads: number;
  /** Terms of the sums that are added at a time, a multiple of 4. */
  readonly depth: number;
}

/** Rows that a lane computes, `lanesY` (or as many quads of rows) apart. */
export const LANE_ROWS = 8;

/** The tiles by name: `staged`, 64 × 128 results a workgroup, is for hardware; `direct` for software adapters. */
export const TILES = {
  staged: { staged: true, lanesX: 16, lanesY: 8, laneQuads: 2, depth: 16 },
  direct: { staged: false, lanesX: 2, lanesY: 4, laneQuads: 2, depth: 4 },
} as const satisfies Record<string, Tile>;

/** A name of {@linkcode TILES}. */
export type TileName = keyof typeof TILES;

/** The workgroup that advances one chain of a walk over batches. */
export interface Team {
  /** How many lanes it has, a power of 2. */
  readonly lanes: number;
  /** How many of them, another, share the features of a few rows. */
  readonly rowLanes: number;
}

/** The teams that go with the tiles: hardware reads what neighbouring lanes want of a row at once. */
export const TEAMS = {
  staged: { lanes: 256, rowLanes: 32 },
  direct: { lanes: 16, rowLanes: 4 },
} as const satisfies Record<TileName, Team>;

/**
 * The height of a tile.
 *
 * @param tile A tile.
 * @returns Its number of rows.
 */
export function tileRows({ lanesY }: Tile): number {
  return lanesY * LANE_ROWS;
}

/**
 * The width of a tile.
 *
 * @param tile A tile.
 * @returns The length of its rows in quads.
 */
export function tileQuads({ lanesX, laneQuads }: Tile): number {
  return lanesX * laneQuads;
}
