// N rows of nodes, H attention heads, d width of one attention head (even), h = d/2.

/** Cosines and sines of the rotary angles position * base^(-2j/d), [N,h] each. */
export function rotaryTables(
  position_N: Int32Array,
  d: number,
  base: number,
): { cos: Float32Array; sin: Float32Array } {
  const h = d / 2;
  const cos = new Float32Array(position_N.length * h);
  const sin = new Float32Array(position_N.length * h);
  const frequencies = new Float64Array(h);
  for (let j = 0; j < h; j++) frequencies[j] = base ** ((-2 * j) / d);
  for (let row = 0; row < position_N.length; row++) {
    for (let j = 0; j < h; j++) {
      const angle = position_N[row] * frequencies[j];
      cos[row * h + j] = Math.cos(angle);
      sin[row * h + j] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/**
 * Turns the pairs (j, j + h) of every attention head by its row's angles.
 * @param direction - 1 forward, -1 back, which is the gradient
 */
export function rotate(
  y: Float32Array,
  x: Float32Array,
  cos_Nh: Float32Array,
  sin_Nh: Float32Array,
  H: number,
  d: number,
  direction: 1 | -1,
): void {
  const h = d / 2;
  const rows = x.length / (H * d);
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < H; head++) {
      const start = (row * H + head) * d;
      for (let j = 0; j < h; j++) {
        const low = x[start + j];
        const high = x[start + j + h];
        const c = cos_Nh[row * h + j];
        const s = direction * sin_Nh[row * h + j];
        y[start + j] = low * c - high * s;
        y[start + j + h] = high * c + low * s;
      }
    }
  }
}
