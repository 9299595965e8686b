/**
 * The images of CIFAR-10, from the official files in either of their forms.
 * @module
 */
import { dirname } from "node:path";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readIfThere } from "../disk/files.ts";
import { foldersIn } from "../disk/folders.ts";
import { unpickle, type Vocabulary } from "../formats/pickle.ts";

/** Pixels of a channel. */
const PLANE = 32 * 32;
/** Bytes of an image. */
const PIXELS = 3 * PLANE;
const CLASSES = 10;

/** The two parts of CIFAR-10. */
export type Split = "train" | "test";

/** Names of the official files, without the ending of the binary ones. */
const BATCHES: Readonly<Record<Split, readonly string[]>> = {
  train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}`),
  test: ["test_batch"],
};

/** Labelled images. */
export interface Images {
  /** The class of each, 0 to 9. */
  readonly labels: Uint8Array;
  /** 3072 bytes of each: 32 × 32 pixels row by row of red, then of green, then of blue. */
  readonly pixels: Uint8Array;
}

function checkLabels(labels: ArrayLike<unknown>): void {
  const index = Array.from(labels).findIndex((label) =>
    !(Number.isInteger(label) && label as number >= 0 && label as number < CLASSES)
  );
  if (index < 0) return;
  const label = typeof labels[index] === "number" ? labels[index] : "(no number)";
  throw new Error(`image ${index} has the label ${label}, not one of 0 to ${CLASSES - 1}`);
}

/**
 * Reads a file of `cifar-10-batches-bin`.
 *
 * @param file Its bytes: of each image the label, then the pixels.
 * @returns The images.
 * @throws {Error} If it is no such file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseBinaryBatch } from "./images.ts";
 *
 * assert.deepEqual(parseBinaryBatch(new Uint8Array(2 * 3073).fill(7)).labels, Uint8Array.of(7, 7));
 * ```
 */
export function parseBinaryBatch(file: Uint8Array): Images {
  const count = file.length / (1 + PIXELS);
  if (!Number.isInteger(count)) throw new Error(`its ${file.length} bytes are not a whole number of images`);
  const labels = Uint8Array.from({ length: count }, (_, image) => file[image * (1 + PIXELS)]);
  checkLabels(labels);
  const pixels = new Uint8Array(count * PIXELS);
  for (let image = 0; image < count; image++) {
    pixels.set(file.subarray(image * (1 + PIXELS) + 1, (image + 1) * (1 + PIXELS)), image * PIXELS);
  }
  return { labels, pixels };
}

/** An array of bytes in a pickle of NumPy. */
interface PickledArray {
  pixels: Uint8Array;
}

const isPickledArray = (value: unknown): value is PickledArray => value instanceof Object && "pixels" in value;

/** `ndarray.__setstate__`: version, shape, type, whether column by column, and bytes, in Python 2 as a string. */
function bytesOfState(state: unknown): Uint8Array {
  const [, shape, type, columnMajor, content] = Array.isArray(state) ? state : [];
  const bytes = typeof content === "string" ? new Uint8Array(Buffer.from(content, "latin1")) : content;
  const [count, width, ...further] = Array.isArray(shape) ? shape : [];
  if (type !== "u1" || width !== PIXELS || further.length > 0 || !(bytes instanceof Uint8Array)) {
    throw new Error(`its data are not rows of ${PIXELS} bytes`);
  }
  if (bytes.length !== count * PIXELS) throw new Error("its data are truncated");
  return columnMajor === true ? bytes.map((_, i) => bytes[(i % PIXELS) * count + Math.floor(i / PIXELS)]) : bytes;
}

/** All of Python that a batch may name. */
const NUMPY: Vocabulary = {
  globals: {
    "numpy ndarray": null,
    "numpy dtype": String,
    ...Object.fromEntries(
      ["numpy.core.multiarray", "numpy._core.multiarray"].map((module) => [
        `${module} _reconstruct`,
        (): PickledArray => ({ pixels: new Uint8Array() }),
      ]),
    ),
  },
  setState(object, state) {
    if (isPickledArray(object)) object.pixels = bytesOfState(state);
  },
};

/**
 * Reads a file of `cifar-10-batches-py`, a pickled dict of `data` and `labels`.
 *
 * @param file Its bytes.
 * @returns The images.
 * @throws {Error} If it is no such file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parsePickledBatch } from "./images.ts";
 *
 * assert.throws(() => parsePickledBatch(new TextEncoder().encode("}.")), /no data or no labels/);
 * ```
 */
export function parsePickledBatch(file: Uint8Array): Images {
  const { value } = unpickle(file, NUMPY);
  const [data, labels] = value instanceof Map ? ["data", "labels"].map((key) => value.get(key)) : [];
  if (!isPickledArray(data) || !Array.isArray(labels)) throw new Error("it has no data or no labels");
  checkLabels(labels);
  if (data.pixels.length !== labels.length * PIXELS) throw new Error("its labels are not as many as its images");
  return { labels: Uint8Array.from(labels), pixels: data.pixels };
}

/** A form of the official files. */
const FORMS = [
  { folder: "cifar-10-batches-bin", ending: ".bin", parse: parseBinaryBatch },
  { folder: "cifar-10-batches-py", ending: "", parse: parsePickledBatch },
];

/** Published MD5 of every file of `cifar-10-batches-bin`, and of those of `cifar-10-batches-py`. */
const OFFICIAL_MD5: Readonly<Record<string, string>> = {
  "data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
  "data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
  "data_batch_3.bin": "942cd6a4bcdd0dd3c604fbe906cb4421",
  "data_batch_4.bin": "ae636b3ba5c66a11e91e8cb52e771fcb",
  "data_batch_5.bin": "53f37980c15c3d472c316c40844f3f0d",
  "test_batch.bin": "803d5f7f4d78ea53de84dbe85f74fb6d",
  "data_batch_1": "c99cafc152244af753f735de768cd75f",
  "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
  "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
  "data_batch_4": "634d18415352ddfa80567beed471001a",
  "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
  "test_batch": "40351d587109b95175f43aff81a1287e",
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
 * import { isOfficial } from "./images.ts";
 *
 * assert.equal(isOfficial("test_batch.bin", new Uint8Array(30_730_000)), false);
 * ```
 */
export function isOfficial(name: string, bytes: Uint8Array): boolean {
  return createHash("md5").update(bytes).digest("hex") === OFFICIAL_MD5[name];
}

/** Where `deno task data:cifar10` puts the images. */
export const BINARY_FOLDER = `CIFAR10/${FORMS[0].folder}`;

/** Names of the files in it. */
export const BINARY_FILES = Object.values(BATCHES).flat().map((name) => name + FORMS[0].ending);

/**
 * Reads the images from `cifar-10-batches-bin` or `cifar-10-batches-py`, in `CIFAR10` of the datasets' folder or in
 * that folder itself.
 *
 * @param dataDir Folder of the datasets.
 * @param split Which images.
 * @param anyImages Whether others than the official ones will do, of the same form.
 * @returns The images, in the order of the files.
 * @throws {Error} If there are none, or a file is missing, damaged or not the official one.
 *
 * @example
 * ```ts
 * import { readImages } from "./images.ts";
 *
 * // Needs permission to read the folder `data`.
 * const load = () => readImages("data", "test");
 * ```
 */
export function readImages(dataDir: string, split: Split, anyImages: boolean = false): Images {
  const places = FORMS.flatMap((form) =>
    ["CIFAR10/", ""].map((parent) => ({ ...form, path: `${dataDir}/${parent}${form.folder}` }))
  );
  const place = places.find(({ path }) => foldersIn(dirname(path)).includes(path));
  if (!place) throw new Error(`no images in ${dataDir}/${BINARY_FOLDER}: \`deno task data:cifar10\` gets them`);
  const batches = BATCHES[split].map((name) => {
    const path = `${place.path}/${name}${place.ending}`;
    const file = readIfThere(path);
    if (!file) throw new Error(`no file ${path}`);
    if (!anyImages && !isOfficial(`${name}${place.ending}`, file)) {
      throw new Error(
        `${path} is not the official file, its MD5 is another: \`deno task data:cifar10\` gets the official ones, ` +
          "--any_images 1 takes it as it is",
      );
    }
    try {
      return place.parse(file);
    } catch (error) {
      throw new Error(`${path} is damaged: ${(error as Error).message}`, { cause: error });
    }
  });
  return {
    labels: concatenate(batches.map(({ labels }) => labels)),
    pixels: concatenate(batches.map(({ pixels }) => pixels)),
  };
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((start, part) => {
    whole.set(part, start);
    return start + part.length;
  }, 0);
  return whole;
}

/**
 * A hash by which images are known again.
 *
 * @param images The images.
 * @returns SHA-256 of all labels, then all pixels.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { hashImages } from "./images.ts";
 *
 * assert.equal(hashImages({ labels: Uint8Array.of(3), pixels: new Uint8Array(3072) }).length, 64);
 * ```
 */
export function hashImages({ labels, pixels }: Images): string {
  return createHash("sha256").update(labels).update(pixels).digest("hex");
}

/**
 * Some of the images, the three colours of a pixel side by side.
 *
 * @param images The images.
 * @param positions Which.
 * @returns 3072 bytes of each.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { interleave } from "./images.ts";
 *
 * const pixels = Uint8Array.from({ length: 3072 }, (_, i) => Math.floor(i / 1024));
 * assert.deepEqual(interleave({ labels: Uint8Array.of(3), pixels }, [0]).subarray(0, 4), Uint8Array.of(0, 1, 2, 0));
 * ```
 */
export function interleave({ pixels }: Images, positions: readonly number[]): Uint8Array {
  const result = new Uint8Array(positions.length * PIXELS);
  positions.forEach((position, image) => {
    for (let i = 0; i < PIXELS; i++) {
      result[image * PIXELS + i] = pixels[position * PIXELS + (i % 3) * PLANE + Math.floor(i / 3)];
    }
  });
  return result;
}
