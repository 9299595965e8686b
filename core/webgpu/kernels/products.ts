/**
 * The two matrix products of a step, which are nearly all of its work: the scores Z = XW, and the gradient XᵀA of the
 * clipped residuals A.
 *
 * A workgroup computes a tile of the result, a lane 8 of the tile's rows by a few quads of columns that lie `lanesX`
 * quads apart, so that neighbouring lanes read neighbouring quads. The code of a lane's sums is unrolled because only
 * variables with constant names surely live in registers. Matrices are padded to whole tiles: no lane checks bounds.
 * @module
 */
import { type KernelSource, reads, uniform, writes } from "../kernel.ts";
import { Slab, WalkConstants } from "./structs.ts";
import { laneRows, type Tile, tileQuads, tileRows } from "./tile.ts";

/** Rows whose gradients one workgroup sums up; the sums of several workgroups are added by the update. */
export const partRows = 512;

/** What a workgroup needs of a factor in one turn of its loop. */
interface Window {
  /** The WGSL function that reads a quad of the factor: `left` or `right`. */
  readonly factor: "left" | "right";
  /** Number of rows, and of quads a row. */
  readonly shape: readonly [number, number];
  /** WGSL of the row and the quad of the factor where the window begins. */
  readonly origin: readonly [string, string];
}

/** Code for the indices 0 … count − 1. */
function unroll(count: number, code: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => code(index)).join("\n");
}

/** WGSL of a quad of a window. */
function quadOf({ factor, origin }: Window, { staged }: Tile, row: string, quad: string): string {
  return staged ? `${factor}Window[${row}][${quad}]` : `${factor}(${origin[0]} + ${row}, ${origin[1]} + ${quad})`;
}

/** Workgroup memory for a window. */
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

/** The columns of a lane's quad q, in quads of the tile. */
function laneQuad({ lanesX }: Tile, q: number): string {
  return `lane.x + ${q * lanesX}u`;
}

/** A lane's row r, or its quad r of rows, in the tile. */
function laneRow({ lanesY }: Tile, r: number): string {
  return `lane.y + ${r * lanesY}u`;
}

/** Adds one term to each of a lane's sums; `left(r)` is the number of its row r, `right(q)` its quad q of columns. */
function addTerm({ laneQuads }: Tile, left: (r: number) => string, right: (q: number) => string): string {
  return `{
        ${unroll(laneQuads, (q) => `let right${q} = ${right(q)};`)}
        ${
    unroll(laneRows, (r) => unroll(laneQuads, (q) => `sum${r}_${q} = fma(vec4f(${left(r)}), right${q}, sum${r}_${q});`))
  }
      }`;
}

/** What the two products differ in. */
interface Product {
  readonly left: Window;
  readonly right: Window;
  /** WGSL that begins `main`: where the tile lies. */
  readonly tileOrigin: string;
  /** WGSL of the loop's first and end index, and the number of indices in one turn. */
  readonly range: readonly [from: string, to: string, turn: number];
  /** WGSL that adds the terms of index `k` of a turn. */
  readonly terms: string;
  /** WGSL that stores a lane's sum; r is its row, q its quad of columns. */
  readonly store: (r: number, q: number) => string;
}

/** The kernel's code but for the functions `left` and `right`. */
function productCode(tile: Tile, { left, right, tileOrigin, range: [from, to, turn], terms, store }: Product): string {
  const { staged, lanesX, lanesY, laneQuads } = tile;
  const windows = [left, right];
  const eachSum = (code: (r: number, q: number) => string) =>
    unroll(laneRows, (r) => unroll(laneQuads, (q) => code(r, q)));
  return `
${staged ? windows.map(declareWindow).join("\n") : ""}

@compute @workgroup_size(${lanesX}, ${lanesY})
fn main(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  ${tileOrigin}
  ${eachSum((r, q) => `var sum${r}_${q} = vec4f();`)}
  for (var start = ${from}; start < ${to}; start += ${turn}u) {
    ${staged ? windows.map((window) => copyWindow(window, tile)).join("\n") : ""}
    ${staged ? "workgroupBarrier();" : ""}
    for (var k = 0u; k < ${turn}u; k++) {
      ${terms}
    }
    ${staged ? "workgroupBarrier();" : ""}
  }
  ${eachSum(store)}
}`;
}

/**
 * Z = XW for the rows of a slab.
 *
 * @param tile The shape of the work.
 * @returns The kernel; its grid is column tiles × row tiles.
 */
export function scores(tile: Tile): KernelSource<"walk" | "rows" | "weights" | "scores"> {
  const turn = tile.depth / 4;
  const left: Window = { factor: "left", shape: [tileRows(tile), turn], origin: ["firstRow", "start"] };
  const right: Window = { factor: "right", shape: [tile.depth, tileQuads(tile)], origin: ["4u * start", "firstQuad"] };
  const featureTerm = (f: number) =>
    addTerm(tile, (r) => `row${r}[${f}]`, (q) => quadOf(right, tile, `4u * k + ${f}u`, laneQuad(tile, q)));
  return {
    label: "scores",
    variables: {
      walk: uniform(WalkConstants.name),
      rows: reads("vec4f"),
      weights: reads("vec4f"),
      scores: writes("vec4f"),
    },
    code: `
${WalkConstants.wgsl}
fn left(row: u32, quad: u32) -> vec4f { return rows[row * walk.featureQuads + quad]; }
fn right(feature: u32, quad: u32) -> vec4f { return weights[feature * walk.columnQuads + quad]; }
${
      productCode(tile, {
        left,
        right,
        tileOrigin: `let firstRow = tile.y * ${tileRows(tile)}u;
  let firstQuad = tile.x * ${tileQuads(tile)}u;`,
        range: ["0u", "walk.depthQuads", turn],
        terms: unroll(laneRows, (r) => `let row${r} = ${quadOf(left, tile, laneRow(tile, r), "k")};`) +
          unroll(4, featureTerm),
        store: (r, q) =>
          `scores[(firstRow + ${laneRow(tile, r)}) * walk.columnQuads + firstQuad + ${laneQuad(tile, q)}]` +
          ` = sum${r}_${q};`,
      })
    }`,
  };
}

/**
 * The sums Σ_i f_i a_i ⊗ x_i over parts of a slab's rows. Part p of every slab of a step is added to the same sum.
 *
 * @param tile The shape of the work.
 * @returns The kernel; its grid is column tiles × feature tiles × parts.
 */
export function gradient(tile: Tile): KernelSource<"walk" | "slab" | "rows" | "residuals" | "sums"> {
  const left: Window = { factor: "left", shape: [tile.depth, tileRows(tile) / 4], origin: ["start", "firstFeatures"] };
  const right: Window = { factor: "right", shape: [tile.depth, tileQuads(tile)], origin: ["start", "firstQuad"] };
  const quadAndPlace = (r: number): [number, number] => [Math.floor(r / 4), r % 4];
  return {
    label: "gradient",
    variables: {
      walk: uniform(WalkConstants.name),
      slab: uniform(Slab.name),
      rows: reads("vec4f"),
      residuals: reads("vec4f"),
      sums: writes("vec4f"),
    },
    code: `
${WalkConstants.wgsl}
${Slab.wgsl}
fn left(row: u32, quad: u32) -> vec4f { return rows[row * walk.featureQuads + quad]; }
fn right(row: u32, quad: u32) -> vec4f { return residuals[row * walk.columnQuads + quad]; }
fn store(part: u32, feature: u32, quad: u32, sum: vec4f) {
  let index = (part * walk.featureQuads * 4u + feature) * walk.columnQuads + quad;
  if (part < slab.summedParts) {
    sums[index] += sum;
  } else {
    sums[index] = sum;
  }
}
${
      productCode(tile, {
        left,
        right,
        tileOrigin: `let firstFeatures = tile.y * ${tileRows(tile) / 4}u;
  let firstQuad = tile.x * ${tileQuads(tile)}u;
  let firstRow = tile.z * ${partRows}u;
  let endRow = min(firstRow + ${partRows}u, slab.count);`,
        range: ["firstRow", "endRow", tile.depth],
        terms: unroll(laneRows / 4, (h) => `let features${h} = ${quadOf(left, tile, "k", laneRow(tile, h))};`) +
          addTerm(
            tile,
            (r) => "features" + quadAndPlace(r)[0] + `[${quadAndPlace(r)[1]}]`,
            (q) => quadOf(right, tile, "k", laneQuad(tile, q)),
          ),
        store: (r, q) => {
          const [quad, place] = quadAndPlace(r);
          const feature = `4u * (firstFeatures + ${laneRow(tile, quad)}) + ${place}u`;
          return `store(tile.z, ${feature}, firstQuad + ${laneQuad(tile, q)}, sum${r}_${q});`;
        },
      })
    }`,
  };
}
