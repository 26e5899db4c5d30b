// D width.
import { type Batch, crossEntropy, defineHead, ForetokenError, type Tensor1D, Type } from '@foretoken/core/plugin';
import { refuseFurtherOffsets } from '../objectives/next-token-only.ts';
import { arrangeRegisters } from './arrange.ts';
import { registerObjective } from './objective.ts';

/**
 * Register tokens: beside each position a learnable token that sees the text up to there and predicts the token some way
 * ahead. The text never sees registers, so they are left out when decoding: for training alone.
 *
 * @source Gerontopoulos et al. 2025 (MuToR), arXiv:2505.10518, sec. 3
 */
export default defineHead({
  name: 'register',
  description: 'Register tokens in the trunk predict some way ahead, in training alone (MuToR).',
  options: Type.Object({
    dMax: Type.Integer({
      minimum: 1,
      default: 4,
      description: 'Furthest that a register predicts ahead; each window of a batch draws its distance from 1..dMax.',
    }),
  }),
  create({ ops, param, dims }, { dMax }) {
    refuseFurtherOffsets('register', dims, 'How far its registers look ahead is its option dMax.');
    if (dMax > dims.context) {
      throw new ForetokenError(
        'OPTIONS_INVALID',
        `head "register": dMax must be at most the context, ${dims.context}, was ${dMax}: no window holds a token so far ahead.`,
      );
    }
    const register_D = param<Tensor1D>('register', [dims.width]);
    const distancesOf = new WeakMap<Batch, Int32Array>();
    return {
      offsets: [1],
      forward: (_offset, { trunk: [hidden_BTD] }) => hidden_BTD,
      arrange(batch) {
        const distance_B = Int32Array.from({ length: batch.at.B }, () => 1 + batch.random.integer(dMax));
        distancesOf.set(batch, distance_B);
        return arrangeRegisters(ops, batch, register_D, distance_B);
      },
      objectives: (seen) => [
        crossEntropy(ops, seen, 1),
        registerObjective(ops, seen, distancesOf.get(seen.batch)!, dims.maxOffset),
      ],
    };
  },
});
