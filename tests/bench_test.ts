import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import { gpuTable } from "../core/bench/gpu_table.ts";
import { measure, measurementsCsv, measurementsTable, parseMeasurements } from "../core/bench/measurements.ts";
import { enterEngine } from "../core/bench/engines.ts";
import { dense, problems } from "../core/bench/problems.ts";
import { race } from "../core/bench/race.ts";
import { measureScale, SCALE_GRID, SCALE_HEADER, scaleCsv, scaleFigure, scaleLine } from "../core/bench/scale.ts";
import { openWasmEngine } from "../core/engines/wasm_engine.ts";
import { rowOrders } from "../core/model/batches.ts";
import { parse } from "../experiments/tools/bench.ts";
import { hardware, measureGpu } from "../experiments/tools/gpu.ts";
import { assertWellFormed } from "./helpers/assert_well_formed.ts";
import { gpu } from "./helpers/gpu.ts";
import { referenceSteps } from "./helpers/reference_step.ts";
import { emptyResultFolder, exists, runDeno, runTask, startProgram } from "./helpers/run_task.ts";
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

Deno.test("the columns of bench.csv and of the table, of which those without a number are left out", async () => {
  const timing = (name: string, turns: number[]) => ({ name, device: "here", turns, cpuTurns: turns, note: "" });
  const names = ["wasm-fused", "wasm-plain", "openblas", "numpy", "torch", "torch-cuda", "cublas", "authors, 1 thread"];
  const problem = await dense(9, 2, 1, 3);
  const rows = measure(problem, names.map((name, i) => timing(name, [4 + i, 2 + i, 3 + i])));
  const csv = measurementsCsv(rows);
  assert.deepEqual(csvParse(csv).columns, [
    ...["problem", "n", "d", "outputs", "chains", "engine"],
    ...["ms", "ms_min", "ms_q1", "ms_q3", "ms_cpu", "turns", "gflops"],
    ...["vs_plain", "vs_own_plain", "vs_openblas", "vs_numpy", "vs_torch", "vs_authors"],
    ...["device", "note"],
  ]);
  assert.deepEqual(parseMeasurements(csv), rows);
  const ratios = [rows[0].vs_plain, rows[0].vs_openblas, rows[0].vs_numpy, rows[0].vs_torch, rows[0].vs_authors];
  assert.deepEqual(ratios, [4, 5, 6, 7, 10].map((ms) => ms / 3), "of several devices of PyTorch the fastest counts");
  const titles = (text: string) => text.split("\n")[0].split(/ {2,}/);
  assert.deepEqual(titles(measurementsTable(rows)), [
    ...["engine", "ms a step", "least", "quartiles", "CPU", "GFLOP/s", "× plain", "× own plain"],
    ...["× OpenBLAS", "× NumPy", "× PyTorch", "× authors"],
  ]);
  const once = measure(problem, [timing("wasm-fused", [3])]);
  assert.deepEqual(titles(measurementsTable(once)), ["engine", "ms a step", "CPU", "GFLOP/s"]);
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

Deno.test("bench refuses flags that others leave without effect", () => {
  const wrong: [args: string, message: RegExp][] = [
    [
      "--scale 1 --problems one --numpy 1",
      /^--problems, --numpy have no effect with --scale 1, which times wasm-fused/,
    ],
    ["--scale 1 --engines wasm-fused", /^--engines has no/],
    ["--scale 1 --torch 1 --torch_device cuda", /^--torch, --torch_device have no/],
    ["--scale 1 --openblas 1 --openblas_library none.so", /^--openblas, --openblas_library have no/],
    ["--scale 1 --python authors", /^--python has no/],
    ["--openblas_library none.so", /^--openblas_library has no effect without --openblas 1$/],
    ["--torch_device cuda", /^--torch_device has no effect without --torch 1$/],
    ["--torch 0 --torch_device cpu", /^--torch_device has no/],
    [
      "--problems sgd1,sgd6 --openblas 1 --numpy 1",
      /^--openblas, --numpy have no effect on problems in batches alone$/,
    ],
    ["--problems softmax,sgd1 --python authors", /^--python has no effect on these --problems$/],
    ["--engines webgpu-fused,wasm-plain --threads 2", /^--threads has no effect on these --engines alone$/],
  ];
  for (const [args, message] of wrong) {
    assert.throws(
      () => parse(args.split(" ")),
      (error) => error instanceof RangeError && message.test(error.message),
      args,
    );
  }
  for (
    const args of [
      "--scale 1 --threads 1 --seconds 1 --numpy 0 --result-dir result",
      "--openblas 1 --openblas_library none.so --torch 1 --torch_device cpu,cuda",
      "--problems sgd1,softmax --numpy 1",
      "--engines wasm-plain --numpy 1 --threads 2",
    ]
  ) parse(args.split(" "));
});

Deno.test("PyTorch on a GPU is looked for before anything is measured", async () => {
  const folder = emptyResultFolder("bench_cuda");
  const args = ["bench", "--torch", "1", "--torch_device", "cuda", "--result-dir", folder];
  // An empty list of devices hides a GPU.
  const { code, stdout, stderr } = await runDeno(["task", "--quiet", ...args], { CUDA_VISIBLE_DEVICES: "" });
  assert.match(stderr, /^error: --torch_device cuda: (PyTorch \S+ finds no CUDA device|.*(torch|python3).*)\n$/);
  assert.deepEqual([code, stdout, exists(folder)], [1, "", false]);
});

Deno.test("bench:gpu takes a GPU alone", () => {
  assert.throws(() => hardware(undefined), /^Error: no hardware WebGPU adapter is found$/);
  assert.throws(() => hardware({ name: "llvmpipe", software: true }), /is found, only llvmpipe, which is software$/);
  assert.deepEqual(hardware({ name: "a card", software: false }), { name: "a card", software: false });
});

Deno.test(...gpu("the parts of bench:gpu, on any adapter"), async () => {
  const { measurements, differences } = await measureGpu([() => dense(50, 6, 4, 2)], 1, 0.02);
  const engines = ["webgpu-fused", "webgpu-plain", "wasm-fused"];
  assert.deepEqual(measurements.map(({ engine }) => engine), [...engines, "torch-cuda", "cublas"]);
  assert.ok(measurements.filter(({ engine }) => engines.includes(engine)).every(({ ms }) => ms! > 0));
  assert.ok(differences.length === 1 && differences[0] < 3 * 4e-6, String(differences));
  assert.match(gpuTable(measurements, differences), /^webgpu-fused: WebGPU on .+, fused \w+ kernels$/m);
});

Deno.test("the table of bench:gpu has problems side by side, and what did not run", async () => {
  const timing = (name: string, ms?: number) => ({
    name,
    device: ms === undefined ? "" : `${name} on a card`,
    turns: ms === undefined ? [] : [ms],
    cpuTurns: ms === undefined ? [] : [ms],
    note: ms === undefined ? "finds none" : "",
  });
  const shape = await dense(9, 2, 1, 3);
  const rows = [[4, 2], [8, 16]].flatMap(([fused, cuda], i) =>
    measure({ ...shape, title: `problem ${i}` }, [
      timing("webgpu-fused", fused),
      timing("torch-cuda", cuda),
      timing("cublas"),
    ])
  );
  assert.deepEqual(gpuTable(rows, [1e-6, 2.34e-6]).split("\n"), [
    "ms a step     problem 0  problem 1",
    "webgpu-fused          4          8",
    "torch-cuda            2         16",
    "cublas                –          –",
    "× torch-cuda        0.5          2",
    "difference       1.0e-6     2.3e-6",
    "",
    "webgpu-fused: webgpu-fused on a card",
    "torch-cuda: torch-cuda on a card",
    "cublas: finds none",
  ]);
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
  const widest = { ...SCALE_GRID[3], T: 600, C: 30, d: 1000, ms: 123456, mebibytes: 4096 };
  assert.ok([...rows, widest].every((row) => scaleLine(row).length === SCALE_HEADER.length));
});

Deno.test("of bench --scale 1 every row is said as it is measured, and one that is interrupted leaves no file", async () => {
  const folder = emptyResultFolder("bench_scale");
  const program = startProgram("bench", "--scale", "1", "--seconds", "0.01", "--result-dir", folder);
  await program.said(/^ +1000 +50 +2 +100 +\d.*$/m);
  program.kill("SIGINT");
  const { code, stdout } = await program.outcome;
  assert.notEqual(code, 0);
  assert.ok(stdout.split("\n").length < SCALE_GRID.length);
  assert.deepEqual([...Deno.readDirSync(folder)], []);
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
