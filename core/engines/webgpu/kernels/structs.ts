/**
 * The constants that the kernels share. Matrices have rows of whole quads (vec4f), and every kernel addresses them
 * through these sizes, so one compiled kernel serves every problem.
 * @module
 */
import { Struct } from "../struct.ts";

/** The constants of a walk. */
export const WalkConstants = new Struct("WalkConstants", {
  /** n. */
  count: "u32",
  /** d. */
  dimension: "u32",
  /** Columns of weights a chain. */
  outputs: "u32",
  chains: "u32",
  seed: "u32",
  /** Length of a stored row of features. */
  featureQuads: "u32",
  /** How much of it is not padding of whole tiles. */
  depthQuads: "u32",
  /** Length of a row of weights, scores or gradients: column c·chains + j is output c of chain j. */
  columnQuads: "u32",
  /** Number of partial sums of the gradient. */
  parts: "u32",
  /** Number of partial sums of the clipping factors. */
  partials: "u32",
  /** η. */
  stepSize: "f32",
  /** λn. */
  regularization: "f32",
  /** λn where the regularizer is clipped with a row's gradient, else 0. */
  clippedRegularization: "f32",
  /** M. */
  clip: "f32",
  /** R. */
  radius: "f32",
});

/** The rows of one dispatch. */
export const Slab = new Struct("Slab", {
  /** Number of rows; the rest of the last tile is not part of the training set. */
  count: "u32",
  /** Where the slab's sums of clipping factors begin. */
  firstPartial: "u32",
  /** Number of partial sums of the gradient that this step's earlier slabs have begun. */
  summedParts: "u32",
});

/** The noise of one chain. */
export const Chain = new Struct("Chain", {
  cell: "u32",
  trial: "u32",
  /** √(2ησ²). */
  noise: "f32",
});

/** The constants of a walk over batches. */
export const BatchWalkConstants = new Struct("BatchWalkConstants", {
  /** n. */
  count: "u32",
  /** d. */
  dimension: "u32",
  /** Vectors of weights a chain. */
  outputs: "u32",
  seed: "u32",
  /** Length of a stored row of features. */
  featureQuads: "u32",
  /** Length of a vector of weights, ⌈d/4⌉. */
  depthQuads: "u32",
  /** Rows of every buffer of rows but the last. */
  bufferRows: "u32",
  /** b. */
  batchSize: "u32",
  /** Number of batches of a cycle. */
  batchCount: "u32",
  /** Length of a chain's scores for an output, b and padding. */
  batchStride: "u32",
  /** η. */
  stepSize: "f32",
  /** λn. */
  regularization: "f32",
  /** M. */
  clip: "f32",
  /** R, 0 without a projection. */
  radius: "f32",
});

/** The noise of one chain of a walk over batches, and where its trial's order begins. */
export const BatchChain = new Struct("BatchChain", {
  cell: "u32",
  trial: "u32",
  /** √(2ησ²). */
  noise: "f32",
  order: "u32",
});

/** The steps that a dispatch takes, or the one that it belongs to. */
export const Steps = new Struct("Steps", { first: "u32", count: "u32" });
