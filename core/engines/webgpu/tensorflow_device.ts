/**
 * The WebGPU device of TensorFlow.js's backend, which kernels and plain operations share.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { setBackend } from "../tensorflow.ts";
import { Device } from "./device.ts";

const known = new WeakMap<WebGPUBackend, Device>();

/**
 * The device of TensorFlow.js's WebGPU backend, a new one if the last was lost.
 *
 * @returns The device.
 * @throws {Error} If there is no adapter.
 */
export async function openDevice(): Promise<Device> {
  const device = await deviceOfBackend();
  if (!device.isLost) return device;
  forgetBackend();
  return await deviceOfBackend();
}

async function deviceOfBackend(): Promise<Device> {
  await setBackend("webgpu");
  const backend = tf.backend() as WebGPUBackend;
  const device = known.get(backend) ?? new Device(backend.device, () => flush(backend));
  known.set(backend, device);
  return device;
}

/** submitQueue fails where nothing is recorded, and only the open encoder tells whether something is. */
function flush(backend: WebGPUBackend): void {
  if (!backend["commandEncoder"]) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** Makes TensorFlow.js start its backend anew. */
function forgetBackend(): void {
  const start = tf.findBackendFactory("webgpu");
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", start);
}
