// B rows, T nodes, H attention heads of width d, W = H*d values of one node; a cut is the [T,d] matrix of one row and
// one attention head. "start" is the index of its first value, b*T*W + h*d.

/** Copies the cut into an [T,d] matrix with row stride, times `scale`. */
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
  for (let first = 0; first < T; first += 16) {
    const last = Math.min(T, first + 16);
    for (let at = 0; at < d; at++) {
      const target = toStart + at * toStride;
      for (let node = first; node < last; node++) to[target + node] = from[start + node * W + at] * scale;
    }
  }
}

/** Writes a [T,d] matrix with row stride into the cut, each row times `factor`. */
export function pasteHead(
  from: Float32Array,
  fromStart: number,
  fromStride: number,
  to: Float32Array,
  start: number,
  W: number,
  T: number,
  d: number,
  factor: (node: number) => number,
): void {
  for (let node = 0; node < T; node++) {
    const source = fromStart + node * fromStride;
    const target = start + node * W;
    const by = factor(node);
    for (let at = 0; at < d; at++) to[target + at] = from[source + at] * by;
  }
}
