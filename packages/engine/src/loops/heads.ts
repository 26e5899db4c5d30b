// B rows, T nodes, H attention heads of width d, W = H*d values of one node; a cut is the [T,d] matrix of one row and
// one attention head. "start" is the index of its first value, b*T*W + h*d.

/** Nodes taken together, so that a cache line of a transposed side is used whole. */
const BLOCK = 16;

/** Copies the cut into a [T,d] matrix with row stride, times `scale`. */
export function cutHead(
  from: Float32Array,
  start: number,
  W: number,
  to: Float32Array,
  toStart: number,
  toStride: number,
  T: number,
  d: number,
  scale = 1,
): void {
  for (let node = 0; node < T; node++) {
    const source = start + node * W;
    const target = toStart + node * toStride;
    for (let at = 0; at < d; at++) to[target + at] = from[source + at] * scale;
  }
}

/** Copies the cut transposed, as d rows of `toStride` values, times `scale`. */
export function cutHeadTransposed(
  from: Float32Array,
  start: number,
  W: number,
  to: Float32Array,
  toStart: number,
  toStride: number,
  T: number,
  d: number,
  scale = 1,
): void {
  for (let first = 0; first < T; first += BLOCK) {
    const last = Math.min(T, first + BLOCK);
    for (let at = 0; at < d; at++) {
      const target = toStart + at * toStride;
      for (let node = first; node < last; node++) to[target + node] = from[start + node * W + at] * scale;
    }
  }
}

/** Writes a [T,d] matrix with row stride into the cut, each row times its factor. */
export function pasteHead(
  from: Float32Array,
  fromStart: number,
  fromStride: number,
  to: Float32Array,
  start: number,
  W: number,
  T: number,
  d: number,
  factors_T: Float32Array,
): void {
  for (let node = 0; node < T; node++) {
    const source = fromStart + node * fromStride;
    const target = start + node * W;
    const factor = factors_T[node];
    for (let at = 0; at < d; at++) to[target + at] = from[source + at] * factor;
  }
}

/** Writes a [d,T] matrix into the cut, transposed. */
export function pasteHeadTransposed(
  from: Float32Array,
  to: Float32Array,
  start: number,
  W: number,
  T: number,
  d: number,
): void {
  for (let first = 0; first < T; first += BLOCK) {
    const last = Math.min(T, first + BLOCK);
    for (let at = 0; at < d; at++) {
      for (let node = first; node < last; node++) to[start + node * W + at] = from[at * T + node];
    }
  }
}

/**
 * Writes the cut of an output's gradient, each row times its factor, as [T,d+1]: the last column is the negative of the
 * row's product with the output.
 */
export function scaleFlow(
  gradient: Float32Array,
  output: Float32Array,
  start: number,
  W: number,
  factors_T: Float32Array,
  to: Float32Array,
  toStart: number,
  T: number,
  d: number,
): void {
  for (let node = 0; node < T; node++) {
    const source = start + node * W;
    const target = toStart + node * (d + 1);
    let along = 0;
    for (let at = 0; at < d; at++) {
      const value = gradient[source + at] * factors_T[node];
      to[target + at] = value;
      along += value * output[source + at];
    }
    to[target + d] = -along;
  }
}
