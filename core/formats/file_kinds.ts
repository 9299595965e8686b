// deno-lint-ignore-file no-control-regex
/**
 * What a file is, by its first bytes.
 * @module
 */

/** A kind of file that is read. */
export type FileKind = "text" | "gzip" | "parquet" | "npy";

/** By the first bytes, as characters of the same number; a table of text may have a column PAR1. */
const READ: readonly [mark: RegExp, kind: FileKind][] = [
  [/^\x1f\x8b/, "gzip"],
  [/^PAR1[^ -~\s]/, "parquet"],
  [/^\x93NUMPY/, "npy"],
];

const AS_CSV = "save the table as CSV in UTF-8";
const OR_PARQUET = `${AS_CSV}, or as Parquet`;

/** Characters by which a kind is known. */
const LONGEST_MARK = 512;

/** What is not read. */
const OTHERS: readonly [mark: RegExp, what: string][] = [
  [/^(\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0])/, `text in UTF-16: ${AS_CSV}`],
  [/^PK[\x03\x05]/, `a zip archive, as Excel's workbooks and .npz are: ${AS_CSV}`],
  [/^\xd0\xcf\x11\xe0/, `an old Excel workbook: ${AS_CSV}`],
  [/^PARE[^ -~\s]/, "an encrypted Parquet file"],
  [/^(ARROW1\0|\xff{4})/, `an Arrow or Feather file: ${OR_PARQUET}`],
  [/^Obj\x01/, `an Avro file: ${OR_PARQUET}`],
  [/^\x89HDF/, `an HDF5 file: ${OR_PARQUET}`],
  [/^SQLite format 3\0/, `an SQLite database: ${AS_CSV}`],
  [/^\x80[\x02-\x05]/, `a Python pickle: ${OR_PARQUET}`],
  [/^MATLAB \d\.\d MAT-file/, `a MATLAB file: ${AS_CSV}`],
  [/^%PDF-/, "a PDF document"],
  [/^(\x89PNG|\xff\xd8\xff|GIF8[79]a)/, "an image"],
  [/^(BZh\d1AY|\xfd7zXZ|\x28\xb5\x2f\xfd|7z\xbc\xaf)/, "compressed in a way that is not read: unpack it, or use gzip"],
  [/^[^]{257}ustar/, "a tar archive: unpack it"],
  [/^\s*<[!?a-z]/i, "HTML or XML, perhaps a page that says that a download failed"],
  [/^\s*(\{\s*["}]|\[\s*[[{"\d-])/, `JSON: ${AS_CSV}`],
  [/^\s*version https:\/\/git-lfs/, "a pointer of Git LFS: get the file itself (git lfs pull)"],
  [/^\s*(%.*\s+)*@relation\b/i, `an ARFF file: ${AS_CSV}`],
  [/^\s*"?sep=.?"?\s*[\r\n]/i, "a table with Excel's line sep=: take that line out"],
];

/**
 * Refuses what is no table that is read.
 *
 * @param path Its file, for messages.
 * @param beginning Its first characters, or bytes as characters of the same number.
 * @throws {RangeError} If it is known for something else: the message says what.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { refuseOthers } from "./file_kinds.ts";
 *
 * refuseOthers("a.csv", "x,y\n1,2\n");
 * assert.throws(() => refuseOthers("a.csv", "<!DOCTYPE html>"), /a.csv is HTML or XML/);
 * ```
 */
export function refuseOthers(path: string, beginning: string): void {
  const start = beginning.slice(0, LONGEST_MARK);
  const other = OTHERS.find(([mark]) => mark.test(start));
  if (other) throw new RangeError(`${path} is ${other[1]}`);
}

/**
 * Finds out what a file is.
 *
 * @param path Its path, for messages.
 * @param bytes Its first bytes, 512 where it has them.
 * @returns Its kind.
 * @throws {RangeError} If it is known for something that is not read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { kindOfFile } from "./file_kinds.ts";
 *
 * const kindOf = (start: string) => kindOfFile("a", new TextEncoder().encode(start));
 * assert.deepEqual([kindOf("PAR1\x15"), kindOf("PAR1,x")], ["parquet", "text"]);
 * assert.throws(() => kindOf("PK\x03\x04"), /a is a zip archive, as Excel's workbooks/);
 * ```
 */
export function kindOfFile(path: string, bytes: Uint8Array): FileKind {
  const start = String.fromCharCode(...bytes.subarray(0, LONGEST_MARK));
  refuseOthers(path, start);
  return READ.find(([mark]) => mark.test(start))?.[1] ?? "text";
}
