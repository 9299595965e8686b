/**
 * A memory shared with workers, and who uses which part of it.
 * @module
 */
import { CapacityError } from "../engine.ts";

const PAGE_BYTES = 65536;

/** One page less than the 4 GiB that 32-bit addresses reach, so that an address one past the end is still one. */
export const MAXIMUM_PAGES = 65535;

/** Bytes that addresses reach. */
export const MAXIMUM_BYTES: number = MAXIMUM_PAGES * PAGE_BYTES;

/** Every allocation starts on a cache line of its own. */
const ALIGNMENT = 64;

const REMEDY = "advance fewer trials at once or train on fewer rows";

/** A size for messages. */
export const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Allocates parts of one shared memory, which grows as needed up to 4 GiB. */
export class SharedHeap {
  /** The memory, for the WebAssembly instances to import. */
  readonly memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared: true });
  /** Free spans by address; no two touch. Address 0 is never given out. */
  #free: Span[] = [{ start: ALIGNMENT, end: PAGE_BYTES }];
  readonly #used = new Map<number, Span>();

  /**
   * Takes a part of the memory and fills it with zeros.
   * @param bytes Its size.
   * @returns Its address, a multiple of 64.
   * @throws {CapacityError} If the memory would grow above 4 GiB, or the system has no more.
   */
  allocate(bytes: number): number {
    const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    let index = this.#free.findIndex(({ start, end }) => end - start >= size);
    if (index < 0) {
      this.#grow(size);
      index = this.#free.length - 1;
    }
    const { start, end } = this.#free[index];
    this.#free.splice(index, 1, ...(end - start > size ? [{ start: start + size, end }] : []));
    this.#used.set(start, { start, end: start + size });
    this.bytes(start, size).fill(0);
    return start;
  }

  /**
   * Gives a part of the memory back.
   * @param address What {@linkcode SharedHeap.allocate} returned.
   * @throws {RangeError} If nothing is allocated there.
   */
  free(address: number): void {
    const span = this.#used.get(address);
    if (!span) throw new RangeError(`nothing is allocated at address ${address}`);
    this.#used.delete(address);
    this.#addFree(span);
  }

  /** Number of bytes that are allocated. */
  get usedBytes(): number {
    return this.#used.values().reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** View of `length` bytes at an address. */
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }

  /** Float32 view of `length` numbers at an address. */
  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  /** Uint32 view of `length` numbers at an address. */
  words(address: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, length);
  }

  /** Int32 view of `length` numbers at an address, for `Atomics`. */
  integers(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length);
  }

  /** Makes the last free span hold `size` bytes. */
  #grow(size: number): void {
    const oldEnd = this.memory.buffer.byteLength;
    const last = this.#free.at(-1);
    const available = last?.end === oldEnd ? last.end - last.start : 0;
    const pages = Math.ceil((size - available) / PAGE_BYTES);
    const needs = `${mebibytes(size)} more than the ${mebibytes(this.usedBytes)} in use`;
    if (oldEnd / PAGE_BYTES + pages > MAXIMUM_PAGES) {
      throw new CapacityError(`${needs} do not fit WebAssembly's limit of 4096 MiB: ${REMEDY}`);
    }
    try {
      this.memory.grow(pages);
    } catch (cause) {
      throw new CapacityError(`the system has no ${needs}: ${REMEDY}`, { cause });
    }
    this.#addFree({ start: oldEnd, end: oldEnd + pages * PAGE_BYTES });
  }

  /** Adds a free span, joined with those it touches. */
  #addFree(span: Span): void {
    const apart = this.#free.filter(({ start, end }) => end !== span.start && start !== span.end);
    const before = this.#free.find(({ end }) => end === span.start);
    const after = this.#free.find(({ start }) => start === span.end);
    apart.push({ start: before?.start ?? span.start, end: after?.end ?? span.end });
    this.#free = apart.sort((a, b) => a.start - b.start);
  }
}

/** Parts of a heap that are freed together. */
export class HeapParts {
  readonly #heap: SharedHeap;
  readonly #addresses: number[] = [];

  constructor(heap: SharedHeap) {
    this.#heap = heap;
  }

  /** {@linkcode SharedHeap.allocate}. */
  allocate(bytes: number): number {
    const address = this.#heap.allocate(bytes);
    this.#addresses.push(address);
    return address;
  }

  /** Allocates words, or the bits of floats, and writes them. */
  write(values: Uint32Array | Float32Array): number {
    const address = this.allocate(values.byteLength);
    if (values instanceof Uint32Array) this.#heap.words(address, values.length).set(values);
    else this.#heap.floats(address, values.length).set(values);
    return address;
  }

  /** Frees all of them. */
  free(): void {
    for (const address of this.#addresses.splice(0)) this.#heap.free(address);
  }
}
