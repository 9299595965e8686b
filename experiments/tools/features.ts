/**
 * Extracts the features of CIFAR-10 that the experiments learn from: torchvision's ResNet-18 without its last layer.
 *
 * `deno task features --dataset CIFAR10`
 * @module
 */
import { Command, Option } from "@commander-js/extra-typings";
import { CLASSES, countMissing, extractFeatures, featureFolder, openStore } from "../../core/cifar10/features.ts";
import { readImages } from "../../core/cifar10/images.ts";
import {
  backendOption,
  dataDirOption,
  exitOnUsageError,
  path,
  runScript,
  threadsOption,
  toggle,
} from "../../core/command_line/mod.ts";
import { TENSORFLOW_BACKENDS } from "../../core/engines/backends.ts";
import { throwIfInterrupted, untilInterrupted } from "../../core/runs/interruption.ts";
import { startProgress } from "../../core/runs/progress.ts";
import { loadWeights } from "../../core/cifar10/resnet18/load_weights.ts";
import { openExtractor } from "../../core/cifar10/resnet18/open_extractor.ts";

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
      .choices(Object.keys(DATASETS) as (keyof typeof DATASETS)[]).default("CIFAR10"),
  )
  .option(
    "--weights <file>",
    "a .pth or .safetensors file; random:SEED: an untrained network (default: the official file, downloaded once)",
    path,
  )
  .addOption(toggle("--any_images <0|1>", "whether images will do that are not the official ones, by their MD5"))
  .addOption(dataDirOption())
  .addOption(backendOption(TENSORFLOW_BACKENDS))
  .addOption(threadsOption());

if (import.meta.main) {
  await runScript(async () => {
    const { dataset, dataDir, weights: source, any_images, ...choice } = command.parse(Deno.args, { from: "user" })
      .opts();
    const classes = DATASETS[dataset];
    const images = {
      train: readImages(dataDir, "train", any_images),
      test: readImages(dataDir, "test", any_images),
    };
    const { weights, ...name } = await loadWeights(source, `${dataDir}/CIFAR10`);
    console.log(`Weights: ${name.name}, SHA-256 ${name.sha256.slice(0, 8)}…`);
    const store = openStore(featureFolder(dataDir), images, name);
    const missing = countMissing(store, classes);
    if (missing > 0) {
      const extractor = await openExtractor(weights, choice);
      try {
        await untilInterrupted(async (signal) => {
          console.log(`Device: ${extractor.description}; images: ${missing}`);
          const progress = startProgress(missing);
          try {
            await extractFeatures(store, classes, extractor, extractor.batch, async (done) => {
              progress.increment(done);
              await throwIfInterrupted(signal);
            });
          } finally {
            progress.stop();
          }
        });
      } finally {
        extractor.dispose();
      }
    }
    console.log(`The features of ${dataset} are in ${store.folder}`);
  });
}
