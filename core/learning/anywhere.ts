/**
 * What of learning and unlearning a browser has too: the chains, and what engines are, without what opens one.
 * @module
 */
export { testAccuracies } from "../model/accuracy.ts";
export {
  CapacityError,
  type ChainNoise,
  type Dynamics,
  type Engine,
  type TrainingSet,
  type Walk,
} from "../engines/engine.ts";
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
