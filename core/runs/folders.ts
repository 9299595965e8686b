/**
 * What is in a folder.
 * @module
 */

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
 * Whether there is such a file.
 *
 * @param path The file.
 * @returns Whether it is there.
 *
 * @example
 * ```ts
 * import { isFile } from "./folders.ts";
 *
 * // Needs permission to read the folder `result`.
 * const isOver = () => isFile("result/LMC/MNIST/baseline/run.json");
 * ```
 */
export function isFile(path: string): boolean {
  return entriesOf(path.slice(0, path.lastIndexOf("/"))).some(({ name, isFile }) =>
    isFile && name === path.slice(path.lastIndexOf("/") + 1)
  );
}

/**
 * Removes a folder and all that is in it, if it is there.
 *
 * @param path The folder.
 *
 * @example
 * ```ts
 * import { removeFolder } from "./folders.ts";
 *
 * // Needs permission to write the folder `result`.
 * const cleanUp = () => removeFolder("result/example");
 * ```
 */
export function removeFolder(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function entriesOf(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
