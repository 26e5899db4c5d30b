// M rows, N columns.

/** Rows taken together, so that a cache line of the output is written whole. */
const BLOCK = 16;

/** Writes the transpose of an [M,N] matrix as [N,M]. */
export function transposeMatrix(from: Float32Array, to: Float32Array, M: number, N: number): void {
  for (let first = 0; first < M; first += BLOCK) {
    const last = Math.min(M, first + BLOCK);
    for (let column = 0; column < N; column++) {
      let source = first * N + column;
      const target = column * M;
      for (let row = first; row < last; row++) {
        to[target + row] = from[source];
        source += N;
      }
    }
  }
}
