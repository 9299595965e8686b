/**
 * What the kernels do on a GPU, in one table to report: their steps beside cuBLAS's, how far their weights are from
 * those of WebAssembly, and the paper's Figure 3a from end to end.
 *
 * `deno task bench:gpu`, which runs their tests first
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import denoConfig from "../../deno.json" with { type: "json" };
import { enterEngine } from "../../core/bench/engines.ts";
import { gpuTable } from "../../core/bench/gpu_table.ts";
import { enterMatrixStep } from "../../core/bench/matrix_step.ts";
import { measure, type Measurement, measurementsCsv } from "../../core/bench/measurements.ts";
import { type BenchProblem, problems } from "../../core/bench/problems.ts";
import { race } from "../../core/bench/race.ts";
import * as cli from "../../core/command_line/mod.ts";
import { makeFolder, writeWhole } from "../../core/disk/files.ts";
import { type Adapter, describeAdapter } from "../../core/engines/adapter.ts";
import { runExperiment } from "../../core/runs/run_experiment.ts";
import { formatDuration } from "../../core/text/time.ts";
import { baselineExperiment } from "../baseline.ts";

/** The script's command line. */
export const command = cli.exitOnUsageError(new Command("gpu"))
  .description("Times WebGPU's kernels beside cuBLAS, compares their weights with WebAssembly's, and draws Figure 3a.")
  .addOption(cli.toggle("--look <0|1>", "only look whether there is a GPU"))
  .option("--seconds <n>", "time for each contestant on each problem", cli.positive, 5)
  .option("--threads <n>", "of wasm-fused", cli.integer(1, 256), navigator.hardwareConcurrency)
  .option("--result-dir <path>", "where gpu.txt, bench.csv and the figure go", cli.path, "result/gpu");

/**
 * Refuses what is no GPU.
 *
 * @param adapter The WebGPU adapter.
 * @returns The same.
 * @throws {Error} If there is none, or one of software.
 */
export function hardware(adapter: Adapter | undefined): Adapter {
  if (adapter && !adapter.software) return adapter;
  throw new Error(`no hardware WebGPU adapter is found${adapter ? `, only ${adapter.name}, which is software` : ""}`);
}

/** Steps after which weights are compared. */
const STEPS = 3;

/** The largest difference of the weights of WebGPU from those of WebAssembly, over the largest weight. */
async function differenceOn(problem: BenchProblem, threads: number): Promise<number> {
  const [ours, theirs] = await Array.fromAsync(["webgpu-fused", "wasm-fused"] as const, async (name) => {
    const contestant = await enterEngine(name, problem, threads).open();
    return await contestant.walk(STEPS).finally(() => contestant.dispose()) as Float32Array;
  });
  const largest = (numbers: Float32Array) => numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return largest(ours.map((x, i) => x - theirs[i])) / largest(theirs);
}

/**
 * Times the engines and cuBLAS.
 *
 * @param loaders Load the problems.
 * @param threads Number of threads of `wasm-fused`.
 * @param seconds The time of each contestant on each problem.
 * @returns What was measured, and how far the weights of WebGPU are from those of WebAssembly.
 */
export async function measureGpu(
  loaders: readonly (() => Promise<BenchProblem>)[],
  threads: number,
  seconds: number,
): Promise<{ readonly measurements: Measurement[]; readonly differences: number[] }> {
  const [measurements, differences]: [Measurement[], number[]] = [[], []];
  for (const load of loaders) {
    const problem = await load();
    const entries = [
      ...(["webgpu-fused", "webgpu-plain", "wasm-fused"] as const).map((name) => enterEngine(name, problem, threads)),
      ...(["torch-cuda", "cublas"] as const).map((name) => enterMatrixStep(name, problem, threads)),
    ];
    measurements.push(...measure(problem, await race(entries, seconds)));
    differences.push(await differenceOn(problem, threads));
  }
  return { measurements, differences };
}

if (import.meta.main) {
  await cli.runScript(async () => {
    const { look, seconds, threads, resultDir } = command.parse(Deno.args, { from: "user" }).opts();
    const { name } = hardware(await describeAdapter());
    if (look) return console.log(`GPU: ${name}`);
    makeFolder(resultDir);
    const { measurements, differences } = await measureGpu(
      [problems.mnist100, problems.mnist600, problems.softmax],
      threads,
      seconds,
    );
    writeWhole(`${resultDir}/bench.csv`, measurementsCsv(measurements));

    const experiment = baselineExperiment([
      ...["--lam", "1e-6", "--dataset", "MNIST", "--backend", "webgpu", "--fresh", "1", "--result-dir", resultDir],
    ]);
    const began = performance.now();
    await runExperiment(experiment);
    const { burn_in, num_trial } = experiment.options;
    const duration = formatDuration((performance.now() - began) / 1000);
    const report = [
      `${name}, version ${denoConfig.version}, Deno ${Deno.version.deno}, ${Deno.build.target}`,
      "",
      gpuTable(measurements, differences),
      `difference: of the weights after ${STEPS} steps from those of wasm-fused, over the largest`,
      `Figure 3a, ${burn_in} steps of learning, ${num_trial} trials: ${duration}`,
    ].join("\n");
    writeWhole(`${resultDir}/gpu.txt`, `${report}\n`);
    console.log(`\n${report}\n\n${resultDir}/gpu.txt\n${resultDir}/bench.csv`);
  });
}
