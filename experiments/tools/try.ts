/**
 * Writes a page that learns MNIST 3 against 8 and unlearns digits, in the browser.
 *
 * `deno task try`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { gzipSync } from "fflate";
import * as cli from "../../core/command_line/mod.ts";
import { readMnist } from "../../core/datasets/mnist.ts";
import { IMAGES_HEADER, LABELS_HEADER, type MnistFiles, PIXELS, positionsOf } from "../../core/datasets/mnist_rows.ts";
import { writeWhole } from "../../core/disk/files.ts";
import script from "../../core/pages/bundles/try.js" with { type: "text" };
import { makePage } from "../../core/pages/page.ts";
import body from "../../core/pages/try.html" with { type: "text" };

/** How many digits 3, and how many 8, the page has to learn and to test. */
const [TRAIN, TEST] = [200, 100];

/** The command line. */
export const command = cli.exitOnUsageError(new Command("try"))
  .description(
    "Writes try.html, to open in a browser: it learns MNIST 3 against 8, and unlearns the digits you choose.",
  )
  .option("--result-dir <path>", "where it goes", cli.path, "result");

/** The first digits 3 and 8 of two files, as files. */
function some(images: Uint8Array, labels: Uint8Array, each: number): { images: Uint8Array; labels: Uint8Array } {
  const positions = [3, 8].flatMap((digit) => positionsOf(labels, digit).slice(0, each));
  positions.sort((a, b) => a - b);
  const header = (bytes: Uint8Array, length: number) => {
    const result = bytes.slice(0, length);
    new DataView(result.buffer).setUint32(4, positions.length);
    return [...result];
  };
  return {
    images: Uint8Array.from([
      ...header(images, IMAGES_HEADER),
      ...positions.flatMap((i) => [...images.subarray(IMAGES_HEADER + PIXELS * i, IMAGES_HEADER + PIXELS * (i + 1))]),
    ]),
    labels: Uint8Array.from([...header(labels, LABELS_HEADER), ...positions.map((i) => labels[LABELS_HEADER + i])]),
  };
}

/** The digits of the page, as files of MNIST. */
export async function inlinedFiles(): Promise<MnistFiles> {
  const { trainImages, trainLabels, testImages, testLabels } = await readMnist();
  const train = some(trainImages, trainLabels, TRAIN);
  const test = some(testImages, testLabels, TEST);
  return { trainImages: train.images, trainLabels: train.labels, testImages: test.images, testLabels: test.labels };
}

/** The page. */
export async function tryPage(): Promise<string> {
  const files = Object.entries(await inlinedFiles());
  const data = Object.fromEntries(files.map(([kind, bytes]) => [kind, gzipSync(bytes, { mtime: 0 }).toBase64()]));
  return await makePage({ title: "Unlearning in your browser", body, script, data, computes: true });
}

if (import.meta.main) {
  await cli.runScript(async () => {
    const { resultDir } = command.parse(Deno.args, { from: "user" }).opts();
    const path = `${resultDir}/try.html`;
    writeWhole(path, await tryPage());
    console.log(path);
  });
}
