/**
 * CIFAR-10: features of its images by a ResNet-18, cats against ships or all ten classes (`utils.py` of the original).
 * @module
 */
import { CLASSES, DIMENSION, featureFolder, type LabelledFeatures, readFeatures, readManifest } from "./features.ts";
import type { Split } from "./images.ts";
import { type Dataset, normalizeRows, oneHot, type Rows } from "../model/rows.ts";
import { readIfThere } from "../disk/files.ts";
import type { Tensor } from "../formats/tensor.ts";
import { readTorchFile } from "../formats/torch_file.ts";

/** The classes by their labels. */
const CLASS_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
/** The two classes of the binary experiments. */
const CAT = 3;
const SHIP = 8;

/** Features of both splits, and what they are. */
interface Source {
  readonly origin: string;
  readonly train: LabelledFeatures;
  readonly test: LabelledFeatures;
}

const isTensor = (value: unknown): value is Tensor => value instanceof Object && "shape" in value && "data" in value;

/** A file that the original saves, a list of [features, label], where it is. */
function readOriginalCache(path: string): LabelledFeatures | undefined {
  const file = readIfThere(path);
  if (!file) return undefined;
  const damaged = (what: string) => new Error(`${path} is not a list of 512 features and a label: ${what}`);
  const list = readTorchFile(file);
  if (!Array.isArray(list)) throw damaged("it is no list");
  const features = new Float32Array(list.length * DIMENSION);
  const labels = list.map((row, index) => {
    const [vector, label] = Array.isArray(row) ? row : [];
    if (!isTensor(vector) || !(vector.data instanceof Float32Array) || vector.data.length !== DIMENSION) {
      throw damaged(`entry ${index} has no features`);
    }
    const number = isTensor(label) && label.data.length === 1 ? Number(label.data[0]) : NaN;
    if (!(Number.isInteger(number) && number >= 0 && number < CLASSES)) throw damaged(`entry ${index} has no label`);
    features.set(vector.data, index * DIMENSION);
    return number;
  });
  return { features, labels };
}

/** The original's `train.pt` and `test.pt`, if they are there. */
function readOriginal(dataDir: string): Source | undefined {
  const [trainPath, testPath] = ["train", "test"].map((split) => `${dataDir}/CIFAR10/${split}.pt`);
  const [train, test] = [trainPath, testPath].map(readOriginalCache);
  if (!train && !test) return undefined;
  if (!train || !test) throw new Error(`no file ${train ? testPath : trainPath}, but ${train ? trainPath : testPath}`);
  return { origin: `features of ${trainPath} and ${testPath}`, train, test };
}

/** The features of `deno task features`. */
function readExtracted(dataDir: string, classes: readonly number[], dataset: string): Source {
  const folder = featureFolder(dataDir);
  const manifest = readManifest(folder);
  const read = (split: Split) => {
    const features = manifest && readFeatures(folder, split, classes);
    if (features) return features;
    throw new Error(
      `no features of ${dataset} in ${folder}: \`deno task features --dataset ${dataset}\` extracts them`,
    );
  };
  const [train, test] = [read("train"), read("test")];
  return { origin: `features of a ResNet-18, weights ${manifest?.weights.name}`, train, test };
}

/** The rows at some positions, scaled to norm 1. */
function takeRows({ features }: LabelledFeatures, positions: readonly number[], labels: Float32Array): Rows {
  const taken = new Float32Array(positions.length * DIMENSION);
  positions.forEach((position, row) => {
    taken.set(features.subarray(position * DIMENSION, (position + 1) * DIMENSION), row * DIMENSION);
  });
  const outputs = labels.length / positions.length;
  return {
    features: normalizeRows(taken, DIMENSION),
    labels,
    count: positions.length,
    dimension: DIMENSION,
    outputs,
  };
}

/** Positions of the rows of some classes, in the order of the images. */
const positionsOf = (labels: readonly number[], ...classes: number[]) =>
  labels.flatMap((label, position) => classes.includes(label) ? [position] : []);

function toBinary(source: LabelledFeatures, positions: readonly number[]): Rows {
  return takeRows(
    source,
    positions,
    Float32Array.from(positions, (position) => source.labels[position] === CAT ? 1 : -1),
  );
}

function toMulti(source: LabelledFeatures): Rows {
  return takeRows(source, [...source.labels.keys()], oneHot(source.labels, CLASSES));
}

/**
 * CIFAR-10 as the original orders it. Binary: training rows are all cats (+1), then all ships (−1), test rows keep the
 * order of the images. All classes: both keep it, so that the last rows, which a removal replaces, are of all classes.
 * The features are those of the original's `CIFAR10/train.pt` and `test.pt`, if they are there, else those that
 * `deno task features` left.
 *
 * @param dataDir Folder of the datasets.
 * @param multi Whether all ten classes.
 * @returns `CIFAR10`, 10000 training and 2000 test rows, or `CIFAR10_MULTI`, 50000 and 10000 with one-hot labels; 512
 * features.
 * @throws {Error} If there are no features, or a file is damaged.
 *
 * @example
 * ```ts
 * import { loadCifar10 } from "./cifar10.ts";
 *
 * // Needs permission to read the folder `data`.
 * const load = () => loadCifar10("data", false);
 * ```
 */
export function loadCifar10(dataDir: string, multi: boolean): Dataset {
  const name = multi ? "CIFAR10_MULTI" : "CIFAR10";
  const classes = multi ? [...CLASS_NAMES.keys()] : [CAT, SHIP];
  const { origin, train, test } = readOriginal(dataDir) ?? readExtracted(dataDir, classes, name);
  if (multi) return { name, origin, train: toMulti(train), test: toMulti(test), classNames: CLASS_NAMES };
  return {
    name,
    origin,
    train: toBinary(train, [...positionsOf(train.labels, CAT), ...positionsOf(train.labels, SHIP)]),
    test: toBinary(test, positionsOf(test.labels, CAT, SHIP)),
    classNames: [CLASS_NAMES[SHIP], CLASS_NAMES[CAT]],
  };
}
