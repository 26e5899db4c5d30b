// F inner width of a gated MLP, N rows, H attention heads, d width of one attention head, W width of a row.
import { type Tensor, type Tensor4D, tf } from '../../tensor.ts';
import type { GpuLauncher } from './launcher.ts';
import * as shaders from './shaders/elementwise.ts';

/** silu(gate) * up. */
export function gated(gpu: GpuLauncher, gate_NF: Tensor, up_NF: Tensor): Tensor {
  const { shape, size } = gate_NF;
  if (size === 0) return tf.zeros(shape);
  const inputs = [gate_NF, up_NF];
  return gpu.run(shaders.gated, { outputs: [shape], inputs, parameters: [size], groups: gpu.cover(size) })[0];
}

/** From d(silu(gate) * up): d gate, d up, and silu(gate) * up again. */
export function gatedGradients(
  gpu: GpuLauncher,
  dInner_NF: Tensor,
  gate_NF: Tensor,
  up_NF: Tensor,
): [Tensor, Tensor, Tensor] {
  const { shape, size } = gate_NF;
  const outputs = [shape, shape, shape];
  if (size === 0) return outputs.map((empty) => tf.zeros(empty)) as [Tensor, Tensor, Tensor];
  const call = { outputs, inputs: [dInner_NF, gate_NF, up_NF], parameters: [size], groups: gpu.cover(size) };
  return gpu.run(shaders.gatedGradients, call) as [Tensor, Tensor, Tensor];
}

/** Turns the pairs (j, j + d/2) by angles whose cosines and sines are tables; direction -1 turns back. */
export function rotate(gpu: GpuLauncher, x: Tensor4D, tables: readonly Tensor[], direction: 1 | -1): Tensor4D {
  if (x.size === 0) return tf.zeros(x.shape);
  const [, , H, d] = x.shape;
  const pairs = x.size / 2;
  return gpu.run(shaders.rotary, {
    outputs: [x.shape],
    inputs: [x, ...tables],
    parameters: [pairs, H, d / 2, direction],
    groups: gpu.cover(pairs),
  })[0] as Tensor4D;
}

/** Zeros of a shape to which rows are added, repeats in their order. */
export function scatter(gpu: GpuLauncher, rows: Tensor, at: ArrayLike<number>, shape: readonly number[]): Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  if (rows.size === 0 || size === 0) return tf.zeros([...shape]);
  const lists = sourcesOf(at, shape[0]).map((list) => tf.tensor1d(list, 'int32'));
  const W = size / shape[0];
  const call = { outputs: [shape], inputs: [rows, ...lists], parameters: [size, W], groups: gpu.cover(size) };
  const [sum] = gpu.run(shaders.scatter, call);
  tf.dispose(lists);
  return sum;
}

/** Which of the rows go to each target, in their order: where a target's list starts, and the lists. */
function sourcesOf(at: ArrayLike<number>, targets: number): Int32Array[] {
  const starts = new Int32Array(targets + 1);
  for (let row = 0; row < at.length; row++) starts[at[row] + 1] += 1;
  for (let target = 0; target < targets; target++) starts[target + 1] += starts[target];
  const next = starts.slice();
  const order = new Int32Array(at.length);
  for (let row = 0; row < at.length; row++) order[next[at[row]]++] = row;
  return [starts, order];
}
