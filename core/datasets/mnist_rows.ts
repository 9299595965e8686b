/**
 * Rows of the files of MNIST, wherever these come from.
 * @module
 */
import { type Dataset, normalizeRows, type Rows } from "../model/rows.ts";

/** The four files of MNIST in IDX format, unpacked. */
export interface MnistFiles {
  /** Training images: 16 bytes of header, then 28 × 28 pixels an image. */
  readonly trainImages: Uint8Array;
  /** Training labels: 8 bytes of header, then a digit an image. */
  readonly trainLabels: Uint8Array;
  /** Test images. */
  readonly testImages: Uint8Array;
  /** Test labels. */
  readonly testLabels: Uint8Array;
}

/** Bytes before the images of a file. */
export const IMAGES_HEADER = 16;

/** Bytes before the labels of a file. */
export const LABELS_HEADER = 8;

/** Pixels of a side of an image. */
export const SIDE = 28;

/** Pixels of an image, a byte each. */
export const PIXELS: number = SIDE ** 2;

/** The feature that a pixel becomes. */
const FEATURES = Float32Array.from({ length: 256 }, (_, pixel) => pixel / 255 - 0.5);

/**
 * Images as rows of norm 1, of pixels/255 − 0.5.
 *
 * @param images A file of images.
 * @param positions Which images.
 * @param labels Their labels.
 * @param outputs The number of labels of a row.
 * @returns The rows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { imageRows } from "./mnist_rows.ts";
 *
 * const { features } = imageRows(new Uint8Array(16 + 784), [0], Float32Array.of(1), 1);
 * assert.ok(Math.abs(features[0] + 1 / 28) < 1e-7);
 * ```
 */
export function imageRows(
  images: Uint8Array,
  positions: readonly number[],
  labels: Float32Array,
  outputs: number,
): Rows {
  const features = new Float32Array(positions.length * PIXELS);
  positions.forEach((position, row) => {
    const start = IMAGES_HEADER + position * PIXELS;
    for (let k = 0; k < PIXELS; k++) features[row * PIXELS + k] = FEATURES[images[start + k]];
  });
  return { features: normalizeRows(features, PIXELS), labels, count: positions.length, dimension: PIXELS, outputs };
}

/**
 * Finds digits.
 *
 * @param labels A file of labels.
 * @param digits Which digits.
 * @returns Positions of the labels that are one of them, in the order of the file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { LABELS_HEADER, positionsOf } from "./mnist_rows.ts";
 *
 * assert.deepEqual(positionsOf(Uint8Array.of(...new Uint8Array(LABELS_HEADER), 3, 1, 8), 3, 8), [0, 2]);
 * ```
 */
export function positionsOf(labels: Uint8Array, ...digits: number[]): number[] {
  const positions: number[] = [];
  labels.subarray(LABELS_HEADER).forEach((digit, i) => digits.includes(digit) && positions.push(i));
  return positions;
}

/**
 * The digits 3 and 8 as the original orders them (`utils.py`): training rows are all 3's, then all 8's, test rows keep
 * the order of the file.
 *
 * @param files The four files.
 * @returns The rows, labelled +1 for a 3 and −1 for an 8.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readMnist } from "./mnist.ts";
 * import { threesAndEights } from "./mnist_rows.ts";
 *
 * assert.equal(threesAndEights(await readMnist()).train.count, 11982);
 * ```
 */
export function threesAndEights({ trainImages, trainLabels, testImages, testLabels }: MnistFiles): Dataset {
  const signed = (images: Uint8Array, labels: Uint8Array, positions: readonly number[]) => {
    const signs = Float32Array.from(positions, (position) => labels[LABELS_HEADER + position] === 3 ? 1 : -1);
    return imageRows(images, positions, signs, 1);
  };
  return {
    name: "MNIST",
    train: signed(trainImages, trainLabels, [...positionsOf(trainLabels, 3), ...positionsOf(trainLabels, 8)]),
    test: signed(testImages, testLabels, positionsOf(testLabels, 3, 8)),
    classNames: ["8", "3"],
  };
}
