/**
 * Matrices without their zeros, as `kernels/product.as.ts` reads them.
 *
 * A band is four rows of a matrix, of which only the columns that are not zero in all four are kept:
 *
 *     16 bytes       the number of columns and that of places, then nothing
 *     16 a column    its four numbers
 *     4 a place      where the column's row begins in a panel of another matrix, 32 bytes a row; filled up to 16 bytes
 *
 * Where all columns are kept there are no places.
 * @module
 */

/** Rows of a band. */
export const BAND_ROWS = 4;

/** Numbers of a column, and words of a head. */
const QUAD = BAND_ROWS;

/** Bytes of a column, and of a head. */
export const QUAD_BYTES: number = 4 * QUAD;

/** Bytes of a panel's row, eight floats. */
export const PANEL_ROW_BYTES = 32;

/** A matrix within an array: number `row·rowStride + column·columnStride` of `values` is at (row, column). */
export interface Matrix {
  readonly values: Float32Array;
  /** Number of rows, a multiple of {@linkcode BAND_ROWS}. */
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Words that places take. */
function filled(places: number): number {
  return QUAD * Math.ceil(places / QUAD);
}

/** The bands of a matrix, from its first rows to its last. */
export function packBands(matrix: Matrix): Uint8Array {
  const { values, rows, columns, rowStride, columnStride } = matrix;
  const mostWords = rows / BAND_ROWS * (QUAD + QUAD * columns + filled(columns));
  const buffer = new ArrayBuffer(4 * mostWords);
  const words = new Uint32Array(buffer);
  const floats = new Float32Array(buffer);
  const places = new Uint32Array(columns);
  let end = 0;
  for (let row = 0; row < rows; row += BAND_ROWS) {
    const start = end;
    end += QUAD;
    let count = 0;
    for (let column = 0; column < columns; column++) {
      const first = row * rowStride + column * columnStride;
      const [a, b] = [values[first], values[first + rowStride]];
      const [c, d] = [values[first + 2 * rowStride], values[first + 3 * rowStride]];
      if (a === 0 && b === 0 && c === 0 && d === 0) continue;
      places[count++] = PANEL_ROW_BYTES * column;
      floats[end++] = a;
      floats[end++] = b;
      floats[end++] = c;
      floats[end++] = d;
    }
    const placeCount = count === columns ? 0 : count;
    words[start] = count;
    words[start + 1] = placeCount;
    words.set(places.subarray(0, placeCount), end);
    end += filled(placeCount);
  }
  return new Uint8Array(buffer, 0, 4 * end);
}

/** Writes what bands hold into a matrix of zeros of the same shape. */
export function unpackBands(bands: Uint8Array, matrix: Matrix): void {
  const { values, rows, rowStride, columnStride } = matrix;
  const words = new Uint32Array(bands.buffer, bands.byteOffset, bands.length / 4);
  const floats = new Float32Array(bands.buffer, bands.byteOffset, bands.length / 4);
  let start = 0;
  for (let row = 0; row < rows; row += BAND_ROWS) {
    const [count, placeCount] = words.subarray(start, start + 2);
    const quads = start + QUAD;
    const places = quads + QUAD * count;
    for (let i = 0; i < count; i++) {
      const column = placeCount === 0 ? i : words[places + i] / PANEL_ROW_BYTES;
      for (let lane = 0; lane < BAND_ROWS; lane++) {
        values[(row + lane) * rowStride + column * columnStride] = floats[quads + QUAD * i + lane];
      }
    }
    start = places + filled(placeCount);
  }
}
