/**
 * One number a chain: the squared norm of its weights and the mean of its clipping factors.
 * @module
 */
import { type KernelSource, reads, uniform, writes } from "../kernel.ts";
import { WalkConstants } from "./structs.ts";

/** Chains of a workgroup; as many lanes share the terms of each. */
export const SUMMED_CHAINS = 16;

/** Code that lets `add` add terms 0 … `count` − 1 of a chain to `sum` and stores `result`, made of their `total`. */
function chainSum(count: string, add: string, result: string): string {
  return `
var<workgroup> laneSums: array<array<f32, ${SUMMED_CHAINS}>, ${SUMMED_CHAINS}>;

@compute @workgroup_size(${SUMMED_CHAINS}, ${SUMMED_CHAINS})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_id) lane: vec3u) {
  let chain = id.x;
  var sum = 0.0;
  if (chain < walk.chains) {
    for (var i = lane.y; i < ${count}; i += ${SUMMED_CHAINS}u) { ${add} }
  }
  laneSums[lane.y][lane.x] = sum;
  workgroupBarrier();
  if (lane.y == 0u && chain < walk.chains) {
    var total = 0.0;
    for (var y = 0u; y < ${SUMMED_CHAINS}u; y++) { total += laneSums[y][lane.x]; }
    sums[chain] = ${result};
  }
}`;
}

/** |W|² of every chain; the grid is chains / {@linkcode SUMMED_CHAINS}. */
export const squaredNorms: KernelSource<"walk" | "weights" | "sums"> = {
  label: "squared norms",
  variables: { walk: uniform(WalkConstants), weights: reads("f32"), sums: writes("f32") },
  code: chainSum(
    "walk.dimension",
    `for (var c = 0u; c < walk.outputs; c++) {
        let weight = weights[i * walk.columnQuads * 4u + c * walk.chains + chain];
        sum += weight * weight;
      }`,
    "total",
  ),
};

/** f = mean f_i of every chain; the grid is chains / {@linkcode SUMMED_CHAINS}. */
export const meanFactors: KernelSource<"walk" | "partials" | "sums"> = {
  label: "mean clipping factors",
  variables: { walk: uniform(WalkConstants), partials: reads("f32"), sums: writes("f32") },
  code: chainSum("walk.partials", "sum += partials[i * walk.chains + chain];", "total / f32(walk.count)"),
};
