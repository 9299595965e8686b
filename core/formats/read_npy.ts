/**
 * Reads NumPy's `.npy` files: formats 1.0 to 3.0, plain arrays of numbers, and the pickled dictionaries of numbers that
 * the original saves.
 * @module
 */
import type { NumberTree } from "./npy.ts";
import { unpickle, type Vocabulary } from "./pickle.ts";
import { quoted } from "../text/messages.ts";

/** What a `.npy` file holds. */
export interface Npy {
  /** NumPy's name of the element type in the file, such as `<f4`. */
  readonly descr: string;
  /** The array's shape; empty for a single element. */
  readonly shape: readonly number[];
  /** Its numbers, row-major; a boolean is 0 or 1. A dictionary for the type `|O`. */
  readonly data: Numbers | NumberTree;
}

/** The numbers of a plain array. */
export type Numbers = InstanceType<typeof ARRAYS[keyof typeof ARRAYS]>;

const MAGIC = "\x93NUMPY";
/** As NumPy's `max_header_size`. */
const MAX_HEADER = 10000;
/** As NumPy's. */
const MAX_DIMENSIONS = 64;
const ARRAYS = {
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  b1: Uint8Array,
};
type ElementType = keyof typeof ARRAYS;

const isElementType = (name: string): name is ElementType => Object.hasOwn(ARRAYS, name);

/** The elements of an array. */
interface Elements {
  readonly type: ElementType;
  readonly bigEndian: boolean;
}

/** Numbers from their bytes. `placeOf` says where the number with an index is. */
function toNumbers(bytes: Uint8Array, { type, bigEndian }: Elements, placeOf?: (index: number) => number): Numbers {
  const { BYTES_PER_ELEMENT: size } = ARRAYS[type];
  if (!bigEndian && !placeOf) {
    const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
    return new ARRAYS[type](buffer as ArrayBuffer, byteOffset, bytes.length / size);
  }
  const ordered = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length / size; index++) {
    const from = (placeOf?.(index) ?? index) * size;
    for (let i = 0; i < size; i++) ordered[index * size + i] = bytes[from + (bigEndian ? size - 1 - i : i)];
  }
  return new ARRAYS[type](ordered.buffer);
}

/** Places of the elements, counted in row-major order, in an array that is stored column by column. */
function columnMajor(shape: readonly number[]): (index: number) => number {
  return (index) => {
    let place = 0;
    let rest = index;
    let stride = shape.reduce((product, n) => product * n, 1);
    for (const n of shape.toReversed()) {
      stride /= n;
      place += (rest % n) * stride;
      rest = Math.floor(rest / n);
    }
    return place;
  };
}

/** An element type in a pickle. */
interface DType {
  readonly type: string;
  bigEndian: boolean;
}

/** An array of objects in a pickle. */
interface ObjectArray {
  elements: readonly unknown[];
}

const isDType = (value: unknown): value is DType => value instanceof Object && "bigEndian" in value;
const isObjectArray = (value: unknown): value is ObjectArray => value instanceof Object && "elements" in value;

/** `numpy.core.multiarray.scalar`. */
function scalar(dtype: unknown, bytes: unknown): number {
  if (!isDType(dtype) || !isElementType(dtype.type) || !(bytes instanceof Uint8Array)) {
    throw new Error("a number is of an unknown type");
  }
  if (bytes.length !== ARRAYS[dtype.type].BYTES_PER_ELEMENT) throw new Error("a number is truncated");
  return Number(toNumbers(bytes, { type: dtype.type, bigEndian: dtype.bigEndian })[0]);
}

/** `numpy.dtype`. */
function dtype(type: unknown): DType {
  if (typeof type !== "string") throw new Error("a type has no name");
  return { type, bigEndian: false };
}

/** All of Python that a pickled dictionary of numbers may name, as NumPy 1 and NumPy 2 call it. */
const NUMPY: Vocabulary = {
  globals: {
    "numpy ndarray": null,
    "numpy dtype": dtype,
    ...Object.fromEntries(
      ["numpy.core.multiarray", "numpy._core.multiarray"].flatMap((module) => [
        [`${module} _reconstruct`, (): ObjectArray => ({ elements: [] })],
        [`${module} scalar`, scalar],
      ]),
    ),
  },
  setState(object, state) {
    if (isDType(object) && Array.isArray(state)) object.bigEndian = state[1] === ">";
    else if (isObjectArray(object) && Array.isArray(state) && Array.isArray(state[4])) object.elements = state[4];
    else throw new Error("an object of the pickle has a strange state");
  },
};

const MAX_DEPTH = 8;

/** Whether a value is a dictionary of numbers or of such dictionaries, none of them met before. */
function isNumberTree(value: unknown, met = new Set<unknown>(), depth = 0): value is NumberTree {
  if (!(value instanceof Map) || met.has(value) || depth === MAX_DEPTH) return false;
  met.add(value);
  return value.entries().every(([key, item]) =>
    typeof key === "number" && (typeof item === "number" || isNumberTree(item, met, depth + 1))
  );
}

function decodePickle(bytes: Uint8Array): NumberTree {
  const { value, end } = unpickle(bytes, NUMPY);
  if (end !== bytes.length) throw new Error(`${bytes.length - end} bytes follow the pickle`);
  if (!isObjectArray(value) || value.elements.length !== 1 || !isNumberTree(value.elements[0])) {
    throw new Error("the pickled object is no dictionary of numbers");
  }
  return value.elements[0];
}

/** The header's three entries, and where the numbers begin, of a file or its beginning. */
function parseHeader(file: Uint8Array) {
  const magic = String.fromCharCode(...file.subarray(0, MAGIC.length));
  if (magic !== MAGIC) throw new Error("no .npy file: it does not begin with NumPy's mark");
  const version = file[MAGIC.length];
  if (!(version >= 1 && version <= 3)) throw new Error(`version ${version} of the .npy format is not known`);
  const from = version === 1 ? 10 : 12;
  if (file.length < from) throw new Error("the header is truncated");
  const view = new DataView(file.buffer, file.byteOffset, from);
  const bodyAt = from + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (bodyAt > MAX_HEADER) throw new Error(`a header of ${bodyAt - from} bytes is too long`);
  if (file.length < bodyAt) throw new Error("the header is truncated");

  const header = new TextDecoder().decode(file.subarray(from, bodyAt));
  const descr = /['"]descr['"]: *['"]([^'"]*)['"]/.exec(header)?.[1];
  const order = /['"]fortran_order['"]: *(True|False)/.exec(header)?.[1];
  const tuple = /['"]shape['"]: *\(((?:\d+L?, *)*(?:\d+L?)?)\)/.exec(header)?.[1];
  if (descr === undefined || order === undefined || tuple === undefined) {
    throw new Error("the header is not that of an array of numbers");
  }
  const shape = Array.from(tuple.matchAll(/\d+/g), ([n]) => Number(n));
  if (shape.length > MAX_DIMENSIONS) throw new Error(`an array of ${shape.length} dimensions has too many`);
  if (!shape.every(Number.isSafeInteger)) throw new Error(`the shape (${shape}) is too large`);
  return { descr, fortranOrder: order === "True", shape, bodyAt };
}

/** The elements of an array of numbers in a file of so many bytes. */
function elementsOf({ descr, shape, bodyAt }: ReturnType<typeof parseHeader>, fileSize: number): Elements {
  const [order, type] = [descr[0], descr.slice(1)];
  if (!isElementType(type) || !"<>|=".includes(order)) {
    throw new Error(`the element type ${quoted(descr)} is not supported`);
  }
  const expected = shape.reduce((product, n) => product * n, ARRAYS[type].BYTES_PER_ELEMENT);
  if (fileSize - bodyAt !== expected) {
    throw new Error(
      `${fileSize - bodyAt} bytes of numbers, but its type ${descr} and shape (${shape}) take ${expected}`,
    );
  }
  return { type, bigEndian: order === ">" };
}

/** An array of numbers as it is in a file. */
export interface NpyArray {
  /** The array's shape. */
  readonly shape: readonly number[];
  /** Whether it is stored column by column. */
  readonly fortranOrder: boolean;
  /** The byte at which its numbers begin. */
  readonly bodyAt: number;
  /** Bytes of a number. */
  readonly width: number;
  /** Numbers from their bytes, in the file's order; in the memory of these, where that can be. */
  readonly decode: (bytes: Uint8Array) => Numbers;
}

/** As many first bytes of a file as {@linkcode openNpy} looks at. */
export const NPY_BEGINNING: number = MAX_HEADER;

/**
 * Finds the numbers of a `.npy` file, which may be more than memory holds.
 *
 * @param beginning The file's first {@linkcode NPY_BEGINNING} bytes, or all if there are fewer.
 * @param size How many bytes it has.
 * @returns Its array.
 * @throws {Error} If it is no such file, its size is not what its header says, or it has another type of elements.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeNpy } from "./npy.ts";
 * import { openNpy } from "./read_npy.ts";
 *
 * const file = encodeNpy(Float32Array.of(1, 2, 3, 4), [2, 2]);
 * const { shape, bodyAt, width, decode } = openNpy(file, file.length);
 * assert.deepEqual(shape, [2, 2]);
 * assert.deepEqual(decode(file.subarray(bodyAt + 2 * width)), Float32Array.of(3, 4));
 * ```
 */
export function openNpy(beginning: Uint8Array, size: number): NpyArray {
  const header = parseHeader(beginning);
  const elements = elementsOf(header, size);
  const { shape, fortranOrder, bodyAt } = header;
  const { BYTES_PER_ELEMENT: width } = ARRAYS[elements.type];
  return { shape, fortranOrder, bodyAt, width, decode: (bytes) => toNumbers(bytes, elements) };
}

/**
 * Reads a `.npy` file. Of pickled objects it takes dictionaries of numbers and nothing else.
 *
 * @param file The file's bytes.
 * @returns Its array, in the memory of the file where that can be, or dictionary.
 * @throws {Error} If it is no such file, is truncated, goes on after the array, or has another type of elements.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeNpy } from "./npy.ts";
 * import { decodeNpy } from "./read_npy.ts";
 *
 * const { descr, shape, data } = decodeNpy(encodeNpy(Float32Array.of(1, 2, 3, 4), [2, 2]));
 * assert.deepEqual([descr, shape, data], ["<f4", [2, 2], Float32Array.of(1, 2, 3, 4)]);
 * ```
 */
export function decodeNpy(file: Uint8Array): Npy {
  const header = parseHeader(file);
  const { descr, fortranOrder, shape, bodyAt } = header;
  const body = file.subarray(bodyAt);
  if (descr === "|O") {
    if (shape.length > 0) throw new Error("an array of objects other than a dictionary is not supported");
    return { descr, shape, data: decodePickle(body) };
  }
  const elements = elementsOf(header, file.length);
  return { descr, shape, data: toNumbers(body, elements, fortranOrder ? columnMajor(shape) : undefined) };
}
