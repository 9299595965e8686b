/**
 * NumPy's `.npy` files, format 1.0, as `np.save` of the original writes them.
 * @module
 */

/** A dictionary of numbers or of such dictionaries, as the original saves K and α. */
export type NumberTree = ReadonlyMap<number, number | NumberTree>;

function withHeader(descr: string, shape: readonly number[], body: Uint8Array): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const preamble = [0x93, ..."NUMPY".split("").map((c) => c.charCodeAt(0)), 1, 0, length & 0xff, length >> 8];
  const text = new TextEncoder().encode(header.padEnd(length - 1) + "\n");
  const file = new Uint8Array(preamble.length + text.length + body.length);
  file.set(preamble);
  file.set(text, preamble.length);
  file.set(body, preamble.length + text.length);
  return file;
}

/**
 * The bytes of a `.npy` file.
 *
 * @param data float32, float64 or int64 numbers, row-major.
 * @param shape The array's shape; one dimension of all numbers without it.
 * @returns The file.
 * @throws {RangeError} If the shape does not hold as many numbers.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeNpy } from "./npy.ts";
 *
 * assert.equal(encodeNpy(new Float32Array(6), [2, 3]).length, 128 + 6 * 4);
 * ```
 */
export function encodeNpy(
  data: Float32Array | Float64Array | BigInt64Array,
  shape: readonly number[] = [data.length],
): Uint8Array {
  if (shape.reduce((product, n) => product * n, 1) !== data.length) {
    throw new RangeError(`${data.length} numbers do not have the shape (${shape})`);
  }
  const body = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const descr = data instanceof BigInt64Array ? "<i8" : `<f${data.BYTES_PER_ELEMENT}`;
  return withHeader(descr, shape, body);
}

const text = (s: string) => [...new TextEncoder().encode(s)];
const int32 = (n: number) => [...new Uint8Array(Int32Array.of(n).buffer)];

/** Opcodes of a pickled number: BININT, or BINFLOAT (big-endian float64). */
function pickleNumber(value: number): number[] {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return [...text("J"), ...int32(value)];
  return [...text("G"), ...new Uint8Array(Float64Array.of(value).buffer).reverse()];
}

/** Opcodes of a pickled dictionary: EMPTY_DICT, MARK, key and value in turn, SETITEMS. */
function pickleTree(tree: NumberTree): number[] {
  const items = [...tree].flatMap(([key, value]) => [
    ...pickleNumber(key),
    ...(typeof value === "number" ? pickleNumber(value) : pickleTree(value)),
  ]);
  return [...text("}("), ...items, ...text("u")];
}

/** What NumPy pickles before the single element of a 0-dimensional array of dtype object. */
const OBJECT_ARRAY_HEAD = [
  ...[0x80, 3],
  ...text("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b"),
  ...[0x87],
  ...text("R(K\x01)cnumpy\ndtype\nX\x02\x00\x00\x00O8"),
  ...[0x89, 0x88, 0x87],
  ...text("R(K\x03X\x01\x00\x00\x00|NNNJ"),
  ...int32(-1),
  ...text("J"),
  ...int32(-1),
  ...text("K?tb"),
  ...[0x89],
  ...text("]"),
];
const OBJECT_ARRAY_TAIL = text("atb.");

/**
 * The bytes of a `.npy` file that holds a dictionary as a pickled object, as `np.save` stores it; NumPy reads it with
 * `allow_pickle=True`.
 *
 * @param tree The dictionary.
 * @returns The file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodePickledNpy } from "./npy.ts";
 *
 * assert.equal(encodePickledNpy(new Map([[100, new Map([[1, 1741]])]]))[0], 0x93);
 * ```
 */
export function encodePickledNpy(tree: NumberTree): Uint8Array {
  return withHeader("|O", [], Uint8Array.from([...OBJECT_ARRAY_HEAD, ...pickleTree(tree), ...OBJECT_ARRAY_TAIL]));
}
