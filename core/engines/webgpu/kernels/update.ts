/**
 * What a step does to the weights once the gradient is known.
 * @module
 */
import { Purpose } from "../../../model/random.ts";
import { type KernelSource, reads, uniform, writes } from "../kernel.ts";
import { noise } from "./noise.ts";
import { Chain, Steps, WalkConstants } from "./structs.ts";

/** Lanes of a workgroup: columns of weights × features (projection) or quads of features (update). */
export const UPDATE_LANES = [32, 4] as const;

/**
 * W ← W − η·(Σ_i f_i a_i⊗x_i / n + λn·f·W) + √(2ησ²)·N(0, I). A lane has four features of a column, for which one
 * Philox block holds the normals; the grid is columns × quads of features, over {@linkcode UPDATE_LANES}.
 */
export const update: KernelSource<"walk" | "steps" | "chains" | "gradients" | "factors" | "weights"> = {
  label: "update",
  variables: {
    walk: uniform(WalkConstants),
    steps: uniform(Steps, true),
    chains: reads(Chain),
    gradients: reads("f32"),
    factors: reads("f32"),
    weights: writes("f32"),
  },
  code: `
${noise}
@compute @workgroup_size(${UPDATE_LANES[0]}, ${UPDATE_LANES[1]})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let blocks = (walk.dimension + 3u) / 4u;
  let columns = walk.columnQuads * 4u;
  if (id.x >= walk.chains * walk.outputs || id.y >= blocks) { return; }
  let output = id.x / walk.chains;
  let chain = id.x % walk.chains;
  let counter = vec4u(chains[chain].trial, output * blocks + id.y, steps.first, ${Purpose.step}u);
  let normals = standardNormals(counter, vec2u(walk.seed, chains[chain].cell));
  for (var i = 0u; i < 4u && 4u * id.y + i < walk.dimension; i++) {
    let index = (4u * id.y + i) * columns + id.x;
    var gradient = 0.0;
    for (var part = 0u; part < walk.parts; part++) {
      gradient += gradients[part * walk.featureQuads * 4u * columns + index];
    }
    let weight = weights[index];
    let slope = gradient / f32(walk.count) + walk.regularization * factors[chain] * weight;
    weights[index] = weight - walk.stepSize * slope + chains[chain].noise * normals[i];
  }
}`,
};

/** Scales weights of norm above R to norm R; the grid is columns × features, over {@linkcode UPDATE_LANES}. */
export const projection: KernelSource<"walk" | "squaredNorms" | "weights"> = {
  label: "projection",
  variables: { walk: uniform(WalkConstants), squaredNorms: reads("f32"), weights: writes("f32") },
  code: `
@compute @workgroup_size(${UPDATE_LANES[0]}, ${UPDATE_LANES[1]})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= walk.chains * walk.outputs || id.y >= walk.dimension) { return; }
  let norm = sqrt(squaredNorms[id.x % walk.chains]);
  if (norm > walk.radius) {
    weights[id.y * walk.columnQuads * 4u + id.x] *= walk.radius / norm;
  }
}`,
};
