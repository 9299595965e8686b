/**
 * A compute kernel and its buffers, bound by name: the declarations in WGSL, the layout of the bind group and the type
 * of its resources all come from one table of variables.
 * @module
 */
import type { Struct } from "./struct.ts";

/** A buffer that a kernel sees as a variable. */
export interface Variable {
  /** How the kernel uses it. */
  readonly access: GPUBufferBindingType;
  /** Its WGSL type. */
  readonly type: string;
  /** The declarations of the structures in the type. */
  readonly structs: readonly string[];
  /** Whether every dispatch picks its own part of the buffer. */
  readonly dynamic: boolean;
}

/**
 * Declares constants.
 *
 * @param struct Their structure.
 * @param dynamic Whether every dispatch picks its own.
 * @returns The variable.
 */
export function uniform({ name, wgsl }: Struct<string>, dynamic = false): Variable {
  return { access: "uniform", type: name, structs: [wgsl], dynamic };
}

/**
 * Declares an array that is read.
 *
 * @param element Structure or WGSL type of its elements.
 * @returns The variable.
 */
export function reads(element: Struct<string> | string): Variable {
  return { access: "read-only-storage", ...arrayOf(element), dynamic: false };
}

/**
 * Declares an array that is read and written.
 *
 * @param element Structure or WGSL type of its elements.
 * @returns The variable.
 */
export function writes(element: Struct<string> | string): Variable {
  return { access: "storage", ...arrayOf(element), dynamic: false };
}

function arrayOf(element: Struct<string> | string): Pick<Variable, "type" | "structs"> {
  if (typeof element === "string") return { type: `array<${element}>`, structs: [] };
  return { type: `array<${element.name}>`, structs: [element.wgsl] };
}

/** A kernel before it is compiled. */
export interface KernelSource<Name extends string = string> {
  /** Names the kernel in the device's error messages. */
  readonly label: string;
  /** The buffers that the code uses, by their names in it. */
  readonly variables: Readonly<Record<Name, Variable>>;
  /** WGSL with an entry point `main`, without the declarations of the variables and their structures. */
  readonly code: string;
}

const ADDRESS_SPACES: Record<GPUBufferBindingType, string> = {
  "uniform": "uniform",
  "read-only-storage": "storage, read",
  "storage": "storage, read_write",
};

/** A kernel with its buffers and the size of its grid: one dispatch of a step. */
export interface Dispatch {
  /** What runs. */
  readonly pipeline: GPUComputePipeline;
  /** On which buffers. */
  readonly group: GPUBindGroup;
  /** Number of workgroups along each axis. */
  readonly grid: readonly [number, number?, number?];
  /** Whether the group has a dynamic offset. */
  readonly dynamic: boolean;
}

/** A compiled kernel. */
export class Kernel<Name extends string = string> {
  readonly #device: GPUDevice;
  readonly #variables: [Name, Variable][];
  readonly #layout: GPUBindGroupLayout;
  readonly #pipeline: GPUComputePipeline;

  /**
   * Compiles a kernel.
   *
   * @param device Where the kernel runs.
   * @param source What it computes.
   */
  constructor(device: GPUDevice, { label, variables, code }: KernelSource<Name>) {
    this.#device = device;
    this.#variables = Object.entries(variables) as [Name, Variable][];
    this.#layout = device.createBindGroupLayout({
      label,
      entries: this.#variables.map(([_, { access, dynamic }], binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: access, hasDynamicOffset: dynamic },
      })),
    });
    const structs = new Set(this.#variables.flatMap(([_, { structs }]) => structs));
    const declarations = this.#variables.map(([name, { access, type }], binding) =>
      `@group(0) @binding(${binding}) var<${ADDRESS_SPACES[access]}> ${name}: ${type};`
    );
    this.#pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [this.#layout] }),
      compute: {
        module: device.createShaderModule({ label, code: [...structs, ...declarations, code].join("\n") }),
        entryPoint: "main",
      },
    });
  }

  /**
   * Prepares a dispatch.
   *
   * @param resources The buffers behind the kernel's variables.
   * @param grid Number of workgroups along each axis.
   * @returns What a compute pass needs to run it.
   */
  dispatch(resources: Readonly<Record<Name, GPUBufferBinding>>, grid: Dispatch["grid"]): Dispatch {
    const group = this.#device.createBindGroup({
      layout: this.#layout,
      entries: this.#variables.map(([name], binding) => ({ binding, resource: resources[name] })),
    });
    return { pipeline: this.#pipeline, group, grid, dynamic: this.#variables.some(([_, { dynamic }]) => dynamic) };
  }
}
