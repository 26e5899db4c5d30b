// B rows, T nodes a row, D width, E width of the state, F width of the SwiGLU.
import type { Memory, Tensor, Tensor1D, Tensor2D, Tensor3D, TrunkContext } from '@foretoken/core/plugin';

/** Sizes of one block. */
export interface RecurrentBlockShape {
  readonly width: number;
  readonly stateWidth: number;
  readonly mlpWidth: number;
  /** Blocks in all: what is added to the residual stream starts smaller by 1/sqrt(2 layers). */
  readonly layers: number;
}

/** x_BTD to the states after the block. */
export type RecurrentBlock = (x_BTD: Tensor3D, memory: Memory) => Tensor3D;

/**
 * One pre-norm layer: RMS norm, minGRU, projection, residual; RMS norm, SwiGLU, residual. The recurrence is
 *
 *     z_t = sigmoid(x_t W_z + b_z),  c_t = x_t W_c,  h_t = (1 - z_t) h_{t-1} + z_t c_t,  h_0 = 0
 *
 * All that depends on a token alone is computed for every node at once; a step of the scan is one product and one sum.
 *
 * @param name - prefix of the weights' names, and the slot of the state
 * @source Feng et al. 2024, arXiv:2410.01201, sec. 3.1 (minGRU); the bias' spread and the block around it are ours
 */
export function createRecurrentBlock(
  { ops, param }: Pick<TrunkContext, 'ops' | 'param'>,
  name: string,
  { width: D, stateWidth: E, mlpWidth: F, layers }: RecurrentBlockShape,
): RecurrentBlock {
  const matrix = (part: string, inputs: number, outputs: number, share = 1) =>
    param<Tensor2D>(`${name}.${part}`, [inputs, outputs], {
      kind: 'normal',
      standardDeviation: share / Math.sqrt(inputs),
    });
  const gain = (part: string) => param<Tensor1D>(`${name}.${part}`, [D], { kind: 'ones' });
  const residual = 1 / Math.sqrt(2 * layers);
  const [stateGain_D, mlpGain_D] = [gain('state-norm'), gain('mlp-norm')];
  const update_DE = matrix('update', D, E);
  // A spread of biases is a spread of memories: from states that follow every token to some that keep hundreds.
  const bias_E = param<Tensor1D>(`${name}.update-bias`, [E], { kind: 'normal', standardDeviation: 2 });
  const candidate_DE = matrix('candidate', D, E);
  const output_ED = matrix('output', E, D, residual);
  const mlp = { gate_DF: matrix('gate', D, F), up_DF: matrix('up', D, F), down_FD: matrix('down', F, D, residual) };

  function mixTokens(x_BTD: Tensor3D, memory: Memory): Tensor3D {
    const [B, T] = x_BTD.shape;
    const normed_BTD = ops.rmsNorm(x_BTD, stateGain_D);
    const update_BTE = ops.linear(normed_BTD, update_DE, { bias_O: bias_E });
    const written_BTE = ops.mul(ops.sigmoid(update_BTE), ops.linear(normed_BTD, candidate_DE));
    // sigmoid(-y) is 1 - sigmoid(y), without its rounding where little is forgotten.
    const kept_B1E: Tensor[] = ops.split(ops.sigmoid(ops.neg(update_BTE)), T, 1);
    const written_B1E: Tensor[] = ops.split(written_BTE, T, 1);
    // States of [1,E], so that one node's share of a [B,T,E] fits as it is.
    const states_BT1E = memory.scan(name, ops.zeros([1, E]), (state_B1E, node) =>
      ops.add(ops.mul(state_B1E, kept_B1E[node]), written_B1E[node]),
    );
    return ops.linear(ops.reshape<Tensor3D>(states_BT1E, [B, T, E]), output_ED, { residual: x_BTD });
  }

  return (x_BTD, memory) => {
    const mixed_BTD = mixTokens(x_BTD, memory);
    return ops.gatedMlp(ops.rmsNorm(mixed_BTD, mlpGain_D), mlp, { residual: mixed_BTD });
  };
}
