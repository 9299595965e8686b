import assert from "node:assert/strict";
import { type Matrix, packBands, unpackBands } from "../core/engines/wasm/bands.ts";
import { SharedHeap } from "../core/engines/wasm/heap.ts";
import { WorkerPool } from "../core/engines/wasm/pool.ts";
import { isWideFaster } from "../core/engines/wasm/tile.ts";
import { BlockedRows, checkRoom } from "../core/engines/wasm/training_set.ts";
import { SharedWalk } from "../core/engines/wasm/walk.ts";
import { makeRequest, makeRows, makeSparseRows, type Shape } from "./helpers/scenarios.ts";

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
    name: "CapacityError",
    message: /^4096 MiB more than the 5 MiB in use do not fit WebAssembly's limit of 4096 MiB/,
  });
  assert.equal(heap.memory.buffer.byteLength, bytes);
});

Deno.test("a memory that the system does not grow stays as it was", () => {
  const heap = new SharedHeap();
  const grow = heap.memory.grow;
  heap.memory.grow = () => {
    throw new RangeError("WebAssembly.Memory.grow(): Unable to grow instance memory");
  };
  assert.throws(() => heap.allocate(5 * 2 ** 20), {
    name: "CapacityError",
    message: "the system has no 5 MiB more than the 0 MiB in use: advance fewer trials at once or train on fewer rows",
  });
  assert.equal(heap.usedBytes, 0);
  heap.memory.grow = grow;
  heap.allocate(5 * 2 ** 20);
});

Deno.test("a worker's error rejects the job, and those that follow", async () => {
  const { memory } = new SharedHeap();
  const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const pool = new WorkerPool({ module, memory }, 2);
  const parameters = { octetCount: 1, sliceCount: 1 };
  const job = { workers: 2, control: 0, firstStep: 0, steps: 1, octetsPerTask: 1, parameters };
  await assert.rejects(pool.run([job, job]), /a WebAssembly worker failed/);
  await assert.rejects(pool.run([job]), /a WebAssembly worker failed/);
});

Deno.test("rows are refused before they are packed where a sample says that they do not fit", () => {
  for (const make of [makeRows, makeSparseRows]) {
    const rows = make({ count: 9600, dimension: 40, outputs: 3 });
    const heap = new SharedHeap();
    BlockedRows.load(heap, rows);
    const packed = heap.usedBytes;
    checkRoom(rows, 1.03 * packed);
    assert.throws(() => checkRoom(rows, 0.97 * packed), {
      name: "CapacityError",
      message: /^9600 rows of 40 features take \d+ MiB .*: take \d+ rows at most, fewer features, or --backend blas/,
    });
  }
});

Deno.test("steps that are shorter than a worker's waking have one worker, long ones all", () => {
  const workersOf = (shape: Shape, threads: number) => {
    const heap = new SharedHeap();
    const trainingSet = BlockedRows.load(heap, makeRows(shape));
    return new SharedWalk(heap, { trainingSet, ...makeRequest(shape) }, trainingSet, threads).jobs.length;
  };
  const small = { count: 500, dimension: 30, outputs: 1 };
  assert.equal(workersOf({ ...small, chains: 1 }, 16), 1);
  assert.equal(workersOf({ ...small, chains: 16 }, 16), 1);
  assert.equal(workersOf({ ...small, chains: 100 }, 2), 2);
  assert.equal(workersOf({ ...small, chains: 100 }, 16), 4);
  assert.equal(workersOf({ count: 10_000, dimension: 50, outputs: 1, chains: 1 }, 2), 2);
  assert.equal(workersOf({ count: 10_000, dimension: 50, outputs: 1, chains: 100 }, 16), 16);
});

Deno.test("a worker that waits is not fooled by a late notice", async () => {
  const { memory } = new SharedHeap();
  const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const pool = new WorkerPool({ module, memory }, 1);
  const [phases, , idle] = [0, 1, 2];
  const words = new Int32Array(memory.buffer, 0, 3);
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
  // One of two workers, without tasks: it is idle at once and waits for the other in each of the three phases.
  const walk = pool.run([{ workers: 2, control: 0, firstStep: 0, steps: 1, octetsPerTask: 1, parameters: {} }]);
  for (let phase = 0; phase < 3; phase++) {
    while (Atomics.notify(words, phases) === 0) await pause();
    for (let i = 0; i < 20; i++) await pause();
    assert.deepEqual([Atomics.load(words, phases), Atomics.load(words, idle)], [phase, 1]);
    Atomics.store(words, idle, 0);
    Atomics.add(words, phases, 1);
    Atomics.notify(words, phases);
  }
  await walk;
  pool.dispose();
});

Deno.test("bands keep the columns that are not zero, without places where those are all", () => {
  const matrix = (values: Float32Array): Matrix => ({ values, rows: 8, columns: 3, rowStride: 1, columnStride: 8 });
  const values = Float32Array.from({ length: 24 }, (_, i) => i < 8 || i === 17 ? i + 1 : i < 16 || i > 19 ? i : 0);
  values.fill(0, 8, 12);
  const bands = packBands(matrix(values));
  const words = new Uint32Array(bands.buffer, 0, bands.length / 4);
  const floats = new Float32Array(bands.buffer, 0, bands.length / 4);
  assert.deepEqual([...words.subarray(0, 2), ...words.subarray(12, 16)], [2, 2, 0, 64, 0, 0]);
  assert.deepEqual([...floats.subarray(4, 12)], [1, 2, 3, 4, 0, 18, 0, 0]);
  assert.deepEqual([...words.subarray(16, 18)], [3, 0]);
  assert.deepEqual([...floats.subarray(20)], [5, 6, 7, 8, 12, 13, 14, 15, 20, 21, 22, 23]);

  const unpacked = new Float32Array(24);
  unpackBands(bands, matrix(unpacked));
  assert.deepEqual(unpacked, values);
});

Deno.test("the tile is the one that is faster by the clock, once V8 has compiled both for speed", () => {
  const heap = new SharedHeap();
  /** Products that take so many milliseconds, ten times as many before they have been compiled for speed. */
  const choose = (narrow: number, wide: number, compiledAt: { narrow: number; wide: number }) => {
    let time = 0;
    const slowness = (end: number) => time < end ? 10 : 1;
    const products = {
      addProduct: () => time += slowness(compiledAt.narrow) * narrow / 2,
      addProducts: () => time += slowness(compiledAt.wide) * wide,
    };
    return isWideFaster(products, heap, () => time);
  };
  const times = [{ narrow: 0, wide: 0 }, { narrow: 5, wide: 20 }, { narrow: 20, wide: 5 }];
  for (const compiledAt of times) {
    // The loads of the wide one are checked one by one; then, as with a trap handler, they are not.
    assert.equal(choose(0.002, 0.003, compiledAt), false);
    assert.equal(choose(0.002, 0.001, compiledAt), true);
  }
  assert.equal(heap.usedBytes, 0);
});
