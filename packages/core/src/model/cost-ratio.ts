import type { LanguageModel } from '../contracts/model.ts';
import { type ForwardFlops, forwardFlops } from './flops.ts';

/**
 * What an offset costs a decoding step: FLOPs per token of the offset with its readout, over those of a one-token forward
 * (trunk, offset 1 and its readout). Counted once, when first asked for.
 *
 * @returns by offset; 0 for one that the head does not predict
 * @source ours: a further offset pays where it is kept more often than this, as long as time goes by FLOPs
 */
export function costRatioOf(model: LanguageModel): (offset: number) => number {
  let counted: ForwardFlops | undefined;
  return (offset) => {
    if (!model.offsets.includes(offset)) return 0;
    counted ??= forwardFlops(model);
    const { trunk, offset: head, readout } = counted;
    return (head(offset) + readout(offset)) / (trunk + head(1) + readout(1));
  };
}
