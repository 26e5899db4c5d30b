// D width, F width of the SwiGLU, V vocabulary.
import { defaultMlpWidth, defineTrunk, type Tensor2D, type Tensor3D, Type } from '@foretoken/core/plugin';
import { createAverageBlock } from './layers/average-block.ts';

/**
 * A trunk without attention: token embedding (untied), then blocks of a gated moving average and a SwiGLU.
 *
 * Positions are known by the average alone, so `at` is not read: `memory.scan` follows the nodes' parents. The final norm
 * belongs to the readout.
 *
 * @source name the paper, or say that it is yours
 */
export default defineTrunk({
  name: 'my-plugin',
  description: 'Blocks of a gated moving average and a SwiGLU, without attention.',
  options: Type.Object({
    width: Type.Integer({ minimum: 1, default: 64, description: 'Width D of the hidden states.' }),
    layers: Type.Integer({ minimum: 1, default: 5, description: 'Blocks in all, those of the head among them.' }),
    mlpWidth: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Inner width F of the SwiGLU. Default: 8/3 D, rounded up to 64.' }),
    ),
    attentionHeads: Type.Integer({
      minimum: 1,
      default: 4,
      description: 'Attention heads of the transformer blocks that some heads bring; the trunk has none.',
    }),
  }),
  shape: ({ width, layers, mlpWidth = defaultMlpWidth(width), attentionHeads }) => ({
    width,
    layers,
    block: { attentionHeads, keyValueHeads: attentionHeads, mlpWidth, rotaryBase: 10_000 },
  }),
  create({ ops, param, dims: { width, vocabulary, layers, trunkLayers, block, lastBlock } }) {
    const table_VD = param<Tensor2D>('embedding', [vocabulary, width]);
    const blocks = Array.from({ length: trunkLayers }, (_, i) => {
      // `match: parameters` makes the last SwiGLU wider or narrower.
      const { mlpWidth } = i === trunkLayers - 1 ? lastBlock : block;
      return createAverageBlock({ ops, param }, `blocks.${i}`, { width, mlpWidth, layers });
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
