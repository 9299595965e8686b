import assert from "node:assert/strict";
import { verifyCertificate } from "../core/certificate/mod.ts";
import { parseRowNumbers } from "../core/model/removal.ts";
import { damagedTexts, fuzz } from "./helpers/fuzz.ts";

const COUNT = 20;

Deno.test(...fuzz("lists of rows to remove, damaged", {
  inputs: damagedTexts(
    ["7\n0\n19\n", "3\r\n\r\n4\r\n", "1"],
    "20",
    "-1",
    "1e1",
    "0x1",
    "007",
    "\n1\n",
    "\u0661",
    "1,2",
  ),
  read: (text) => parseRowNumbers(text, "rows.txt", COUNT),
  check: (numbers) => {
    assert.ok(numbers.length > 0 && new Set(numbers).size === numbers.length);
    for (const row of numbers) assert.ok(Number.isInteger(row) && row >= 0 && row < COUNT);
  },
}));

const certificate = JSON.parse(Deno.readTextFileSync("tests/fixtures/version_0.3/paper.json"));
const spaced = JSON.stringify(certificate, null, 2);

/** JSON of the user's, which may be none: that is an error of its own. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("no JSON");
  }
}

Deno.test(...fuzz("certificates, damaged", {
  inputs: damagedTexts(
    [spaced, JSON.stringify(certificate)],
    ...[
      '"K": 9',
      '"K": 10,',
      '"n": 1e308,',
      '"classes": 3,',
      '"removed": [],',
      '"d": 0,',
      "{}",
      "[]",
      "null",
      "-1",
      "1e999",
    ],
    ...['"sigma": 5e-324,', '"lambda": 1e308,', '"K": 9007199254740991,', " ", "\n"],
  ),
  read: async (text) => {
    const read = parseJson(text);
    return { reached: await verifyCertificate(read), read };
  },
  check: ({ reached, read }) => {
    assert.equal(reached, certificate.reached);
    assert.deepEqual(read, certificate);
  },
}));
