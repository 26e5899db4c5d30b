// B rows, T nodes a row, D width, F width of the SwiGLU.
import type { Memory, Tensor, Tensor1D, Tensor2D, Tensor3D, TrunkContext } from '@foretoken/core/plugin';

/** x_BTD to the states after the block. */
export type Block = (x_BTD: Tensor3D, memory: Memory) => Tensor3D;

/**
 * One pre-norm layer: RMS norm, gated moving average, projection, residual; RMS norm, SwiGLU, residual. The average is
 *
 *     a = sigmoid(d),  s_t = a s_{t-1} + (1 - a) x_t,  s_0 = 0,  y_t = (s_t * silu(x_t W_g)) W_o
 *
 * with one decay for each of the D channels. What depends on a token alone is computed for every node at once; a step of
 * the scan is one product and one sum.
 *
 * @param name - prefix of the weights' names, and the slot of the state
 * @param layers - blocks in all: what is added to the residual stream starts smaller by 1/sqrt(2 layers)
 */
export function createAverageBlock(
  { ops, param }: Pick<TrunkContext, 'ops' | 'param'>,
  name: string,
  { width: D, mlpWidth: F, layers }: { readonly width: number; readonly mlpWidth: number; readonly layers: number },
): Block {
  const matrix = (part: string, inputs: number, outputs: number, share = 1) =>
    param<Tensor2D>(`${name}.${part}`, [inputs, outputs], {
      kind: 'normal',
      standardDeviation: share / Math.sqrt(inputs),
    });
  const gain = (part: string) => param<Tensor1D>(`${name}.${part}`, [D], { kind: 'ones' });
  const residual = 1 / Math.sqrt(2 * layers);
  const [averageGain_D, mlpGain_D] = [gain('average-norm'), gain('mlp-norm')];
  // A spread of decays is a spread of memories: from channels that follow every token to some that keep hundreds.
  const decay_D = param<Tensor1D>(`${name}.decay`, [D], { kind: 'normal', standardDeviation: 2 });
  const gate_DD = matrix('average-gate', D, D);
  const output_DD = matrix('output', D, D, residual);
  const mlp = { gate_DF: matrix('gate', D, F), up_DF: matrix('up', D, F), down_FD: matrix('down', F, D, residual) };

  function average(x_BTD: Tensor3D, memory: Memory): Tensor3D {
    const kept_D = ops.sigmoid(decay_D);
    const written_B1D: Tensor[] = ops.split(ops.mul(x_BTD, ops.sigmoid(ops.neg(decay_D))), x_BTD.shape[1], 1);
    // States of [1,D], so that one node's share of a [B,T,D] fits as it is.
    const states_BT1D = memory.scan(name, ops.zeros([1, D]), (state_B1D, node) =>
      ops.add(ops.mul(state_B1D, kept_D), written_B1D[node]),
    );
    return ops.reshape<Tensor3D>(states_BT1D, x_BTD.shape);
  }

  return (x_BTD, memory) => {
    const normed_BTD = ops.rmsNorm(x_BTD, averageGain_D);
    const gated_BTD = ops.mul(average(normed_BTD, memory), ops.silu(ops.linear(normed_BTD, gate_DD)));
    const mixed_BTD = ops.linear(gated_BTD, output_DD, { residual: x_BTD });
    return ops.gatedMlp(ops.rmsNorm(mixed_BTD, mlpGain_D), mlp, { residual: mixed_BTD });
  };
}
