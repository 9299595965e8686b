// @ts-nocheck: AssemblyScript, checked by its own compiler.
/**
 * The element-wise part of a step: outputs become residuals times clip factors, in place, for four chains at once, or
 * four rows.
 *
 * A row's gradient is a⊗x + λW with |x| = 1, so its norm² is |a|² + 2λ a·z + λ²|W|². λ is here the regularizer's weight
 * inside the clipping, 0 where it is added after.
 * @module
 */
import { exponential, multiplyAdd } from "./simd.as.ts";

/** min(1, M/norm). */
function clipFactor(squaredResidual: v128, residualDotOutput: v128, squaredNorm: v128, lambda: f32, clip: f32): v128 {
  const mixed = multiplyAdd(f32x4.splat(2 * lambda), residualDotOutput, squaredResidual);
  const squared = multiplyAdd(f32x4.splat(lambda * lambda), squaredNorm, mixed);
  const norm = f32x4.sqrt(f32x4.pmax(squared, f32x4.splat(0)));
  return f32x4.pmin(f32x4.div(f32x4.splat(clip), norm), f32x4.splat(1));
}

/** a = (s(yz) − 1)y = −y/(1 + exp(yz)), the residual of the logistic loss. */
function logisticResidual(label: v128, output: v128): v128 {
  const inverse = f32x4.add(exponential(f32x4.mul(label, output)), f32x4.splat(1));
  return f32x4.div(f32x4.neg(label), inverse);
}

/**
 * Logistic loss.
 * @param outputs The outputs z of the first row. Replaced by f·a.
 * @param rowStride Bytes from the outputs of one row to those of the next.
 * @param labels A label y a row.
 * @param squaredNorm |W|² of the four chains.
 * @returns Σ f over the rows.
 */
export function clipLogistic(
  outputs: usize,
  rowStride: usize,
  labels: usize,
  rows: usize,
  squaredNorm: v128,
  lambda: f32,
  clip: f32,
): v128 {
  let factors = f32x4.splat(0);
  for (const end = labels + 4 * rows; labels != end; labels += 4) {
    const label = v128.load32_splat(labels);
    const output = v128.load(outputs);
    const residual = logisticResidual(label, output);
    const squared = f32x4.mul(residual, residual);
    const factor = clipFactor(squared, f32x4.mul(residual, output), squaredNorm, lambda, clip);
    factors = f32x4.add(factors, factor);
    v128.store(outputs, f32x4.mul(factor, residual));
    outputs += rowStride;
  }
  return factors;
}

/**
 * Softmax loss: a = softmax(z) − y.
 * @param outputs The output of class 0 for the first row. Replaced by f·a.
 * @param rowStride Bytes from the outputs of one row to those of the next.
 * @param classStride Bytes from the outputs of one class to those of the next.
 * @param classes Number of classes.
 * @param labels `classes` labels a row.
 * @param squaredNorm |W|² of the four chains.
 * @param residuals Room for a vector a class.
 * @returns Σ f over the rows.
 */
export function clipSoftmax(
  outputs: usize,
  rowStride: usize,
  classStride: usize,
  classes: usize,
  labels: usize,
  rows: usize,
  squaredNorm: v128,
  residuals: usize,
  lambda: f32,
  clip: f32,
): v128 {
  let factors = f32x4.splat(0);
  for (let row: usize = 0; row < rows; row++) {
    const largest = largestOutput(outputs, classStride, classes);
    let total = f32x4.splat(0);
    for (let k: usize = 0; k < classes; k++) {
      const power = exponential(f32x4.sub(v128.load(outputs + k * classStride), largest));
      v128.store(residuals + 16 * k, power);
      total = f32x4.add(total, power);
    }

    const scale = f32x4.div(f32x4.splat(1), total);
    let squared = f32x4.splat(0);
    let dot = f32x4.splat(0);
    for (let k: usize = 0; k < classes; k++) {
      const probability = f32x4.mul(v128.load(residuals + 16 * k), scale);
      const residual = f32x4.sub(probability, v128.load32_splat(labels + 4 * k));
      v128.store(residuals + 16 * k, residual);
      squared = multiplyAdd(residual, residual, squared);
      dot = multiplyAdd(residual, v128.load(outputs + k * classStride), dot);
    }

    const factor = clipFactor(squared, dot, squaredNorm, lambda, clip);
    factors = f32x4.add(factors, factor);
    for (let k: usize = 0; k < classes; k++) {
      v128.store(outputs + k * classStride, f32x4.mul(factor, v128.load(residuals + 16 * k)));
    }
    outputs += rowStride;
    labels += 4 * classes;
  }
  return factors;
}

function largestOutput(outputs: usize, classStride: usize, classes: usize): v128 {
  let largest = v128.load(outputs);
  for (let k: usize = 1; k < classes; k++) largest = f32x4.pmax(largest, v128.load(outputs + k * classStride));
  return largest;
}

/** f·a of the logistic loss for four rows of one chain, whose regularizer is not clipped. */
export function clipLogisticRows(labels: v128, outputs: v128, clip: f32): v128 {
  const residual = logisticResidual(labels, outputs);
  return f32x4.mul(clipFactorOfData(f32x4.mul(residual, residual), clip), residual);
}

/**
 * The same for the softmax loss.
 * @param outputs A vector a class, replaced by f·a; those of the next class lie `stride` bytes on.
 * @param labels A vector a class; those of the next class lie `labelStride` bytes on.
 */
export function clipSoftmaxRows(
  outputs: usize,
  stride: usize,
  classes: usize,
  labels: usize,
  labelStride: usize,
  clip: f32,
): void {
  const largest = largestOutput(outputs, stride, classes);
  let total = f32x4.splat(0);
  for (let k: usize = 0; k < classes; k++) {
    const power = exponential(f32x4.sub(v128.load(outputs + k * stride), largest));
    v128.store(outputs + k * stride, power);
    total = f32x4.add(total, power);
  }

  const scale = f32x4.div(f32x4.splat(1), total);
  let squared = f32x4.splat(0);
  for (let k: usize = 0; k < classes; k++) {
    const probability = f32x4.mul(v128.load(outputs + k * stride), scale);
    const residual = f32x4.sub(probability, v128.load(labels + k * labelStride));
    v128.store(outputs + k * stride, residual);
    squared = multiplyAdd(residual, residual, squared);
  }

  const factor = clipFactorOfData(squared, clip);
  for (let k: usize = 0; k < classes; k++) {
    v128.store(outputs + k * stride, f32x4.mul(factor, v128.load(outputs + k * stride)));
  }
}

/** min(1, M/|a|). */
function clipFactorOfData(squaredResidual: v128, clip: f32): v128 {
  return clipFactor(squaredResidual, f32x4.splat(0), f32x4.splat(0), 0, clip);
}
