// B rows, T nodes a row, D width, V vocabulary.
import {
  createTransformerBlock,
  defaultMlpWidth,
  defineTrunk,
  type KeyValues,
  runTransformerBlocks,
  type Static,
  type Tensor2D,
  type Tensor3D,
  type TransformerBlock,
  Type,
} from '@foretoken/core/plugin';
import { PRESETS, type PresetName } from './presets.ts';

const size = (description: string) => Type.Optional(Type.Integer({ minimum: 1, description }));

const Options = Type.Object({
  preset: Type.Enum(Object.keys(PRESETS) as PresetName[], {
    default: '1M',
    description: 'Sizes from the paper, named by non-embedding parameters; any may be overridden.',
  }),
  width: size('Width of the hidden states, D.'),
  layers: size('Blocks in all, L: those of the heads are among them.'),
  attentionHeads: size('Attention heads of a block, H.'),
  keyValueHeads: size('Key/value heads of a block, G; divides attentionHeads. Default: attentionHeads.'),
  mlpWidth: size('Inner width of the SwiGLU. Default: 8/3 of the width, rounded up to a multiple of 64.'),
  rotaryBase: Type.Number({ exclusiveMinimum: 1, default: 10_000, description: 'Base of the rotary angles.' }),
});

function shapeOf(options: Static<typeof Options>) {
  const preset = PRESETS[options.preset];
  const width = options.width ?? preset.width;
  const attentionHeads = options.attentionHeads ?? preset.attentionHeads;
  return {
    width,
    layers: options.layers ?? preset.layers,
    block: {
      attentionHeads,
      keyValueHeads: options.keyValueHeads ?? attentionHeads,
      mlpWidth: options.mlpWidth ?? defaultMlpWidth(width),
      rotaryBase: options.rotaryBase,
    },
  };
}

/**
 * A Llama-style trunk: token embedding (untied), then pre-norm blocks. The final norm belongs to the readout.
 *
 * @source Gloeckle et al. 2024, arXiv:2404.19737, app. table S14 for the sizes
 */
export default defineTrunk({
  name: 'transformer',
  description: 'Llama-style blocks: RMS norm, rotary grouped-query attention, SwiGLU; untied embedding.',
  options: Options,
  shape: shapeOf,
  create({ ops, param, dims }) {
    const { width, layers, block, lastBlock, trunkLayers, vocabulary } = dims;
    const table_VD = param<Tensor2D>('embedding', [vocabulary, width]);
    const blocks = Array.from({ length: trunkLayers }, (_, i) =>
      createTransformerBlock({ ops, param }, `blocks.${i}`, {
        ...{ width, layers },
        block: i === trunkLayers - 1 ? lastBlock : block,
      }),
    );
    const slots = blocks.map((_, i) => `blocks.${i}`);
    /** For the taps asked for last: every forward of a model asks for the same, in a list of its own or not. */
    let known: { readonly taps: readonly number[]; readonly stretches: readonly Stretch[] } | undefined;
    const stretchesOf = (taps: readonly number[]): readonly Stretch[] => {
      if (!known || !areSame(known.taps, taps)) known = { taps: [...taps], stretches: cut(blocks, slots, taps) };
      return known.stretches;
    };
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward(x_BTD, at, memory, taps) {
        const states: Tensor3D[] = [];
        let last_BTD = x_BTD;
        for (const { blocks, slots, taps: here } of stretchesOf(taps)) {
          const kvs: KeyValues[] = [];
          for (const slot of slots) kvs.push(memory.kv(slot));
          last_BTD = runTransformerBlocks(ops, blocks, last_BTD, at, kvs);
          for (const tap of here) states[tap] = last_BTD;
        }
        return states;
      },
    };
  },
});

function areSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** Blocks in a row, from one tap to the next. */
interface Stretch {
  readonly blocks: readonly TransformerBlock[];
  readonly slots: readonly string[];
  /** Numbers of the taps behind the last of them. */
  readonly taps: readonly number[];
}

/** From tap to tap, and on to the last block. */
function cut(blocks: readonly TransformerBlock[], slots: readonly string[], taps: readonly number[]): Stretch[] {
  const ends = taps.map((share) => Math.round(share * blocks.length));
  const cuts = [...new Set([...ends, blocks.length])].sort((a, b) => a - b);
  return cuts.map((end, index) => {
    const begin = index === 0 ? 0 : cuts[index - 1];
    return {
      blocks: blocks.slice(begin, end),
      slots: slots.slice(begin, end),
      taps: ends.flatMap((other, tap) => (other === end ? [tap] : [])),
    };
  });
}
