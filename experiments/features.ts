/**
 * Extracts the features of CIFAR-10 that the experiments learn from: torchvision's ResNet-18 without its last layer.
 *
 * `deno task features --dataset CIFAR10`
 * @module
 */
import { Command, Option } from "@commander-js/extra-typings";
import { CLASSES, countMissing, extractFeatures, featureFolder, openStore } from "../core/cifar10/features.ts";
import { readImages } from "../core/cifar10/images.ts";
import { exitOnUsageError, integer, path, runScript } from "../core/command_line.ts";
import { startProgress } from "../core/runs/progress.ts";
import { loadWeights } from "../core/resnet18/load_weights.ts";
import { openExtractor } from "../core/resnet18/open_extractor.ts";

/** The classes of each dataset. */
const DATASETS = {
  CIFAR10: [3, 8],
  CIFAR10_MULTI: Array.from({ length: CLASSES }, (_, label) => label),
};

/** The script's command line. */
export const command = exitOnUsageError(new Command("features"))
  .description("Extracts the features of CIFAR-10: torchvision's ResNet-18 without its last layer.")
  .addOption(
    new Option("--dataset <name>", "cats and ships alone, or all classes")
      .choices(["CIFAR10", "CIFAR10_MULTI"]).default("CIFAR10"),
  )
  .option(
    "--weights <file>",
    "a .pth or .safetensors file; random:SEED: an untrained network (default: the official file, downloaded once)",
    path,
  )
  .option("--data-dir <path>", "folder of the datasets", path, "./data")
  .addOption(
    new Option("--backend <name>", "auto: webgpu on a hardware adapter, else wasm")
      .choices(["auto", "webgpu", "wasm", "cpu"]).default("auto"),
  )
  .option("--threads <n>", "threads on a CPU (default: all)", integer(1, 256));

if (import.meta.main) {
  await runScript(async () => {
    const { dataset, dataDir, weights: source, ...choice } = command.parse(Deno.args, { from: "user" }).opts();
    const classes = DATASETS[dataset as keyof typeof DATASETS];
    const images = { train: readImages(dataDir, "train"), test: readImages(dataDir, "test") };
    const { weights, ...name } = await loadWeights(source, `${dataDir}/CIFAR10`);
    console.log(`Weights: ${name.name}, SHA-256 ${name.sha256.slice(0, 8)}…`);
    const store = openStore(featureFolder(dataDir), images, name);
    const missing = countMissing(store, classes);
    if (missing > 0) {
      const extractor = await openExtractor(weights, choice);
      console.log(`Device: ${extractor.description}; images: ${missing}`);
      const progress = startProgress(missing);
      try {
        await extractFeatures(store, classes, extractor, extractor.batch, (done) => progress.increment(done));
      } finally {
        progress.stop();
        extractor.dispose();
      }
    }
    console.log(`The features of ${dataset} are in ${store.folder}`);
  });
}
