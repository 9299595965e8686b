/**
 * Enlargement of an image as Pillow does it, which `torchvision.transforms.Resize` calls: bilinear, in whole numbers,
 * rounded to bytes after the horizontal and again after the vertical pass (`ImagingResample` of Pillow's `Resample.c`).
 * @module
 */

/** Red, green and blue. */
const CHANNELS = 3;

/** Fixed-point weights have 22 binary places. */
const ONE = 2 ** 22;

/** Which inputs an output is made of. */
interface Taps {
  /** The first one's position. */
  readonly first: number;
  /** Weights of it and of those that follow, multiples of 2⁻²². */
  readonly weights: readonly number[];
}

/** The taps of every output position along one side. */
function tapsAlong(from: number, to: number): Taps[] {
  return Array.from({ length: to }, (_, position) => {
    const centre = (position + 0.5) * (from / to);
    const first = Math.max(0, Math.trunc(centre - 0.5));
    const end = Math.min(from, Math.trunc(centre + 1.5));
    const triangle = Array.from({ length: end - first }, (_, k) => Math.max(0, 1 - Math.abs(first + k - centre + 0.5)));
    const sum = triangle.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: triangle.map((weight) => Math.floor(weight / sum * ONE + 0.5)) };
  });
}

/** One pass along rows of pixels; the result is transposed, so that the second pass is the same. */
function enlargeRows(pixels: Uint8Array, side: number, taps: readonly Taps[]): Uint8ClampedArray {
  const rows = pixels.length / (side * CHANNELS);
  const result = new Uint8ClampedArray(taps.length * rows * CHANNELS);
  taps.forEach(({ first, weights }, position) => {
    for (let row = 0; row < rows; row++) {
      for (let channel = 0; channel < CHANNELS; channel++) {
        const start = (row * side + first) * CHANNELS + channel;
        const sum = weights.reduce((sum, weight, k) => sum + weight * pixels[start + k * CHANNELS], ONE / 2);
        result[(position * rows + row) * CHANNELS + channel] = Math.floor(sum / ONE);
      }
    }
  });
  return result;
}

/**
 * Enlarges a square image, bit for bit as Pillow's `Image.resize` with `BILINEAR`.
 *
 * @param pixels `from` × `from` pixels, row by row, red, green and blue of each together.
 * @param from Its side.
 * @param to The side of the result, at least `from`.
 * @returns `to` × `to` pixels likewise.
 * @throws {RangeError} If the image has another size, or would get smaller.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { enlarge } from "./resize.ts";
 *
 * const two = Uint8Array.of(0, 0, 0, 70, 0, 0, 0, 0, 0, 70, 0, 0); // the left half black, the right half red
 * assert.deepEqual(enlarge(two, 2, 4).filter((_, i) => i % 3 === 0).subarray(0, 4), Uint8Array.of(0, 18, 53, 70));
 * ```
 */
export function enlarge(pixels: Uint8Array, from: number, to: number): Uint8Array {
  if (pixels.length !== from * from * CHANNELS) {
    throw new RangeError(`${pixels.length} bytes are no RGB image of ${from} × ${from} pixels`);
  }
  if (to < from) throw new RangeError(`an image of side ${from} cannot be enlarged to ${to}`);
  const taps = tapsAlong(from, to);
  const wide = new Uint8Array(enlargeRows(pixels, from, taps).buffer);
  return new Uint8Array(enlargeRows(wide, from, taps).buffer);
}
