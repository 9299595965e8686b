import { zipSync } from "fflate";
import assert from "node:assert/strict";
import type { Tensor } from "../core/formats/tensor.ts";
import { readTorchFile } from "../core/formats/torch_file.ts";

const FOLDER = "tests/fixtures/pth";
const read = (name: string) => readTorchFile(Deno.readFileSync(`${FOLDER}/${name}`));
const expected = (name: string) => JSON.parse(Deno.readTextFileSync(`${FOLDER}/${name}.expected.json`));

/** Names of element types as PyTorch prints them. */
const TYPES = { float16: Float16Array, float32: Float32Array, int64: BigInt64Array };

interface Entry {
  readonly name: string;
  readonly dtype: keyof typeof TYPES;
  readonly shape: number[];
  readonly values: number[];
}

for (const name of ["tiny", "tiny_parameters"]) {
  for (const file of [`${name}.pth`, `${name}_legacy.pth`]) {
    Deno.test(`${file} holds the tensors that PyTorch saved`, () => {
      const tensors = read(file) as Map<string, Tensor>;
      const entries: Entry[] = expected(name).entries;
      assert.deepEqual([...tensors.keys()], entries.map(({ name }) => name));
      for (const { name, dtype, shape, values } of entries) {
        const tensor = tensors.get(name)!;
        assert.deepEqual(tensor.shape, shape, name);
        const numbers = dtype === "int64" ? BigInt64Array.from(values, BigInt) : TYPES[dtype].from(values);
        assert.deepEqual(tensor.data, numbers, name);
      }
    });
  }
}

for (const file of ["tiny_checkpoint.pth", "tiny_checkpoint_legacy.pth"]) {
  Deno.test(`${file} holds a tensor among Python's own values`, () => {
    const { epoch, lr, name, flags, shape, state_dict } = Object.fromEntries(read(file) as Map<string, unknown>);
    assert.deepEqual({ epoch, lr, name, flags, shape: [...shape as number[]] }, {
      epoch: 7,
      lr: 0.125,
      name: "tiny",
      flags: [true, false, null],
      shape: [2, 3],
    });
    assert.deepEqual(state_dict, new Map([["a", { shape: [2], data: Float32Array.of(1, 2) }]]));
  });
}

for (const file of ["resnet18_like.pth", "resnet18_like_legacy.pth"]) {
  Deno.test(`${file}, the state_dict of a module, is read in order`, () => {
    const tensors = read(file) as Map<string, Tensor>;
    const entries: { name: string; shape: number[]; sum: number }[] = expected("resnet18_like").entries;
    assert.deepEqual([...tensors.keys()], entries.map(({ name }) => name));
    for (const { name, shape, sum } of entries) {
      const { shape: actual, data } = tensors.get(name)!;
      assert.deepEqual(actual, shape, name);
      const total = Array.from(data as ArrayLike<number | bigint>, Number).reduce((sum, x) => sum + x, 0);
      assert.ok(Math.abs(total - sum) < 1e-6 * Math.max(1, data.length), name);
    }
  });
}

for (const file of ["tiny.pth", "tiny_legacy.pth", "tiny_checkpoint.pth"]) {
  Deno.test(`${file} cut short anywhere is refused`, () => {
    const bytes = Deno.readFileSync(`${FOLDER}/${file}`);
    for (let length = 0; length < bytes.length; length += 7) {
      assert.throws(
        () => readTorchFile(bytes.subarray(0, length)),
        /no file of tensors by torch.save, or it is damaged/,
        `${length}`,
      );
    }
  });

  Deno.test(`${file} with any byte changed is read or refused with one line`, () => {
    const bytes = Deno.readFileSync(`${FOLDER}/${file}`);
    for (let position = 0; position < bytes.length; position++) {
      const damaged = bytes.slice();
      damaged[position] ^= 0xff;
      try {
        readTorchFile(damaged);
      } catch (error) {
        assert.match(
          (error as Error).message,
          /^this is no file of tensors by torch.save, or it is damaged: .*$/,
          `${position}`,
        );
      }
    }
  });
}

Deno.test("a view that claims more numbers than the file has bytes is refused", () => {
  assert.throws(() => read("expanded.pth"), /claim more numbers than it has bytes/);
});

Deno.test("a file that would run a program is refused", () => {
  assert.throws(() => read("system.pth"), /system" is not allowed/);
});

Deno.test("a compressed archive is refused", () => {
  assert.throws(() => read("compressed.pth"), /is compressed/);
});

/** A file as PyTorch 2 saves one tensor of two numbers, with what it says of the tensor's bits. */
function savedWith(metadata: string): Uint8Array {
  const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
  const storage = `(${text("storage")}ctorch\nFloatStorage\n${text("0")}${text("cpu")}K\x02tQ`;
  const hooks = "ccollections\nOrderedDict\n)R";
  const pickle =
    `\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\0K\x02\x85K\x01\x85\x89${hooks}${metadata}tR.`;
  const bytes = Uint8Array.from(pickle, (letter) => letter.charCodeAt(0));
  const numbers = new Uint8Array(Float32Array.of(3, -4).buffer);
  return zipSync({ "archive/data.pkl": bytes, "archive/data/0": numbers }, { level: 0 });
}

Deno.test("a tensor that is a negated or conjugated view is refused, one whose bits are not set is read", () => {
  const bit = (name: string, value: string) => `}X${String.fromCharCode(name.length)}\0\0\0${name}${value}s`;
  for (const metadata of ["", "N", "}", bit("neg", "\x89")]) {
    assert.deepEqual(readTorchFile(savedWith(metadata)), { shape: [2], data: Float32Array.of(3, -4) });
  }
  for (const name of ["neg", "conj", "new"]) {
    const refusal = new RegExp(`a tensor has its "${name}" bit set: resolve it before saving$`);
    assert.throws(() => readTorchFile(savedWith(bit(name, "\x88"))), refusal);
  }
  assert.throws(() => readTorchFile(savedWith("K\x01")), /metadata that are no dict/);
});

/** A zip archive of which many members are the same bytes, each said to be so long. */
function overlapping(members: number, bytes: number, said: number): Uint8Array {
  const archive = zipSync({ x: new Uint8Array(bytes) }, { level: 0 });
  const end = archive.length - 22;
  const entry = archive.slice(new DataView(archive.buffer).getUint32(end + 16, true), end);
  new DataView(entry.buffer).setUint32(24, said, true);
  const file = new Uint8Array(archive.length + (members - 1) * entry.length);
  file.set(archive);
  for (let i = 0; i < members; i++) file.set(entry, end - entry.length + i * entry.length);
  file.set(archive.subarray(end), file.length - 22);
  const view = new DataView(file.buffer, file.length - 22);
  view.setUint16(8, members, true);
  view.setUint16(10, members, true);
  view.setUint32(12, members * entry.length, true);
  return file;
}

Deno.test("members of a zip archive that overlap, or say another size, take no memory", () => {
  const begun = performance.now();
  assert.throws(() => readTorchFile(overlapping(20_000, 1_000_000, 0)), /"x" has two sizes, 1000000 and 0/);
  assert.throws(() => readTorchFile(overlapping(20_000, 1_000_000, 1_000_000)), /they overlap/);
  assert.throws(() => readTorchFile(overlapping(2, 100, 100)), /they overlap/);
  assert.ok(performance.now() - begun < 1000);
});

Deno.test("numbers that are not those that were written are refused, by the checksums of the archive", () => {
  const bytes = Deno.readFileSync(`${FOLDER}/tiny.pth`);
  const unharmed = JSON.stringify(
    [...readTorchFile(bytes) as Map<string, Tensor>],
    (_, value) => typeof value === "bigint" ? String(value) : value,
  );
  let refused = 0;
  for (let position = 0; position < bytes.length; position++) {
    const damaged = bytes.slice();
    damaged[position] ^= 1;
    let read: unknown;
    try {
      read = readTorchFile(damaged);
    } catch {
      refused++;
      continue;
    }
    const found = JSON.stringify(
      [...read as Map<string, Tensor>],
      (_, value) => typeof value === "bigint" ? String(value) : value,
    );
    assert.equal(found, unharmed, `byte ${position}`);
  }
  assert.ok(refused > 1000);
});
