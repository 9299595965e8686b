// @ts-nocheck: AssemblyScript, checked by its own compiler.
/**
 * The matrix product, where nearly all the time goes: one kernel for both passes of a step, in two widths.
 *
 * A 4×8 tile stays in eight registers while it takes a sum of outer products: four numbers of a band of A times eight
 * numbers of a panel of B. A 4×16 tile takes two panels at once: every number of it is the same sum, in the same order.
 * It is the faster one where the machine has registers of 256 bits and V8 joins loads of 128 to loads of 256, which it
 * does not while it checks the bounds of each. For the outputs Z = XW a band is four rows of X and B a panel of W; for the gradient XᵀG a
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
  if (hasPlaces(band)) addColumns<u32>(tile, band, panel);
  else addColumns<void>(tile, band, panel);
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

/**
 * {@linkcode addProduct} for two panels, each with a tile of its own.
 * @param tile 4×8 floats, row-major.
 * @param nextTile 4×8 floats more.
 * @param band Four rows of A.
 * @param panel Eight columns of B, row-major.
 * @param nextPanel Eight columns more.
 */
export function addProducts(tile: usize, nextTile: usize, band: usize, panel: usize, nextPanel: usize): void {
  if (hasPlaces(band)) addColumnPairs<u32>(tile, nextTile, band, panel, nextPanel);
  else addColumnPairs<void>(tile, nextTile, band, panel, nextPanel);
}

/** {@linkcode addProducts} for a band whose places are of type `Place`, void where all columns are kept. */
function addColumnPairs<Place>(tile: usize, nextTile: usize, band: usize, panel: usize, nextPanel: usize): void {
  let row0Left = v128.load(tile, 0);
  let row0Right = v128.load(tile, 16);
  let row0LeftNext = v128.load(nextTile, 0);
  let row0RightNext = v128.load(nextTile, 16);
  let row1Left = v128.load(tile, 32);
  let row1Right = v128.load(tile, 48);
  let row1LeftNext = v128.load(nextTile, 32);
  let row1RightNext = v128.load(nextTile, 48);
  let row2Left = v128.load(tile, 64);
  let row2Right = v128.load(tile, 80);
  let row2LeftNext = v128.load(nextTile, 64);
  let row2RightNext = v128.load(nextTile, 80);
  let row3Left = v128.load(tile, 96);
  let row3Right = v128.load(tile, 112);
  let row3LeftNext = v128.load(nextTile, 96);
  let row3RightNext = v128.load(nextTile, 112);
  let place = placesOf(band);
  let quad = band + QUAD_BYTES;
  let b = panel;
  let nextB = nextPanel;
  for (const end = place; quad != end; quad += QUAD_BYTES) {
    if (!isVoid<Place>()) {
      const offset = load<u32>(place);
      b = panel + offset;
      nextB = nextPanel + offset;
    }
    const left = v128.load(b, 0);
    const right = v128.load(b, 16);
    const leftNext = v128.load(nextB, 0);
    const rightNext = v128.load(nextB, 16);
    const a0 = v128.load32_splat(quad, 0);
    row0Left = multiplyAdd(a0, left, row0Left);
    row0Right = multiplyAdd(a0, right, row0Right);
    row0LeftNext = multiplyAdd(a0, leftNext, row0LeftNext);
    row0RightNext = multiplyAdd(a0, rightNext, row0RightNext);
    const a1 = v128.load32_splat(quad, 4);
    row1Left = multiplyAdd(a1, left, row1Left);
    row1Right = multiplyAdd(a1, right, row1Right);
    row1LeftNext = multiplyAdd(a1, leftNext, row1LeftNext);
    row1RightNext = multiplyAdd(a1, rightNext, row1RightNext);
    const a2 = v128.load32_splat(quad, 8);
    row2Left = multiplyAdd(a2, left, row2Left);
    row2Right = multiplyAdd(a2, right, row2Right);
    row2LeftNext = multiplyAdd(a2, leftNext, row2LeftNext);
    row2RightNext = multiplyAdd(a2, rightNext, row2RightNext);
    const a3 = v128.load32_splat(quad, 12);
    row3Left = multiplyAdd(a3, left, row3Left);
    row3Right = multiplyAdd(a3, right, row3Right);
    row3LeftNext = multiplyAdd(a3, leftNext, row3LeftNext);
    row3RightNext = multiplyAdd(a3, rightNext, row3RightNext);
    if (isVoid<Place>()) {
      b += PANEL_ROW_BYTES;
      nextB += PANEL_ROW_BYTES;
    } else {
      place += sizeof<u32>();
    }
  }
  v128.store(tile, row0Left, 0);
  v128.store(tile, row0Right, 16);
  v128.store(nextTile, row0LeftNext, 0);
  v128.store(nextTile, row0RightNext, 16);
  v128.store(tile, row1Left, 32);
  v128.store(tile, row1Right, 48);
  v128.store(nextTile, row1LeftNext, 32);
  v128.store(nextTile, row1RightNext, 48);
  v128.store(tile, row2Left, 64);
  v128.store(tile, row2Right, 80);
  v128.store(nextTile, row2LeftNext, 64);
  v128.store(nextTile, row2RightNext, 80);
  v128.store(tile, row3Left, 96);
  v128.store(tile, row3Right, 112);
  v128.store(nextTile, row3LeftNext, 96);
  v128.store(nextTile, row3RightNext, 112);
}

/**
 * tile += A·b: what {@linkcode addProduct} computes of one column of B.
 * @param tile Four floats.
 * @param band Four rows of A.
 * @param vector The column b, its numbers side by side.
 */
export function addVector(tile: usize, band: usize, vector: usize): void {
  const end = placesOf(band);
  let sum = v128.load(tile);
  if (hasPlaces(band)) {
    let place = end;
    for (let quad = band + QUAD_BYTES; quad != end; quad += QUAD_BYTES) {
      // A place is that of a panel's row, eight times as far as that of a number of b.
      sum = multiplyAdd(v128.load(quad), v128.load32_splat(vector + (load<u32>(place) >> 3)), sum);
      place += sizeof<u32>();
    }
  } else {
    for (let quad = band + QUAD_BYTES; quad != end; quad += QUAD_BYTES) {
      sum = multiplyAdd(v128.load(quad), v128.load32_splat(vector), sum);
      vector += sizeof<f32>();
    }
  }
  v128.store(tile, sum);
}

/**
 * {@linkcode addVector} for four bands with tiles side by side. Where they keep all columns there are four sums at once,
 * none of which waits for another; others are read one after the other, as memory likes it best.
 */
export function addVectors(
  tiles: usize,
  first: usize,
  second: usize,
  third: usize,
  fourth: usize,
  vector: usize,
): void {
  if (!isWhole(first) || !isWhole(second) || !isWhole(third) || !isWhole(fourth)) {
    addVector(tiles, first, vector);
    addVector(tiles + QUAD_BYTES, second, vector);
    addVector(tiles + 2 * QUAD_BYTES, third, vector);
    addVector(tiles + 3 * QUAD_BYTES, fourth, vector);
    return;
  }
  let sum0 = v128.load(tiles, 0);
  let sum1 = v128.load(tiles, 16);
  let sum2 = v128.load(tiles, 32);
  let sum3 = v128.load(tiles, 48);
  const end = placesOf(first);
  let quad1 = second;
  let quad2 = third;
  let quad3 = fourth;
  for (let quad = first + QUAD_BYTES; quad != end; quad += QUAD_BYTES) {
    const number = v128.load32_splat(vector);
    quad1 += QUAD_BYTES;
    quad2 += QUAD_BYTES;
    quad3 += QUAD_BYTES;
    sum0 = multiplyAdd(v128.load(quad), number, sum0);
    sum1 = multiplyAdd(v128.load(quad1), number, sum1);
    sum2 = multiplyAdd(v128.load(quad2), number, sum2);
    sum3 = multiplyAdd(v128.load(quad3), number, sum3);
    vector += sizeof<f32>();
  }
  v128.store(tiles, sum0, 0);
  v128.store(tiles, sum1, 16);
  v128.store(tiles, sum2, 32);
  v128.store(tiles, sum3, 48);
}

/** Whether a band has all columns; one that has none says as little of places. */
function isWhole(band: usize): bool {
  return load<u32>(band) != 0 && !hasPlaces(band);
}

/** Whether a band says which columns it has: not all of them. */
function hasPlaces(band: usize): bool {
  return load<u32>(band, sizeof<u32>()) != 0;
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
