import assert from "node:assert/strict";
import { SharedHeap } from "../core/wasm/heap.ts";
import { WorkerPool } from "../core/wasm/pool.ts";

Deno.test("the heap gives out aligned, zeroed parts that do not overlap, and uses freed ones again", () => {
  const heap = new SharedHeap();
  const sizes = [1, 64, 65, 100_000, 0, 300_000];
  const addresses = sizes.map((size) => heap.allocate(size));
  const sorted = addresses.map((address, i) => ({ address, end: address + sizes[i] })).sort((a, b) =>
    a.address - b.address
  );
  sorted.forEach(({ address }, i) => {
    assert.equal(address % 64, 0);
    assert.ok(address >= (sorted[i - 1]?.end ?? 1));
  });
  heap.floats(addresses[3], 25_000).fill(1);
  const bytes = heap.memory.buffer.byteLength;
  for (const i of [3, 0, 5, 2, 1, 4]) heap.free(addresses[i]);
  assert.equal(heap.usedBytes, 0);

  const whole = heap.allocate(bytes - 64);
  assert.equal(heap.memory.buffer.byteLength, bytes);
  assert.ok(heap.floats(whole, (bytes - 64) / 4).every((value) => value === 0));
  assert.throws(() => heap.free(addresses[3] + 64), RangeError);
});

Deno.test("the heap refuses more than 4 GiB and stays as it was", () => {
  const heap = new SharedHeap();
  heap.allocate(5 * 2 ** 20);
  const bytes = heap.memory.buffer.byteLength;
  assert.throws(() => heap.allocate(4096 * 2 ** 20), {
    name: "RangeError",
    message: /^4096 MiB more than the 5 MiB in use do not fit WebAssembly's limit of 4096 MiB/,
  });
  assert.equal(heap.memory.buffer.byteLength, bytes);
});

Deno.test("a worker's error rejects the job, and those that follow", async () => {
  const { memory } = new SharedHeap();
  const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const pool = new WorkerPool({ module, memory }, 2);
  const parameters = { octetCount: 1, shardCount: 1 };
  const job = { workers: 2, control: 0, firstStep: 0, steps: 1, octetsPerTask: 1, parameters };
  await assert.rejects(pool.run([job, job]), /a WebAssembly worker failed/);
  await assert.rejects(pool.run([job]), /a WebAssembly worker failed/);
});
