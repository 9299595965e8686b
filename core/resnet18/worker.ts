/**
 * One thread of `extractor_pool.ts`: an extractor on the wasm backend.
 * @module
 */
import { setBackend } from "../tensorflow.ts";
import { type Extractor, makeExtractor } from "./extractor.ts";
import type { StateDict } from "./weights.ts";

let extractor: Promise<Extractor>;

/** The first message has the weights, every other one images, answered by their features. */
addEventListener("message", async ({ data }: MessageEvent<StateDict | Uint8Array>) => {
  if (data instanceof Uint8Array) postMessage(await (await extractor).extract(data));
  else extractor = setBackend("wasm").then(() => makeExtractor(data));
});
