/**
 * How fast a Langevin step is here: every engine, beside OpenBLAS and the authors' code, timed by turns in one run; and
 * how long the paper's experiments would take.
 *
 * `deno task bench`
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { enterAuthorsStep } from "../../core/bench/authors_step.ts";
import { BENCH_TITLE, benchDrawing } from "../../core/bench/figure.ts";
import { svgFile } from "../../core/figures/svg.ts";
import { type EngineName, engineNames, enterEngine } from "../../core/bench/engines.ts";
import { measure, type Measurement, measurementsCsv, measurementsTable } from "../../core/bench/measurements.ts";
import { enterMatrixStep, findCuda } from "../../core/bench/matrix_step.ts";
import { enterOpenBlas, loadOpenBlas } from "../../core/bench/openblas.ts";
import { BATCHED, type BenchProblem, problems } from "../../core/bench/problems.ts";
import { type Entry, race } from "../../core/bench/race.ts";
import {
  measureScale,
  SCALE_GRID,
  SCALE_HEADER,
  scaleCsv,
  scaleFigure,
  scaleLine,
  type Scaling,
} from "../../core/bench/scale.ts";
import * as cli from "../../core/command_line/mod.ts";
import { makeFolder, writeWhole } from "../../core/disk/files.ts";
import { fastestBackend } from "../../core/engines/open_engine.ts";
import { countWork, loadSubject } from "../../core/runs/run_experiment.ts";
import { EXPERIMENTS } from "../../core/original/experiments.ts";
import { formatTable } from "../../core/text/table.ts";
import { describeAdapter } from "../../core/engines/adapter.ts";
import { baselineExperiment } from "../baseline.ts";
import { mainLmcExperiment } from "../main_lmc.ts";

const problemNames = Object.keys(problems) as (keyof typeof problems)[];

/** What is timed of PyTorch on a device. */
const TORCH = { cpu: ["torch"], cuda: ["torch-cuda", "cublas"] } as const;

const torchDevices = Object.keys(TORCH) as (keyof typeof TORCH)[];

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("bench"))
  .description("Times whole Langevin steps of every engine, and projects how long the paper's experiments take here.")
  .option("--problems <list>", `some of ${problemNames} (default: all)`, cli.list(cli.oneOf(problemNames)))
  .option(
    "--engines <list>",
    `some of ${engineNames.join(", ")} (default: all but cpu-plain and blas-fused; webgpu where there is an adapter)`,
    cli.list(cli.oneOf(engineNames)),
  )
  .option("--seconds <n>", "time for each engine on each problem", cli.positive, 5)
  .option(
    "--threads <n>",
    "of wasm-fused, blas-fused and the yardsticks",
    cli.integer(1, 256),
    navigator.hardwareConcurrency,
  )
  .addOption(cli.toggle("--openblas <0|1>", "also time the two matrix products alone, by the system's OpenBLAS"))
  .option("--openblas_library <path>", "that library, should it not be found", cli.path)
  .addOption(cli.toggle("--numpy <0|1>", "also time whole steps of all chains as one matrix, by python3's NumPy"))
  .addOption(cli.toggle("--torch <0|1>", "the same by its PyTorch"))
  .option(
    "--torch_device <list>",
    "cpu, cuda or both: where; cuda multiplies by cuBLAS, float32 without TF32, also timed alone (default: cpu)",
    cli.list(cli.oneOf(torchDevices)),
  )
  .option("--python <folder>", "also time the authors' step: their repository, run by a python3 with PyTorch", cli.path)
  .addOption(cli.toggle("--scale <0|1>", "instead time wasm-fused while n, d, classes and chains grow, one at a time"))
  .option("--result-dir <path>", "where bench.csv and bench.svg go", cli.path, "./result");

type Options = ReturnType<typeof command["opts"]>;

/** What the engines are compared with; none of it takes batches. */
const YARDSTICKS = ["openblas", "numpy", "torch", "python"] as const;

/**
 * What the command line says.
 *
 * @param args The command line.
 * @returns The values of its flags.
 * @throws {RangeError} If a flag has no effect beside the others.
 */
export function parse(args: readonly string[]): Options {
  const options = command.parse(args, { from: "user" }).opts();
  const { scale, openblas, torch, engines, problems: names = problemNames } = options;
  const refuse = (flags: readonly (keyof Options)[], because: string) => cli.refuseIdle(command, flags, because);
  if (scale) {
    refuse(
      ["problems", "engines", ...YARDSTICKS, "openblas_library", "torch_device"],
      "with --scale 1, which times wasm-fused on problems of its own",
    );
  }
  if (!openblas) refuse(["openblas_library"], "without --openblas 1");
  if (!torch) refuse(["torch_device"], "without --torch 1");
  if (names.every((name) => BATCHED.has(name))) refuse(YARDSTICKS, "on problems in batches alone");
  if (names.every((name) => BATCHED.has(name) || name === "softmax")) refuse(["python"], "on these --problems");
  const threaded = engines === undefined || engines.some((name) => name === "wasm-fused" || name === "blas-fused");
  if (!threaded && YARDSTICKS.every((name) => !options[name])) refuse(["threads"], "on these --engines alone");
  return options;
}

/** Times steps of many sizes, into scale.csv and scale.svg. */
async function scale(threads: number, seconds: number, resultDir: string): Promise<void> {
  console.log(SCALE_HEADER);
  const rows: Scaling[] = [];
  for (const point of SCALE_GRID) {
    const row = await measureScale(point, threads, seconds);
    console.log(scaleLine(row));
    rows.push(row);
  }
  writeAll(resultDir, { "scale.csv": scaleCsv(rows), "scale.svg": scaleFigure(rows) });
}

/** Writes files by their names, and says so. */
function writeAll(folder: string, files: Readonly<Record<string, string>>): void {
  console.log();
  for (const [file, content] of Object.entries(files)) {
    writeWhole(`${folder}/${file}`, content);
    console.log(`${folder}/${file}`);
  }
}

/** A WebGPU adapter's name, and the engines that run here in reasonable time. */
async function describeMachine(): Promise<{ adapter: string; engines: readonly EngineName[] }> {
  const adapter = await describeAdapter();
  const unasked = (name: EngineName) => name === "cpu-plain" || name === "blas-fused";
  const engines = engineNames.filter((name) => !unasked(name) && (adapter || !name.startsWith("webgpu")));
  return { adapter: adapter?.name ?? "none", engines };
}

/** How long the paper's experiments would take, by their number of chain steps and the time of one. */
async function projectExperiments(millisecondsPerChainStep: number): Promise<void> {
  const experiments = EXPERIMENTS.filter((experiment) => "figure" in experiment).map(({ figure, flag, script }) => {
    const conduct = script === "baseline" ? baselineExperiment : mainLmcExperiment;
    return { figure, ...conduct([`--${flag}`, "1"]) };
  });
  const subject = await loadSubject(experiments[0].options);
  const rows = [];
  for (const experiment of experiments) {
    const { chainSteps } = await countWork(experiment, subject);
    const minutes = chainSteps * millisecondsPerChainStep / 60_000;
    rows.push([experiment.name, experiment.figure, String(chainSteps), minutes.toFixed(1)]);
  }
  console.log(formatTable(["experiment", "figure", "chain steps", "minutes"], rows));
}

if (import.meta.main) {
  await cli.runScript(async () => {
    const options = parse(Deno.args);
    if (options.scale) {
      makeFolder(options.resultDir);
      return await scale(options.threads, options.seconds, options.resultDir);
    }
    const { torch_device: devices = ["cpu"] as const, seconds, threads, python, resultDir } = options;
    const matrixSteps = [
      ...(options.numpy ? ["numpy"] as const : []),
      ...(options.torch ? devices.flatMap((device) => TORCH[device]) : []),
    ];
    if (devices.includes("cuda")) await findCuda();
    const machine = await describeMachine();
    const { engines = machine.engines } = options;
    const blas = options.openblas ? loadOpenBlas(options.openblas_library) : undefined;
    const enterAll = (problem: BenchProblem): Entry[] => [
      ...engines.map((name) => enterEngine(name, problem, threads)),
      ...(blas && !problem.batches ? [enterOpenBlas(blas, problem, threads)] : []),
      ...(problem.batches ? [] : matrixSteps.map((library) => enterMatrixStep(library, problem, threads))),
      ...(python !== undefined && problem.rows.outputs === 1 && !problem.batches
        ? [...new Set([1, threads])].map((count) => enterAuthorsStep(python, problem, count))
        : []),
    ];

    makeFolder(resultDir);
    console.log(`Threads: ${threads}, WebGPU adapter: ${machine.adapter}`);
    const measurements: Measurement[] = [];
    for (const name of options.problems ?? problemNames) {
      const problem = await problems[name]();
      const measured = measure(problem, await race(enterAll(problem), seconds));
      console.log(`\n${problem.title}\n${measurementsTable(measured)}`);
      measurements.push(...measured);
    }

    console.log("\nDevices");
    for (const [engine, { device }] of new Map(measurements.map((row) => [row.engine, row]))) {
      if (device !== "") console.log(`${engine}: ${device}`);
    }

    const fastest = `${await fastestBackend()}-fused`;
    const usual = measurements.find(({ engine, chains, outputs }) =>
      engine === fastest && chains === 100 && outputs === 1
    );
    if (usual?.ms !== undefined) {
      console.log(`\nThe paper's experiments with ${fastest}, from its time on ${usual.problem}`);
      await projectExperiments(usual.ms / usual.chains);
    }

    writeAll(resultDir, {
      "bench.csv": measurementsCsv(measurements),
      "bench.svg": svgFile(BENCH_TITLE, benchDrawing(measurements)),
    });
  });
}
