/**
 * The gradient from the rows' clipped residuals.
 * @module
 */
import { type KernelSource, reads, uniform, writes } from "../kernel.ts";
import { addTerm, laneQuad, laneRow, productMain, quadOf, unroll, type Window } from "./product.ts";
import { Slab, WalkConstants } from "./structs.ts";
import { LANE_ROWS, type Tile, tileQuads, tileRows } from "./tile.ts";

/** Rows whose gradients one workgroup sums up; the sums of several workgroups are added by the update. */
export const PART_ROWS = 512;

/** The lane's quad of features that holds its row r of the result, and the place in the quad. */
function featurePlace(r: number): [quad: number, place: number] {
  return [Math.floor(r / 4), r % 4];
}

/**
 * The sums Σ_i f_i a_i⊗x_i over parts of a slab's rows. Part p of every slab of a step is added to the same sum. The
 * sums run along the columns of the left factor, its features, which are the rows of the result.
 *
 * @param tile The shape of the work.
 * @returns The kernel; its grid is column tiles × feature tiles × parts.
 */
export function gradient(tile: Tile): KernelSource<"walk" | "slab" | "rows" | "residuals" | "sums"> {
  const rows: Window = { factor: "left", shape: [tile.depth, tileRows(tile) / 4], origin: ["start", "firstFeatures"] };
  const residuals: Window = { factor: "right", shape: [tile.depth, tileQuads(tile)], origin: ["start", "firstQuad"] };
  const readFeatures = unroll(LANE_ROWS / 4, (f) => `let features${f} = ${quadOf(rows, tile, "k", laneRow(tile, f))};`);
  const feature = (r: number) => {
    const [quad, place] = featurePlace(r);
    return `features${quad}[${place}]`;
  };
  const featureIndex = (r: number) => {
    const [quad, place] = featurePlace(r);
    return `4u * (firstFeatures + ${laneRow(tile, quad)}) + ${place}u`;
  };
  const main = productMain(tile, {
    place: `
  let firstFeatures = tile.y * ${tileRows(tile) / 4}u;
  let firstQuad = tile.x * ${tileQuads(tile)}u;
  let firstRow = tile.z * ${PART_ROWS}u;
  let endRow = min(firstRow + ${PART_ROWS}u, slab.count);`,
    windows: [rows, residuals],
    range: ["firstRow", "endRow", tile.depth],
    terms: readFeatures + addTerm(tile, feature, (q) => quadOf(residuals, tile, "k", laneQuad(tile, q))),
    store: (r, q) => `store(tile.z, ${featureIndex(r)}, firstQuad + ${laneQuad(tile, q)}, sum${r}_${q});`,
  });
  return {
    label: "gradient",
    variables: {
      walk: uniform(WalkConstants),
      slab: uniform(Slab),
      rows: reads("vec4f"),
      residuals: reads("vec4f"),
      sums: writes("vec4f"),
    },
    code: `
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
${main}`,
  };
}
