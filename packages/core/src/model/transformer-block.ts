// B rows, T nodes a row, D width, H attention heads, G key/value heads, d width of one attention head, F width of the MLP.
import type { KeyValues, Nodes, Ops, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { BlockShape, ParamFactory } from '../contracts/parameters.ts';

/** A pre-norm transformer layer as a function of its input and its place. */
export type TransformerBlock = (x_BTD: Tensor3D, at: Nodes, kv: KeyValues) => Tensor3D;

/**
 * One Llama-style layer: RMS norm, rotary grouped-query attention, residual; RMS norm, SwiGLU, residual. Trunks stack
 * it; a head that is "one transformer layer" is exactly one. No biases, no dropout. A matrix starts with standard
 * deviation 1/sqrt(its inputs): a fixed 0.02 leaves narrow blocks nearly inert for their first hundreds of steps.
 *
 * @param context - `ops` and `param` of the trunk's or head's context
 * @param name - prefix of the weights' names, such as `blocks.0`
 * @param layers - blocks in all: residual projections start smaller by 1/sqrt(2 layers)
 * @throws OPTIONS_INVALID if the width does not divide into attention heads of even width
 * @source Touvron et al. 2023, arXiv:2302.13971, sec. 2.2; initialization LeCun et al. 1998, sec. 4.6, with the residual
 * scaling of Radford et al. 2019, sec. 2.3
 */
export function createTransformerBlock(
  context: { readonly ops: Ops; readonly param: ParamFactory },
  name: string,
  { width, layers, block }: { width: number; layers: number; block: BlockShape },
): TransformerBlock {
  const { ops, param } = context;
  const { attentionHeads: H, keyValueHeads: G, mlpWidth: F, rotaryBase } = block;
  const d = checkedHeadWidth(name, width, H, G);
  const into = (inputs: number, share = 1) =>
    ({ kind: 'normal', standardDeviation: share / Math.sqrt(inputs) }) as const;
  const residual = 1 / Math.sqrt(2 * layers);
  const attentionGain_D = param<Tensor1D>(`${name}.attention-norm`, [width], { kind: 'ones' });
  const query_DD = param<Tensor2D>(`${name}.query`, [width, H * d], into(width));
  const key_DG = param<Tensor2D>(`${name}.key`, [width, G * d], into(width));
  const value_DG = param<Tensor2D>(`${name}.value`, [width, G * d], into(width));
  const output_DD = param<Tensor2D>(`${name}.output`, [H * d, width], into(H * d, residual));
  const mlpGain_D = param<Tensor1D>(`${name}.mlp-norm`, [width], { kind: 'ones' });
  const gate_DF = param<Tensor2D>(`${name}.gate`, [width, F], into(width));
  const up_DF = param<Tensor2D>(`${name}.up`, [width, F], into(width));
  const down_FD = param<Tensor2D>(`${name}.down`, [F, width], into(F, residual));

  return (x_BTD, at, kv) => {
    const [B, T] = x_BTD.shape;
    const split = (y: Tensor3D, heads: number) => ops.reshape<Tensor4D>(y, [B, T, heads, d]);
    const normed_BTD = ops.rmsNorm(x_BTD, attentionGain_D);
    const q_BTHd = ops.rotary(split(ops.linear(normed_BTD, query_DD), H), at, rotaryBase);
    const k_BTGd = ops.rotary(split(ops.linear(normed_BTD, key_DG), G), at, rotaryBase);
    const v_BTGd = split(ops.linear(normed_BTD, value_DG), G);
    const mixed_BTHd = ops.attention(q_BTHd, k_BTGd, v_BTGd, at, kv);
    const y_BTD = ops.linear(ops.reshape<Tensor3D>(mixed_BTHd, [B, T, H * d]), output_DD, { residual: x_BTD });
    return ops.gatedMlp(ops.rmsNorm(y_BTD, mlpGain_D), { gate_DF, up_DF, down_FD }, { residual: y_BTD });
  };
}

/** Inner width of a SwiGLU of about the same size as a 4x MLP: 8/3 of the width, rounded up to a multiple of 64. */
export function defaultMlpWidth(width: number): number {
  return Math.ceil((width * 8) / 3 / 64) * 64;
}

function checkedHeadWidth(name: string, width: number, attentionHeads: number, keyValueHeads: number): number {
  const d = width / attentionHeads;
  if (!Number.isInteger(d) || d % 2 !== 0) {
    throw new ForetokenError(
      'OPTIONS_INVALID',
      `transformer block "${name}": width / attentionHeads must be an even integer, was ${width} / ${attentionHeads}.`,
    );
  }
  if (attentionHeads % keyValueHeads !== 0) {
    throw new ForetokenError(
      'OPTIONS_INVALID',
      `transformer block "${name}": attentionHeads must be a multiple of keyValueHeads, was ${attentionHeads} of ${keyValueHeads}.`,
    );
  }
  return d;
}
