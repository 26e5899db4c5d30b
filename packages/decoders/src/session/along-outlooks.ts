// M drafts, L levels with one readout, E readout input width.
import type { LanguageModel } from '@foretoken/core';
import type { Readout, Tensor2D } from '@foretoken/engine';
import { pick, stateRow } from './chunk.ts';
import type { DraftTree } from './draft-tree.ts';
import { type HeadPlan, sourceOf } from './head-plan.ts';
import type { OffsetOutlook } from './offset-forward.ts';
import { isSameReadout } from './offsets-along.ts';
import { ReadoutRows } from './readout-rows.ts';

/** Where hidden states lie that are to be read out together. */
interface Unread {
  readonly readout: Readout;
  readonly levels: number[];
  readonly tensors: Tensor2D[];
  /** Of these tensors: those of the first level, draft by draft, then those of the next. */
  readonly rows: number[];
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
    const unread = this.#find(level, drafts);
    if (!unread) return undefined;
    for (let further = level + 1; further <= this.#levelsInUse; further++) this.#find(further, drafts, unread);
    const readout = this.#readout(unread, drafts);
    for (const [index, known] of unread.levels.entries()) {
      const first = index * drafts.length;
      this.#known.set(known, { readout, rowOf: (draft) => first + drafts.indexOf(draft) });
    }
    return this.#known.get(level);
  }

  /**
   * Adds a level to what is to be read out, unless its offset did not run along or has another readout.
   * @returns undefined where it was not added
   */
  #find(level: number, drafts: readonly DraftTree[], found?: Unread): Unread | undefined {
    const { offset, back } = sourceOf(this.#plan, level);
    const tensors: Tensor2D[] = [];
    const rows: number[] = [];
    let unread = found;
    for (const { row } of drafts) {
      const { chunk, node } = row.columns.at(Math.max(0, row.numColumns - 1 - back));
      const states = chunk.statesOf(offset);
      if (!states) return undefined;
      unread ??= { readout: states.readout, levels: [], tensors: [], rows: [] };
      if (!isSameReadout(unread.readout, states.readout)) return undefined;
      tensors.push(states.hidden_GE);
      rows.push(stateRow(states, offset, node));
    }
    unread?.levels.push(level);
    unread?.tensors.push(...tensors);
    unread?.rows.push(...rows);
    return unread;
  }

  #readout({ readout, levels, tensors, rows }: Unread, drafts: readonly DraftTree[]): ReadoutRows {
    const { engine, dims } = this.#model;
    const logits = engine.tidy(() => engine.ops.readoutLogits(pick(engine.ops, tensors, rows) as Tensor2D, readout));
    const values = logits.dataSync<'float32'>();
    logits.dispose();
    return new ReadoutRows(values, readout, dims.vocabulary, (index) => ({
      offset: sourceOf(this.#plan, levels[Math.floor(index / drafts.length)]).offset,
      row: drafts[index % drafts.length].row.id,
    }));
  }
}
