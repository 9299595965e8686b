/**
 * CIFAR-10 in small: files as the official ones, of few images.
 * @module
 */
import { parseBinaryBatch } from "../../core/cifar10/images.ts";
import { emptyResultFolder } from "./run_task.ts";

/** Labels of small batches in the places of the official ones. */
export const LABELS = {
  data_batch_1: [8, 3, 0, 8],
  data_batch_2: [3, 3],
  data_batch_3: [9],
  data_batch_4: [8, 1],
  data_batch_5: [3],
  test_batch: [3, 5, 8, 3],
};

/** A file of `cifar-10-batches-bin`: every byte of every image differs from its neighbours. */
export const binaryBatch = (labels: readonly number[], seed: number) =>
  Uint8Array.from(
    labels.flatMap((label, image) => [
      label,
      ...Array.from({ length: 3072 }, (_, i) => (i * 7 + image * 31 + seed) % 256),
    ]),
  );

/** Bytes of a text whose characters are bytes. */
export const bytesOf = (latin1: string) => Uint8Array.from(latin1, (c) => c.charCodeAt(0));
const int32 = (n: number) => String.fromCharCode(...new Uint8Array(Int32Array.of(n).buffer));
const textOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/** A file of `cifar-10-batches-py` as Python 2 pickles it: strings of bytes, in protocol 2. */
export function pickledBatch(labels: readonly number[], pixels: Uint8Array, columnMajor = false): Uint8Array {
  const array = "cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03" +
    `(K\x01J${int32(labels.length)}M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNN` +
    "J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb" + (columnMajor ? "\x88" : "\x89") +
    `T${int32(pixels.length)}${textOf(pixels)}tb`;
  const list = `](${labels.map((label) => `K${String.fromCharCode(label)}`).join("")}e`;
  return bytesOf(`\x80\x02}q\x00(U\x0bbatch_labelU\x0ctest batch 1U\x06labels${list}U\x04data${array}u.`);
}

/** A folder of datasets with small batches in one of the two forms. */
export function writeImages(name: string, form: "bin" | "py", parent = "CIFAR10/"): string {
  const dataDir = emptyResultFolder(name);
  const folder = `${dataDir}/${parent}cifar-10-batches-${form}`;
  Deno.mkdirSync(folder, { recursive: true });
  Object.entries(LABELS).forEach(([name, labels], seed) => {
    const batch = binaryBatch(labels, seed);
    if (form === "bin") Deno.writeFileSync(`${folder}/${name}.bin`, batch);
    else Deno.writeFileSync(`${folder}/${name}`, pickledBatch(labels, parseBinaryBatch(batch).pixels));
  });
  return dataDir;
}
