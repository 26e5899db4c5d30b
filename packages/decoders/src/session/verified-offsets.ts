// M drafts, E readout input width.
import type { LanguageModel } from '@foretoken/core';
import type { Tensor2D } from '@foretoken/engine';
import { gather } from './chunk.ts';
import type { DraftTree } from './draft-tree.ts';
import type { OffsetOutlook } from './offset-forward.ts';
import { ReadoutRows } from './readout-rows.ts';

/** Reads out an offset that the verifying forward ran already, as all do when offset 1 reads the further ones. */
export function verifiedOutlook(model: LanguageModel, offset: number, drafts: readonly DraftTree[]): OffsetOutlook {
  const { ops } = model.engine;
  const readout = model.readout(offset);
  const places = drafts.map(({ row }) => row.columns.at(row.numColumns - 1));
  const logits = model.engine.tidy(() => ops.readoutLogits(gather(ops, places, offset - 2) as Tensor2D, readout));
  const values = logits.dataSync<'float32'>();
  logits.dispose();
  const origin = { offset, rowOf: (index: number) => drafts[index].row.id };
  return {
    readout: new ReadoutRows(values, readout, model.dims.vocabulary, origin),
    rowOf: (draft) => drafts.indexOf(draft),
  };
}
