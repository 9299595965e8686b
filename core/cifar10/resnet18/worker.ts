/**
 * One thread of `extractor_pool.ts`: an extractor on the wasm backend.
 * @module
 */
import { setBackend } from "../../engines/tensorflow.ts";
import { makeExtractor } from "./extractor.ts";
import type { StateDict } from "./weights.ts";

/** The first message. */
export interface Setup {
  /** The tensors of the network. */
  readonly weights: StateDict;
}

/** The answer to images, which every other message is: their features, or why there are none. */
export type Answer = Float32Array | { readonly failure: string };

/** The scope of this worker, which has the messages of a `Worker`; the default types are those of a page's. */
declare const self: Worker;

let weights: StateDict;
let extract: ReturnType<typeof makeExtractor>["extract"] | undefined;

async function answer(images: Uint8Array): Promise<Answer> {
  try {
    if (!extract) {
      await setBackend("wasm");
      extract = makeExtractor(weights).extract;
    }
    return await extract(images);
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

self.addEventListener("message", async ({ data }: MessageEvent<Setup | Uint8Array>) => {
  if (data instanceof Uint8Array) self.postMessage(await answer(data));
  else weights = data.weights;
});
