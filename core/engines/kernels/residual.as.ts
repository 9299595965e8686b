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
    const factor = clipSoftmaxVector<f32>(
      outputs,
      classStride,
      classes,
      labels,
      4,
      squaredNorm,
      residuals,
      lambda,
      clip,
    );
    factors = f32x4.add(factors, factor);
    outputs += rowStride;
    labels += 4 * classes;
  }
  return factors;
}

/**
 * f for four outputs of each class, which are replaced by f·a.
 * @param labels For each class one label of all four where `Label` is f32, a vector of theirs where it is v128.
 * @param labelStride Bytes from the labels of one class to those of the next.
 */
function clipSoftmaxVector<Label>(
  outputs: usize,
  classStride: usize,
  classes: usize,
  labels: usize,
  labelStride: usize,
  squaredNorm: v128,
  residuals: usize,
  lambda: f32,
  clip: f32,
): v128 {
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
    const label = labels + k * labelStride;
    const residual = f32x4.sub(probability, isFloat<Label>() ? v128.load32_splat(label) : v128.load(label));
    v128.store(residuals + 16 * k, residual);
    squared = multiplyAdd(residual, residual, squared);
    dot = multiplyAdd(residual, v128.load(outputs + k * classStride), dot);
  }

  const factor = clipFactor(squared, dot, squaredNorm, lambda, clip);
  for (let k: usize = 0; k < classes; k++) {
    v128.store(outputs + k * classStride, f32x4.mul(factor, v128.load(residuals + 16 * k)));
  }
  return factor;
}

function largestOutput(outputs: usize, classStride: usize, classes: usize): v128 {
  let largest = v128.load(outputs);
  for (let k: usize = 1; k < classes; k++) largest = f32x4.pmax(largest, v128.load(outputs + k * classStride));
  return largest;
}

/**
 * The logistic loss of four rows of one chain.
 * @param outputs The outputs of the rows. Replaced by f·a.
 * @param labels Their labels.
 * @param squaredNorm |W|² of the chain in all lanes.
 * @returns f of each.
 */
export function clipLogisticRows(outputs: usize, labels: v128, squaredNorm: v128, lambda: f32, clip: f32): v128 {
  const output = v128.load(outputs);
  const residual = logisticResidual(labels, output);
  const squared = f32x4.mul(residual, residual);
  const factor = clipFactor(squared, f32x4.mul(residual, output), squaredNorm, lambda, clip);
  v128.store(outputs, f32x4.mul(factor, residual));
  return factor;
}

/**
 * The same for the softmax loss.
 * @param outputs A vector a class, replaced by f·a; those of the next class lie `classStride` bytes on.
 * @param labels A vector a class; those of the next class lie `labelStride` bytes on.
 * @param residuals Room for a vector a class.
 */
export function clipSoftmaxRows(
  outputs: usize,
  classStride: usize,
  classes: usize,
  labels: usize,
  labelStride: usize,
  squaredNorm: v128,
  residuals: usize,
  lambda: f32,
  clip: f32,
): v128 {
  return clipSoftmaxVector<v128>(
    outputs,
    classStride,
    classes,
    labels,
    labelStride,
    squaredNorm,
    residuals,
    lambda,
    clip,
  );
}
