/**
 * The folders of the experiments below a result folder.
 * @module
 */
import { isFile } from "./files.ts";
import { foldersIn } from "./folders.ts";

/**
 * The experiments that have left a file below a result folder.
 *
 * @param resultDir The result folder.
 * @param file Name of the file.
 * @returns Their folders, `<result-dir>/LMC/<dataset>/<experiment>`, sorted.
 * @throws {Error} If a folder cannot be read or none has such a file.
 *
 * @example
 * ```ts
 * import { experimentFolders } from "./result_folders.ts";
 *
 * // Needs permission to read the folder `result`.
 * const find = () => experimentFolders("result", "summary.csv");
 * ```
 */
export function experimentFolders(resultDir: string, file: string): string[] {
  const folders = foldersIn(`${resultDir}/LMC`).flatMap(foldersIn).filter((folder) => isFile(`${folder}/${file}`));
  if (folders.length === 0) throw new Error(`no ${file} below ${resultDir}/LMC: run an experiment first`);
  return folders;
}
