// D width, V vocabulary.
import { crossEntropy, defineHead, type Tensor2D, Type } from '@foretoken/core/plugin';
import { refuseFurtherOffsets } from '../objectives/next-token-only.ts';
import { tokensAhead } from '../objectives/tokens-ahead.ts';
import { orderRows } from './order-rows.ts';

/**
 * Token order prediction: beside the next token, an unembedding of its own ranks the vocabulary by how soon each token
 * comes. For training alone; decoding has offset 1.
 *
 * @source Zuhri et al. 2025 (TOP), arXiv:2508.19228, sec. 3
 */
export default defineHead({
  name: 'token-order',
  description: 'Ranks upcoming tokens by how soon they come, in training alone (TOP).',
  options: Type.Object({
    window: Type.Integer({ minimum: 1, default: 128, description: 'How many tokens ahead are ranked.' }),
  }),
  create({ ops, param, dims, readout }, { window }) {
    refuseFurtherOffsets('token-order', dims, 'How many upcoming tokens it ranks is its option window.');
    const order = { gain_E: readout.gain_E, weight_EV: param<Tensor2D>('unembedding', [dims.width, dims.vocabulary]) };
    return {
      offsets: [1],
      forward: (_offset, { trunk: [hidden_BTD] }) => hidden_BTD,
      objectives(seen) {
        const next = crossEntropy(ops, seen, 1);
        const [, T] = seen.batch.tokens_BT.shape;
        const text = tokensAhead((offset) => seen.target(offset), { T, maxOffset: dims.maxOffset });
        return [next, { ...next, name: 'order', readout: order, rows: orderRows(ops, text, window) }];
      },
    };
  },
});
