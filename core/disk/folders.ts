/**
 * What is in a folder.
 * @module
 */
import { ifThere } from "./files.ts";

/**
 * The folders in a folder.
 *
 * @param path The folder.
 * @returns Their paths, sorted; none if there is no such folder.
 *
 * @example
 * ```ts
 * import { foldersIn } from "./folders.ts";
 *
 * // Needs permission to read the folder `result`.
 * const datasets = () => foldersIn("result/LMC");
 * ```
 */
export function foldersIn(path: string): string[] {
  return entriesOf(path).filter((entry) => entry.isDirectory).map(({ name }) => `${path}/${name}`).sort();
}

/**
 * The files in a folder and in those below it.
 *
 * @param path The folder.
 * @param extension How their names end.
 * @returns Their paths, sorted folder by folder; none if there is no such folder.
 *
 * @example
 * ```ts
 * import { filesBelow } from "./folders.ts";
 *
 * // Needs permission to read the folder `result`.
 * const arrays = () => filesBelow("result/LMC", ".npy");
 * ```
 */
export function filesBelow(path: string, extension: string): string[] {
  const files = entriesOf(path).filter(({ name, isFile }) => isFile && name.endsWith(extension));
  return [
    ...files.map(({ name }) => `${path}/${name}`).sort(),
    ...foldersIn(path).flatMap((folder) => filesBelow(folder, extension)),
  ];
}

/**
 * Whether nothing is in a folder.
 *
 * @param path The folder.
 * @returns Whether it is empty, or not there.
 * @throws {Error} If there is something else of that name.
 *
 * @example
 * ```ts
 * import { isEmptyFolder } from "./folders.ts";
 *
 * // Needs permission to read the folder `result`.
 * const isFree = () => isEmptyFolder("result/models/week");
 * ```
 */
export function isEmptyFolder(path: string): boolean {
  return entriesOf(path).length === 0;
}

function entriesOf(path: string): Deno.DirEntry[] {
  return ifThere(path, () => [...Deno.readDirSync(path)]) ?? [];
}
