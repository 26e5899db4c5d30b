// I input width, O output width, M rows, K inner axis, N columns, D width, F inner width, E readout input width.
import { type Array64, fill } from './array.ts';
import { add, mul, silu } from './elementwise.ts';

/** [..,M,K] x [..,K,N]. */
export function matmul(a: Array64, b: Array64): Array64 {
  const leading = a.shape.slice(0, -2);
  const [M, K] = a.shape.slice(-2);
  const N = b.shape[b.shape.length - 1];
  return fill([...leading, M, N], (index) => {
    const column = index % N;
    const row = Math.floor(index / N);
    const matrix = Math.floor(row / M);
    let sum = 0;
    for (let k = 0; k < K; k++) sum += a.values[row * K + k] * b.values[(matrix * K + k) * N + column];
    return sum;
  });
}

/** x W (+ bias) (+ residual). */
export function linear(x: Array64, weight: Array64, bias?: Array64, residual?: Array64): Array64 {
  const [I, O] = weight.shape;
  const y = fill([...x.shape.slice(0, -1), O], (index) => {
    const column = index % O;
    const row = Math.floor(index / O);
    let sum = bias === undefined ? 0 : bias.values[column];
    for (let i = 0; i < I; i++) sum += x.values[row * I + i] * weight.values[i * O + column];
    return sum;
  });
  return residual === undefined ? y : add(y, residual);
}

/** x / sqrt(mean(x^2) + epsilon) * gain over the last axis. */
export function rmsNorm(x: Array64, gain: Array64, epsilon = 1e-5): Array64 {
  const D = gain.values.length;
  return fill(x.shape, (index) => {
    const first = index - (index % D);
    let squares = 0;
    for (let i = 0; i < D; i++) squares += x.values[first + i] ** 2;
    return (x.values[index] / Math.sqrt(squares / D + epsilon)) * gain.values[index % D];
  });
}

/** (silu(x Wgate) * (x Wup)) Wdown (+ residual). */
export function gatedMlp(x: Array64, gate: Array64, up: Array64, down: Array64, residual?: Array64): Array64 {
  return linear(mul(silu(linear(x, gate)), linear(x, up)), down, undefined, residual);
}

/** Norm, unembedding and bias: the logits of a readout. */
export function readoutLogits(hidden: Array64, weight: Array64, gain?: Array64, bias?: Array64): Array64 {
  return linear(gain === undefined ? hidden : rmsNorm(hidden, gain), weight, bias);
}
