import assert from "node:assert/strict";
import { encodeNpy, encodePickledNpy, type NumberTree } from "../core/formats/npy.ts";
import { decodeNpy } from "../core/formats/read_npy.ts";
import expected from "./fixtures/npy/expected.json" with { type: "json" };

const fixture = (name: string) => Deno.readFileSync(new URL(`./fixtures/npy/${name}`, import.meta.url));
const bytesOf = (ascii: string) => Uint8Array.from(ascii, (c) => c.charCodeAt(0));

/** A file of format 1.0, or of another one, with this header. */
function npy(header: string, body: Uint8Array, version = 1): Uint8Array {
  const length = version === 1
    ? [header.length & 0xff, header.length >> 8]
    : [header.length & 0xff, header.length >> 8, 0, 0];
  return Uint8Array.from([...bytesOf("\x93NUMPY"), version, 0, ...length, ...bytesOf(header), ...body]);
}
const HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
const PICKLED = "{'descr': '|O', 'fortran_order': False, 'shape': (), }\n";

/** Pairs of key and value, as `expected.json` has them, as a dictionary. */
type Entries = [key: number, value: number | Entries][];
const treeOf = (entries: Entries): NumberTree =>
  new Map(entries.map(([key, value]) => [key, typeof value === "number" ? value : treeOf(value)]));

for (const [name, fields] of Object.entries(expected)) {
  if ("entries" in fields) {
    for (const numpy of ["numpy1.24", "numpy2.4"]) {
      Deno.test(`${name} of ${numpy}`, () => {
        const { descr, shape, data } = decodeNpy(fixture(`${numpy}/${name}`));
        assert.deepEqual({ descr, shape, data }, { descr: "|O", shape: [], data: treeOf(fields.entries as Entries) });
      });
    }
  } else {
    Deno.test(name, () => {
      const { descr, shape, data } = decodeNpy(fixture(name));
      assert.deepEqual({ descr, shape }, { descr: fields.descr, shape: fields.shape });
      assert.deepEqual(Array.from(data as Float64Array, Number), fields.values_row_major.map(Number));
    });
  }
}

Deno.test("what we write, we read", () => {
  const arrays = [Float32Array.of(1.5, -0, NaN, Infinity, 5e-45, 3), Float64Array.of(Math.PI), new Float32Array()];
  for (const data of [...arrays, BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n))]) {
    assert.deepEqual(decodeNpy(encodeNpy(data)).data, data);
  }
  assert.deepEqual(decodeNpy(encodeNpy(new Float32Array(6), [1, 3, 2])).shape, [1, 3, 2]);
  assert.deepEqual(decodeNpy(encodeNpy(Float64Array.of(7), [])), { descr: "<f8", shape: [], data: Float64Array.of(7) });

  const tree = new Map([[100, new Map([[0.1, 1], [1, -70000], [2, 11.7], [5, 2 ** 40]])], [0.5, new Map()]]);
  const many = new Map(Array.from({ length: 400 }, (_, i) => [i, i / 7]));
  for (const data of [tree, many]) assert.deepEqual(decodeNpy(encodePickledNpy(data)).data, data);
});

Deno.test("headers of all versions and of other writers", () => {
  const body = new Uint8Array(Float32Array.of(1, 2).buffer);
  for (const version of [1, 2, 3]) {
    assert.deepEqual(decodeNpy(npy(HEADER, body, version)).data, Float32Array.of(1, 2), `version ${version}`);
  }
  const python2 = '{"shape": (2L,), "fortran_order":False,"descr": "<f4"}';
  assert.deepEqual(decodeNpy(npy(python2, body)).data, Float32Array.of(1, 2));
});

Deno.test("elements of every type and byte order", () => {
  const cases: [descr: string, bytes: number[], value: number | bigint][] = [
    ["<i4", [0xfe, 0xff, 0xff, 0xff], -2],
    [">i4", [0, 0, 1, 0], 256],
    [">i8", [0, 0, 0, 0, 0, 0, 1, 0], 256n],
    [">f4", [0x3f, 0xc0, 0, 0], 1.5],
    ["|u1", [200], 200],
    ["|i1", [200], -56],
    ["<u2", [0xfe, 0xff], 65534],
    [">i2", [0xff, 0xfe], -2],
    ["<u4", [0, 0, 0, 0x80], 2 ** 31],
    ["<u8", [0, 0, 0, 0, 0, 0, 0, 0x80], 2n ** 63n],
    ["|b1", [1], 1],
  ];
  for (const [descr, bytes, value] of cases) {
    const { data } = decodeNpy(npy(HEADER.replace("<f4", descr).replace("(2,)", "()"), Uint8Array.from(bytes)));
    assert.equal((data as Float32Array)[0], value, descr);
  }
});

Deno.test("Fortran order in three dimensions", () => {
  const header = HEADER.replace("(2,)", "(2, 3, 2)").replace("False", "True").replace("<f4", "|u1");
  // Row-major 0 … 11; in the file the first index runs fastest.
  const body = Uint8Array.of(0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11);
  assert.deepEqual(decodeNpy(npy(header, body)).data, Uint8Array.from({ length: 12 }, (_, i) => i));
});

Deno.test("other files and damaged ones are errors", () => {
  const file = encodeNpy(Float32Array.of(1, 2));
  const cases: [what: Uint8Array, message: RegExp][] = [
    [new Uint8Array(), /no \.npy file/],
    [bytesOf("PK\x03\x04 and so on"), /no \.npy file/],
    [file.with(6, 4), /version 4/],
    [file.subarray(0, 6), /version undefined/],
    [file.subarray(0, 8), /header is truncated/],
    [file.subarray(0, 100), /header is truncated/],
    [file.subarray(0, file.length - 1), /7 bytes of numbers, but .* take 8/],
    [Uint8Array.from([...file, 0]), /9 bytes of numbers/],
    [npy("{'descr': '<f4'}", new Uint8Array()), /header/],
    [npy(HEADER.replace("'<f4'", "[('a', '<f4')]"), new Uint8Array(8)), /header/],
    [npy(HEADER.replace("<f4", "<c8"), new Uint8Array(16)), /type "<c8" is not supported/],
    [npy(HEADER.replace("<f4", "<U4"), new Uint8Array(32)), /type "<U4" is not supported/],
    [npy(HEADER.replace("(2,)", "(4294967296, 4294967296)"), new Uint8Array(8)), /8 bytes of numbers/],
    [npy(HEADER.replace("(2,)", "(99999999999999999999,)"), new Uint8Array(8)), /too large/],
    [npy(HEADER.replace("(2,)", `(${"1, ".repeat(65)})`), new Uint8Array(4)), /65 dimensions/],
    [npy(" ".repeat(20000), new Uint8Array()), /too long/],
    [npy(HEADER.replace("<f4", "|O"), new Uint8Array(8)), /array of objects/],
  ];
  for (const [bytes, message] of cases) assert.throws(() => decodeNpy(bytes), { name: "Error", message });
});

Deno.test("hostile pickles are errors, and what they name is not run", () => {
  const cases: [pickle: string, message: RegExp][] = [
    ["cos\nsystem\nX\x02\x00\x00\x00ls\x85R.", /"os system" is not allowed/],
    ["\x80\x04\x8c\x08builtins\x8c\x04exec\x93\x8c\x01x\x85R.", /"builtins exec" is not allowed/],
    ["cnumpy.core.multiarray\nfromstring\n.", /"numpy.core.multiarray fromstring" is not allowed/],
    ["cnumpy\ndtype\n]\x85R.", /no name/],
    ["cnumpy\ndtype\nU\x01O\x85R}b.", /strange state/],
    ["cnumpy.core.multiarray\nscalar\nNN\x86R.", /unknown type/],
    ["cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02f8\x85RC\x01x\x86R.", /truncated/],
    ["}.", /no dictionary/],
    ["}.}.", /2 bytes follow/],
    ["cnumpy.core.multiarray\n_reconstruct\n)R(NNNN]tb.", /no dictionary/],
    // A dictionary that holds itself, one that holds another twice, one of texts, and one of a thousand levels.
    ["cnumpy.core.multiarray\n_reconstruct\n)R(NNNN]}q\x00K\x01h\x00satb.", /no dictionary/],
    ["cnumpy.core.multiarray\n_reconstruct\n)R(NNNN]}(K\x01}q\x00K\x02h\x00uatb.", /no dictionary/],
    ["cnumpy.core.multiarray\n_reconstruct\n)R(NNNN]}K\x01U\x01asatb.", /no dictionary/],
    [
      `cnumpy.core.multiarray\n_reconstruct\n)R(NNNN]${"}K\x01".repeat(1e5)}K\x01${"s".repeat(1e5)}atb.`,
      /no dictionary/,
    ],
  ];
  for (const [pickle, message] of cases) {
    assert.throws(() => decodeNpy(npy(PICKLED, bytesOf(pickle))), { name: "Error", message }, JSON.stringify(pickle));
  }
});

Deno.test("a pickle cut short anywhere, or with any byte changed, is read or an error", () => {
  for (const name of ["numpy1.24/dict_npfloat64_shared.npy", "numpy2.4/dict_npfloat64_shared.npy"]) {
    const file = fixture(name);
    for (let length = 0; length < file.length; length++) {
      assert.throws(() => decodeNpy(file.subarray(0, length)), { name: "Error" }, `${name} cut to ${length} bytes`);
    }
    for (let at = 128; at < file.length; at++) {
      for (const byte of [0, 0x28, 0x2e, 0x32, 0x52, 0x62, 0x68, 0x80, 0xff]) {
        try {
          assert.ok(decodeNpy(file.with(at, byte)).data instanceof Map);
        } catch (error) {
          assert.equal((error as Error).name, "Error", `${name}, byte ${at} = ${byte}: ${error}`);
        }
      }
    }
  }
});
