/**
 * NumPy's `.npy` files on the disk.
 * @module
 */
import { decodeNpy, type Npy } from "../formats/read_npy.ts";
import { naming, readFile } from "./files.ts";

/**
 * Reads a `.npy` file from the disk.
 *
 * @param path The file.
 * @returns What it holds.
 * @throws {Error} If the file cannot be read, or what {@linkcode decodeNpy} throws, with the path in the message.
 *
 * @example
 * ```ts
 * import { readNpy } from "./read_npy.ts";
 *
 * // Needs permission to read the folder `result`.
 * const read = () => readNpy("result/LMC/MNIST/baseline/baseline_acc_scratch.npy").shape;
 * ```
 */
export function readNpy(path: string): Npy {
  const bytes = readFile(path);
  return naming(path, () => decodeNpy(bytes));
}
