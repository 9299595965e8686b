// @ts-nocheck: AssemblyScript, checked by its own compiler.
/**
 * The normals of `core/model/random.ts`, four blocks of them at once: Philox4x32-10 and Box–Muller.
 * @module
 */
import { cosine, logarithm, sine } from "./simd.as.ts";

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/**
 * Fills `target` with the normals of consecutive Philox blocks, four vectors a block; a vector's lanes are four chains.
 * @param trials A trial a lane.
 * @param cells A cell a lane.
 * @param firstBlock Second word of the first counter.
 */
export function fillNormals(
  target: usize,
  seed: u32,
  cells: v128,
  trials: v128,
  step: u32,
  firstBlock: u32,
  blocks: u32,
): void {
  for (let block: u32 = 0; block < blocks; block++) {
    storeNormals(target, seed, cells, trials, step, i32x4.splat(firstBlock + block));
    target += 64;
  }
}

/**
 * The same for one chain: its normals one after the other. A vector's lanes are four blocks until it is turned.
 * @param blocks How many; `target` has room for the next multiple of 4.
 */
export function fillChainNormals(
  target: usize,
  seed: u32,
  cell: u32,
  trial: u32,
  step: u32,
  firstBlock: u32,
  blocks: u32,
): void {
  const cells = i32x4.splat(cell);
  const trials = i32x4.splat(trial);
  let places = i32x4.add(i32x4.splat(firstBlock), i32x4(0, 1, 2, 3));
  for (let block: u32 = 0; block < blocks; block += 4) {
    storeNormals(target, seed, cells, trials, step, places);
    transpose(target);
    places = i32x4.add(places, i32x4.splat(4));
    target += 64;
  }
}

/** Stores the normals of the Philox blocks with counters (trial, block, step, `Purpose.step`), a block a lane. */
function storeNormals(target: usize, seed: u32, cells: v128, trials: v128, step: u32, blocks: v128): void {
  let c0 = trials;
  let c1 = blocks;
  let c2 = i32x4.splat(step);
  let c3 = i32x4.splat(0); // Purpose.step
  let key0 = i32x4.splat(seed);
  let key1 = cells;
  for (let round = 0; round < 10; round++) {
    const left0 = i64x2.extmul_low_i32x4_u(c0, i32x4.splat(MULTIPLIER_0));
    const right0 = i64x2.extmul_high_i32x4_u(c0, i32x4.splat(MULTIPLIER_0));
    const left1 = i64x2.extmul_low_i32x4_u(c2, i32x4.splat(MULTIPLIER_1));
    const right1 = i64x2.extmul_high_i32x4_u(c2, i32x4.splat(MULTIPLIER_1));
    c0 = v128.xor(v128.xor(highHalves(left1, right1), c1), key0);
    c1 = lowHalves(left1, right1);
    c2 = v128.xor(v128.xor(highHalves(left0, right0), c3), key1);
    c3 = lowHalves(left0, right0);
    key0 = i32x4.add(key0, i32x4.splat(WEYL_0));
    key1 = i32x4.add(key1, i32x4.splat(WEYL_1));
  }
  storeNormalPair(target, c0, c1);
  storeNormalPair(target + 32, c2, c3);
}

/** Makes the rows of a 4×4 matrix its columns. */
function transpose(matrix: usize): void {
  const row0 = v128.load(matrix);
  const row1 = v128.load(matrix, 16);
  const row2 = v128.load(matrix, 32);
  const row3 = v128.load(matrix, 48);
  const left01 = v128.shuffle<f32>(row0, row1, 0, 4, 1, 5);
  const left23 = v128.shuffle<f32>(row2, row3, 0, 4, 1, 5);
  const right01 = v128.shuffle<f32>(row0, row1, 2, 6, 3, 7);
  const right23 = v128.shuffle<f32>(row2, row3, 2, 6, 3, 7);
  v128.store(matrix, v128.shuffle<f64>(left01, left23, 0, 2));
  v128.store(matrix, v128.shuffle<f64>(left01, left23, 1, 3), 16);
  v128.store(matrix, v128.shuffle<f64>(right01, right23, 0, 2), 32);
  v128.store(matrix, v128.shuffle<f64>(right01, right23, 1, 3), 48);
}

/** High words of two pairs of 64-bit integers. */
function highHalves(left: v128, right: v128): v128 {
  return v128.shuffle<i32>(left, right, 1, 3, 5, 7);
}

/** Low words of two pairs of 64-bit integers. */
function lowHalves(left: v128, right: v128): v128 {
  return v128.shuffle<i32>(left, right, 0, 2, 4, 6);
}

/** Box–Muller: √(−2 ln u)·(cos πt, sin πt) with u = (⌊a/2⁸⌋ + 1)/2²⁴ and t = b/2³¹, b read as signed. */
function storeNormalPair(target: usize, a: v128, b: v128): void {
  const mantissa = f32x4.convert_i32x4_s(i32x4.add(i32x4.shr_u(a, 8), i32x4.splat(1)));
  const logU = logarithm(f32x4.mul(mantissa, f32x4.splat(1.0 / 0x1000000)));
  const radius = f32x4.sqrt(f32x4.pmax(f32x4.splat(0), f32x4.mul(logU, f32x4.splat(-2))));

  // πt = quarter·π/2 + angle with |angle| ≤ π/4, exact because it is taken from the integer.
  const quarter = i32x4.shr_s(i32x4.add(b, i32x4.splat(1 << 29)), 30);
  const rest = i32x4.sub(b, i32x4.shl(quarter, 30));
  const angle = f32x4.mul(f32x4.convert_i32x4_s(rest), f32x4.splat(3.141592653589793 / 0x80000000));
  const sin = sine(angle);
  const cos = cosine(angle);

  // An odd quarter swaps the two; bit 1 of quarter + 1 is the sign of the cosine, bit 1 of quarter that of the sine.
  const odd = i32x4.shr_s(i32x4.shl(quarter, 31), 31);
  const cosSign = i32x4.shl(i32x4.shr_u(i32x4.add(quarter, i32x4.splat(1)), 1), 31);
  const sinSign = i32x4.shl(i32x4.shr_u(quarter, 1), 31);
  v128.store(target, f32x4.mul(radius, v128.xor(v128.bitselect(sin, cos, odd), cosSign)), 0);
  v128.store(target, f32x4.mul(radius, v128.xor(v128.bitselect(cos, sin, odd), sinSign)), 16);
}
