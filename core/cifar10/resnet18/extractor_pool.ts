/**
 * Extraction of features on several threads of a CPU.
 * @module
 */
import { type Extractor, PIXELS } from "./extractor.ts";
import type { StateDict } from "./weights.ts";
import type { Answer, Setup } from "./worker.ts";

/**
 * Makes an extractor that shares images among threads, each with the wasm backend of TensorFlow.js. Features are those
 * of a single thread, bit for bit. Needs permission to read this folder and what its worker imports.
 *
 * @param weights The tensors of `selectWeights` or `randomWeights`.
 * @param threads How many.
 * @returns The extractor; one call at a time.
 *
 * @example
 * ```ts
 * import { openExtractorPool } from "./extractor_pool.ts";
 * import { randomWeights } from "./weights.ts";
 *
 * // Needs permission to read the folder `core`.
 * const open = () => openExtractorPool(randomWeights(0), 2);
 * ```
 */
export function openExtractorPool(weights: StateDict, threads: number): Extractor {
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.postMessage({ weights } satisfies Setup);
    return worker;
  });
  const extractOn = (worker: Worker, images: Uint8Array) =>
    new Promise<Float32Array>((resolve, reject) => {
      const fail = (reason: string) => reject(new Error(`a thread failed: ${reason}`));
      worker.onmessage = ({ data }: MessageEvent<Answer>) => "failure" in data ? fail(data.failure) : resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        fail(event.message);
      };
      worker.postMessage(images);
    });
  return {
    async extract(images) {
      const share = Math.ceil(images.length / PIXELS / threads) * PIXELS;
      const parts = workers.map((worker, i) => ({ worker, part: images.slice(i * share, (i + 1) * share) }))
        .filter(({ part }) => part.length > 0);
      const features = await Promise.all(parts.map(({ worker, part }) => extractOn(worker, part)));
      const whole = new Float32Array(features.reduce((length, part) => length + part.length, 0));
      features.reduce((start, part) => {
        whole.set(part, start);
        return start + part.length;
      }, 0);
      return whole;
    },
    dispose: () => workers.forEach((worker) => worker.terminate()),
  };
}
