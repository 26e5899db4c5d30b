// D width, V vocabulary.
import { defaultMlpWidth, defineTrunk, type Static, type Tensor2D, type Tensor3D, Type } from '@foretoken/core/plugin';
import { createRecurrentBlock } from './recurrent-block.ts';

const size = (description: string) => Type.Optional(Type.Integer({ minimum: 1, description }));

const Options = Type.Object({
  width: Type.Integer({ minimum: 1, default: 128, description: 'Width of the hidden states, D.' }),
  layers: Type.Integer({ minimum: 1, default: 6, description: 'Blocks in all, L: those of the head are among them.' }),
  stateWidth: size(
    'Width of each block’s state, E. Default: 4/3 of the width, rounded up: as many weights as attention.',
  ),
  mlpWidth: size('Inner width of the SwiGLU, F. Default: 8/3 of the width, rounded up to a multiple of 64.'),
  attentionHeads: Type.Integer({
    minimum: 1,
    default: 4,
    description: 'Attention heads of the transformer blocks that some heads bring; the trunk itself has none.',
  }),
});

function shapeOf({ width, layers, mlpWidth = defaultMlpWidth(width), attentionHeads }: Static<typeof Options>) {
  const block = { attentionHeads, keyValueHeads: attentionHeads, mlpWidth, rotaryBase: 10_000 };
  return { width, layers, block };
}

/**
 * A trunk without attention: token embedding (untied), then blocks of a gated linear recurrence and a SwiGLU. What it
 * remembers of any number of tokens is one state of E numbers a block; the final norm belongs to the readout.
 *
 * Positions are known by the recurrence alone, so `at` is not read: `memory.scan` follows the nodes' parents.
 *
 * @source Feng et al. 2024, arXiv:2410.01201, sec. 3.1
 */
export default defineTrunk({
  name: 'gated-recurrence',
  description: 'Blocks of a gated linear recurrence (minGRU) and a SwiGLU, without attention; untied embedding.',
  options: Options,
  shape: shapeOf,
  create({ ops, param, dims }, { stateWidth = Math.ceil((dims.width * 4) / 3) }) {
    const { width, layers, trunkLayers, block, lastBlock, vocabulary } = dims;
    const table_VD = param<Tensor2D>('embedding', [vocabulary, width]);
    const blocks = Array.from({ length: trunkLayers }, (_, i) => {
      // `match: parameters` makes the last SwiGLU wider or narrower.
      const { mlpWidth } = i === trunkLayers - 1 ? lastBlock : block;
      return createRecurrentBlock({ ops, param }, `blocks.${i}`, { width, stateWidth, mlpWidth, layers });
    });
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward(x_BTD, _at, memory, taps) {
        const states_BTD: Tensor3D[] = [x_BTD];
        for (const run of blocks) states_BTD.push(run(states_BTD[states_BTD.length - 1], memory));
        return taps.map((share) => states_BTD[Math.round(share * trunkLayers)]);
      },
    };
  },
});
