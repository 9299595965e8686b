/**
 * Reads the `.safetensors` format: a length, a JSON header with every tensor's type, shape and place, and the numbers.
 * @module
 */
import { quoted } from "../text/messages.ts";
import { isCount } from "../text/json.ts";
import type { Tensor, TensorData } from "./tensor.ts";

const LENGTH_BYTES = 8;

/** More tensors than any network has, of which each takes its time. */
const MOST_TENSORS = 2 ** 14;

/** Arrays by the format's names of element types. */
const ARRAYS: Readonly<Record<string, { new (buffer: ArrayBuffer): TensorData; BYTES_PER_ELEMENT: number }>> = {
  F16: Float16Array,
  F32: Float32Array,
  F64: Float64Array,
  I8: Int8Array,
  I16: Int16Array,
  I32: Int32Array,
  I64: BigInt64Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

/** The header's entry of a tensor. */
interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

function isEntry(value: unknown): value is Entry {
  if (!(value instanceof Object)) return false;
  const { dtype, shape, data_offsets: offsets } = value as Partial<Entry>;
  return typeof dtype === "string" && Array.isArray(shape) && shape.every(isCount) &&
    Array.isArray(offsets) && offsets.length === 2 && offsets.every(isCount);
}

function parseHeader(bytes: Uint8Array): [string, Entry][] {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Error("its header is not JSON");
  }
  if (!(header instanceof Object)) throw new Error("its header is not a JSON object");
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  if (entries.length > MOST_TENSORS) throw new Error(`it has ${entries.length} tensors, more than ${MOST_TENSORS}`);
  return entries.map(([name, entry]) => {
    if (!isEntry(entry)) throw new Error(`the header's entry of ${quoted(name)} lacks a type, shape or place`);
    return [name, entry];
  });
}

/**
 * Reads a `.safetensors` file.
 *
 * @param file The file's bytes.
 * @returns Its tensors by name, in the order of their places.
 * @throws {Error} If it is no such file, is truncated, has tensors that overlap or leave gaps, or of an unknown type.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readSafetensors } from "./safetensors.ts";
 *
 * const header = new TextEncoder().encode('{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}');
 * const file = Uint8Array.of(header.length, 0, 0, 0, 0, 0, 0, 0, ...header, 7, 8);
 * assert.deepEqual(readSafetensors(file).get("a"), { shape: [2], data: Uint8Array.of(7, 8) });
 * ```
 */
export function readSafetensors(file: Uint8Array): Map<string, Tensor> {
  if (file.length < LENGTH_BYTES) throw new Error("this is no .safetensors file: it is too short");
  const headerLength = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (headerLength > file.length - LENGTH_BYTES) {
    throw new Error("this is no .safetensors file, or it is truncated: its header goes beyond its end");
  }
  const dataAt = LENGTH_BYTES + Number(headerLength);
  const entries = parseHeader(file.subarray(LENGTH_BYTES, dataAt));
  entries.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  let position = 0;
  const tensors = entries.map(([name, { dtype, shape, data_offsets: [from, to] }]): [string, Tensor] => {
    if (!Object.hasOwn(ARRAYS, dtype)) {
      throw new Error(`${quoted(name)} is of the type ${quoted(dtype)}, which is not supported`);
    }
    const size = shape.reduce((product, n) => product * n, ARRAYS[dtype].BYTES_PER_ELEMENT);
    if (from !== position || to - from !== size) {
      throw new Error(`${quoted(name)} is not where its shape and neighbours say`);
    }
    if (dataAt + to > file.length) throw new Error(`the file is truncated: ${quoted(name)} goes beyond its end`);
    position = to;
    return [name, { shape, data: new ARRAYS[dtype](file.slice(dataAt + from, dataAt + to).buffer) }];
  });
  if (dataAt + position !== file.length) throw new Error("numbers follow the last tensor");
  return new Map(tensors);
}
