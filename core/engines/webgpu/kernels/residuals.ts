/**
 * From scores to clipped residuals, in place.
 * @module
 */
import { type KernelSource, reads, uniform, writes } from "../kernel.ts";
import { Slab, WalkConstants } from "./structs.ts";

/** Rows that a lane handles one after the other and whose clipping factors it adds up. */
export const PARTIAL_ROWS = 16;

/** Lanes of a workgroup, each with its own chain. */
export const RESIDUAL_LANES = 64;

/** The loss of a row. */
export type Loss = "logistic" | "softmax";

/** Forms the residuals of a row and chain whose scores begin at `first`, the next output's at `place(first, 1)`. */
const FORM_RESIDUAL = {
  // (s(yz) − 1)y. The exponential's argument is never positive: nothing overflows, and small residuals stay exact.
  logistic: `
fn formResidual(row: u32, first: u32) -> Products {
  let score = scores[first];
  let label = labels[row];
  let odds = exp(-abs(score));
  let residual = -label * select(1.0, odds, label * score > 0.0) / (1.0 + odds);
  scores[first] = residual;
  return Products(residual * residual, residual * score);
}`,
  // softmax(z) − y.
  softmax: `
fn formResidual(row: u32, first: u32) -> Products {
  var largest = scores[first];
  for (var c = 1u; c < walk.outputs; c++) { largest = max(largest, scores[place(first, c)]); }
  var total = 0.0;
  for (var c = 0u; c < walk.outputs; c++) { total += exp(scores[place(first, c)] - largest); }
  var products = Products();
  for (var c = 0u; c < walk.outputs; c++) {
    let score = scores[place(first, c)];
    let residual = exp(score - largest) / total - labels[row * walk.outputs + c];
    scores[place(first, c)] = residual;
    products.square += residual * residual;
    products.withScores += residual * score;
  }
  return products;
}`,
} as const satisfies Record<Loss, string>;

/**
 * From the scores of a row and chain to its clipped residuals, for kernels with `walk.outputs`, `walk.clip`, `labels`,
 * `scores` and a function `place(first, c)`, the place of output c among scores that begin at `first`.
 *
 * @param loss Whose residuals they are.
 * @returns WGSL that declares `formResidual(row, first)`, which puts residuals in the place of scores and returns their
 * products, `clippingFactor(squaredNorm)`, `scaleResidual(first, factor)` and `eraseScores(first)`.
 */
export function residualFunctions(loss: Loss): string {
  return `
struct Products {
  square: f32, // |a|²
  withScores: f32, // a·z
}

${FORM_RESIDUAL[loss]}

// min(1, M/norm).
fn clippingFactor(squaredNorm: f32) -> f32 {
  let norm = sqrt(max(squaredNorm, 0.0));
  if (norm <= walk.clip) { return 1.0; }
  return walk.clip / norm;
}

fn scaleResidual(first: u32, factor: f32) {
  for (var c = 0u; c < walk.outputs; c++) { scores[place(first, c)] *= factor; }
}

fn eraseScores(first: u32) {
  for (var c = 0u; c < walk.outputs; c++) { scores[place(first, c)] = 0.0; }
}`;
}

/**
 * Replaces the scores z of every row and chain by f·a, the residuals times the row's clipping factor, and sums up the
 * factors of every {@linkcode PARTIAL_ROWS} rows. Rows behind the slab's last one get zeros, so that no product counts
 * them.
 *
 * @param loss Whose residuals they are.
 * @returns The kernel; its grid is chains / {@linkcode RESIDUAL_LANES} × rows / {@linkcode PARTIAL_ROWS}.
 */
export function residuals(
  loss: Loss,
): KernelSource<"walk" | "slab" | "labels" | "squaredNorms" | "scores" | "partials"> {
  return {
    label: `${loss} residuals`,
    variables: {
      walk: uniform(WalkConstants),
      slab: uniform(Slab),
      labels: reads("f32"),
      squaredNorms: reads("f32"),
      scores: writes("f32"),
      partials: writes("f32"),
    },
    code: `
fn place(first: u32, c: u32) -> u32 { return first + c * walk.chains; }
${residualFunctions(loss)}

// |a⊗x + μW|², where |x| = 1 and μ = 0 unless the regularizer is clipped too.
fn squaredGradient(products: Products, squaredNorm: f32) -> f32 {
  let mu = walk.clippedRegularization;
  if (mu > 0.0) { return products.square + 2.0 * mu * products.withScores + mu * mu * squaredNorm; }
  return products.square;
}

@compute @workgroup_size(${RESIDUAL_LANES})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let chain = id.x;
  if (chain >= walk.chains) { return; }
  var sum = 0.0;
  for (var row = id.y * ${PARTIAL_ROWS}u; row < (id.y + 1u) * ${PARTIAL_ROWS}u; row++) {
    let first = row * walk.columnQuads * 4u + chain;
    if (row < slab.count) {
      let factor = clippingFactor(squaredGradient(formResidual(row, first), squaredNorms[chain]));
      scaleResidual(first, factor);
      sum += factor;
    } else {
      eraseScores(first);
    }
  }
  partials[(slab.firstPartial + id.y) * walk.chains + chain] = sum;
}`,
  };
}
