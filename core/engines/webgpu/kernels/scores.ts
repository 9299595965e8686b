/**
 * The scores of rows under weights.
 * @module
 */
import { type KernelSource, reads, uniform, writes } from "../kernel.ts";
import { addTerm, laneQuad, laneRow, productMain, quadOf, unroll, type Window } from "./product.ts";
import { WalkConstants } from "./structs.ts";
import { LANE_ROWS, type Tile, tileQuads, tileRows } from "./tile.ts";

/**
 * Z = XW for the rows of a slab. The sums run along the rows of the left factor, of which a lane reads four features at
 * a time.
 *
 * @param tile The shape of the work.
 * @returns The kernel; its grid is column tiles × row tiles.
 */
export function scores(tile: Tile): KernelSource<"walk" | "rows" | "weights" | "scores"> {
  const turn = tile.depth / 4;
  const rows: Window = { factor: "left", shape: [tileRows(tile), turn], origin: ["firstRow", "start"] };
  const weights: Window = {
    factor: "right",
    shape: [tile.depth, tileQuads(tile)],
    origin: ["4u * start", "firstQuad"],
  };
  const readRows = unroll(LANE_ROWS, (r) => `let row${r} = ${quadOf(rows, tile, laneRow(tile, r), "k")};`);
  const addFeature = (f: number) =>
    addTerm(tile, (r) => `row${r}[${f}]`, (q) => quadOf(weights, tile, `4u * k + ${f}u`, laneQuad(tile, q)));
  const main = productMain(tile, {
    place: `let firstRow = tile.y * ${tileRows(tile)}u; let firstQuad = tile.x * ${tileQuads(tile)}u;`,
    windows: [rows, weights],
    range: ["0u", "walk.depthQuads", turn],
    terms: readRows + unroll(4, addFeature),
    store: (r, q) => `store(firstRow + ${laneRow(tile, r)}, firstQuad + ${laneQuad(tile, q)}, sum${r}_${q});`,
  });
  return {
    label: "scores",
    variables: {
      walk: uniform(WalkConstants),
      rows: reads("vec4f"),
      weights: reads("vec4f"),
      scores: writes("vec4f"),
    },
    code: `
fn left(row: u32, quad: u32) -> vec4f { return rows[row * walk.featureQuads + quad]; }
fn right(feature: u32, quad: u32) -> vec4f { return weights[feature * walk.columnQuads + quad]; }
fn store(row: u32, quad: u32, sum: vec4f) { scores[row * walk.columnQuads + quad] = sum; }
${main}`,
  };
}
