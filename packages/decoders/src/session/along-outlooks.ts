// M drafts, L levels with one readout, E readout input width.
import type { LanguageModel } from '@foretoken/core';
import type { Tensor2D } from '@foretoken/engine';
import { pick, type Said } from './chunk.ts';
import type { DraftTree } from './draft-tree.ts';
import { type HeadPlan, sourceOf } from './head-plan.ts';
import type { OffsetOutlook } from './offset-forward.ts';
import { isSameReadout } from './offsets-along.ts';
import { ReadoutRows } from './readout-rows.ts';

/** What the head says of one level after some drafts, not read out yet. */
interface Unread {
  readonly level: number;
  readonly said: readonly Said[];
}

/**
 * Reads out what offsets that ran along with the trunk said at the last columns of some rows; made for one draft.
 *
 * The first question reads out all levels in use that share its readout at once; the further ones only look up.
 */
export class AlongOutlooks {
  readonly #model: LanguageModel;
  readonly #plan: HeadPlan;
  readonly #levelsInUse: number;
  readonly #known = new Map<number, OffsetOutlook>();

  /** @param levelsInUse - levels that are likely to be asked for */
  constructor(model: LanguageModel, plan: HeadPlan, levelsInUse: number) {
    this.#model = model;
    this.#plan = plan;
    this.#levelsInUse = levelsInUse;
  }

  /**
   * @param drafts - whoever is asked about later must be among those of the first call
   * @returns undefined where the level's offset has not run along
   */
  of(level: number, drafts: readonly DraftTree[]): OffsetOutlook | undefined {
    if (this.#plan.along === 'first') return undefined;
    return this.#known.get(level) ?? this.#read(level, drafts);
  }

  #read(level: number, drafts: readonly DraftTree[]): OffsetOutlook | undefined {
    const said = this.#saidOf(level, drafts);
    if (!said) return undefined;
    const unread = [{ level, said }];
    for (let further = level + 1; further <= this.#levelsInUse; further++) {
      const more = this.#saidOf(further, drafts);
      if (more && isSameReadout(more[0].readout, said[0].readout)) unread.push({ level: further, said: more });
    }
    const readout = this.#readout(unread, drafts);
    for (const [index, { level: known }] of unread.entries()) {
      const first = index * drafts.length;
      this.#known.set(known, { readout, rowOf: (draft) => first + drafts.indexOf(draft) });
    }
    return this.#known.get(level);
  }

  #saidOf(level: number, drafts: readonly DraftTree[]): readonly Said[] | undefined {
    const { offset, back } = sourceOf(this.#plan, level);
    const all: Said[] = [];
    for (const { row } of drafts) {
      const { chunk, node } = row.columns.at(Math.max(0, row.numColumns - 1 - back));
      const said = chunk.said(offset, node);
      if (!said) return undefined;
      all.push(said);
    }
    return all;
  }

  #readout(unread: readonly Unread[], drafts: readonly DraftTree[]): ReadoutRows {
    const { engine, dims } = this.#model;
    const pieces = unread.length === 1 ? unread[0].said : unread.flatMap(({ said }) => said);
    const { readout } = pieces[0];
    const logits = engine.tidy(() => engine.ops.readoutLogits(pick(engine.ops, pieces) as Tensor2D, readout));
    const values = logits.dataSync<'float32'>();
    logits.dispose();
    return new ReadoutRows(values, readout, dims.vocabulary, (index) => ({
      offset: sourceOf(this.#plan, unread[Math.floor(index / drafts.length)].level).offset,
      row: drafts[index % drafts.length].row.id,
    }));
  }
}
