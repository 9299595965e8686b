/**
 * Reads what `torch.save` writes: a pickle and the raw numbers of its tensors, in a zip archive, or one after the other
 * as PyTorch did before 1.6. Nothing of the file is run.
 * @module
 */
import { unzipSync } from "fflate";
import { crc32 } from "node:zlib";
import { isCount } from "../text/json.ts";
import { unpickle, type Vocabulary } from "./pickle.ts";
import { quoted } from "../text/messages.ts";
import type { Tensor, TensorData } from "./tensor.ts";

/** Arrays by PyTorch's names of storages. */
const ARRAYS = {
  HalfStorage: Float16Array,
  FloatStorage: Float32Array,
  DoubleStorage: Float64Array,
  CharStorage: Int8Array,
  ByteStorage: Uint8Array,
  BoolStorage: Uint8Array,
  ShortStorage: Int16Array,
  IntStorage: Int32Array,
  LongStorage: BigInt64Array,
};
type StorageType = keyof typeof ARRAYS;

/** As PyTorch's. */
const MAX_DIMENSIONS = 64;

/** The numbers that tensors are views of, as a pickle names them. */
interface StorageId {
  readonly type: StorageType;
  readonly key: string;
  /** Number of elements. */
  readonly count: number;
}

const areCounts = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isCount);
const isStorageType = (name: string): name is StorageType => Object.hasOwn(ARRAYS, name);
const isData = (value: unknown): value is TensorData =>
  Object.values(ARRAYS).some((constructor) => value instanceof constructor);

/** A storage's type is pickled as a global; strings of the pickle itself are no symbols. */
const STORAGE_TYPES = Object.fromEntries(Object.keys(ARRAYS).map((type) => [`torch ${type}`, Symbol.for(type)]));

function toStorageId(id: unknown): StorageId {
  const [kind, type, key, , count, view] = Array.isArray(id) ? id : [];
  const name = typeof type === "symbol" ? type.description ?? "" : "";
  if (kind !== "storage" || !isStorageType(name) || typeof key !== "string" || !isCount(count)) {
    throw new Error("a persistent id names no storage");
  }
  if (view !== undefined && view !== null) throw new Error("a view of a storage, as PyTorch 0.1 had, is not supported");
  return { type: name, key, count };
}

function toStorage({ type, key, count }: StorageId, bytes: Uint8Array | undefined): TensorData {
  const length = count * ARRAYS[type].BYTES_PER_ELEMENT;
  if (!bytes || bytes.length < length) throw new Error(`storage ${quoted(key)} is missing or truncated`);
  return new ARRAYS[type](bytes.slice(0, length).buffer);
}

/** Every storage is made once, however many tensors are views of it. */
function memoize(load: (id: StorageId) => TensorData): (id: unknown) => TensorData {
  const storages = new Map<string, TensorData>();
  return (id) => {
    const storage = toStorageId(id);
    const data = storages.get(storage.key) ?? load(storage);
    storages.set(storage.key, data);
    return data;
  };
}

/** Whether strides are those of a row-major array without gaps. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  return shape.toReversed().every((n, k) => {
    const fits = n === 1 || strides[strides.length - 1 - k] === expected;
    expected *= n;
    return fits;
  });
}

/**
 * `torch._utils._rebuild_tensor_v2`, which makes a view of a storage.
 * @param budget How many numbers the tensors may have in all: a view can claim any number of them.
 */
function tensorBuilder(budget: number) {
  let left = budget;
  return (storage: unknown, offset: unknown, shape: unknown, strides: unknown, ...more: unknown[]): Tensor => {
    refuseBits(more[METADATA]);
    if (!isData(storage) || !isCount(offset) || !areCounts(shape) || !areCounts(strides)) {
      throw new Error("a tensor has no storage, shape or strides");
    }
    if (shape.length > MAX_DIMENSIONS) throw new Error(`a tensor of ${shape.length} dimensions has too many`);
    if (shape.length !== strides.length) throw new Error("a tensor has a stride too many or too few");
    const count = shape.reduce((product, n) => product * n, 1);
    left -= count;
    if (!(left >= 0)) throw new Error("its tensors claim more numbers than it has bytes");
    const end = count === 0 ? 0 : shape.reduce((last, n, k) => last + (n - 1) * strides[k], offset + 1);
    if (end > storage.length) throw new Error(`a tensor goes beyond its storage of ${storage.length} numbers`);
    if (isContiguous(shape, strides)) return { shape, data: storage.subarray(offset, offset + count) };

    const source = storage as Float32Array;
    const data = new (source.constructor as Float32ArrayConstructor)(count);
    data.forEach((_, index) => data[index] = source[offset + placeOf(index, shape, strides)]);
    return { shape, data };
  };
}

/** Which further argument says which bits of a tensor are set; requires_grad and hooks come before it. */
const METADATA = 2;

/** Throws if a tensor is not what its numbers are: negated or conjugated, as PyTorch's views can be. */
function refuseBits(metadata: unknown): void {
  if (metadata === undefined || metadata === null) return;
  if (!(metadata instanceof Map)) throw new Error("a tensor has metadata that are no dict");
  const set = [...metadata].find(([, value]) => value !== false);
  if (set) throw new Error(`a tensor has its ${quoted(String(set[0]))} bit set: resolve it before saving`);
}

/** Where the element with a row-major index is in a view. */
function placeOf(index: number, shape: readonly number[], strides: readonly number[]): number {
  let rest = index;
  return shape.reduceRight((place, n, k) => {
    const along = rest % n;
    rest = Math.floor(rest / n);
    return place + along * strides[k];
  }, 0);
}

function vocabulary(persistentLoad: (id: unknown) => unknown, rebuildTensor: unknown): Vocabulary {
  return {
    globals: {
      ...STORAGE_TYPES,
      "torch._utils _rebuild_tensor_v2": rebuildTensor,
      "torch._utils _rebuild_parameter": (tensor: unknown) => tensor,
      "collections OrderedDict": () => new Map(),
    },
    persistentLoad,
    // The state of an OrderedDict is the versions of a module's layers.
    setState() {},
  };
}

/** Bytes that a zip archive has at least for a member beside its content: 46 in the directory and 30 before it. */
const MEMBER = 46 + 30;

/** What the directory of a zip archive says of its members: the CRC-32 of each, by name. */
function checksumsOf(file: Uint8Array): Map<string, number> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const checksums = new Map<string, number>();
  let end = file.length - END;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) return checksums;
  for (let at = view.getUint32(end + 16, true); at + 46 <= end && view.getUint32(at, true) === 0x02014b50;) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    checksums.set(new TextDecoder().decode(file.subarray(at + 46, at + 46 + name)), view.getUint32(at + 16, true));
    at += 46 + name + extra + comment;
  }
  return checksums;
}

/** Bytes of the record that ends a zip archive. */
const END = 22;

function readZip(file: Uint8Array): unknown {
  let total = 0;
  const members = unzipSync(file, {
    filter({ name, compression, size, originalSize }) {
      if (compression !== 0) throw new Error(`${quoted(name)} is compressed, which PyTorch never does`);
      if (size !== originalSize) throw new Error(`${quoted(name)} has two sizes, ${size} and ${originalSize}`);
      total += MEMBER + 2 * name.length + size;
      if (total > file.length) throw new Error("its members are larger than the file: they overlap");
      return true;
    },
  });
  for (const [name, sum] of checksumsOf(file)) {
    // PyTorch can be told to write none, which is 0.
    if (sum !== 0 && Object.hasOwn(members, name) && crc32(members[name]) !== sum) {
      throw new Error(`${quoted(name)} is not what was written, by its checksum`);
    }
  }
  const pickle = Object.keys(members).find((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickle === undefined) throw new Error("the zip archive has no data.pkl");
  const folder = pickle.slice(0, -"data.pkl".length);
  const load = memoize((id) => toStorage(id, members[`${folder}data/${id.key}`]));
  return unpickle(members[pickle], vocabulary(load, tensorBuilder(file.length))).value;
}

/** The first two pickles of the older format. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;

function readLegacy(file: Uint8Array): unknown {
  const nothing: Vocabulary = { globals: {} };
  const magic = unpickle(file, nothing);
  if (magic.value !== LEGACY_MAGIC) throw new Error("it is neither a zip archive nor PyTorch's older format");
  const protocol = unpickle(file, nothing, magic.end);
  if (protocol.value !== LEGACY_PROTOCOL) throw new Error("this version of PyTorch's format is not known");
  const system = unpickle(file, nothing, protocol.end);

  // The numbers follow the object: it is read for where it ends, and again once they are known.
  const ids = new Map<string, StorageId>();
  const note = (id: unknown) => {
    const storage = toStorageId(id);
    ids.set(storage.key, storage);
  };
  const object = unpickle(file, vocabulary(note, () => null), system.end);
  const keys = unpickle(file, nothing, object.end);
  const storages = readLegacyStorages(file, keys.end, keys.value, ids);
  const load = (id: unknown) => storages.get(toStorageId(id).key);
  return unpickle(file, vocabulary(load, tensorBuilder(file.length)), system.end).value;
}

/** Storages of the older format: of each, in the order of `keys`, how many numbers and the numbers. */
function readLegacyStorages(file: Uint8Array, start: number, keys: unknown, ids: ReadonlyMap<string, StorageId>) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const storages = new Map<string, TensorData>();
  let position = start;
  for (const key of Array.isArray(keys) ? keys : []) {
    if (typeof key !== "string") throw new Error("a storage has no name");
    const id = ids.get(key);
    if (!id || position + 8 > file.length || view.getBigInt64(position, true) !== BigInt(id.count)) {
      throw new Error(`storage ${quoted(key)} is missing, truncated or of another size`);
    }
    storages.set(key, toStorage(id, file.subarray(position + 8)));
    position += 8 + id.count * ARRAYS[id.type].BYTES_PER_ELEMENT;
  }
  return storages;
}

/**
 * Reads a file of `torch.save`, in either format.
 *
 * @param file The file's bytes.
 * @returns What was saved: tensors as {@linkcode Tensor}s, dicts as Maps, lists and tuples as arrays, None as null.
 * @throws {Error} If it is no such file, is truncated, or holds anything but tensors in plain Python containers.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTorchFile } from "./torch_file.ts";
 *
 * assert.throws(() => readTorchFile(new Uint8Array(100)), /no file of tensors/);
 * ```
 */
export function readTorchFile(file: Uint8Array): unknown {
  const isZip = file[0] === 0x50 && file[1] === 0x4b;
  try {
    return isZip ? readZip(file) : readLegacy(file);
  } catch (error) {
    throw new Error(`this is no file of tensors by torch.save, or it is damaged: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
