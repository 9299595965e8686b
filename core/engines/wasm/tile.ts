/**
 * Which of the kernels' two tiles is the faster one here: they compute the same bits.
 * @module
 */
import { PANEL_ROW_BYTES, QUAD_BYTES } from "./bands.ts";
import type { SharedHeap } from "./heap.ts";

/** The products of `kernels/product.as.ts`, of a band with one panel and with two. */
export interface Products {
  addProduct(tile: number, band: number, panel: number): void;
  addProducts(tile: number, nextTile: number, band: number, panel: number, nextPanel: number): void;
}

/** Columns of the band that is multiplied: with its panels it fits the smallest of caches. */
const COLUMNS = 256;

/** Bytes of a tile of one panel. */
const TILE_BYTES = 128;

/** Products of two panels in a turn, so that a turn is much longer than the clock's tick. */
const PRODUCTS = 64;

/** Milliseconds after which nothing becomes faster any more: V8 has then compiled both for speed. */
const PATIENCE = 30;

/** How much shorter than the shortest turn so far one is that V8 has compiled anew. */
const LEAP = 0.75;

/**
 * Whether a tile over two panels is faster than two tiles over one. V8's flags, its version and the machine decide
 * that, so it is measured: both take turns, and the fastest turn of each counts.
 *
 * @param products What computes the products.
 * @param heap A memory with room for them.
 * @param now The milliseconds of a clock.
 * @returns Whether it is.
 * @throws {CapacityError} If the memory has no room.
 */
export function isWideFaster(
  { addProduct, addProducts }: Products,
  heap: SharedHeap,
  now: () => number = () => performance.now(),
): boolean {
  const panelBytes = PANEL_ROW_BYTES * COLUMNS;
  const address = heap.allocate(2 * TILE_BYTES + 2 * panelBytes + QUAD_BYTES * (1 + COLUMNS));
  const [tile, nextTile] = [address, address + TILE_BYTES];
  const [panel, nextPanel] = [address + 2 * TILE_BYTES, address + 2 * TILE_BYTES + panelBytes];
  const band = nextPanel + panelBytes;
  heap.words(band, 1).set([COLUMNS]);

  const multiply = [
    () => {
      addProduct(tile, band, panel);
      addProduct(nextTile, band, nextPanel);
    },
    () => addProducts(tile, nextTile, band, panel, nextPanel),
  ];
  const shortest = [Infinity, Infinity];
  for (let leapt = now(); now() - leapt < PATIENCE;) {
    multiply.forEach((run, i) => {
      const start = now();
      for (let product = 0; product < PRODUCTS; product++) run();
      const turn = now() - start;
      if (turn < LEAP * shortest[i]) leapt = now();
      shortest[i] = Math.min(shortest[i], turn);
    });
  }
  heap.free(address);
  const [narrow, wide] = shortest;
  return wide < narrow;
}
