/**
 * The features of CIFAR-10 on disk, in the folder `CIFAR10/features` of the datasets: a `.npy` file of every split and
 * class, so that the classes of an experiment can be extracted before the others, and a manifest that says of what and
 * with which weights they were made.
 *
 * `train_3.npy` has the features of the training images of class 3, in the order of the images; `train_labels.npy` has
 * the class of every training image. `train_3.partial` is a file in progress: whole rows without a header.
 * @module
 */
import { appendRows, keepWholeRows } from "../disk/append.ts";
import { isFile, readIfThere, remove, writeWhole } from "../disk/files.ts";
import { encodeNpy } from "../formats/npy.ts";
import { decodeNpy } from "../formats/read_npy.ts";
import type { Extractor } from "./resnet18/extractor.ts";
import { hashImages, type Images, interleave, type Split } from "./images.ts";

/** Numbers of an image's features. */
export const DIMENSION = 512;
const ROW_BYTES = 4 * DIMENSION;

/** Number of classes. */
export const CLASSES = 10;

/** Goes up with every change of the pipeline that changes features. */
const PIPELINE = 1;

const SPLITS: readonly Split[] = ["train", "test"];

/** What features were made of, and with. */
export interface Manifest {
  /** Version of the pipeline. */
  readonly pipeline: number;
  /** Name and SHA-256 of the network's weights. */
  readonly weights: { readonly name: string; readonly sha256: string };
  /** Number of images of a split, and a hash of them. */
  readonly images: Readonly<Record<Split, { readonly count: number; readonly sha256: string }>>;
  /** The classes whose features are complete. */
  readonly classes: Readonly<Record<Split, readonly number[]>>;
}

/** The features of one class. */
export interface Part {
  /** Of training or of test images. */
  readonly split: Split;
  /** Which class, 0 to 9. */
  readonly label: number;
}

/** Images, and where their features go. */
export interface FeatureStore {
  /** The folder. */
  readonly folder: string;
  /** The images. */
  readonly images: Readonly<Record<Split, Images>>;
}

/**
 * Where features are.
 *
 * @param dataDir Folder of the datasets.
 * @returns Their folder.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { featureFolder } from "./features.ts";
 *
 * assert.equal(featureFolder("data"), "data/CIFAR10/features");
 * ```
 */
export function featureFolder(dataDir: string): string {
  return `${dataDir}/CIFAR10/features`;
}

const pathOf = (folder: string, { split, label }: Part, ending: "npy" | "partial") =>
  `${folder}/${split}_${label}.${ending}`;

/** For every split, a value. */
function ofSplits<Value>(value: (split: Split) => Value): Record<Split, Value> {
  return { train: value("train"), test: value("test") };
}

const completeClasses = (folder: string) =>
  ofSplits((split) =>
    Array.from({ length: CLASSES }, (_, label) => label).filter((label) =>
      isFile(pathOf(folder, { split, label }, "npy"))
    )
  );

function writeManifest(folder: string, manifest: Omit<Manifest, "classes">): void {
  const content = { ...manifest, classes: completeClasses(folder) };
  writeWhole(`${folder}/manifest.json`, JSON.stringify(content, null, 2) + "\n");
}

/**
 * Reads the manifest.
 *
 * @param folder The folder of features.
 * @returns The manifest, undefined if there is none.
 * @throws {Error} If it is damaged.
 *
 * @example
 * ```ts
 * import { featureFolder, readManifest } from "./features.ts";
 *
 * // Needs permission to read the folder `data`.
 * const weightsOf = () => readManifest(featureFolder("data"))?.weights.name;
 * ```
 */
export function readManifest(folder: string): Manifest | undefined {
  const path = `${folder}/manifest.json`;
  const file = readIfThere(path);
  if (!file) return undefined;
  try {
    const manifest = JSON.parse(new TextDecoder().decode(file));
    if (typeof manifest.weights.name === "string") return manifest;
  } catch {
    // Said below.
  }
  throw new Error(`${path} is damaged: remove the folder ${folder} and run \`deno task features\` again`);
}

/**
 * Opens a folder for features, or the one that is there if its features are of the same images and weights.
 *
 * @param folder The folder.
 * @param images The images.
 * @param weights Name and SHA-256 of the weights.
 * @returns The store.
 * @throws {RangeError} If the folder has features of other images or weights, or of another version of the pipeline.
 *
 * @example
 * ```ts
 * import { featureFolder, openStore } from "./features.ts";
 * import { readImages } from "./images.ts";
 *
 * // Needs permission to read and write the folder `data`.
 * const open = () => {
 *   const images = { train: readImages("data", "train"), test: readImages("data", "test") };
 *   return openStore(featureFolder("data"), images, { name: "resnet18-f37072fd.pth", sha256: "f37072fd" });
 * };
 * ```
 */
export function openStore(
  folder: string,
  images: FeatureStore["images"],
  weights: Manifest["weights"],
): FeatureStore {
  const counts = ofSplits((split) => ({ count: images[split].labels.length, sha256: hashImages(images[split]) }));
  const present = readManifest(folder);
  if (present) {
    const difference = present.pipeline !== PIPELINE
      ? "by another version of this program"
      : present.weights.sha256 !== weights.sha256
      ? `with other weights (${present.weights.name}, not ${weights.name})`
      : SPLITS.some((split) => present.images?.[split]?.sha256 !== counts[split].sha256)
      ? "of other images"
      : undefined;
    if (difference) {
      throw new RangeError(`the features in ${folder} were made ${difference}: move that folder away to make new ones`);
    }
    return { folder, images };
  }
  for (const split of SPLITS) {
    const labels = BigInt64Array.from(images[split].labels, BigInt);
    writeWhole(`${folder}/${split}_labels.npy`, encodeNpy(labels));
  }
  writeManifest(folder, { pipeline: PIPELINE, weights, images: counts });
  return { folder, images };
}

/** Positions of the images of a class. */
function positionsOf(labels: ArrayLike<number>, label: number): number[] {
  return Array.from(labels).flatMap((other, position) => other === label ? [position] : []);
}

/**
 * The images of some classes that have no features yet.
 *
 * @param store The images, and where their features are.
 * @param classes Which classes.
 * @returns How many.
 *
 * @example
 * ```ts
 * import { countMissing, type FeatureStore } from "./features.ts";
 *
 * // Needs permission to read and write the store's folder.
 * const isDone = (store: FeatureStore) => countMissing(store, [3, 8]) === 0;
 * ```
 */
export function countMissing({ folder, images }: FeatureStore, classes: readonly number[]): number {
  const missing = partsOf(classes).map((part) => {
    if (isFile(pathOf(folder, part, "npy"))) return 0;
    return positionsOf(images[part.split].labels, part.label).length -
      keepWholeRows(pathOf(folder, part, "partial"), ROW_BYTES);
  });
  return missing.reduce((sum, count) => sum + count, 0);
}

/** The test features come first: there are fewer of them. */
const partsOf = (classes: readonly number[]): Part[] =>
  SPLITS.toReversed().flatMap((split) => classes.map((label) => ({ split, label })));

/**
 * Extracts the features of some classes that are not there yet. If it is stopped, it goes on after the last batch.
 *
 * @param store The images, and where their features go.
 * @param classes Which classes.
 * @param extractor Computes features.
 * @param batch How many images it takes at a time.
 * @param onImages Called with the number of images done since the last call, which are kept; it may stop the rest.
 *
 * @example
 * ```ts
 * import { extractFeatures, type FeatureStore } from "./features.ts";
 * import { openExtractor } from "./resnet18/open_extractor.ts";
 * import { randomWeights } from "./resnet18/weights.ts";
 *
 * // Needs permission to read and write the store's folder.
 * const extract = async (store: FeatureStore) => {
 *   const extractor = await openExtractor(randomWeights(0), { backend: "wasm", threads: 1 });
 *   await extractFeatures(store, [3, 8], extractor, extractor.batch);
 *   extractor.dispose();
 * };
 * ```
 */
export async function extractFeatures(
  { folder, images }: FeatureStore,
  classes: readonly number[],
  extractor: Pick<Extractor, "extract">,
  batch: number,
  onImages: (done: number) => void | Promise<void> = () => {},
): Promise<void> {
  for (const part of partsOf(classes)) {
    const [path, partial] = [pathOf(folder, part, "npy"), pathOf(folder, part, "partial")];
    if (isFile(path)) continue;
    const positions = positionsOf(images[part.split].labels, part.label);
    for (let done = keepWholeRows(partial, ROW_BYTES); done < positions.length;) {
      const taken = positions.slice(done, done + batch);
      appendRows(partial, done, await extractor.extract(interleave(images[part.split], taken)), ROW_BYTES);
      done += taken.length;
      await onImages(taken.length);
    }
    const rows = new Float32Array(Uint8Array.from(readIfThere(partial) ?? []).buffer);
    writeWhole(path, encodeNpy(rows, [positions.length, DIMENSION]));
    remove(partial);
    writeManifest(folder, readManifest(folder)!);
  }
}

/** Features and classes of images, in the order of the images. */
export interface LabelledFeatures {
  /** 512 numbers an image. */
  readonly features: Float32Array;
  /** The class of each. */
  readonly labels: readonly number[];
}

/** Numbers of a `.npy` file. */
function readNumbers(path: string): ArrayLike<number | bigint> {
  const file = readIfThere(path);
  if (!file) throw new Error(`no file ${path}`);
  try {
    const { data } = decodeNpy(file);
    if (data instanceof Map) throw new Error("it holds a dictionary");
    return data as ArrayLike<number | bigint>;
  } catch (error) {
    throw new Error(`${path} is damaged: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Reads features.
 *
 * @param folder The folder of features.
 * @param split Of training or of test images.
 * @param classes Which classes.
 * @returns Features and labels of the images of these classes, undefined if some are not there.
 * @throws {Error} If a file is damaged.
 *
 * @example
 * ```ts
 * import { featureFolder, readFeatures } from "./features.ts";
 *
 * // Needs permission to read the folder `data`.
 * const load = () => readFeatures(featureFolder("data"), "test", [3, 8]);
 * ```
 */
export function readFeatures(folder: string, split: Split, classes: readonly number[]): LabelledFeatures | undefined {
  if (!classes.every((label) => isFile(pathOf(folder, { split, label }, "npy")))) return undefined;
  const labels = Array.from(readNumbers(`${folder}/${split}_labels.npy`), Number)
    .filter((label) => classes.includes(label));
  const features = new Float32Array(labels.length * DIMENSION);
  for (const label of classes) {
    const path = pathOf(folder, { split, label }, "npy");
    const rows = readNumbers(path);
    const positions = positionsOf(labels, label);
    if (!(rows instanceof Float32Array) || rows.length !== positions.length * DIMENSION) {
      throw new Error(`${path} does not hold the features of ${positions.length} images`);
    }
    positions.forEach((position, row) => {
      features.set(rows.subarray(row * DIMENSION, (row + 1) * DIMENSION), position * DIMENSION);
    });
  }
  return { features, labels };
}
