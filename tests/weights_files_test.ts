import assert from "node:assert/strict";
import { loadWeights, OFFICIAL_URL } from "../core/cifar10/resnet18/load_weights.ts";
import { randomWeights } from "../core/cifar10/resnet18/weights.ts";
import { readSafetensors } from "../core/formats/safetensors.ts";
import type { Tensor } from "../core/formats/tensor.ts";
import { emptyResultFolder, exists } from "./helpers/run_task.ts";
import { withServer } from "./helpers/with_server.ts";

interface Entry {
  dtype: string;
  shape: unknown;
  data_offsets: unknown;
}

/** A `.safetensors` file of float32 tensors; `change` spoils its header. */
function encodeSafetensors(
  tensors: Iterable<[string, Tensor]>,
  change: (header: Record<string, Entry>) => unknown = (header) => header,
): Uint8Array {
  let position = 0;
  const header: Record<string, Entry> = {};
  const parts = [...tensors].map(([name, { shape, data }]) => {
    header[name] = { dtype: "F32", shape, data_offsets: [position, position += data.byteLength] };
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  });
  const text = new TextEncoder().encode(JSON.stringify(change(header)));
  const file = new Uint8Array(8 + text.length + position);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  parts.reduce((at, part) => (file.set(part, at), at + part.length), 8 + text.length);
  return file;
}

const TENSORS: [string, Tensor][] = [
  ["b", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ["a", { shape: [], data: Float32Array.of(7) }],
  ["empty", { shape: [0, 4], data: new Float32Array() }],
];

Deno.test("a .safetensors file is read as it was written, its metadata left alone", () => {
  const file = encodeSafetensors(TENSORS, (header) => ({ __metadata__: { format: "pt" }, ...header }));
  assert.deepEqual(readSafetensors(file), new Map(TENSORS));
  // The header may be of any length, so that numbers need not be aligned.
  const padded = encodeSafetensors(TENSORS, (header) => ({ __metadata__: { format: "p" }, ...header }));
  assert.deepEqual(readSafetensors(padded), new Map(TENSORS));
});

Deno.test("a .safetensors file cut short anywhere is refused", () => {
  const file = encodeSafetensors(TENSORS);
  for (let length = 0; length < file.length; length++) {
    assert.throws(() => readSafetensors(file.subarray(0, length)), /truncated|too short/, `${length} bytes`);
  }
});

Deno.test("a .safetensors file that contradicts itself is refused", () => {
  const cases: [(header: Record<string, Entry>) => unknown, RegExp][] = [
    [() => [], /numbers follow the last tensor/],
    [() => 7, /not a JSON object/],
    [({ b }) => ({ b }), /numbers follow the last tensor/],
    [(header) => ({ ...header, a: { ...header.a, data_offsets: [0, 4] } }), /not where its shape and neighbours say/],
    [(header) => ({ ...header, a: { ...header.a, data_offsets: [28, 32] } }), /not where its shape/],
    [(header) => ({ ...header, a: { ...header.a, data_offsets: [-4, 0] } }), /lacks a type, shape or place/],
    [(header) => ({ ...header, b: { ...header.b, shape: [2, 3, 2 ** 52] } }), /not where its shape/],
    [(header) => ({ ...header, b: { ...header.b, shape: [1.5, 4] } }), /lacks a type, shape or place/],
    [(header) => ({ ...header, a: { ...header.a, dtype: "F8_E4M3" } }), /type "F8_E4M3", which is not supported/],
    [
      (header) => ({ ...header, a: { ...header.a, dtype: "constructor" } }),
      /type "constructor", which is not supported/,
    ],
    [(header) => ({ ...header, a: null }), /lacks a type, shape or place/],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => readSafetensors(encodeSafetensors(TENSORS, change)), message);
  }
  assert.throws(() => readSafetensors(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7b)), /not JSON/);
  assert.throws(() => readSafetensors(new Uint8Array(16).fill(255)), /its header goes beyond its end/);
});

Deno.test("weights are loaded from a .safetensors file, named and hashed", async () => {
  const folder = emptyResultFolder("weights");
  Deno.mkdirSync(folder, { recursive: true });
  const path = `${folder}/mine.safetensors`;
  const weights = randomWeights(3);
  Deno.writeFileSync(path, encodeSafetensors([...weights, ["fc.bias", { shape: [1], data: new Float32Array(1) }]]));
  const loaded = await loadWeights(path, folder);
  assert.equal(loaded.name, "mine.safetensors");
  assert.match(loaded.sha256, /^[0-9a-f]{64}$/);
  assert.deepEqual(loaded.weights, weights);
});

Deno.test("a file of another network, of another format or that is not there is refused", async () => {
  const load = (source: string) => loadWeights(source, "data");
  await assert.rejects(load("tests/fixtures/pth/resnet18_like.pth"), {
    name: "RangeError",
    message: "tests/fixtures/pth/resnet18_like.pth: conv1.weight has the shape (2,3,7,7), " +
      "that of a ResNet-18 has (64,3,7,7)",
  });
  await assert.rejects(load("tests/fixtures/pth/expanded.pth"), /expanded.pth: .* claim more numbers/);
  await assert.rejects(load("tests/fixtures/cifar10/train.pt"), /train.pt: it holds no state_dict/);
  await assert.rejects(load("README.md"), /README.md: this is no file of tensors/);
  await assert.rejects(load("none.pth"), { name: "RangeError", message: "no file none.pth: check --weights" });
});

Deno.test("random:SEED names an untrained network, and says so", async () => {
  const { name, sha256, weights } = await loadWeights("random:3", "data");
  assert.equal(name, "random:3, an untrained network");
  assert.deepEqual(weights, randomWeights(3));
  assert.notEqual((await loadWeights("random:4", "data")).sha256, sha256);
  for (const seed of ["", "-1", "1.5", "x", "1e3"]) {
    await assert.rejects(loadWeights(`random:${seed}`, "data"), { name: "RangeError" });
  }
});

Deno.test("the official file is asked for, and refused unless it is that", async () => {
  const folder = emptyResultFolder("official");
  const remedy = "; get it elsewhere and name it with --weights FILE, or try an untrained network, --weights random:0";
  const start = `cannot download ${OFFICIAL_URL} to ${folder}/resnet18-f37072fd.pth: `;
  const answers: [() => Response, string][] = [
    [
      () => new Response("other bytes"),
      "what is there now is another file, of 11 bytes and SHA-256 " +
      "a3ead5eedad5df82318c51685dbc1c147a36d1ff8584fc82de6b08d0bf63a795",
    ],
    [() => new Response("", { status: 503, statusText: "Busy" }), "the server answers 503 Busy"],
    [() => {
      throw new TypeError("fetch failed", { cause: new Error("no such host") });
    }, "no such host"],
  ];
  for (const [answer, reason] of answers) {
    await withServer(
      OFFICIAL_URL,
      answer,
      () => assert.rejects(loadWeights(undefined, folder), { message: start + reason + remedy }),
    );
    assert.ok(!exists(folder));
  }
  const path = `${folder}/resnet18-f37072fd.pth`;
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(path, "half of it");
  await assert.rejects(loadWeights(undefined, folder), /is not the official file, its SHA-256 is .* remove it/);
});

Deno.test("a .safetensors file of more tensors than any network has is refused", () => {
  const entry = { dtype: "F32", shape: [0], data_offsets: [0, 0] };
  const header = JSON.stringify(Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [i, entry])));
  const file = new Uint8Array(8 + header.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(new TextEncoder().encode(header), 8);
  assert.throws(() => readSafetensors(file), /it has 300000 tensors, more than 16384/);
});
