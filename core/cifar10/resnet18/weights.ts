/**
 * The weights of torchvision's ResNet-18 without its last layer, by their PyTorch names.
 * @module
 */
import type { Tensor } from "../../formats/tensor.ts";

/** Tensors by name, a PyTorch `state_dict`. */
export type StateDict = ReadonlyMap<string, Tensor>;

/** Strided 3 × 3 convolutions of the four layers, two blocks of two each. */
const LAYERS = [1, 2, 3, 4];
const BLOCKS = [0, 1];

/** A convolution and the batch normalisation after it. */
export interface Unit {
  /** Name of the convolution, such as `layer1.0.conv1`. */
  readonly convolution: string;
  /** Name of the batch normalisation. */
  readonly normalization: string;
  /** The convolution's [output channels, input channels, height, width]. */
  readonly shape: readonly [number, number, number, number];
  /** Its stride in both directions. */
  readonly stride: number;
}

/** Two convolutions, and what their input passes on the way around them. */
export interface Block {
  /** The two 3 × 3 convolutions. */
  readonly path: readonly [Unit, Unit];
  /** The 1 × 1 convolution around them, where the block changes the size. */
  readonly shortcut?: Unit;
}

/** The 7 × 7 convolution at the start. */
export const STEM: Unit = { convolution: "conv1", normalization: "bn1", shape: [64, 3, 7, 7], stride: 2 };

/** The eight residual blocks, in order. */
export const RESIDUAL_BLOCKS: readonly Block[] = LAYERS.flatMap((layer) =>
  BLOCKS.map((block) => {
    const name = `layer${layer}.${block}`;
    const output = 32 * 2 ** layer;
    const shrinks = layer > 1 && block === 0;
    const input = shrinks ? output / 2 : output;
    const stride = shrinks ? 2 : 1;
    const unit = (number: number, input: number, stride: number): Unit => ({
      convolution: `${name}.conv${number}`,
      normalization: `${name}.bn${number}`,
      shape: [output, input, 3, 3],
      stride,
    });
    const path = [unit(1, input, stride), unit(2, output, 1)] as const;
    if (!shrinks) return { path };
    const [convolution, normalization] = [`${name}.downsample.0`, `${name}.downsample.1`];
    return { path, shortcut: { convolution, normalization, shape: [output, input, 1, 1], stride } };
  })
);

/** All units in the order of the `state_dict`. */
const UNITS: readonly Unit[] = [
  STEM,
  ...RESIDUAL_BLOCKS.flatMap(({ path, shortcut }) => shortcut ? [...path, shortcut] : path),
];

/** The four tensors of a batch normalisation. */
const NORMALIZATION_PARTS = ["weight", "bias", "running_mean", "running_var"] as const;

/** Names and shapes of the 100 tensors, in the order of the `state_dict`. */
export const TENSOR_SHAPES: ReadonlyMap<string, readonly number[]> = new Map(
  UNITS.flatMap(({ convolution, normalization, shape }): [string, readonly number[]][] => [
    [`${convolution}.weight`, shape],
    ...NORMALIZATION_PARTS.map((part): [string, readonly number[]] => [`${normalization}.${part}`, [shape[0]]]),
  ]),
);

/**
 * Takes the tensors of ResNet-18 out of a file's; others, such as the last layer's, are left alone.
 *
 * @param tensors The file's tensors.
 * @returns The 100 tensors of {@linkcode TENSOR_SHAPES}.
 * @throws {RangeError} If one is missing, has another shape or type, is not finite, or is a negative variance.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { selectWeights } from "./weights.ts";
 *
 * assert.throws(() => selectWeights(new Map()), /conv1.weight is missing/);
 * ```
 */
export function selectWeights(tensors: StateDict): StateDict {
  return new Map([...TENSOR_SHAPES].map(([name, shape]) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new RangeError(`these are not the weights of a ResNet-18: ${name} is missing`);
    if (tensor.shape.join() !== shape.join()) {
      throw new RangeError(`${name} has the shape (${tensor.shape}), that of a ResNet-18 has (${shape})`);
    }
    const { data } = tensor;
    if (!(data instanceof Float32Array)) throw new RangeError(`${name} is not of float32 numbers`);
    if (!data.every(Number.isFinite)) throw new RangeError(`${name} holds a number that is not finite`);
    if (name.endsWith("running_var") && data.some((x) => x < 0)) {
      throw new RangeError(`${name} holds a negative number`);
    }
    return [name, tensor];
  }));
}

/** Number `index` of stream `stream`, in [0, 1): a 32-bit mixing function of both. */
function uniform(stream: number, index: number): number {
  const a = (Math.imul(stream, 0x9e3779b9) + Math.imul(index + 1, 0x6d2b79f5)) | 0;
  let x = Math.imul(a ^ (a >>> 15), a | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
}

/** What a weight is, from a number in [0, 1). */
function weightOf(name: string, shape: readonly number[]): (u: number) => number {
  if (shape.length === 4) {
    const bound = Math.sqrt(6 / (shape[1] * shape[2] * shape[3]));
    return (u) => (2 * u - 1) * bound;
  }
  return /weight|running_var/.test(name) ? (u) => 0.5 + u : (u) => 0.2 * (u - 0.5);
}

/**
 * Weights of an untrained ResNet-18, for trying the pipeline without the real ones: convolutions uniform with Kaiming
 * He's bound √(6 / fan-in), scales and variances in [0.5, 1.5), shifts and means in [−0.1, 0.1).
 *
 * @param seed Which.
 * @returns The 100 tensors.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { randomWeights } from "./weights.ts";
 *
 * assert.equal(randomWeights(0).get("bn1.weight")!.data[0], Math.fround(0.858889997));
 * ```
 */
export function randomWeights(seed: number): StateDict {
  return new Map([...TENSOR_SHAPES].map(([name, shape], index) => {
    const toWeight = weightOf(name, shape);
    const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
    data.forEach((_, i) => data[i] = toWeight(uniform(seed * TENSOR_SHAPES.size + index, i)));
    return [name, { shape, data }];
  }));
}
