/**
 * The weights' two layouts: chain by chain for the caller, feature by feature on the device, where column
 * c·chains + j holds output c of chain j.
 * @module
 */

/** Sizes of the weights. */
export interface WeightShape {
  /** Number of chains. */
  readonly chains: number;
  /** Columns of weights a chain. */
  readonly outputs: number;
  /** d. */
  readonly dimension: number;
  /** Rows on the device: d and padding. */
  readonly rows: number;
  /** Columns on the device: `chains` × `outputs` and padding. */
  readonly columns: number;
}

/** Calls `visit` with the places of every weight in the caller's and in the device's array. */
function eachWeight(
  { chains, outputs, dimension, columns }: WeightShape,
  visit: (place: number, devicePlace: number) => void,
): void {
  for (let chain = 0; chain < chains; chain++) {
    for (let output = 0; output < outputs; output++) {
      const start = (chain * outputs + output) * dimension;
      const column = output * chains + chain;
      for (let k = 0; k < dimension; k++) visit(start + k, k * columns + column);
    }
  }
}

/**
 * Lays out weights for the device.
 *
 * @param weights `outputs` rows of d weights a chain.
 * @param shape Their sizes.
 * @returns The weights as the device has them, padded with zeros.
 */
export function toDevice(weights: Float32Array, shape: WeightShape): Float32Array<ArrayBuffer> {
  const target = new Float32Array(shape.rows * shape.columns);
  eachWeight(shape, (place, devicePlace) => target[devicePlace] = weights[place]);
  return target;
}

/**
 * Lays out weights for the caller.
 *
 * @param weights The weights as the device has them.
 * @param shape Their sizes.
 * @returns `outputs` rows of d weights a chain.
 */
export function fromDevice(weights: Float32Array, shape: WeightShape): Float32Array {
  const target = new Float32Array(shape.chains * shape.outputs * shape.dimension);
  eachWeight(shape, (place, devicePlace) => target[place] = weights[devicePlace]);
  return target;
}
