/**
 * What the tests of CIFAR-10's features compare with: values of torchvision in `fixtures/resnet18`.
 * @module
 */

/** The reference's image of 32 × 32 pixels, which needs no data set: a 32-bit hash of the byte's index. */
export function syntheticImage(): Uint8Array {
  return Uint8Array.from({ length: 3072 }, (_, i) => {
    const a = (Math.imul(1000, 0x9e3779b9) + Math.imul(i + 1, 0x6d2b79f5)) | 0;
    let x = Math.imul(a ^ (a >>> 15), a | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 24;
  });
}

/** Relative error of features in the Euclidean norm. */
export function featureError(actual: Float32Array, expected: readonly number[]): number {
  const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return norm(expected.map((value, i) => value - actual[i])) / norm(expected);
}
