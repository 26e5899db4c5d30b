// B rows, T positions, D width, E width of the state, F = D + E.
import {
  defineHead,
  type HeadContext,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  Type,
} from '@foretoken/core/plugin';

const Options = Type.Object({
  stateWidth: Type.Optional(Type.Integer({ minimum: 1, description: 'Width of the state, E. Default: the trunk’s.' })),
  layers: Type.Integer({
    minimum: 0,
    default: 1,
    description: 'Residual SiLU layers between the merge of state and trunk and the readout.',
  }),
});

/**
 * ReDrafter's draft model as a head: a recurrence over the tokens ahead (the true ones in training, the drafted ones in
 * decoding), whose state meets the trunk's at every offset. Offset 1 is the trunk's output.
 *
 * The same weights serve every further offset, so it drafts past those that were trained, and is as large at any horizon.
 * The state goes along the carry: it depends on tokens ahead alone, so there is no memory to keep.
 *
 * @source Cheng et al. 2024 (ReDrafter), arXiv:2403.09919, sec. 3; norm, zero start and the configured readout are ours
 */
export default defineHead({
  name: 'recurrent-drafter',
  description: 'One small recurrence over the tokens ahead serves every further offset (ReDrafter).',
  options: Options,
  create(context, { stateWidth = context.dims.width, layers }) {
    // With horizon 1 nothing is drafted, and weights without a gradient would only be counted.
    if (context.dims.horizon === 1) return { forward: (_offset, { trunk: [hidden_BTD] }) => hidden_BTD };
    const { ops } = context;
    const advance = createRecurrence(context, stateWidth);
    const merge = createMerge(context, stateWidth, layers);
    return {
      extends: true,
      reads: { carry: 'nearer', ahead: true },
      forward(offset, { trunk: [hidden_BTD], carry_BTC, ahead }) {
        const [B, T] = hidden_BTD.shape;
        if (offset === 1) return { hidden_BTE: hidden_BTD, carry_BTC: ops.zeros<Tensor3D>([B, T, stateWidth]) };
        const state_BTE = advance(carry_BTC!, ahead[offset - 2]);
        return { hidden_BTE: merge(hidden_BTD, state_BTE), carry_BTC: state_BTE };
      },
    };
  },
});

/** s' = SiLU(s U + n(E x) W + b): from the state before a token to the state after it. */
function createRecurrence(
  { ops, param, embed, dims: { width } }: HeadContext,
  stateWidth: number,
): (state_BTE: Tensor3D, token_BT: Tensor2D) => Tensor3D {
  // Embeddings of a trunk trained from scratch are small beside its states.
  const gain_D = param<Tensor1D>('token-norm', [width], { kind: 'ones' });
  const token_DE = param<Tensor2D>('token', [width, stateWidth], spread(width));
  const state_EE = param<Tensor2D>('state', [stateWidth, stateWidth], spread(stateWidth));
  const bias_E = param<Tensor1D>('bias', [stateWidth], { kind: 'zeros' });
  return (state_BTE, token_BT) => {
    const token_BTE = ops.linear(ops.rmsNorm(embed(token_BT), gain_D), token_DE);
    return ops.silu(ops.linear(state_BTE, state_EE, { bias_O: bias_E, residual: token_BTE }));
  };
}

/** x = z + [n(z); s] P, then x + SiLU(x V) once a layer. P and V start at zero: a fresh head says the same everywhere. */
function createMerge(
  { ops, param, dims: { width } }: HeadContext,
  stateWidth: number,
  layers: number,
): (hidden_BTD: Tensor3D, state_BTE: Tensor3D) => Tensor3D {
  const gain_D = param<Tensor1D>('trunk-norm', [width], { kind: 'ones' });
  const merge_FD = param<Tensor2D>('merge', [width + stateWidth, width], { kind: 'zeros' });
  const layers_DD = Array.from({ length: layers }, (_, i) =>
    param<Tensor2D>(`layers.${i + 1}`, [width, width], { kind: 'zeros' }),
  );
  return (hidden_BTD, state_BTE) => {
    const both_BTF = ops.concat([ops.rmsNorm(hidden_BTD, gain_D), state_BTE], 2);
    const merged_BTD = ops.linear(both_BTF, merge_FD, { residual: hidden_BTD });
    return layers_DD.reduce((x_BTD, layer_DD) => ops.add(x_BTD, ops.silu(ops.linear(x_BTD, layer_DD))), merged_BTD);
  };
}

const spread = (inputs: number) => ({ kind: 'normal', standardDeviation: 1 / Math.sqrt(inputs) }) as const;
