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
  const preamble = [...bytesOf("\x93NUMPY\x01\x00"), length & 0xff, length >> 8];
  const head = [...preamble, ...bytesOf(header.padEnd(length - 1) + "\n")];
  const file = new Uint8Array(head.length + body.length);
  file.set(head);
  file.set(body, head.length);
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

const bytesOf = (ascii: string) => [...ascii].map((c) => c.charCodeAt(0));
const int32 = (n: number) => [...new Uint8Array(Int32Array.of(n).buffer)];

/** Opcodes of a pickled number: BININT1, BININT2 or BININT, or BINFLOAT (big-endian float64). */
function pickleNumber(value: number): number[] {
  if (!Number.isInteger(value) || Math.abs(value) >= 2 ** 31) {
    return [...bytesOf("G"), ...new Uint8Array(Float64Array.of(value).buffer).reverse()];
  }
  if (value < 0 || value > 0xffff) return [...bytesOf("J"), ...int32(value)];
  return value > 0xff ? [...bytesOf("M"), value & 0xff, value >> 8] : [...bytesOf("K"), value];
}

/** Opcodes of what NumPy pickles around the single element of a 0-dimensional array of dtype object; `q` memoizes. */
const ARRAY_HEAD = bytesOf(
  "\x80\x03cnumpy.core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02C\x01bq\x03\x87q\x04Rq\x05" +
    "(K\x01)cnumpy\ndtype\nq\x06X\x02\x00\x00\x00O8q\x07\x89\x88\x87q\x08Rq\x09" +
    "(K\x03X\x01\x00\x00\x00|q\x0aNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tq\x0bb\x89]q\x0c",
);
const FIRST_FREE_MEMO = 13;

/**
 * Opcodes of a `numpy.float64`, spelt out each time (NumPy refers back to the first one's parts; both read the same).
 * `put` memoizes the last thing pickled; `h\x06` gets NumPy's `dtype` from {@linkcode ARRAY_HEAD}.
 */
function pickleScalar(value: number, put: () => number[]): number[] {
  return [
    ...[...bytesOf("cnumpy.core.multiarray\nscalar\n"), ...put()],
    ...[
      ...bytesOf("h\x06X\x02\x00\x00\x00f8"),
      ...put(),
      ...bytesOf("\x89\x88\x87"),
      ...put(),
      ...bytesOf("R"),
      ...put(),
    ],
    ...[
      ...bytesOf("(K\x03X\x01\x00\x00\x00<"),
      ...put(),
      ...bytesOf("NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"),
      ...put(),
    ],
    ...[...bytesOf("bC\x08"), ...new Uint8Array(Float64Array.of(value).buffer), ...put()],
    ...[...bytesOf("\x86"), ...put(), ...bytesOf("R"), ...put()],
  ];
}

/**
 * The bytes of a `.npy` file that holds a dictionary as a pickled object, byte for byte as `np.save` stores it; NumPy
 * reads it with `allow_pickle=True`.
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
  let memo = FIRST_FREE_MEMO;
  const put = () => memo > 0xff ? [...bytesOf("r"), ...int32(memo++)] : [...bytesOf("q"), memo++];
  const pickleTree = (tree: NumberTree): number[] => {
    const head = [...bytesOf("}"), ...put()];
    const items = [...tree].flatMap(([key, value]) => [
      ...pickleNumber(key),
      ...(typeof value !== "number"
        ? pickleTree(value)
        : Number.isInteger(value)
        ? pickleNumber(value)
        : pickleScalar(value, put)),
    ]);
    return [...head, ...(tree.size === 1 ? [...items, ...bytesOf("s")] : [...bytesOf("("), ...items, ...bytesOf("u")])];
  };
  const element = pickleTree(tree);
  return withHeader(
    "|O",
    [],
    Uint8Array.from([...ARRAY_HEAD, ...element, ...bytesOf("at"), ...put(), ...bytesOf("b.")]),
  );
}
