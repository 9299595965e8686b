/**
 * Property-based tests of what reads the user's input: hostile input ends in a result or in one clear line.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { SOAK } from "./soak.ts";

const CASES = SOAK ? 10_000 : 2000;
const SEED = 20240112;
const MOST_MILLISECONDS = 3000;
/** The inputs of these tests are a few kilobytes. */
const MOST_BYTES = 2 ** 25;
const LONGEST_MESSAGE = 1010;
const LONGEST_REPORT = 4000;

/** Messages of errors that the engine throws where a program makes a mistake. */
const MISTAKE = new RegExp(
  "call stack|array length|invalid .*(length|count|date|time|digits|radix)|buffer|bounds|BigInt|" +
    "not (a function|iterable|defined)|precision|maximum size",
  "i",
);

/** Makes sure that an error is for the user: an `Error` or a `RangeError` of ours, of one line. */
export function assertForUser(error: unknown): void {
  assert.ok(error instanceof Error, `not an error: ${error}`);
  assert.ok([Error, RangeError].some((kind) => error.constructor === kind), `${error.stack}`);
  assert.doesNotMatch(error.message, MISTAKE);
  assert.match(error.message, /^[^\p{Cc}\u2028\u2029]+$/u, "one line of printable characters");
  assert.ok(error.message.length <= LONGEST_MESSAGE, `a message of ${error.message.length} characters`);
}

/** What a reader may be tried on, how, and what its results must be. */
export interface Trial<Input, Output> {
  readonly inputs: fc.Arbitrary<Input>;
  readonly read: (input: Input) => Output | Promise<Output>;
  readonly check: (output: Output, input: Input) => void;
  /** How many inputs, 2000, and 10 000 in `deno task test:soak`, unless a case takes long. */
  readonly cases?: number;
}

/**
 * Title and body of a test that reads many inputs. Each must be read or refused, in time and without much memory, and
 * there must be both kinds. A failure names seed and path to repeat it.
 */
export function fuzz<Input, Output>(
  name: string,
  { inputs, read, check, cases = CASES }: Trial<Input, Output>,
): [title: string, body: () => Promise<void>] {
  return [`${cases} cases: ${name}`, async () => {
    let accepted = 0;
    let refused = 0;
    const property = fc.asyncProperty(inputs, async (input) => {
      const held = Deno.memoryUsage().external;
      const began = performance.now();
      const outcome = await attempt(() => read(input));
      assert.ok(performance.now() - began < MOST_MILLISECONDS, "it takes too long");
      assert.ok(Deno.memoryUsage().external - held < MOST_BYTES, "it takes too much memory");
      if ("error" in outcome) {
        assertForUser(outcome.error);
        refused++;
      } else {
        check(outcome.output, input);
        accepted++;
      }
    });
    await fc.assert(property, { seed: SEED, numRuns: cases, reporter: report });
    assert.ok(accepted > cases / 1000 && refused > cases / 1000, `${accepted} accepted, ${refused} refused`);
  }];
}

/** Fails with the counterexample and the seed and path that repeat it. */
function report<Inputs>(details: fc.RunDetails<Inputs>): void {
  if (!details.failed) return;
  const message = `${details.errorInstance}\n${fc.defaultReportMessage(details)}`;
  assert.fail(message.length <= LONGEST_REPORT ? message : `${message.slice(0, LONGEST_REPORT)} …`);
}

type Outcome<Output> = { readonly output: Output } | { readonly error: unknown };

async function attempt<Output>(read: () => Output | Promise<Output>): Promise<Outcome<Output>> {
  try {
    return { output: await read() };
  } catch (error) {
    return { error };
  }
}

/** A change of a sequence: some of it is replaced by something else, or by a part of itself. */
interface Edit<Sequence> {
  readonly at: number;
  readonly remove: number;
  readonly insert: Sequence | { readonly from: number; readonly length: number };
}

/** What bytes and texts have in common. */
interface Operations<Sequence> {
  readonly slice: (sequence: Sequence, from: number, to: number) => Sequence;
  readonly join: (parts: readonly Sequence[]) => Sequence;
  readonly isSequence: (value: unknown) => value is Sequence;
}

function applyEdit<Sequence extends { length: number }>(
  { slice, join, isSequence }: Operations<Sequence>,
  sequence: Sequence,
  { at, remove, insert }: Edit<Sequence>,
): Sequence {
  const { length } = sequence;
  const from = at % (length + 1);
  const part = isSequence(insert)
    ? insert
    : slice(sequence, insert.from % (length + 1), insert.from % (length + 1) + insert.length);
  return join([slice(sequence, 0, from), part, slice(sequence, from + remove, length)]);
}

function edited<Sequence extends { length: number }>(
  operations: Operations<Sequence>,
  originals: readonly Sequence[],
  pieces: fc.Arbitrary<Sequence>,
): fc.Arbitrary<Sequence> {
  const edit = fc.record<Edit<Sequence>>({
    at: fc.nat(),
    remove: fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 8 }) }, { weight: 1, arbitrary: fc.nat() }),
    insert: fc.oneof(
      { weight: 4, arbitrary: pieces },
      { weight: 1, arbitrary: fc.record({ from: fc.nat(), length: fc.nat({ max: 200 }) }) },
    ),
  });
  return fc.tuple(fc.constantFrom(...originals), fc.array(edit, { maxLength: 4 }))
    .map(([original, edits]) => edits.reduce((sequence, edit) => applyEdit(operations, sequence, edit), original));
}

const BYTES: Operations<Uint8Array> = {
  slice: (bytes, from, to) => bytes.slice(from, to),
  join: concatenate,
  isSequence: (value) => value instanceof Uint8Array,
};

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((start, part) => (whole.set(part, start), start + part.length), 0);
  return whole;
}

const TEXT: Operations<string> = {
  slice: (text, from, to) => text.slice(from, to),
  join: (parts) => parts.join(""),
  isSequence: (value) => typeof value === "string",
};

/** The bytes of a text of Latin-1. */
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** A pickled list in a list in a list, each holding the inner one twice: its text has 2⁶⁴ characters. */
export const DOUBLED = "]" + "2\x86".repeat(64);

/** Files with some bytes replaced, added, repeated or cut off. */
export function damagedFiles(files: readonly Uint8Array[], ...pieces: readonly string[]): fc.Arbitrary<Uint8Array> {
  const numbers = ["\0", "\xff", "\x01\0\0\0", "\xff\xff\xff\x7f", "\xff\xff\xff\xff", "\0\0\0\0\0\0\0\x80"];
  const given = fc.constantFrom(...[...numbers, ...pieces].map(bytesOf));
  return edited(BYTES, files, fc.oneof(fc.uint8Array({ maxLength: 8 }), given));
}

/** Texts that confuse parsers. */
export const HOSTILE_TEXTS = [
  ..."NaN Infinity -Infinity -0 1e309 1e-320 0x10 9007199254740993 __proto__ constructor null true".split(" "),
  ...'" \\ , ; { } [ ] : ? = - . \n \r\n \r \t \0 \u001b[31m \u2028 \uFEFF \uD800 é'.split(" "),
  " ",
  "",
  "1".repeat(400),
  "x".repeat(5000),
  "[".repeat(5000),
  '{"a":'.repeat(2000),
];

/** Texts with some characters replaced, added, repeated or cut off. */
export function damagedTexts(texts: readonly string[], ...pieces: readonly string[]): fc.Arbitrary<string> {
  const given = fc.constantFrom(...HOSTILE_TEXTS, ...pieces);
  return edited(TEXT, texts, fc.oneof(fc.string({ maxLength: 8, unit: "binary" }), given));
}
