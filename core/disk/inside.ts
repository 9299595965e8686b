/**
 * What is inside a folder, by names that come from a file.
 * @module
 */
import { dirname, join, relative, resolve, sep } from "node:path";
import { printable, quoted } from "../text/messages.ts";
import { ifThere } from "./files.ts";

/**
 * Whether a value names a file inside a folder on any system, perhaps in folders of that folder.
 *
 * @param name The value.
 * @returns Whether it does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isInnerName } from "./inside.ts";
 *
 * const names = ["a.npy", "1/a.npy", "/a.npy", "../a.npy", "1/./a.npy", "C:\\a.npy", "", undefined];
 * assert.deepEqual(names.map(isInnerName), [true, true, false, false, false, false, false, false]);
 * ```
 */
export function isInnerName(name: unknown): name is string {
  return typeof name === "string" && name.split("/").every((part) => /^[^\\:\p{Cc}]*[^\\:\p{Cc}. ]$/u.test(part));
}

/**
 * The path of what a name stands for inside a folder. The folder itself may be a link; what is in it is not followed
 * anywhere else.
 *
 * @param folder The folder.
 * @param name The name, relative to it.
 * @returns The path.
 * @throws {Error} If the name leads out of the folder, or a part of the path below the folder is a link.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { inside } from "./inside.ts";
 *
 * assert.equal(inside("result", "LMC/MNIST"), "result/LMC/MNIST");
 * assert.throws(() => inside("result", "../data"), /"\.\.\/data" leads out of result/);
 * ```
 */
export function inside(folder: string, name: string): string {
  if (!isInnerName(name)) throw new Error(`the name ${quoted(name)} leads out of ${folder}`);
  let path = folder;
  for (const part of name.split("/")) {
    path += `/${part}`;
    const entry = ifThere(path, () => Deno.lstatSync(path));
    if (!entry) break;
    if (entry.isSymlink) {
      throw new Error(`${printable(path)} is a link, which is not followed: put what it leads to there`);
    }
  }
  return `${folder}/${name}`;
}

/** Where a path leads, as far as it is there and may be read. */
function placeOf(path: string): string {
  const whole = resolve(path);
  for (let above = whole;; above = dirname(above)) {
    try {
      return join(Deno.realPathSync(above), relative(above, whole));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || above === dirname(above)) return whole;
    }
  }
}

/**
 * Whether a path leads to a folder or into it, be they relative, absolute or through links, and there or not.
 *
 * @param path The path.
 * @param folder The folder.
 * @returns Whether it does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { leadsInto } from "./inside.ts";
 *
 * assert.ok(leadsInto(`${Deno.cwd()}/result/week/x`, "result/./week/") && !leadsInto("result/weeks", "result/week"));
 * ```
 */
export function leadsInto(path: string, folder: string): boolean {
  return `${placeOf(path)}${sep}`.startsWith(`${placeOf(folder)}${sep}`);
}
