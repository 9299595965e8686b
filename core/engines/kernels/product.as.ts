// @ts-nocheck: AssemblyScript, checked by its own compiler.
/**
 * The matrix product, where nearly all the time goes: one kernel for both passes of a step.
 *
 * A 4×8 tile stays in eight registers while it takes a sum of outer products: i-th four numbers of A times i-th eight
 * numbers of a panel of B. For the outputs Z = XW, i runs over the features, A is four rows of X, B a panel of W; for
 * the gradient XᵀG, i runs over the rows, A is four features of X and B a panel of G. X is stored by rows, which suits
 * the second; {@linkcode transposeRows} turns a block of rows for the first, at a few hundredths of the product's cost.
 * @module
 */
import { multiplyAdd } from "./simd.as.ts";

/**
 * tile += Σᵢ aᵢ⊗bᵢ.
 * @param tile 4×8 floats, row-major.
 * @param a Its four floats for i lie at `a + i·stride`.
 * @param b Its eight floats for i lie at `b + 32·i`.
 */
export function addOuterProducts(tile: usize, a: usize, stride: usize, b: usize, count: usize): void {
  let row0Left = v128.load(tile, 0);
  let row0Right = v128.load(tile, 16);
  let row1Left = v128.load(tile, 32);
  let row1Right = v128.load(tile, 48);
  let row2Left = v128.load(tile, 64);
  let row2Right = v128.load(tile, 80);
  let row3Left = v128.load(tile, 96);
  let row3Right = v128.load(tile, 112);
  for (const end = b + 32 * count; b != end; b += 32) {
    const four = v128.load(a);
    const left = v128.load(b, 0);
    const right = v128.load(b, 16);
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
    a += stride;
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
 * Transposes every four rows: `target` gets, for each four rows, the four numbers of feature 0, those of feature 1, ….
 * @param stride Bytes from one row of `source` to the next.
 * @param rows A multiple of four.
 * @param width Number of features, a multiple of four.
 */
export function transposeRows(target: usize, source: usize, stride: usize, rows: usize, width: usize): void {
  for (let row: usize = 0; row < rows; row += 4) {
    for (const end = source + 4 * width; source != end; source += 16) {
      transposeSquare(target, source, stride);
      target += 64;
    }
    source += 4 * stride - 4 * width;
  }
}

/** Transposes 4×4 floats. */
function transposeSquare(target: usize, source: usize, stride: usize): void {
  const row0 = v128.load(source);
  const row1 = v128.load(source + stride);
  const row2 = v128.load(source + 2 * stride);
  const row3 = v128.load(source + 3 * stride);
  const low01 = v128.shuffle<f32>(row0, row1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(row2, row3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(row0, row1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(row2, row3, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5), 0);
  v128.store(target, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 16);
  v128.store(target, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 32);
  v128.store(target, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 48);
}
