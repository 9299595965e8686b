// @ts-nocheck: AssemblyScript, checked by its own compiler.
/**
 * The matrix product, where nearly all the time goes: one kernel for both passes of a step.
 *
 * A 4×8 tile stays in eight registers while it takes a sum of outer products: four numbers of a band of A times eight
 * numbers of a panel of B. For the outputs Z = XW a band is four rows of X and B a panel of W; for the gradient XᵀG a
 * band is four features of X and B a panel of G. A band has only the columns that are not zero in all of its four rows
 * (see `wasm/bands.ts`): of a digit's pixels, a third.
 * @module
 */
import { multiplyAdd } from "./simd.as.ts";

/** Bytes of the head of a band, and of four of its numbers. */
const QUAD_BYTES: usize = 16;
/** Bytes of eight numbers of a panel. */
const PANEL_ROW_BYTES: usize = 32;

/**
 * tile += A·B.
 * @param tile 4×8 floats, row-major.
 * @param band Four rows of A.
 * @param panel Eight columns of B, row-major.
 */
export function addProduct(tile: usize, band: usize, panel: usize): void {
  if (load<u32>(band, sizeof<u32>()) == 0) addColumns<void>(tile, band, panel);
  else addColumns<u32>(tile, band, panel);
}

/** {@linkcode addProduct} for a band whose places are of type `Place`, void where all columns are kept. */
function addColumns<Place>(tile: usize, band: usize, panel: usize): void {
  let row0Left = v128.load(tile, 0);
  let row0Right = v128.load(tile, 16);
  let row1Left = v128.load(tile, 32);
  let row1Right = v128.load(tile, 48);
  let row2Left = v128.load(tile, 64);
  let row2Right = v128.load(tile, 80);
  let row3Left = v128.load(tile, 96);
  let row3Right = v128.load(tile, 112);
  let place = placesOf(band);
  let quad = band + QUAD_BYTES;
  let b = panel;
  for (const end = place; quad != end; quad += QUAD_BYTES) {
    if (!isVoid<Place>()) b = panel + load<u32>(place);
    const left = v128.load(b, 0);
    const right = v128.load(b, 16);
    const four = v128.load(quad);
    const a0 = v128.shuffle<f32>(four, four, 0, 0, 0, 0);
    row0Left = multiplyAdd(a0, left, row0Left);
    row0Right = multiplyAdd(a0, right, row0Right);
    const a1 = v128.shuffle<f32>(four, four, 1, 1, 1, 1);
    row1Left = multiplyAdd(a1, left, row1Left);
    row1Right = multiplyAdd(a1, right, row1Right);
    const a2 = v128.shuffle<f32>(four, four, 2, 2, 2, 2);
    row2Left = multiplyAdd(a2, left, row2Left);
    row2Right = multiplyAdd(a2, right, row2Right);
    const a3 = v128.shuffle<f32>(four, four, 3, 3, 3, 3);
    row3Left = multiplyAdd(a3, left, row3Left);
    row3Right = multiplyAdd(a3, right, row3Right);
    if (isVoid<Place>()) b += PANEL_ROW_BYTES;
    else place += sizeof<u32>();
  }
  v128.store(tile, row0Left, 0);
  v128.store(tile, row0Right, 16);
  v128.store(tile, row1Left, 32);
  v128.store(tile, row1Right, 48);
  v128.store(tile, row2Left, 64);
  v128.store(tile, row2Right, 80);
  v128.store(tile, row3Left, 96);
  v128.store(tile, row3Right, 112);
}

/** Address of the band that follows. */
export function nextBand(band: usize): usize {
  const end = placesOf(band) + sizeof<u32>() * load<u32>(band, sizeof<u32>());
  return (end + QUAD_BYTES - 1) & -QUAD_BYTES;
}

/** Where the places of a band's columns begin, which is where its numbers end. */
function placesOf(band: usize): usize {
  return band + QUAD_BYTES + QUAD_BYTES * load<u32>(band);
}
