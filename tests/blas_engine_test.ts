import assert from "node:assert/strict";
import { type BlasLibrary, loadBlas } from "../core/engines/blas/library.ts";
import { BLOCK_ROWS, groupSizes, nameRounding } from "../core/engines/blas/rounding.ts";
import { LibraryRows } from "../core/engines/blas/library_rows.ts";
import { type BlasEngineOptions, openBlasEngine } from "../core/engines/blas_engine.ts";
import { openEngine } from "../core/engines/open_engine.ts";
import { SharedHeap } from "../core/engines/wasm/heap.ts";
import { openWasmEngine, type WasmEngine } from "../core/engines/wasm_engine.ts";
import type { Rows } from "../core/model/rows.ts";
import { blas } from "./helpers/blas.ts";
import { referenceSteps } from "./helpers/reference_step.ts";
import { bytesBelow } from "./helpers/run_here.ts";
import { emptyResultFolder, runTask, SHORT } from "./helpers/run_task.ts";
import {
  assertReplaces,
  DYNAMICS,
  DYNAMICS_VARIANTS,
  makeFramedRows,
  makeRequest,
  makeRows,
  makeSparseRows,
  relativeError,
  SHAPES,
  somePlaces,
  walkRows,
} from "./helpers/scenarios.ts";
import { writeTable } from "./helpers/small_tables.ts";

/** Several blocks and groups of chains, the last of both not full. */
const LARGE = [
  { count: 2 * BLOCK_ROWS + 3, dimension: 37, outputs: 1, chains: 150 },
  { count: 5 * BLOCK_ROWS, dimension: 24, outputs: 10, chains: 19 },
];

async function withEngine(
  options: BlasEngineOptions,
  run: (engine: WasmEngine) => Promise<void> | void,
): Promise<void> {
  const engine = await openBlasEngine(options);
  try {
    await run(engine);
  } finally {
    engine.dispose();
  }
}

for (const [name, dynamics] of Object.entries(DYNAMICS_VARIANTS)) {
  Deno.test(
    ...blas(`CBLAS's products agree with the paper's step: ${name}`),
    () =>
      withEngine({ threads: 2 }, async (engine) => {
        for (const shape of SHAPES) {
          const walk = makeRequest(shape, { dynamics });
          for (const rows of [makeRows(shape), makeSparseRows(shape), makeFramedRows(shape)]) {
            const error = relativeError(await walkRows(engine, rows, walk), referenceSteps(rows, walk));
            assert.ok(error < 2e-6 * walk.steps, `${JSON.stringify(shape)}: relative error ${error}`);
          }
        }
      }),
  );
}

Deno.test(...blas("CBLAS's products lead within 1e-6 to where the fused kernels do"), async () => {
  const fused = await openWasmEngine({ threads: 2 });
  await withEngine({ threads: 2 }, async (engine) => {
    for (const shape of LARGE) {
      const walk = makeRequest(shape, { steps: 20, dynamics: { ...DYNAMICS, clipsRegularizer: shape.outputs === 1 } });
      for (const rows of [makeRows(shape), makeFramedRows(shape)]) {
        const error = relativeError(await walkRows(engine, rows, walk), await walkRows(fused, rows, walk));
        assert.ok(error > 0 && error < 1e-6, `${JSON.stringify(shape)}: relative error ${error}`);
      }
    }
  });
  fused.dispose();
});

Deno.test(...blas("CBLAS's products give the same bits on any number of threads"), async () => {
  const results: Float32Array[][] = [];
  for (const threads of [1, 2, 3]) {
    await withEngine({ threads }, async (engine) => {
      const weights: Float32Array[] = [];
      for (const shape of LARGE) {
        for (const rows of [makeRows(shape), makeFramedRows(shape)]) {
          weights.push(await walkRows(engine, rows, makeRequest(shape)));
        }
      }
      results.push(weights);
    });
  }
  assert.deepEqual(results[1], results[0]);
  assert.deepEqual(results[2], results[0]);
});

Deno.test(
  ...blas("CBLAS's products give a chain the same bits alone and among others"),
  () =>
    withEngine({ threads: 2 }, async (engine) => {
      for (const shape of LARGE) {
        const walk = makeRequest(shape);
        const size = shape.outputs * shape.dimension;
        for (const rows of [makeRows(shape), makeFramedRows(shape)]) {
          const together = await walkRows(engine, rows, walk);
          for (const [first, end] of [[0, 1], [8, 9], [3, 14], [shape.chains - 1, shape.chains], [1, shape.chains]]) {
            const start = walk.start.slice(first * size, end * size);
            const some = await walkRows(engine, rows, { ...walk, start, chains: walk.chains.slice(first, end) });
            assert.deepEqual(some, together.slice(first * size, end * size));
          }
        }
      }
    }),
);

Deno.test(
  ...blas("rows for CBLAS that are replaced are loaded ones, bit for bit, and leave nothing behind"),
  () =>
    withEngine({ threads: 2 }, async (engine) => {
      for (const outputs of [1, 3]) {
        const shape = { count: 600, dimension: 11, outputs, chains: 5 };
        await assertReplaces(engine, makeSparseRows(shape), somePlaces(shape.count), makeRequest(shape));
      }
      const framed = { count: 600, dimension: 40, outputs: 1, chains: 5 };
      await assertReplaces(engine, makeFramedRows(framed), somePlaces(framed.count), makeRequest(framed));
      assert.equal(engine.usedBytes, 0);
      const rows = makeRows({ count: 5, dimension: 3, outputs: 1 });
      const set = engine.load(rows);
      assert.throws(() => engine.replace(set, [5], { ...rows, count: 1 }), RangeError);
      assert.throws(() => engine.load({ ...rows, count: 0 }), RangeError);
      const none = { ...rows, features: new Float32Array(), labels: new Float32Array(), count: 0 };
      const heir = engine.replace(set, [], none);
      set.dispose();
      const walk = makeRequest({ ...rows, chains: 2 });
      assert.deepEqual(await engine.walk({ trainingSet: heir, ...walk }), await walkRows(engine, rows, walk));
      await assert.rejects(engine.walk({ trainingSet: set, ...walk }), /disposed of/);
      await withEngine({ threads: 1 }, (other) => assert.throws(() => other.replace(heir, [], none), TypeError));
    }),
);

Deno.test(...blas("CBLAS takes no batches of rows"), async () => {
  const message = /^RangeError: --backend blas takes all rows in a step/;
  await assert.rejects(openEngine({ backend: "blas", batches: true }), message);
  await withEngine({ threads: 1 }, async (engine) => {
    const shape = { count: 4, dimension: 2, outputs: 1, chains: 1 };
    const batches = { batchSize: 2, dropsRest: false, orderOf: () => Uint32Array.of(0, 1, 2, 3) };
    const dynamics = { ...DYNAMICS, clipsRegularizer: false };
    await assert.rejects(walkRows(engine, makeRows(shape), makeRequest(shape, { batches, dynamics })), message);
  });
});

/** What a product becomes by its row and column, the columns there are, and the factor of what it is added to. */
type Round = (value: number, row: number, column: number, columns: number, beta: number) => number;

/** A library of JavaScript. */
function fakeLibrary(round: Round): BlasLibrary {
  const arrays: ArrayBufferView[] = [];
  const at = (address: number) => arrays[address] as Float32Array;
  return {
    path: "fake.so",
    name: "Fake 1.0",
    addressOf: (array) => arrays.push(array) - 1,
    functions: {
      cblas_sgemm(_order, transposeA, _transposeB, m, n, depth, alpha, a, lda, b, ldb, beta, c, ldc) {
        const [A, B, C] = [a, b, c].map(at);
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let k = 0; k < depth; k++) sum += A[transposeA === 112 ? k * lda + i : i * lda + k] * B[k * ldb + j];
            C[i * ldc + j] = round(Math.fround(alpha * sum + (beta === 0 ? 0 : beta * C[i * ldc + j])), i, j, n, beta);
          }
        }
      },
      openblas_set_num_threads: null,
      BLASSetThreading: null,
      openblas_get_config: null,
      openblas_get_corename: null,
    },
  };
}

Deno.test("chains share a product where their places in it make no difference, up to 128 columns", () => {
  const up = (value: number) => value * (1 + 2 ** -22);
  const shape = { dimension: 3, outputs: 1 };
  const sizes = (round: Round, changes: Partial<typeof shape> = {}) =>
    groupSizes(fakeLibrary(round), { ...shape, ...changes });
  const all = Array.from({ length: 16 }, (_, i) => 16 - i);
  assert.deepEqual(sizes((value) => value), all);
  assert.deepEqual(sizes((value) => value, { outputs: 3 }), [5, 4, 3, 2, 1]);
  assert.deepEqual(sizes((value) => value, { outputs: 20 }), [1]);
  // As OpenBLAS's kernels for Haswell: the first and the last eight of more than sixteen columns.
  const haswell = (value: number, _: number, column: number, columns: number) =>
    columns > 16 && (column < 8 || column >= columns - 8) ? up(value) : value;
  assert.deepEqual(sizes(haswell), [2, 1]);
  assert.deepEqual(sizes(haswell, { outputs: 10 }), [1]);
  // As those for smaller matrices: no place is special, but all are rounded otherwise than among more.
  assert.deepEqual(sizes((value, _, _column, columns) => columns === 8 ? up(value) : value), all.slice(0, -1));
  // In the second product alone, of which the rows are features, or in the first where it is added to another.
  const special = (of: number, at: number): Round => (value, row, column, columns, beta) =>
    beta === of && row === at && columns > 64 && column === 9 ? up(value) : value;
  assert.deepEqual(sizes(special(0, 300)), all);
  assert.deepEqual(sizes(special(0, 300), { dimension: 301 }), all.slice(8));
  assert.deepEqual(sizes(special(1, 200)), all.slice(8));
  const message = /^Error: Fake 1\.0 rounds a chain by its place among others: use --backend wasm$/;
  assert.throws(() => sizes((value, _, column) => column === 5 ? up(value) : value), message);
});

Deno.test("a block has the columns that are not background throughout, and its backgrounds if it has any", () => {
  const heap = new SharedHeap();
  const library = fakeLibrary((value) => value);
  const load = (rows: Rows, sizes: Readonly<Record<number, number[]>>) =>
    LibraryRows.load({ heap, library, groupSizesOf: ({ dimension }) => sizes[dimension] }, rows);
  const shape = { count: 2 * BLOCK_ROWS, dimension: 40, outputs: 1 };
  const framed = makeFramedRows(shape);
  const set = load(framed, { 16: [4, 2], 40: [3, 2] });
  const [first, second] = set.libraryBlocks;
  assert.deepEqual([first, second].map(({ width }) => width), [16, 16]);
  // Columns 0, 3, …, 39 are fourteen; two others fill them up.
  const columns = [0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39];
  assert.deepEqual([...heap.words(first.columns!, 16)], columns);
  assert.equal(first.backgrounds, undefined);
  const backgrounds = heap.floats(second.backgrounds!, BLOCK_ROWS);
  assert.ok(backgrounds.every((background, i) => background === framed.features[(BLOCK_ROWS + i) * 40]));
  assert.deepEqual([set.octetsPerGroup(4), set.octetsPerTask(4)], [4, 16]);

  const dense = makeRows({ ...shape, count: 1 });
  const replaced = set.replace([0], dense);
  const [whole, shared] = replaced.libraryBlocks;
  assert.deepEqual([whole.width, whole.columns, whole.backgrounds], [40, undefined, undefined]);
  assert.equal(shared, second);
  assert.deepEqual([replaced.octetsPerGroup(4), replaced.octetsPerTask(4)], [2, 16]);
  set.dispose();
  replaced.dispose();

  const other = load(framed, { 16: [4], 40: [3] });
  const message = /^Error: Fake 1\.0 rounds a chain by how many there are: use --backend wasm$/;
  assert.throws(() => other.replace([0], dense), message);
  other.dispose();
  assert.equal(heap.usedBytes, 0);
});

Deno.test("libraries that round differently have different names", async () => {
  const name = (round: Round) => nameRounding(fakeLibrary(round));
  const exact = await name((value) => value);
  assert.match(exact, /^[0-9a-f]{8}$/);
  assert.equal(await name((value) => value), exact);
  assert.notEqual(await name((value, row) => row === 7 ? value * (1 + 2 ** -22) : value), exact);
});

Deno.test("where there is no CBLAS, one line says what to install", () => {
  assert.throws(() => loadBlas(["none.so"]), /^Error: the system has no CBLAS library: install OpenBLAS .* or use /);
});

Deno.test("scripts say what to run where they may load no library, and that CBLAS has no plain operations", async () => {
  const folder = emptyResultFolder("blas_refused");
  const refuse = async (...args: string[]) => {
    const outcome = await runTask(...args, "--backend", "blas", "--result-dir", folder);
    assert.equal(outcome.stderr.trim().split("\n").length, 1, outcome.stderr);
    return outcome;
  };
  const noiseless = ["main_lmc", "--retrain_noiseless", "1", ...SHORT];
  const denied = await refuse(...noiseless);
  const audited = await refuse("audit", "--k", "1", "--sigma", "1", "--num_trial", "8");
  for (const { code, stderr } of [denied, audited]) {
    assert.match(stderr, /^error: the backend blas loads .* --allow-ffi: the experiments have it as baseline:blas, /m);
    assert.match(stderr, /what has no such task is run itself \(see docs\/permissions\.md\)$/m);
    assert.equal(code, 1);
  }
  const plain = await refuse(...noiseless, "--kernels", "plain");
  assert.match(plain.stderr, /^error: --backend blas has no plain operations: leave out --kernels plain$/m);
  assert.equal(plain.code, 2);
});

Deno.test(
  ...blas("shards of main_lmc:blas are merged into the bytes of one run, which names the library"),
  async () => {
    const folder = emptyResultFolder("blas_runs");
    const table = writeTable(`${emptyResultFolder("blas_table")}/table.csv`, 400, 0, 2);
    const run = async (task: string, ...args: string[]) =>
      await runTask(
        ...[task, "--dataset", "CSV", "--train_csv", table, "--test_csv", table, "--label", "class", "--lam", "1e-3"],
        ...["--paint_unlearning_sigma", "1", "--sigmas", "0.5", "--init_mean", "0", "--burn_in", "20"],
        ...["--num_trial", "3", "--save_npy", "1", ...args],
      );
    const experiment = "LMC/CSV/paint_unlearning_sigma";
    const whole = await run("main_lmc:blas", "--result-dir", `${folder}/whole`);
    assert.equal(whole.code, 0, whole.stderr);
    const { device, engine } = JSON.parse(Deno.readTextFileSync(`${folder}/whole/${experiment}/run.json`));
    assert.match(`${device} ${engine}`, /CPU through .* \(rounding [0-9a-f]{8}\) and WebAssembly .*products by CBLAS/);

    for (const i of [0, 1]) {
      const args = ["--shard", `${i}/2`, "--threads", "1", "--chains_at_once", "1", "--result-dir", `${folder}/${i}`];
      const { code, stderr } = await run("main_lmc:blas", ...args);
      assert.equal(code, 0, stderr);
    }
    const merged = await runTask("merge", `${folder}/0`, `${folder}/1`, "--result-dir", `${folder}/merged`);
    assert.equal(merged.code, 0, merged.stderr);
    const contents = (name: string) =>
      [...bytesBelow(`${folder}/${name}/${experiment}`)].filter(([file]) => !file.endsWith("run.json")).sort();
    assert.deepEqual(contents("merged"), contents("whole"));

    const other = await run("main_lmc", "--backend", "wasm", "--result-dir", `${folder}/whole`);
    assert.equal(other.code, 2, other.stderr);
    assert.match(other.stderr, /the engine was CPU through .*CBLAS, is CPU through WebAssembly/);
  },
);
