import assert from "node:assert/strict";
import { unpickle, type Vocabulary } from "../core/formats/pickle.ts";

const NOTHING: Vocabulary = { globals: {} };
const bytesOf = (ascii: string) => Uint8Array.from(ascii, (c) => c.charCodeAt(0));
const read = (ascii: string, vocabulary = NOTHING) => unpickle(bytesOf(ascii), vocabulary).value;
const fails = (ascii: string, message: RegExp, vocabulary = NOTHING) =>
  assert.throws(() => read(ascii, vocabulary), (error) => error instanceof Error && message.test(error.message));

Deno.test("values of every kind", () => {
  const cases: [pickle: string, value: unknown][] = [
    ["N.", null],
    ["\x88.", true],
    ["\x89.", false],
    ["K\xff.", 255],
    ["M\x01\x02.", 513],
    ["J\xfe\xff\xff\xff.", -2],
    ["\x8a\x00.", 0],
    ["\x8a\x01\xff.", -1],
    ["\x8a\x08\x01\x00\x00\x00\x00\x00\x00\x80.", -(2n ** 63n) + 1n],
    ["\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", 0x1950a86a20f9469cfc6cn],
    ["G?\xf8\x00\x00\x00\x00\x00\x00.", 1.5],
    ["X\x03\x00\x00\x00a\xc3\xa9.", "aé"],
    ["\x8c\x02\xc3\xa9.", "é"],
    ["U\x01\xe9.", "é"],
    ["T\x01\x00\x00\x00\xe9.", "é"],
    ["C\x02\x00\xff.", Uint8Array.of(0, 255)],
    ["B\x01\x00\x00\x00\x07.", Uint8Array.of(7)],
    [").", []],
    ["(K\x01K\x02t.", [1, 2]],
    ["K\x01\x85.", [1]],
    ["K\x01K\x02\x86.", [1, 2]],
    ["K\x01K\x02K\x03\x87.", [1, 2, 3]],
    ["]K\x01a(K\x02K\x03e.", [1, 2, 3]],
    ["(K\x01l.", [1]],
    ["}K\x01]s(K\x02NK\x03\x88u.", new Map<number, unknown>([[1, []], [2, null], [3, true]])],
    ["K\x01K\x020.", 1],
    ["K\x01(K\x02K\x031.", 1],
    ["K\x012\x86.", [1, 1]],
    ["\x80\x04\x95\x08\x00\x00\x00\x00\x00\x00\x00K\x01\x94h\x00\x86.", [1, 1]],
    ["K\x01q\x05K\x02r\x01\x00\x00\x00j\x05\x00\x00\x00\x87.", [1, 2, 1]],
  ];
  for (const [pickle, value] of cases) assert.deepEqual(read(pickle), value, JSON.stringify(pickle));
});

Deno.test("tuples are frozen, lists are not", () => {
  assert.ok(Object.isFrozen(read("K\x01\x85.")));
  assert.ok(!Object.isFrozen(read("].")));
});

Deno.test("globals, persistent ids and states are the caller's", () => {
  const vocabulary: Vocabulary = {
    globals: { "collections OrderedDict": () => new Map(), "torch FloatStorage": "float32", "m f": Math.max },
    persistentLoad: (id) => ({ id }),
    setState: (object, state) => (object as Map<unknown, unknown>).set("state", state),
  };
  assert.equal(read("cm\nf\nK\x01K\x03K\x02\x87R.", vocabulary), 3);
  assert.equal(read("\x8c\x01m\x8c\x01f\x93K\x01\x85R.", vocabulary), 1);
  assert.deepEqual(
    read("ccollections\nOrderedDict\n)RK\x01K\x02s}b.", vocabulary),
    new Map([[1, 2], ["state", new Map()]] as never),
  );
  assert.deepEqual(read("U\x07storagectorch\nFloatStorage\nU\x010\x87Q.", vocabulary), {
    id: ["storage", "float32", "0"],
  });
});

Deno.test("several pickles one after the other", () => {
  const bytes = bytesOf("\x80\x02K\x01.\x80\x02K\x02.rest");
  const first = unpickle(bytes, NOTHING);
  const second = unpickle(bytes, NOTHING, first.end);
  assert.deepEqual([first, second], [{ value: 1, end: 5 }, { value: 2, end: 10 }]);
});

Deno.test("a view into a larger buffer is read by itself", () => {
  const [view] = [bytesOf("xxG?\xf8\x00\x00\x00\x00\x00\x00.").subarray(2)];
  assert.equal(unpickle(view, NOTHING).value, 1.5);
});

Deno.test("what is not allowed is named", () => {
  fails("cos\nsystem\nU\x02ls\x85R.", /^pickle, byte 0: "os system" is not allowed$/);
  fails("\x8c\x08builtins\x8c\x04eval\x93.", /"builtins eval" is not allowed/);
  fails("c__proto__\nconstructor\n.", /"__proto__ constructor" is not allowed/);
  fails("c" + "a".repeat(1e6) + "\nb\n.", /^pickle, byte 0: "a{100}…" is not allowed$/);
  fails("U\x010Q.", /persistent ids are not allowed/);
  fails("}}b.", /no object may have a state/);
  fails("K\x01)R.", /no function/);
  fails("cm\nf\nNR.", /no arguments/, { globals: { "m f": Math.max } });
  fails("cm\nf\n(" + "N".repeat(1e6) + "tR.", /no arguments/, { globals: { "m f": Math.max } });
});

Deno.test("bytes that are no pickle are an error", () => {
  fails("", /truncated/);
  fails("K", /truncated/);
  fails("K\x01", /truncated/);
  fails("X\xff\xff\xff\xffab.", /truncated/);
  fails("B\xff\xff\xff\x7f.", /truncated/);
  fails("\x8a\xff\x01.", /truncated/);
  fails("cos", /truncated/);
  fails("\x80\x06N.", /protocol 6/);
  fails("X\x01\x00\x00\x00\xff.", /UTF-8/);
  fails("i", /unknown opcode 0x69/);
  fails("\x00", /unknown opcode 0x00/);
  fails(".", /stack is empty/);
  fails("\x85.", /stack is empty/);
  fails("K\x01(\x85.", /stack is empty/);
  fails("t.", /no mark/);
  fails("h\x05.", /nothing is remembered as 5/);
  fails("q\x00.", /stack is empty/);
  fails(")K\x01a.", /no list/);
  fails("K\x01K\x02K\x03s.", /no dict/);
  fails("}(K\x01u.", /key has no value/);
  fails("K\x01K\x02\x93.", /no name/);
});

Deno.test("a global is not named by a list that doubles a thousand times", () => {
  fails("]" + "2\x86".repeat(1000) + "2\x93.", /no name/);
});

Deno.test("a large index of the memo costs nothing", () => {
  assert.equal(read("K\x01r\xff\xff\xff\xff0j\xff\xff\xff\xff."), 1);
});
