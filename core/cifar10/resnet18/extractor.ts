/**
 * Features of images: torchvision's ResNet-18 in eval mode without its last layer, on TensorFlow.js.
 *
 * As the original (`cifar10_transform` and `ResNetFeatureExtractor` of `utils.py`): an image is enlarged to 224 × 224,
 * normalised by the mean and deviation of ImageNet, and its features are the means over the last layer's 7 × 7 places.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { enlarge } from "./resize.ts";
import { RESIDUAL_BLOCKS, type StateDict, STEM, type Unit } from "./weights.ts";

/** Side of an image as it comes. */
const SIDE = 32;
/** Numbers of an image as it comes. */
export const PIXELS = SIDE * SIDE * 3;
/** Side of an image as the network wants it. */
const ENLARGED = 224;

/** ImageNet's mean and standard deviation of red, green and blue, of pixels in [0, 1]. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** PyTorch's batch normalisation adds this to the variance. */
const EPSILON = 1e-5;

/** What every byte of every channel becomes, in the float32 operations of `ToTensor` and `Normalize`. */
const NORMALIZED = MEAN.map((mean, channel) =>
  Float32Array.from({ length: 256 }, (_, byte) => {
    const centred = Math.fround(Math.fround(byte / 255) - Math.fround(mean));
    return centred / Math.fround(DEVIATION[channel]);
  })
);

/**
 * Images as the network takes them.
 *
 * @param images Images of 32 × 32 pixels, row by row, red, green and blue of each together.
 * @returns As many images of 224 × 224 pixels, normalised.
 * @throws {RangeError} If there is not a whole number of images.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { toInput } from "./extractor.ts";
 *
 * assert.equal(toInput(new Uint8Array(32 * 32 * 3))[0], Math.fround(-0.485 / 0.229));
 * ```
 */
export function toInput(images: Uint8Array): Float32Array {
  if (images.length % PIXELS !== 0) throw new RangeError(`${images.length} bytes are not images of ${PIXELS}`);
  const size = ENLARGED * ENLARGED * 3;
  const input = new Float32Array(images.length / PIXELS * size);
  for (let image = 0; image < images.length / PIXELS; image++) {
    const pixels = enlarge(images.subarray(image * PIXELS, (image + 1) * PIXELS), SIDE, ENLARGED);
    pixels.forEach((byte, i) => input[image * size + i] = NORMALIZED[i % 3][byte]);
  }
  return input;
}

/** A convolution with the batch normalisation after it: filters of [height, width, input, output], and shifts. */
interface Convolution {
  readonly filter: tf.Tensor4D;
  readonly bias: tf.Tensor1D;
  readonly stride: number;
}

/** Folds the normalisation, an affine map of every output channel, into the convolution before it. */
function fold(weights: StateDict, { convolution, normalization, shape, stride }: Unit): Convolution {
  const numbers = (name: string) => weights.get(name)!.data as Float32Array;
  const part = (name: string) => numbers(`${normalization}.${name}`);
  const [scales, shifts, means, variances] = ["weight", "bias", "running_mean", "running_var"].map(part);
  const factors = Float64Array.from(variances, (variance, k) => scales[k] / Math.sqrt(variance + EPSILON));
  const perOutput = shape[1] * shape[2] * shape[3];
  const scaled = numbers(`${convolution}.weight`).map((weight, i) => weight * factors[Math.floor(i / perOutput)]);
  const bias = shifts.map((shift, k) => shift - means[k] * factors[k]);
  return {
    filter: tf.tidy(() => tf.transpose(tf.tensor4d(scaled, [...shape]), [2, 3, 1, 0])),
    bias: tf.tensor1d(bias),
    stride,
  };
}

/** Zeros go around the image on all sides alike, as PyTorch has it; `"same"` of TensorFlow puts more of them behind. */
function convolve(x: tf.Tensor4D, { filter, bias, stride }: Convolution, activation?: "relu"): tf.Tensor4D {
  const pad = (filter.shape[0] - 1) / 2;
  return tf.fused.conv2d({
    x,
    filter,
    strides: stride,
    pad,
    dimRoundingMode: "floor",
    bias,
    ...(activation && { activation }),
  });
}

/** Turns images into features. */
export interface Extractor {
  /**
   * Features of images.
   * @param images Images of 32 × 32 pixels, row by row, red, green and blue of each together.
   * @returns 512 numbers an image.
   */
  extract(images: Uint8Array): Promise<Float32Array>;
  /** Frees the weights. */
  dispose(): void;
}

/**
 * Makes an extractor on the present backend of TensorFlow.js.
 *
 * @param weights The tensors of `selectWeights` or `randomWeights`.
 * @returns The extractor.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { setBackend } from "../../engines/tensorflow.ts";
 * import { makeExtractor } from "./extractor.ts";
 * import { randomWeights } from "./weights.ts";
 *
 * await setBackend("wasm");
 * const extractor = makeExtractor(randomWeights(0));
 * assert.equal((await extractor.extract(new Uint8Array(2 * 32 * 32 * 3))).length, 2 * 512);
 * extractor.dispose();
 * ```
 */
export function makeExtractor(weights: StateDict): Extractor {
  const stem = fold(weights, STEM);
  const blocks = RESIDUAL_BLOCKS.map(({ path, shortcut }) => ({
    first: fold(weights, path[0]),
    second: fold(weights, path[1]),
    ...(shortcut && { shortcut: fold(weights, shortcut) }),
  }));
  const forward = (input: tf.Tensor4D): tf.Tensor2D => {
    const start: tf.Tensor4D = tf.maxPool(convolve(input, stem, "relu"), 3, 2, 1, "floor");
    const end = blocks.reduce((x, { first, second, shortcut }) => {
      const residual = convolve(convolve(x, first, "relu"), second);
      return tf.relu(tf.add(residual, shortcut ? convolve(x, shortcut) : x)) as tf.Tensor4D;
    }, start);
    return tf.mean(end, [1, 2]);
  };
  return {
    async extract(images) {
      const input = toInput(images);
      const features = tf.tidy(() => forward(tf.tensor4d(input, [images.length / PIXELS, ENLARGED, ENLARGED, 3])));
      try {
        return await features.data<"float32">();
      } finally {
        features.dispose();
      }
    },
    dispose() {
      for (const { filter, bias } of [stem, ...blocks.flatMap((block) => Object.values(block))]) {
        tf.dispose([filter, bias]);
      }
    },
  };
}
