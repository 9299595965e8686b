/**
 * Structures that TypeScript fills and WGSL reads, declared once for both.
 * @module
 */

/** A type of four bytes, so that fields follow one another without gaps in every address space. */
type Scalar = "u32" | "f32";

const SETTERS = { u32: "setUint32", f32: "setFloat32" } as const;

/** A WGSL structure of scalars. */
export class Struct<Field extends string> {
  readonly #fields: [Field, Scalar][];

  /**
   * Declares a structure.
   *
   * @param name The structure's name in WGSL.
   * @param fields The fields in order.
   */
  constructor(readonly name: string, fields: Readonly<Record<Field, Scalar>>) {
    this.#fields = Object.entries(fields) as [Field, Scalar][];
  }

  /** The size of one structure in bytes. */
  get bytes(): number {
    return 4 * this.#fields.length;
  }

  /** The declaration in WGSL. */
  get wgsl(): string {
    return `struct ${this.name} { ${this.#fields.map(([field, type]) => `${field}: ${type}`).join(", ")} }`;
  }

  /**
   * Lays out structures for the device.
   *
   * @param records The fields' values, one record a structure.
   * @param stride Bytes from one structure to the next.
   * @returns `stride` bytes a structure.
   */
  pack(records: readonly Readonly<Record<Field, number>>[], stride: number = this.bytes): ArrayBuffer {
    const view = new DataView(new ArrayBuffer(stride * records.length));
    records.forEach((record, index) =>
      this.#fields.forEach(([field, type], position) =>
        view[SETTERS[type]](index * stride + 4 * position, record[field], true)
      )
    );
    return view.buffer;
  }
}
