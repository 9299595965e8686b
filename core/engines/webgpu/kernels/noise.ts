/**
 * The random numbers of `random.ts` in WGSL: the same Philox counters, the same normals up to rounding.
 *
 * WGSL grants `cos` and `sin` an absolute error of 2⁻¹¹ and `log` one of 2⁻²¹ near 1, so that the built-in functions
 * may spoil the normals' fourth digit. They are written out here with the polynomials of the Cephes library (logf, sinf
 * and cosf), good to the last digit of a float. The angle's quadrant is split off in integers, without any rounding.
 * @module
 */

/** Declares `standardNormals(counter, key)`: the four normals of a Philox block. */
export const noise: string = `
fn multiplyHigh(a: u32, b: u32) -> u32 {
  let aLow = a & 0xffffu;
  let aHigh = a >> 16u;
  let bLow = b & 0xffffu;
  let bHigh = b >> 16u;
  let middle = aHigh * bLow + ((aLow * bLow) >> 16u);
  let carry = aLow * bHigh + (middle & 0xffffu);
  return aHigh * bHigh + (middle >> 16u) + (carry >> 16u);
}

// Philox4x32-10.
fn philox(block: vec4u, firstKey: vec2u) -> vec4u {
  var counter = block;
  var key = firstKey;
  for (var round = 0u; round < 10u; round++) {
    let high0 = multiplyHigh(0xd2511f53u, counter.x);
    let high1 = multiplyHigh(0xcd9e8d57u, counter.z);
    let low0 = 0xd2511f53u * counter.x;
    let low1 = 0xcd9e8d57u * counter.z;
    counter = vec4u(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return counter;
}

// ln u for 2⁻²⁴ ≤ u ≤ 1, with u = m·2ᵉ and m in [√½, √2). ln 2 is added in two parts, the first of few bits.
fn logarithm(u: f32) -> f32 {
  let sqrtHalf = 0x3f3504f3u;
  let shifted = bitcast<u32>(u) + (0x3f800000u - sqrtHalf);
  let e = f32(i32(shifted >> 23u) - 127);
  let x = bitcast<f32>((shifted & 0x7fffffu) + sqrtHalf) - 1.0;
  var tail = 7.0376836292e-2;
  tail = tail * x - 1.1514610310e-1;
  tail = tail * x + 1.1676998740e-1;
  tail = tail * x - 1.2420140846e-1;
  tail = tail * x + 1.4249322787e-1;
  tail = tail * x - 1.6668057665e-1;
  tail = tail * x + 2.0000714765e-1;
  tail = tail * x - 2.4999993993e-1;
  tail = tail * x + 3.3333331174e-1;
  let square = x * x;
  return x + (tail * x * square - 2.12194440e-4 * e - 0.5 * square) + 0.693359375 * e;
}

// (cos πt, sin πt) for t = turn/2³¹, turn read as signed: a quarter of a turn is 2³⁰.
fn cosineAndSine(turn: u32) -> vec2f {
  let quadrant = (turn + 0x20000000u) >> 30u;
  let x = f32(bitcast<i32>(turn - (quadrant << 30u))) * ${Math.PI / 2 ** 31};
  let square = x * x;
  let sine = ((-1.9515295891e-4 * square + 8.3321608736e-3) * square - 1.6666654611e-1) * square * x + x;
  let cosine = ((2.443315711809948e-5 * square - 1.388731625493765e-3) * square + 4.166664568298827e-2)
    * square * square - 0.5 * square + 1.0;
  switch quadrant {
    case 1u: { return vec2f(-sine, cosine); }
    case 2u: { return vec2f(-cosine, -sine); }
    case 3u: { return vec2f(sine, -cosine); }
    default: { return vec2f(cosine, sine); }
  }
}

// Box–Muller.
fn normalPair(a: u32, b: u32) -> vec2f {
  let u = (f32(a >> 8u) + 1.0) / 16777216.0;
  return sqrt(-2.0 * logarithm(u)) * cosineAndSine(b);
}

fn standardNormals(counter: vec4u, key: vec2u) -> vec4f {
  let words = philox(counter, key);
  return vec4f(normalPair(words.x, words.y), normalPair(words.z, words.w));
}
`;
