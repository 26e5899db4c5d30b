// B rows, T positions, D width, J states that are kept: those of a position and of the J - 1 before it.
import type { Head, HeadContext, Memory, Ops, Tensor, Tensor3D } from '@foretoken/core/plugin';
import { crossEntropy } from '../objectives/cross-entropy.ts';

/**
 * A head with gaps between its offsets, with the gaps filled: an offset between two says what the further one said at
 * an earlier position, whose prediction stands at the same place. Nothing is trained for it.
 *
 * Where the text is too young for an earlier position, the state is zero and the guess worth nothing.
 * @param leaps - the offsets that are trained, ascending from 1
 * @param predict - the trained prediction of one of them
 * @source Liu et al. 2025, arXiv:2505.17505, sec. 3: looking backward
 */
export function filled(
  { ops, readout }: Pick<HeadContext, 'ops' | 'readout'>,
  leaps: readonly number[],
  predict: (leap: number, hidden_BTD: Tensor3D) => Tensor3D,
): Head {
  return {
    memory: leaps.length > 1 ? 'per-offset' : 'none',
    offsets: Array.from({ length: leaps[leaps.length - 1] }, (_, i) => i + 1),
    readout: () => readout,
    objectives: (seen) => leaps.filter((leap) => leap <= seen.horizon).map((leap) => crossEntropy(ops, seen, leap)),
    forward(offset, { trunk: [hidden_BTD], memory }) {
      const leap = leaps.find((one) => one >= offset) as number;
      if (leap === offset) return predict(leap, hidden_BTD);
      return predict(leap, statesBefore(ops, hidden_BTD, leap - offset, memory, `before.${offset}`));
    },
  };
}

/** The state that stands so many positions before each, in its document; zero where there is none. */
function statesBefore(ops: Ops, hidden_BTD: Tensor3D, positions: number, memory: Memory, slot: string): Tensor3D {
  const [B, T, D] = hidden_BTD.shape;
  const none_JD = ops.zeros([positions + 1, D]);
  const states_BTJD = memory.scan(slot, none_JD, (state_BJD, node) => {
    const rows = state_BJD.shape[0] as number;
    const kept = ops.slice(state_BJD, [0, 1, 0], [rows, positions, D]);
    const own = ops.slice<Tensor>(hidden_BTD, [0, node, 0], [B, 1, D]);
    return ops.concat([kept, own], 1);
  });
  return ops.reshape<Tensor3D>(ops.slice(states_BTJD, [0, 0, 0, 0], [B, T, 1, D]), [B, T, D]);
}
