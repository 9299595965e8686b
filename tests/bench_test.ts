import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import { enterEngine } from "../core/bench/engines.ts";
import { problems } from "../core/bench/problems.ts";
import { race } from "../core/bench/race.ts";
import { measureScale, SCALE_GRID, scaleCsv, scaleFigure } from "../core/bench/scale.ts";
import { openWasmEngine } from "../core/engines/wasm_engine.ts";
import { rowOrders } from "../core/model/batches.ts";
import { assertWellFormed } from "./helpers/assert_well_formed.ts";
import { gpu } from "./helpers/gpu.ts";
import { referenceSteps } from "./helpers/reference_step.ts";
import { emptyResultFolder, runTask } from "./helpers/run_task.ts";
import { DYNAMICS, makeRows, relativeError } from "./helpers/scenarios.ts";

const TINY = ["--problems", "mnist100", "--engines", "wasm-fused,wasm-plain", "--seconds", "3"];

Deno.test("bench prints its table and projections, and writes bench.csv and bench.svg", async () => {
  const folder = emptyResultFolder("bench");
  const { code, stdout, stderr } = await runTask("bench", ...TINY, "--threads", "1", "--result-dir", folder);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^engine +ms a step +least +quartiles +CPU +GFLOP\/s +× plain +× own plain$/m);
  assert.match(stdout, /^wasm-fused: CPU through WebAssembly .*1 thread, fused kernels$/m);
  assert.match(stdout, /^paint_utility_s +5 +22818500 +\d+\.\d$/m);

  const rows = csvParse(Deno.readTextFileSync(`${folder}/bench.csv`));
  assert.deepEqual(rows.columns, [
    ...["problem", "n", "d", "outputs", "chains", "engine"],
    ...["ms", "ms_min", "ms_q1", "ms_q3", "ms_cpu", "turns", "gflops"],
    ...["vs_plain", "vs_own_plain", "vs_openblas", "vs_numpy", "vs_torch", "vs_authors"],
    ...["device", "note"],
  ]);
  assert.deepEqual(rows.map(({ engine }) => engine), ["wasm-fused", "wasm-plain"]);
  for (const { n, d, chains, ms, gflops, ms_min, ms_q1, ms_q3, ms_cpu } of rows) {
    assert.ok(Math.abs(4 * +n * +d * +chains / +ms / 1e6 / +gflops - 1) < 1e-9);
    assert.ok(+ms_min <= +ms_q1 && +ms_q1 <= +ms && +ms <= +ms_q3);
    assert.ok(+ms_cpu > 0 && +ms_cpu < 1.2 * +ms_q3, "one thread");
  }
  const [fused, plain] = rows;
  assert.ok(Math.abs(+plain.ms / +fused.ms / +fused.vs_plain - 1) < 1e-9);

  const svg = Deno.readTextFileSync(`${folder}/bench.svg`);
  assert.match(svg, />wasm-fused<.*ms a step/s);
  assertWellFormed(svg);
});

Deno.test("bench goes on without what python3 does not run, the authors' code or a library", async () => {
  const folder = emptyResultFolder("bench_authors");
  const { code, stdout, stderr } = await runTask(
    ...["bench", "--problems", "mnist100", "--engines", "wasm-plain", "--seconds", "0.01"],
    ...["--python", "nowhere", "--numpy", "1", "--torch", "1", "--result-dir", folder],
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^authors, 1 thread: .*(langevin\.py|torch|python3)/m);
  assert.match(stdout, /^numpy: .*(NumPy|numpy|python3)/m);
  assert.match(stdout, /^torch: .*(PyTorch|torch|python3)/m);
});

Deno.test("bench refuses what it does not know, and says what is missing", async () => {
  const wrong: [args: string[], code: number, message: RegExp][] = [
    [["--engines", "wasm-fused,gpu"], 2, /Allowed choices are wasm-fused, wasm-plain/],
    [["--engines", "wasm-fused,wasm-fused"], 2, /twice/],
    [["--problems", "cifar"], 2, /Allowed choices are mnist100/],
    [["--seconds", "0"], 2, /above 0/],
    [
      ["--openblas", "1", "--openblas_library", "none.so"],
      1,
      /^error: no OpenBLAS at none\.so: install .*libopenblas0/,
    ],
  ];
  for (const [args, expected, message] of wrong) {
    const { code, stderr } = await runTask("bench", ...args);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
    assert.equal(code, expected, args.join(" "));
  }
});

Deno.test("the sizes of a problem are varied one at a time, and a panel each shows time and memory", async () => {
  const varied = Map.groupBy(SCALE_GRID, ({ varied }) => varied);
  assert.deepEqual([...varied.keys()], ["n", "d", "C", "T"]);
  for (const [size, points] of varied) {
    const others = points.map(({ varied: _, [size]: value, ...rest }) => JSON.stringify({ ...rest, more: value > 0 }));
    assert.deepEqual([new Set(others).size, new Set(points.map((point) => point[size])).size], [1, points.length]);
  }
  const small = [100, 400].flatMap((n) =>
    (["n", "d", "C", "T"] as const).map((varied) => ({ varied, n, d: 6, C: 3, T: 2 }))
  );
  const rows = [];
  for (const point of small) rows.push(await measureScale(point, 1, 0.02));
  assert.ok(rows.every(({ ms, mebibytes }) => ms > 0 && mebibytes > 0 && mebibytes < 100));
  const svg = scaleFigure(rows);
  assertWellFormed(svg);
  for (const label of ["n, rows", "d, features", "C, classes", "T, chains"]) {
    assert.equal(svg.split(`>${label}<`).length, 3, label);
  }
  assert.equal(scaleCsv(rows).trim().split("\n").length, 1 + rows.length);
});

Deno.test("of a problem in batches a cycle is timed, in which every chain takes every row", async () => {
  const problem = await problems.sgd6();
  const { rows, cells, chains } = problem;
  assert.deepEqual([cells, chains], [6, 120]);
  const contestant = await enterEngine("wasm-fused", problem, 2).open();
  const cycle = await contestant.walk(1);
  contestant.dispose();
  const engine = await openWasmEngine({ threads: 2 });
  const weights = await engine.walk({
    trainingSet: engine.load(rows),
    start: new Float32Array(120 * 784),
    chains: Array.from({ length: 120 }, (_, i) => ({ sigma: 0.03, cell: i % 6, trial: Math.floor(i / 6) })),
    dynamics: problem.dynamics,
    seed: 0,
    batches: { batchSize: 128, dropsRest: false, orderOf: rowOrders({ seed: 0, cell: 0 }, rows.count) },
    steps: 94,
  });
  engine.dispose();
  assert.deepEqual(cycle, weights);
});

Deno.test(...gpu("the WGSL kernels take a cycle of batches too"), async () => {
  const shape = { count: 300, dimension: 37, outputs: 1, chains: 6 };
  const batches = { batchSize: 128, dropsRest: false, orderOf: rowOrders({ seed: 0, cell: 0 }, 300) };
  const dynamics = { ...DYNAMICS, clipsRegularizer: false };
  const rows = makeRows(shape);
  const contestant = await enterEngine("webgpu-fused", { title: "", rows, chains: 6, cells: 3, dynamics, batches }, 1)
    .open();
  const cycle = await contestant.walk(2) as Float32Array;
  contestant.dispose();
  const chains = Array.from({ length: 6 }, (_, i) => ({ sigma: 0.03, cell: i % 3, trial: Math.floor(i / 3) }));
  const start = new Float32Array(6 * 37);
  assert.ok(relativeError(cycle, referenceSteps(rows, { start, chains, dynamics, seed: 0, batches, steps: 6 })) < 1e-5);
});

Deno.test("a race gives everyone the same time, and goes on without those that fail", async () => {
  let clock = 0;
  const contestant = (milliseconds: number) => ({
    name: `${milliseconds} ms`,
    open: () =>
      Promise.resolve({
        device: "none",
        walks: 10,
        walk: (steps: number) => Promise.resolve(clock += milliseconds * steps),
        dispose: () => {},
      }),
  });
  const broken = { name: "broken", open: () => Promise.reject(new Error("out of order")) };
  const { now } = performance;
  performance.now = () => clock;
  const timings = await race([...[5, 20, 400].map(contestant), broken], 0.3)
    .finally(() => performance.now = now);
  // A turn is 300 ms / 16 or more: of the fast one 4 steps, of 10 walks each.
  assert.deepEqual(timings.map(({ turns }) => turns), [Array(15).fill(50), Array(15).fill(200), [4000], []]);
  assert.ok(timings.every(({ turns, cpuTurns }) => cpuTurns.length === turns.length));
  assert.match(timings[2].note, /^one step only/);
  assert.deepEqual([timings[3].device, timings[3].note], ["", "out of order"]);
});
