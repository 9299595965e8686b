/**
 * The `.npy` files of MNIST in the authors' result folder: types and shapes, without the stale ones.
 * @module
 */
import assert from "node:assert/strict";
import { filesBelow } from "../../core/disk/folders.ts";
import { decodeNpy } from "../../core/formats/read_npy.ts";
import inventory from "../fixtures/npy/inventory.json" with { type: "json" };

interface Files {
  /** NumPy's name of the element type. */
  readonly descr: string;
  /** The shape, `trials` for the number of trials. */
  readonly shape: readonly (number | string)[];
  /** How many files the pattern stands for. */
  readonly files: number;
}

const FILES: Readonly<Record<string, Files>> = inventory;

/** The pattern of a file, `#` for the numbers in its name. */
function patternOf(experiment: string, file: string): string {
  return `${experiment}/${file}` in FILES
    ? `${experiment}/${file}`
    : `${experiment}/${file.replaceAll(/\d+(\.\d+)?/g, "#")}`;
}

/** An experiment's folder has the authors' files, all of them, with their types and shapes, and the noiseless ones. */
export function assertFilesAreTheAuthors(folder: string, trials: number): void {
  const experiment = folder.slice(folder.lastIndexOf("/") + 1);
  const counts: Record<string, number> = {};
  for (const path of filesBelow(folder, ".npy")) {
    const file = path.slice(folder.length + 1);
    if (file.endsWith("lmc_acc_noiseless.npy")) continue;
    const pattern = patternOf(experiment, file);
    const expected = FILES[pattern];
    assert.ok(expected, `${path} is not of the authors`);
    counts[pattern] = (counts[pattern] ?? 0) + 1;
    const { descr, shape } = decodeNpy(Deno.readFileSync(path));
    const theirs = expected.shape.map((n) => n === "trials" ? trials : n);
    // Ours has the ε0 of σ = 0.01 too.
    assert.deepEqual([descr, shape], [expected.descr, file === "epsilon0.npy" ? [6] : theirs], path);
  }
  const all = Object.entries(FILES).filter(([pattern]) => pattern.startsWith(`${experiment}/`));
  assert.deepEqual(counts, Object.fromEntries(all.map(([pattern, { files }]) => [pattern, files])));
}
