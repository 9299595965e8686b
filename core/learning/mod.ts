/**
 * Learning and unlearning: {@linkcode langevin} chains, {@linkcode descend} for Descent-to-Delete, and the engines that
 * compute their steps.
 *
 * They take the steps that the theorems speak of: exactly as many as asked for, only a row's gradient clipped, to an M
 * that clips none.
 *
 * @module
 */
export { testAccuracies } from "../model/accuracy.ts";
export { type BackendName, BACKENDS, KERNELS, type Kernels } from "../engines/backends.ts";
export {
  CapacityError,
  type ChainNoise,
  type Dynamics,
  type Engine,
  type TrainingSet,
  type Walk,
} from "../engines/engine.ts";
export { type EngineChoice, openEngine } from "../engines/open_engine.ts";
export { DeviceLostError } from "../engines/webgpu/device_lost_error.ts";
export { batchCount, type Batches, type RowCycle, rowOrders } from "../model/batches.ts";
export { cellId, type Stream } from "../model/random.ts";
export {
  descend,
  descentStart,
  type Draws,
  langevin,
  langevinStart,
  type Leg,
  type NoisyLeg,
  publish,
  type Setting,
  type Start,
} from "./chains.ts";
export { nullRows, replacementRows, rowsToRemove } from "../model/removal.ts";
