/**
 * Matrix products by tiles, the frame of the two kernels that do nearly all of a step's work.
 *
 * A workgroup computes a tile of the result, a lane 8 of the tile's rows by a few quads of columns that lie `lanesX`
 * quads apart, so that neighbouring lanes read neighbouring quads. The code of a lane's sums is unrolled because only
 * variables with constant names surely live in registers. Matrices are padded to whole tiles: no lane checks bounds.
 *
 * The left factor is made of rows of features, read by the WGSL function `left(row, quad)`; the right one has a chain's
 * output in every column and is read by `right(row, quad)`. Sums run along either side of the left factor.
 * @module
 */
import { LANE_ROWS, type Tile } from "./tile.ts";

/** What a workgroup needs of a factor in one turn of its loop. */
export interface Window {
  /** The WGSL function that reads the factor. */
  readonly factor: "left" | "right";
  /** Number of rows, and of quads a row. */
  readonly shape: readonly [rows: number, quads: number];
  /** WGSL of the factor's row and quad where the window begins. */
  readonly origin: readonly [row: string, quad: string];
}

/** What the two products differ in. */
export interface Product {
  /** WGSL that declares where the tile lies. */
  readonly place: string;
  /** The windows of both factors. */
  readonly windows: readonly Window[];
  /** WGSL of the first and the end index of the loop over `start`, and how many indices it takes a turn. */
  readonly range: readonly [first: string, end: string, turn: number];
  /** WGSL that adds the terms of the turn's index `k` to the sums. */
  readonly terms: string;
  /** WGSL that stores the sum of a lane's row r and quad q of columns. */
  readonly store: (r: number, q: number) => string;
}

/**
 * Repeats code.
 *
 * @param count How often to repeat.
 * @param code Code for an index.
 * @returns The code for 0 … count − 1.
 */
export function unroll(count: number, code: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => code(index)).join("\n");
}

/**
 * Names a row of a lane.
 *
 * @param tile The tile.
 * @param r One of the lane's rows, or of its quads of rows.
 * @returns WGSL of its place in the tile.
 */
export function laneRow({ lanesY }: Tile, r: number): string {
  return `lane.y + ${r * lanesY}u`;
}

/**
 * Names a quad of columns of a lane.
 *
 * @param tile The tile.
 * @param q One of the lane's quads of columns.
 * @returns WGSL of its place in the tile.
 */
export function laneQuad({ lanesX }: Tile, q: number): string {
  return `lane.x + ${q * lanesX}u`;
}

/**
 * Reads a factor.
 *
 * @param window A window.
 * @param tile The tile, which tells where windows are kept.
 * @param row WGSL of a row of the window.
 * @param quad WGSL of a quad of the row.
 * @returns WGSL of that quad.
 */
export function quadOf({ factor, origin }: Window, { staged }: Tile, row: string, quad: string): string {
  return staged ? `${factor}Window[${row}][${quad}]` : `${factor}(${origin[0]} + ${row}, ${origin[1]} + ${quad})`;
}

/**
 * Adds a term to each of a lane's sums.
 *
 * @param tile The tile.
 * @param left WGSL of the left factor's number for a lane's row.
 * @param right WGSL of the right factor's numbers for a lane's quad of columns.
 * @returns The WGSL.
 */
export function addTerm(tile: Tile, left: (r: number) => string, right: (q: number) => string): string {
  return `{
    ${unroll(tile.laneQuads, (q) => `let quad${q} = ${right(q)};`)}
    ${eachSum(tile, (r, q) => `sum${r}_${q} = fma(vec4f(${left(r)}), quad${q}, sum${r}_${q});`)}
  }`;
}

/**
 * The code of a product but for the functions that read the factors.
 *
 * @param tile The tile.
 * @param product What to compute.
 * @returns The kernel's entry point and its workgroup memory.
 */
export function productMain(tile: Tile, { place, windows, range: [first, end, turn], terms, store }: Product): string {
  const inTurn = `for (var k = 0u; k < ${turn}u; k++) { ${terms} }`;
  const stagedTurn = `
    ${windows.map((window) => copyWindow(window, tile)).join("\n")}
    workgroupBarrier();
    ${inTurn}
    workgroupBarrier();`;
  return `
${tile.staged ? windows.map(declareWindow).join("\n") : ""}
@compute @workgroup_size(${tile.lanesX}, ${tile.lanesY})
fn main(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  ${place}
  ${eachSum(tile, (r, q) => `var sum${r}_${q} = vec4f();`)}
  for (var start = ${first}; start < ${end}; start += ${turn}u) {
    ${tile.staged ? stagedTurn : inTurn}
  }
  ${eachSum(tile, store)}
}`;
}

function eachSum({ laneQuads }: Tile, code: (r: number, q: number) => string): string {
  return unroll(LANE_ROWS, (r) => unroll(laneQuads, (q) => code(r, q)));
}

function declareWindow({ factor, shape: [rows, quads] }: Window): string {
  return `var<workgroup> ${factor}Window: array<array<vec4f, ${quads}>, ${rows}>;`;
}

/** The lanes of a workgroup copy a window together. */
function copyWindow({ factor, shape: [rows, quads], origin }: Window, { lanesX, lanesY }: Tile): string {
  return `for (var i = thread; i < ${rows * quads}u; i += ${lanesX * lanesY}u) {
      let row = i / ${quads}u;
      let quad = i % ${quads}u;
      ${factor}Window[row][quad] = ${factor}(${origin[0]} + row, ${origin[1]} + quad);
    }`;
}
