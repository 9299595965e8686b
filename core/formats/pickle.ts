/**
 * A reader of Python pickles that runs nothing: the caller says what each name of Python may stand for, and any other
 * name is an error. It knows the opcodes that NumPy and PyTorch write (protocols 2 to 5).
 * @module
 */
import { Buffer } from "node:buffer";
import { quoted } from "../text/messages.ts";

/** What a pickle may refer to. */
export interface Vocabulary {
  /**
   * The globals by `"module name"`, such as `"collections OrderedDict"`: a function is called with the pickled
   * arguments, and anything else is handed on as it is.
   */
  readonly globals: Readonly<Record<string, unknown>>;
  /** What a persistent id stands for. */
  readonly persistentLoad?: (id: unknown) => unknown;
  /** Python's `__setstate__`: changes an object that a global made. */
  readonly setState?: (object: unknown, state: unknown) => void;
}

/** What a pickle holds. */
export interface Unpickled {
  /**
   * None is null, int a number (a bigint beyond ±(2⁵³ − 1)), bytes a Uint8Array, a list an array, a tuple a frozen
   * array and a dict a Map.
   */
  readonly value: unknown;
  /** Index of the byte after the pickle. */
  readonly end: number;
}

const MAX_PROTOCOL = 5;
const MAX_ARGUMENTS = 100;

/**
 * Reads one pickle. Time and memory are proportional to its length, whatever the bytes say; the value may hold the same
 * object twice, and a list or dict itself.
 *
 * @param bytes The bytes.
 * @param vocabulary What it may refer to.
 * @param start Index of its first byte.
 * @returns The value, and where the pickle ends.
 * @throws {Error} If the bytes are no such pickle, or it refers to something else.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { unpickle } from "./pickle.ts";
 *
 * const bytesOf = (ascii: string) => Uint8Array.from(ascii, (c) => c.charCodeAt(0));
 * assert.deepEqual(unpickle(bytesOf("\x80\x02}K\x01K\x02s."), { globals: {} }).value, new Map([[1, 2]]));
 * assert.throws(() => unpickle(bytesOf("cos\nsystem\n."), { globals: {} }), /"os system" is not allowed/);
 * ```
 */
export function unpickle(bytes: Uint8Array, vocabulary: Vocabulary, start = 0): Unpickled {
  const { globals, persistentLoad, setState } = vocabulary;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const marks: number[] = [];
  const memo = new Map<number, unknown>();
  let position = start;
  let opcodeAt = start;

  const fail = (what: string): never => {
    throw new Error(`pickle, byte ${opcodeAt}: ${what}`);
  };

  /** Index of the next bytes, which are taken. */
  const take = (count: number): number => {
    if (count > bytes.length - position) fail("the data are truncated");
    position += count;
    return position - count;
  };
  const takeBytes = (count: number): Uint8Array<ArrayBuffer> => {
    const from = take(count);
    return bytes.slice(from, from + count);
  };
  const uint8 = () => view.getUint8(take(1));
  const uint16 = () => view.getUint16(take(2), true);
  const uint32 = () => view.getUint32(take(4), true);
  const text = (count: number): string => {
    const content = takeBytes(count);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
    } catch {
      return fail("a text is not UTF-8");
    }
  };
  const latin1 = (count: number): string => Buffer.from(takeBytes(count)).toString("latin1");
  const line = (): string => {
    const length = bytes.subarray(position).indexOf(0x0a);
    if (length < 0) fail("the data are truncated");
    const content = text(length);
    take(1);
    return content;
  };
  const long = (count: number): number | bigint => {
    const hex = takeBytes(count).reverse().toHex();
    const value = BigInt.asIntN(8 * count, BigInt(`0x${hex || "0"}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  };

  const push = (value: unknown): void => {
    stack.push(value);
  };
  const pop = (): unknown => {
    if (stack.length <= (marks.at(-1) ?? 0)) fail("the stack is empty");
    return stack.pop();
  };
  const top = (): unknown => {
    const value = pop();
    push(value);
    return value;
  };
  const popToMark = (): unknown[] => stack.splice(marks.pop() ?? fail("there is no mark"));
  const tuple = (count: number): void => {
    const reversed = Array.from({ length: count }, pop);
    push(Object.freeze(reversed.reverse()));
  };
  const append = (items: unknown[]): void => {
    const list = top();
    if (!Array.isArray(list) || Object.isFrozen(list)) return fail("what is appended to is no list");
    for (const item of items) list.push(item);
  };
  const setItems = (items: unknown[]): void => {
    const dictionary = top();
    if (!(dictionary instanceof Map)) return fail("what an item is set of is no dict");
    if (items.length % 2 === 1) fail("a key has no value");
    for (let i = 0; i < items.length; i += 2) dictionary.set(items[i], items[i + 1]);
  };
  const remember = (index: number): void => {
    memo.set(index, top());
  };
  const recall = (index: number): void => {
    if (!memo.has(index)) fail(`nothing is remembered as ${index}`);
    push(memo.get(index));
  };
  const pushGlobal = (module: unknown, name: unknown): void => {
    if (typeof module !== "string" || typeof name !== "string") return fail("a global has no name");
    const key = `${module} ${name}`;
    if (!Object.hasOwn(globals, key)) fail(`${quoted(key)} is not allowed`);
    push(globals[key]);
  };

  const opcodes: Readonly<Record<string, () => void>> = {
    "\x80": () => { // PROTO
      const protocol = uint8();
      if (protocol > MAX_PROTOCOL) fail(`protocol ${protocol} is not supported`);
    },
    "\x95": () => { // FRAME: how much the writer buffered
      take(8);
    },
    N: () => push(null),
    "\x88": () => push(true),
    "\x89": () => push(false),
    K: () => push(uint8()),
    M: () => push(uint16()),
    J: () => push(view.getInt32(take(4), true)),
    "\x8a": () => push(long(uint8())),
    G: () => push(view.getFloat64(take(8))),
    X: () => push(text(uint32())), // BINUNICODE
    "\x8c": () => push(text(uint8())),
    T: () => push(latin1(uint32())), // BINSTRING, a string of Python 2
    U: () => push(latin1(uint8())),
    B: () => push(takeBytes(uint32())), // BINBYTES
    C: () => push(takeBytes(uint8())),
    "(": () => marks.push(stack.length),
    "0": pop,
    "1": popToMark,
    "2": () => push(top()),
    ")": () => tuple(0),
    "\x85": () => tuple(1),
    "\x86": () => tuple(2),
    "\x87": () => tuple(3),
    t: () => push(Object.freeze(popToMark())),
    "]": () => push([]),
    l: () => push(popToMark()),
    a: () => append([pop()]),
    e: () => append(popToMark()),
    "}": () => push(new Map()),
    s: () => { // SETITEM
      const value = pop();
      const key = pop();
      setItems([key, value]);
    },
    u: () => setItems(popToMark()),
    q: () => remember(uint8()),
    r: () => remember(uint32()),
    "\x94": () => remember(memo.size),
    h: () => recall(uint8()),
    j: () => recall(uint32()),
    c: () => { // GLOBAL
      const module = line();
      pushGlobal(module, line());
    },
    "\x93": () => { // STACK_GLOBAL
      const name = pop();
      pushGlobal(pop(), name);
    },
    R: () => { // REDUCE
      const values = pop();
      const callable = pop();
      if (typeof callable !== "function") return fail("what is called is no function");
      if (!Array.isArray(values) || values.length > MAX_ARGUMENTS) return fail("these are no arguments");
      push(callable(...values));
    },
    b: () => { // BUILD
      const state = pop();
      if (!setState) return fail("no object may have a state");
      setState(top(), state);
    },
    Q: () => { // BINPERSID
      if (!persistentLoad) return fail("persistent ids are not allowed");
      push(persistentLoad(pop()));
    },
  };

  while (true) {
    opcodeAt = position;
    const opcode = String.fromCharCode(uint8());
    if (opcode === ".") return { value: pop(), end: position };
    if (!Object.hasOwn(opcodes, opcode)) fail(`unknown opcode 0x${opcode.charCodeAt(0).toString(16).padStart(2, "0")}`);
    opcodes[opcode]();
  }
}
