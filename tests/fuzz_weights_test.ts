import assert from "node:assert/strict";
import { encode } from "fast-png";
import { parseBinaryBatch, parsePickledBatch } from "../core/cifar10/images.ts";
import { toBatch } from "../core/cifar10/sheets.ts";
import { readSafetensors } from "../core/formats/safetensors.ts";
import type { Tensor } from "../core/formats/tensor.ts";
import { readTorchFile } from "../core/formats/torch_file.ts";
import { damagedFiles, DOUBLED, fuzz } from "./helpers/fuzz.ts";
import { binaryBatch, pickledBatch } from "./helpers/small_cifar10.ts";

const pth = (name: string) => Deno.readFileSync(new URL(`./fixtures/pth/${name}.pth`, import.meta.url));

function isTensor(value: unknown): value is Tensor {
  return value instanceof Object && "shape" in value && "data" in value;
}

/** Tensors, however deep in lists and dicts, have as many numbers as their shapes say. */
function assertTensors(value: unknown, met = new Set<unknown>()): void {
  if (met.has(value)) return;
  met.add(value);
  if (isTensor(value)) {
    assert.equal(value.data.length, value.shape.reduce((product, n) => product * n, 1));
  } else if (value instanceof Map || Array.isArray(value)) {
    for (const item of value.values()) assertTensors(item, met);
  }
}

const GLOBALS = ["ctorch\nFloatStorage\n", "ctorch\nHalfStorage\n", "ctorch._utils\n_rebuild_tensor_v2\n"];
const OPCODES = [...GLOBALS, DOUBLED, "cos\nsystem\n", "Q", "R", "b", "t", "(", "\x85", "K\0", "M\xff\xff", "]", "N"];

Deno.test(...fuzz(".pth files in zip archives, damaged", {
  inputs: damagedFiles(["tiny", "tiny_parameters", "tiny_checkpoint"].map(pth), ...OPCODES, "PK\x01\x02", "PK\x05\x06"),
  read: readTorchFile,
  check: (value) => assertTensors(value),
}));

Deno.test(...fuzz(".pth files of the older format, damaged", {
  inputs: damagedFiles(["tiny", "tiny_parameters", "tiny_checkpoint"].map((name) => pth(`${name}_legacy`)), ...OPCODES),
  read: readTorchFile,
  check: (value) => assertTensors(value),
}));

function safetensors(header: string, data: readonly number[]): Uint8Array {
  const bytes = new TextEncoder().encode(header);
  return Uint8Array.from([bytes.length & 0xff, bytes.length >> 8, 0, 0, 0, 0, 0, 0, ...bytes, ...data]);
}
const HEADER = '{"__metadata__":{"format":"pt"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},' +
  '"b":{"dtype":"F32","shape":[1,2],"data_offsets":[2,10]},"c":{"dtype":"I64","shape":[],"data_offsets":[10,18]}}';

Deno.test(...fuzz(".safetensors files, damaged", {
  inputs: damagedFiles(
    [safetensors(HEADER, Array(18).fill(7)), safetensors("{}", [])],
    ...[
      '"F16"',
      '"BOOL"',
      '"__proto__"',
      "[0,0]",
      "[1,1,1]",
      "null",
      "9007199254740991",
      "1e99",
      "-1",
      '"a":',
      "{",
      "[",
    ],
    "[".repeat(5000),
  ),
  read: readSafetensors,
  check: (tensors) => assertTensors(tensors),
}));

const LABELS = [3, 8];
const sheet = encode({
  width: 1024,
  height: LABELS.length,
  channels: 3,
  depth: 8,
  data: Uint8Array.from({ length: 1024 * LABELS.length * 3 }, (_, i) => i % 7),
});

Deno.test(...fuzz("PNG sheets, damaged", {
  inputs: damagedFiles([sheet], "IHDR", "IDAT", "IEND", "PLTE", "\0\0\x40\0", "\x10\x06"),
  read: (png) => toBatch(png, LABELS),
  check: (batch) => assert.equal(batch.length, LABELS.length * 3073),
}));

const binary = binaryBatch(LABELS, 0);
const pixels = parseBinaryBatch(binary).pixels;

Deno.test(...fuzz("binary batches of CIFAR-10, damaged", {
  inputs: damagedFiles([binary, new Uint8Array(3073)]),
  read: parseBinaryBatch,
  check: ({ labels, pixels }) => assert.equal(pixels.length, labels.length * 3072),
}));

Deno.test(...fuzz("pickled batches of CIFAR-10, damaged", {
  inputs: damagedFiles(
    [pickledBatch(LABELS, pixels), pickledBatch([], new Uint8Array()), pickledBatch([1], pixels.slice(3072), true)],
    ...[DOUBLED, "U\x04data", "U\x06labels", "K\x0a", "M\0\x0c\x86", "J\xff\xff\xff\x7f", "\x88", "tb", "R", "u", "]"],
  ),
  read: parsePickledBatch,
  check: ({ labels, pixels }) => assert.equal(pixels.length, labels.length * 3072),
}));
