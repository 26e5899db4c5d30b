// B rows, T positions, D width, E readout input width.
import {
  createTransformerBlock,
  defineHead,
  ForetokenError,
  type Head,
  type HeadContext,
  type Readout,
  Type,
} from '@foretoken/core/plugin';
import { checkDraftTokens, createDraftReadout, draftTokensOption } from '../layers/draft-readout.ts';
import { createResidualSilu, layersOption } from '../layers/residual-silu.ts';

/**
 * Medusa: residual SiLU layers and a readout of its own for each further offset, on what offset 1 is read from. Layers
 * start at zero and readouts as offset 1's, so that every offset starts as offset 1.
 *
 * @source Cai et al. 2024, arXiv:2401.10774, sec. 2.1.1; `from: block` and `readout: shared` are ours
 */
export default defineHead({
  name: 'medusa',
  description: 'Residual SiLU layers per further offset, with readouts started from the trunk’s (Medusa).',
  options: Type.Object({
    layers: layersOption(),
    from: Type.Unsafe<'trunk' | 'block'>({
      type: 'string',
      enum: ['trunk', 'block'],
      default: 'trunk',
      description: 'What the offsets read, offset 1 included: the trunk’s output, or a transformer layer on it.',
    }),
    readout: Type.Unsafe<'own' | 'shared'>({
      type: 'string',
      enum: ['own', 'shared'],
      default: 'own',
      description: 'Readouts of further offsets: one each, started as offset 1’s, or offset 1’s itself.',
    }),
    draftTokens: draftTokensOption(
      'Token ids that further offsets can draft; their readouts have no others. Default: all.',
    ),
  }),
  blocksPerOffset: ({ from }, offset) => Number(from === 'block' && offset === 1),
  ownReadout: true,
  create(context, { layers, from, readout, draftTokens }) {
    const further = Array.from({ length: context.dims.horizon - 1 }, (_, i) =>
      createResidualSilu(context, `layers.${i + 2}`, layers),
    );
    const readoutOf = readouts(context, readout, draftTokens);
    return { ...(from === 'trunk' ? onTrunk(further) : onBlock(context, further)), readout: readoutOf };
  },
});

/**
 * Readouts by offset: offset 1's is the configured one; the further offsets share it, or have one each.
 * @throws OPTIONS_INVALID for an id beyond the vocabulary, or draftTokens without readouts of their own
 */
function readouts(
  context: HeadContext,
  mode: 'own' | 'shared',
  draftTokens?: readonly number[],
): (offset: number) => Readout {
  const { dims, readout } = context;
  if (draftTokens && mode === 'shared') {
    throw new ForetokenError(
      'OPTIONS_INVALID',
      'head "medusa": draftTokens needs readouts of its own to leave tokens out of, readout was shared. Set readout: own.',
    );
  }
  checkDraftTokens('medusa', context, draftTokens);
  if (mode === 'shared') return () => readout;
  const own = Array.from({ length: dims.horizon - 1 }, (_, i) =>
    createDraftReadout(context, `readout.${i + 2}`, draftTokens),
  );
  return (offset) => (offset === 1 ? readout : own[offset - 2]);
}

type Layers = readonly ReturnType<typeof createResidualSilu>[];

function onTrunk(further: Layers): Head {
  return {
    forward: (offset, { trunk: [hidden_BTD] }) => (offset === 1 ? hidden_BTD : further[offset - 2](hidden_BTD)),
  };
}

/** Offset 1's layer hands its output along the chain: it is computed once. */
function onBlock({ ops, param, dims }: HeadContext, further: Layers): Head {
  const block = createTransformerBlock({ ops, param }, 'block', dims);
  return {
    memory: 'per-offset',
    reads: { carry: 'nearer' },
    forward(offset, { trunk: [hidden_BTD], carry_BTC, at, memory }) {
      if (!carry_BTC) return block(hidden_BTD, at, memory.kv('block'));
      return { hidden_BTE: further[offset - 2](carry_BTC), carry_BTC };
    },
  };
}
