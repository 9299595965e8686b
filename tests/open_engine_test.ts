import assert from "node:assert/strict";
import { openEngine } from "../core/engines/open_engine.ts";

Deno.test("auto computes on the CPU where a GPU does not start", async () => {
  const { requestAdapter } = navigator.gpu;
  const { error } = console;
  const complaints: string[] = [];
  const info = { description: "A GPU", vendor: "", isFallbackAdapter: false };
  const broken = { info, features: new Set(), limits: {}, requestDevice: () => Promise.reject(new Error("broken")) };
  navigator.gpu.requestAdapter = () => Promise.resolve(broken as unknown as GPUAdapter);
  console.error = (text) => complaints.push(String(text));
  try {
    const engine = await openEngine();
    assert.match(engine.description, /^CPU through WebAssembly/);
    engine.dispose();
  } finally {
    navigator.gpu.requestAdapter = requestAdapter;
    console.error = error;
  }
  assert.match(complaints.at(-1) ?? "", /^warning: the GPU does not start \(.*\); the CPU computes instead$/);
});
