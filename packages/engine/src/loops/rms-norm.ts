// N rows, D width.

/** Reciprocals of the root mean squares of rows, in float64. */
function inverseRms(x_ND: Float32Array, start: number, D: number, epsilon: number): number {
  let even = 0;
  let odd = 0;
  const end = start + D - (D % 2);
  // Two sums that do not wait for each other; the order is fixed by D.
  for (let at = start; at < end; at += 2) {
    even += x_ND[at] * x_ND[at];
    odd += x_ND[at + 1] * x_ND[at + 1];
  }
  if (D % 2 === 1) even += x_ND[end] * x_ND[end];
  return 1 / Math.sqrt((even + odd) / D + epsilon);
}

/** y = x / sqrt(mean(x^2) + epsilon) * gain, row by row. */
export function rmsNormRows(y: Float32Array, x: Float32Array, gain_D: Float32Array, epsilon: number): void {
  const D = gain_D.length;
  for (let start = 0; start < x.length; start += D) {
    const inverse = inverseRms(x, start, D, epsilon);
    for (let at = 0; at < D; at++) y[start + at] = x[start + at] * inverse * gain_D[at];
  }
}

/**
 * Gradients of {@link rmsNormRows}: dx = r (g dy) - x r^3 / D * sum(g dy x), dg = sum over rows of dy x r.
 * @param scale - multiplies both gradients
 */
export function rmsNormGradients(
  dx: Float32Array,
  dGain_D: Float32Array,
  dy: Float32Array,
  x: Float32Array,
  gain_D: Float32Array,
  epsilon: number,
  scale = 1,
): void {
  const D = gain_D.length;
  const gainSums = new Float64Array(D);
  for (let start = 0; start < x.length; start += D) {
    const inverse = inverseRms(x, start, D, epsilon);
    let projection = 0;
    for (let at = 0; at < D; at++) {
      const flow = dy[start + at] * x[start + at];
      projection += flow * gain_D[at];
      gainSums[at] += flow * inverse;
    }
    const along = (projection * inverse * inverse * inverse) / D;
    for (let at = 0; at < D; at++) {
      dx[start + at] = scale * (dy[start + at] * gain_D[at] * inverse - x[start + at] * along);
    }
  }
  for (let at = 0; at < D; at++) dGain_D[at] = scale * gainSums[at];
}
