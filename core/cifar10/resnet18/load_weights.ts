/**
 * Where the weights of the ResNet-18 come from: a file of the user's, the official file, or a seed.
 * @module
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { download } from "../../disk/download.ts";
import { isFile, readIfThere } from "../../disk/files.ts";
import { readSafetensors } from "../../formats/safetensors.ts";
import type { Tensor } from "../../formats/tensor.ts";
import { readTorchFile } from "../../formats/torch_file.ts";
import { randomWeights, selectWeights, type StateDict } from "./weights.ts";

/** The weights that `torchvision.models.resnet18(pretrained=True)` of the original loads. */
export const OFFICIAL_URL = "https://download.pytorch.org/models/resnet18-f37072fd.pth";
/** The file's name, the SHA-256 of which begins as the name says. */
const OFFICIAL_NAME = basename(OFFICIAL_URL);
const OFFICIAL_PREFIX = "f37072fd";

/** Weights and what they are called. */
export interface NamedWeights {
  /** The file's name, or that the network is untrained. */
  readonly name: string;
  /** SHA-256 of the file, or of the tensors one after the other. */
  readonly sha256: string;
  /** The tensors. */
  readonly weights: StateDict;
}

const sha256 = (...parts: Uint8Array[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");

/**
 * Weights from a file's bytes.
 *
 * @param name The file's name; `.safetensors` files by their ending, PyTorch's by any other.
 * @param file Its bytes.
 * @returns The weights.
 * @throws {Error} If the file is damaged or of another format.
 * @throws {RangeError} If it does not hold the weights of a ResNet-18.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseWeights } from "./load_weights.ts";
 *
 * assert.throws(() => parseWeights("resnet18.pth", new Uint8Array(9)), /resnet18.pth: this is no file of tensors/);
 * ```
 */
export function parseWeights(name: string, file: Uint8Array): NamedWeights {
  try {
    const tensors = name.endsWith(".safetensors") ? readSafetensors(file) : readTorchFile(file);
    if (!(tensors instanceof Map)) throw new Error("it holds no state_dict");
    return { name: basename(name), sha256: sha256(file), weights: selectWeights(tensors as Map<string, Tensor>) };
  } catch (error) {
    const Kind = error instanceof RangeError ? RangeError : Error;
    throw new Kind(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** An untrained network's weights. */
function untrained(seed: number): NamedWeights {
  const weights = randomWeights(seed);
  const bytes = [...weights.values()].map(({ data }) => new Uint8Array(data.buffer));
  return { name: `random:${seed}, an untrained network`, sha256: sha256(...bytes), weights };
}

/**
 * Loads weights.
 *
 * @param source A file of PyTorch (`.pth`) or `.safetensors`, or `random:SEED` for an untrained network; the official
 * file without it, downloaded once.
 * @param folder Where the official file is or goes.
 * @returns The weights.
 * @throws {RangeError} If there is no such file, or the seed is none.
 * @throws {Error} If a file is damaged or cannot be downloaded.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadWeights } from "./load_weights.ts";
 *
 * assert.match((await loadWeights("random:7", "data/CIFAR10")).name, /untrained/);
 * ```
 */
export async function loadWeights(source: string | undefined, folder: string): Promise<NamedWeights> {
  if (source === undefined) return await loadOfficial(`${folder}/${OFFICIAL_NAME}`);
  const [, seed] = /^random:(.*)$/.exec(source) ?? [];
  if (seed !== undefined) {
    if (!/^\d{1,9}$/.test(seed)) {
      throw new RangeError(`--weights ${source}: the seed is no integer from 0 to 999999999`);
    }
    return untrained(Number(seed));
  }
  return parseWeights(source, readWeights(source));
}

/** The official file, downloaded if it is not there. */
async function loadOfficial(path: string): Promise<NamedWeights> {
  if (!isFile(path)) {
    await download(OFFICIAL_URL, OFFICIAL_PREFIX, path).catch((error) => {
      const remedy =
        "get it elsewhere and name it with --weights FILE, or try an untrained network, --weights random:0";
      throw new Error(`${error.message}; ${remedy}`, { cause: error });
    });
  }
  const file = readWeights(path);
  const hash = sha256(file);
  if (!hash.startsWith(OFFICIAL_PREFIX)) {
    throw new Error(`${path} is not the official file, its SHA-256 is ${hash}: remove it to download it anew`);
  }
  return parseWeights(path, file);
}

function readWeights(path: string): Uint8Array {
  const file = readIfThere(path);
  if (!file) throw new RangeError(`no file ${path}: check --weights`);
  return file;
}
