// @ts-nocheck: AssemblyScript, checked by its own compiler.
/**
 * Arithmetic on four numbers at once.
 * @module
 */

/** a·b + c: one instruction where the module is compiled with relaxed SIMD, two in the plain module. */
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** eˣ within 2 ulp, for x clamped to [−87, 87], where neither eˣ nor its inverse leaves the normal numbers. */
export function exponential(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(87)), f32x4.splat(-87));
  // x = power·ln 2 + rest; ln 2 is split in two so that the product with its high part is exact.
  const power = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.4426950408889634)));
  let rest = multiplyAdd(power, f32x4.splat(-0.693359375), x);
  rest = multiplyAdd(power, f32x4.splat(2.12194440e-4), rest);
  // The minimax polynomial of Cephes' expf.
  let tail = f32x4.splat(1.9875691500e-4);
  tail = multiplyAdd(tail, rest, f32x4.splat(1.3981999507e-3));
  tail = multiplyAdd(tail, rest, f32x4.splat(8.3334519073e-3));
  tail = multiplyAdd(tail, rest, f32x4.splat(4.1665795894e-2));
  tail = multiplyAdd(tail, rest, f32x4.splat(1.6666665459e-1));
  tail = multiplyAdd(tail, rest, f32x4.splat(5.0000001201e-1));
  const value = multiplyAdd(f32x4.mul(rest, rest), tail, f32x4.add(rest, f32x4.splat(1)));
  return f32x4.mul(value, powerOfTwo(toInteger(power)));
}

/** An integer within ±87 as one; what is not a number becomes any, which the product with another such hides. */
function toInteger(x: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i32x4.relaxed_trunc_f32x4_s(x) : i32x4.trunc_sat_f32x4_s(x);
}

/** 2ᵉ, written into the exponent bits. */
function powerOfTwo(exponent: v128): v128 {
  return i32x4.shl(i32x4.add(exponent, i32x4.splat(127)), 23);
}

/** ln u within 2 ulp, for u a positive normal number. */
export function logarithm(u: v128): v128 {
  // u = 2^power·(1 + rest) with 1 + rest in [√½, √2).
  const power = i32x4.shr_s(i32x4.sub(u, f32x4.splat(0.70710678)), 23);
  const rest = f32x4.sub(i32x4.sub(u, i32x4.shl(power, 23)), f32x4.splat(1));
  const exponent = f32x4.convert_i32x4_s(power);
  // The minimax polynomial of Cephes' logf.
  let tail = f32x4.splat(7.0376836292e-2);
  tail = multiplyAdd(tail, rest, f32x4.splat(-1.1514610310e-1));
  tail = multiplyAdd(tail, rest, f32x4.splat(1.1676998740e-1));
  tail = multiplyAdd(tail, rest, f32x4.splat(-1.2420140846e-1));
  tail = multiplyAdd(tail, rest, f32x4.splat(1.4249322787e-1));
  tail = multiplyAdd(tail, rest, f32x4.splat(-1.6668057665e-1));
  tail = multiplyAdd(tail, rest, f32x4.splat(2.0000714765e-1));
  tail = multiplyAdd(tail, rest, f32x4.splat(-2.4999993993e-1));
  tail = multiplyAdd(tail, rest, f32x4.splat(3.3333331174e-1));
  const square = f32x4.mul(rest, rest);
  let value = f32x4.mul(f32x4.mul(tail, square), rest);
  value = multiplyAdd(exponent, f32x4.splat(-2.12194440e-4), value);
  value = f32x4.add(multiplyAdd(square, f32x4.splat(-0.5), value), rest);
  return multiplyAdd(exponent, f32x4.splat(0.693359375), value);
}

/** sin x within 1 ulp of 1, for x in [−π/4, π/4] (Cephes' sinf). */
export function sine(x: v128): v128 {
  const square = f32x4.mul(x, x);
  let tail = f32x4.splat(-1.9515295891e-4);
  tail = multiplyAdd(tail, square, f32x4.splat(8.3321608736e-3));
  tail = multiplyAdd(tail, square, f32x4.splat(-1.6666654611e-1));
  return multiplyAdd(f32x4.mul(tail, square), x, x);
}

/** cos x within 1 ulp of 1, for x in [−π/4, π/4] (Cephes' cosf). */
export function cosine(x: v128): v128 {
  const square = f32x4.mul(x, x);
  let tail = f32x4.splat(2.443315711809948e-5);
  tail = multiplyAdd(tail, square, f32x4.splat(-1.388731625493765e-3));
  tail = multiplyAdd(tail, square, f32x4.splat(4.166664568298827e-2));
  tail = multiplyAdd(tail, square, f32x4.splat(-0.5));
  return multiplyAdd(tail, square, f32x4.splat(1));
}
