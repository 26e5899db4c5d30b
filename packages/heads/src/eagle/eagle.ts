// B rows, T positions, D width, C width of the taps together, F = 2 D features of a merge.
import {
  createTransformerBlock,
  defineHead,
  ForetokenError,
  type Head,
  type HeadContext,
  type OffsetInput,
  type Readout,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  Type,
} from '@foretoken/core/plugin';
import { checkDraftTokens, createDraftReadout, draftTokensOption } from '../layers/draft-readout.ts';
import { eagleObjectives } from './feature-loss.ts';

const DEFAULT_TAPS = [0.25, 0.5, 0.75];

/**
 * One autoregressive layer over the trunk's features and the tokens: it reads the feature of a position with the token
 * after it, and gives the next feature, on which it goes on. Offset 1 is the trunk's output.
 *
 * `features: fused` (EAGLE-3) starts from states of several depths; `output` (EAGLE-1) from the trunk's output alone.
 * @source Li et al. 2024 (EAGLE), arXiv:2401.15077, sec. 4; Li et al. 2025 (EAGLE-3), arXiv:2503.01840, sec. 3
 */
export default defineHead({
  name: 'eagle',
  description: 'One autoregressive layer over the trunk’s features and the tokens (EAGLE-1, EAGLE-3).',
  options: Type.Object({
    features: Type.Unsafe<'fused' | 'output'>({
      type: 'string',
      enum: ['fused', 'output'],
      default: 'fused',
      description: 'What the layer starts from: states of several depths (EAGLE-3), or the trunk’s output (EAGLE-1).',
    }),
    taps: Type.Optional(
      Type.Array(Type.Number({ exclusiveMinimum: 0, maximum: 1 }), {
        minItems: 1,
        maxItems: 8,
        description: 'Shares of the trunk’s depth that `fused` takes states from. Default: 0.25, 0.5, 0.75.',
      }),
    ),
    featureLoss: Type.Number({
      minimum: 0,
      default: 0,
      description: 'Weight of the smooth L1 loss on the features beside each token loss. EAGLE-1: 10; EAGLE-3: 0.',
    }),
    detach: Type.Boolean({
      default: true,
      description: 'Further offsets hand no gradient to the trunk: it trains on the next token alone.',
    }),
    draftTokens: draftTokensOption(
      'Token ids that further offsets can draft, with a readout of their own. Default: all, no own readout.',
    ),
  }),
  blocksPerOffset: (_options, offset?: number) => Number(offset === 2),
  ownReadout: ({ draftTokens }) => draftTokens !== undefined,
  create(context, options) {
    const taps = tapsOf(options);
    checkDraftTokens('eagle', context, options.draftTokens);
    if (context.dims.horizon === 1) return { forward: (_offset, { trunk: [hidden_BTD] }) => hidden_BTD };
    const featureOf = createFeature(context, taps, options);
    const step = createStep(context, options);
    const head: Head = {
      extends: true,
      memory: 'unrolled',
      reads: { taps: [1, ...taps], carry: 'nearer', ahead: true },
      forward: (offset, input) =>
        offset === 1 ? { hidden_BTE: input.trunk[0], carry_BTC: featureOf(input) } : step(offset, input),
    };
    return {
      ...head,
      ...(options.draftTokens ? { readout: readouts(context, options.draftTokens) } : {}),
      ...(options.featureLoss > 0 ? { objectives: eagleObjectives(context.ops, options.featureLoss) } : {}),
    };
  },
});

function tapsOf({ features, taps }: { features: 'fused' | 'output'; taps?: readonly number[] }): readonly number[] {
  if (features === 'fused') return taps ?? DEFAULT_TAPS;
  if (!taps) return [];
  throw new ForetokenError(
    'OPTIONS_INVALID',
    'head "eagle": features: output reads the trunk’s output alone, but taps were given. Remove taps, or use features: fused.',
  );
}

/** The feature of each position that the trunk has seen. */
function createFeature(
  { ops, param, dims: { width } }: HeadContext,
  taps: readonly number[],
  { detach }: { detach: boolean },
): (input: OffsetInput) => Tensor3D {
  const held = (x_BTD: Tensor3D) => (detach ? ops.stopGradient(x_BTD) : x_BTD);
  if (taps.length === 0) return ({ trunk: [hidden_BTD] }) => held(hidden_BTD);
  const fuse_CD = param<Tensor2D>('fuse', [taps.length * width, width], into(taps.length * width));
  return ({ trunk: [, ...states] }) => ops.linear(ops.concat(states.map(held), 2), fuse_CD);
}

/** One for all further offsets; offset 1 keeps the configured one. */
function readouts(context: HeadContext, draftTokens: readonly number[]): (offset: number) => Readout {
  const draft = createDraftReadout(context, 'readout', draftTokens);
  return (offset) => (offset === 1 ? context.readout : draft);
}

/** From the feature of the offset before and the token after it to the next feature. */
function createStep(
  { ops, param, dims, embed }: HeadContext,
  { detach }: { detach: boolean },
): (offset: number, input: OffsetInput) => Tensor3D {
  const { width } = dims;
  const featureGain_D = param<Tensor1D>('feature-norm', [width], { kind: 'ones' });
  const tokenGain_D = param<Tensor1D>('token-norm', [width], { kind: 'ones' });
  const merge_FD = param<Tensor2D>('merge', [2 * width, width], into(2 * width));
  const block = createTransformerBlock({ ops, param }, 'block', dims);
  return (offset, { carry_BTC, ahead, at, memory }) => {
    const embedded_BTD = embed(ahead[offset - 2]);
    const token_BTD = ops.rmsNorm(detach ? ops.stopGradient(embedded_BTD) : embedded_BTD, tokenGain_D);
    const feature_BTD = ops.rmsNorm(carry_BTC!, featureGain_D);
    return block(ops.linear(ops.concat([feature_BTD, token_BTD], 2), merge_FD), at, memory.kv('block'));
  };
}

const into = (inputs: number) => ({ kind: 'normal', standardDeviation: 1 / Math.sqrt(inputs) }) as const;
