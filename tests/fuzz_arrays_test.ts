import assert from "node:assert/strict";
import fc from "fast-check";
import { unpickle, type Vocabulary } from "../core/formats/pickle.ts";
import { decodeNpy } from "../core/formats/read_npy.ts";
import { bytesOf, damagedFiles, DOUBLED, fuzz } from "./helpers/fuzz.ts";

const FOLDER = new URL("./fixtures/npy/", import.meta.url);
const fixtures = (folder: URL): Uint8Array[] =>
  [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".npy")).map(({ name }) => name).sort()
    .map((name) => Deno.readFileSync(new URL(name, folder)));
const arrays = fixtures(FOLDER);
const dictionaries = ["numpy1.24/", "numpy2.4/"].flatMap((version) => fixtures(new URL(version, FOLDER)));

function assertNpy({ shape, data }: ReturnType<typeof decodeNpy>): void {
  if (data instanceof Map) assert.deepEqual(shape, []);
  else assert.equal((data as Float32Array).length, shape.reduce((product, n) => product * n, 1));
}

Deno.test(...fuzz(".npy files of numbers, damaged", {
  inputs: damagedFiles(arrays, "(1, 1, 1, 1, 1, 1, 1, 1, )", "True", "<i8", "|O", ">f8", "4294967296, 4294967296"),
  read: decodeNpy,
  check: assertNpy,
}));

Deno.test(...fuzz(".npy files with headers of all kinds", {
  inputs: fc.tuple(
    fc.constantFrom("<f4", ">f8", "|b1", "|u1", "<i8", "|O", "<c8", "<U4", "=f4", "", "f4", "__proto__"),
    fc.constantFrom("True", "False", "None"),
    fc.oneof(
      { weight: 20, arbitrary: fc.array(fc.nat({ max: 3 }), { maxLength: 5 }) },
      { weight: 5, arbitrary: fc.array(fc.nat({ max: 2 ** 53 }), { maxLength: 40 }) },
      { weight: 1, arbitrary: fc.constantFrom(Array(3000).fill(1), [0, 2 ** 53 - 1], [2 ** 53 - 1, 2 ** 53 - 1, 0]) },
    ),
    fc.constantFrom(1, 1, 2, 3),
    fc.uint8Array({ maxLength: 64 }),
  ).map(([descr, order, shape, version, body]) => {
    const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape.join(", ")}), }\n`;
    const { length } = header;
    const size = [length & 0xff, length >> 8, ...version === 1 ? [] : [0, 0]];
    return Uint8Array.from([...bytesOf("\x93NUMPY"), version, 0, ...size, ...bytesOf(header), ...body]);
  }),
  read: decodeNpy,
  check: assertNpy,
}));

Deno.test(...fuzz(".npy files of dictionaries, damaged", {
  inputs: damagedFiles(dictionaries, DOUBLED, "cos\nsystem\n", "R", "b", "t", "h\0", "2", "}", "\x94", "(", "u", "s"),
  read: decodeNpy,
  check: assertNpy,
}));

Deno.test(...fuzz("arbitrary bytes as a .npy file", {
  inputs: fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Uint8Array.from([...bytesOf("\x93NUMPY\x01\0"), ...bytes])),
    fc.constant(arrays[0]),
  ),
  read: decodeNpy,
  check: assertNpy,
}));

/** Opcodes with arguments, so that many a sequence of them is a pickle. */
const opcodes = fc.oneof(
  fc.constantFrom(..."N(012)]}tlaesuRbQ.\x85\x86\x87\x88\x89\x93\x94"),
  fc.constantFrom("K\x01", "M\x01\x02", "J\xff\xff\xff\xff", "\x8a\x01\xff", "G\0\0\0\0\0\0\0\0", DOUBLED),
  fc.constantFrom(
    "U\x01a",
    "\x8c\x01m",
    "X\x01\0\0\0m",
    "C\x01a",
    "X\xff\xff\xff\x7f",
    "B\xff\xff\xff\xff",
    "\x8a\xff",
  ),
  fc.constantFrom("q\0", "h\0", "r\x01\0\0\0", "j\x01\0\0\0", "j\xff\xff\xff\xff", "\x80\x04", "\x95\0\0\0\0\0\0\0\0"),
  fc.constantFrom("cm\nf\n", "cm\nobject\n", "c__proto__\nconstructor\n", "cos\nsystem\n", "cm\nconstructor\n"),
);

const VOCABULARY: Vocabulary = {
  globals: { "m f": (...values: unknown[]) => values.length, "m object": {} },
  persistentLoad: (id) => typeof id,
  setState: () => {},
};

Deno.test(...fuzz("sequences of a pickle's opcodes", {
  inputs: fc.array(opcodes, { maxLength: 40 }).map((codes) => bytesOf(codes.join("") + ".")),
  read: (bytes) => unpickle(bytes, VOCABULARY),
  check: ({ end }, bytes) => assert.equal(bytes[end - 1], ".".charCodeAt(0)),
}));
