// Plain loops over host memory: copies of blocks and rows.

/** Copies `rows` runs of `width` values between two matrices with row strides. */
export function copyBlock(
  from: Float32Array,
  fromStart: number,
  fromStride: number,
  to: Float32Array,
  toStart: number,
  toStride: number,
  rows: number,
  width: number,
): void {
  for (let row = 0; row < rows; row++) {
    const source = fromStart + row * fromStride;
    const target = toStart + row * toStride;
    // A subarray costs more than a short copy loop.
    if (width > 64) to.set(from.subarray(source, source + width), target);
    else for (let at = 0; at < width; at++) to[target + at] = from[source + at];
  }
}

/** Copies chosen rows one after the other. */
export function copyRows(from: Float32Array, rows: ArrayLike<number>, to: Float32Array, width: number): void {
  for (let row = 0; row < rows.length; row++) copyBlock(from, rows[row] * width, 0, to, row * width, 0, 1, width);
}

/** Adds rows one after the other to chosen rows: the transpose of {@link copyRows}. */
export function addRows(from: Float32Array, rows: ArrayLike<number>, to: Float32Array, width: number): void {
  for (let row = 0; row < rows.length; row++) {
    const source = row * width;
    const target = rows[row] * width;
    for (let at = 0; at < width; at++) to[target + at] += from[source + at];
  }
}
