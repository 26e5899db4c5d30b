// B rows, T positions, A tokens ahead, N = T*A, D width.
import {
  defineHead,
  type HeadContext,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  Type,
} from '@foretoken/core/plugin';
import { createResidualSilu, layersOption } from '../layers/residual-silu.ts';

/**
 * Hydra: offset i's MLP reads the trunk's state and the embeddings of all tokens between the present and its offset: the
 * true ones in training, the drafted ones in decoding. Offset 1 is the trunk's output.
 *
 * @source Ankner et al. 2024, arXiv:2402.05109, sec. 3; norms of the inputs are ours
 */
export default defineHead({
  name: 'hydra',
  description: 'An MLP per further offset over the trunk’s state and all tokens ahead (Hydra).',
  options: Type.Object({
    layers: layersOption(),
    norm: Type.Boolean({
      default: true,
      description: 'RMS norm of the MLP’s inputs: state and embeddings of an untrained trunk differ widely in size.',
    }),
  }),
  create(context, { layers, norm }) {
    const further = Array.from({ length: context.dims.horizon - 1 }, (_, i) =>
      createOffset(context, i + 2, { layers, norm }),
    );
    return {
      reads: { ahead: true },
      forward: (offset, { trunk: [hidden_BTD], ahead }) =>
        offset === 1 ? hidden_BTD : further[offset - 2](hidden_BTD, ahead),
    };
  },
});

type HydraOffset = (hidden_BTD: Tensor3D, ahead: readonly Tensor2D[]) => Tensor3D;

function createOffset(
  context: HeadContext,
  offset: number,
  { layers, norm }: { layers: number; norm: boolean },
): HydraOffset {
  const { ops, embed, dims } = context;
  const mlp = createResidualSilu(context, `layers.${offset}`, layers, offset * dims.width);
  const normed = norm ? createNorms(context, offset) : { state: same, token: same };
  return (hidden_BTD, ahead) => {
    const [B, T, D] = hidden_BTD.shape;
    const A = ahead.length;
    // All tokens of a position side by side, so that what is done to each is done at once.
    const ids_BTA = ops.stack(ahead, 2);
    const tokens_BND = normed.token(embed(ops.reshape(ids_BTA, [B, T * A])));
    return mlp(hidden_BTD, ops.concat([normed.state(hidden_BTD), ops.reshape(tokens_BND, [B, T, A * D])], 2));
  };
}

const same = (x_BTD: Tensor3D): Tensor3D => x_BTD;

function createNorms({ ops, param, dims: { width } }: HeadContext, offset: number) {
  const stateGain_D = param<Tensor1D>(`state-norm.${offset}`, [width], { kind: 'ones' });
  const tokenGain_D = param<Tensor1D>(`token-norm.${offset}`, [width], { kind: 'ones' });
  return {
    state: (x_BTD: Tensor3D) => ops.rmsNorm(x_BTD, stateGain_D),
    token: (x_BTD: Tensor3D) => ops.rmsNorm(x_BTD, tokenGain_D),
  };
}
