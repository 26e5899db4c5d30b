// M nodes asked about, E readout input width, R rows of a readout.
import type { LanguageModel } from '@foretoken/core';
import type { Readout, ReadoutRequest, Tensor } from '@foretoken/engine';
import { type HeadPlan, sourceOf } from './head-plan.ts';
import { offsetsOf } from './offsets-along.ts';
import type { AskedNode } from './outlooks.ts';
import { ReadoutRows } from './readout-rows.ts';

/** What drafts a level. */
interface Level {
  readonly offset: number;
  readonly back: number;
  readonly readout: Readout;
}

interface LevelPlace {
  readonly group: number;
  readonly index: number;
}

/** Where hidden states lie: a row of a tensor for each node that is asked about. */
export type StateRows = Pick<ReadoutRequest, 'states_M' | 'rows_M'>;

/** A level that was read out: its first row, of one for each node that was asked about. */
export interface ReadLevel {
  readonly readout: ReadoutRows;
  readonly first: number;
}

/** Reads out the levels from one to another at once: one product for each distinct readout. */
export class LevelReadouts {
  /** That draft these levels, each once, ascending. */
  readonly offsets: readonly number[];
  readonly #model: LanguageModel;
  readonly #groups: readonly (readonly Level[])[];
  /** Group of each level, and its place in it. */
  readonly #places: readonly LevelPlace[];

  constructor(model: LanguageModel, plan: HeadPlan, from: number, to: number) {
    this.#model = model;
    this.offsets = offsetsOf(plan, from, to);
    const levels = Array.from({ length: to - from + 1 }, (_, index): Level => {
      const source = sourceOf(plan, from + index);
      return { ...source, readout: model.readout(source.offset) };
    });
    this.#groups = byReadout(levels);
    this.#places = levels.map((level) => {
      const group = this.#groups.findIndex((alike) => alike.includes(level));
      return { group, index: this.#groups[group].indexOf(level) };
    });
  }

  /**
   * @param states - where an offset's hidden states lie, so many columns back
   * @returns logits of each distinct readout
   */
  logits(states: (offset: number, back: number) => StateRows): Float32Array[] {
    const requests: ReadoutRequest[] = [];
    for (const levels of this.#groups) {
      const [states_M, rows_M]: [Tensor[], number[]] = [[], []];
      for (const { offset, back } of levels) {
        const found = states(offset, back);
        states_M.push(...found.states_M);
        rows_M.push(...found.rows_M);
      }
      requests.push({ states_M, rows_M, readout: levels[0].readout });
    }
    return this.#model.engine.ops.hostLogits(requests);
  }

  /**
   * @param logits - of {@link logits}
   * @returns in the order of the levels
   */
  read(logits: readonly Float32Array[], asked_M: readonly AskedNode[]): ReadLevel[] {
    const M = asked_M.length;
    const { vocabulary } = this.#model.dims;
    const readouts: ReadoutRows[] = [];
    for (let group = 0; group < this.#groups.length; group++) {
      const levels = this.#groups[group];
      const origin = (index: number) => ({
        offset: levels[Math.floor(index / M)].offset,
        row: asked_M[index % M].draft.row.id,
      });
      readouts.push(new ReadoutRows(logits[group], levels[0].readout, vocabulary, origin));
    }
    const read: ReadLevel[] = [];
    for (const { group, index } of this.#places) read.push({ readout: readouts[group], first: index * M });
    return read;
  }
}

/** Makes {@link LevelReadouts} once for each range of levels. */
export function levelReadouts(model: LanguageModel, plan: HeadPlan): (from: number, to: number) => LevelReadouts {
  const known = new Map<number, LevelReadouts>();
  return (from, to) => {
    const key = from * (plan.levels + 1) + to;
    const readouts = known.get(key) ?? new LevelReadouts(model, plan, from, to);
    known.set(key, readouts);
    return readouts;
  };
}

function byReadout(levels: readonly Level[]): Level[][] {
  const groups: Level[][] = [];
  for (const level of levels) {
    const group = groups.find(([other]) => isSameReadout(other.readout, level.readout));
    if (group) group.push(level);
    else groups.push([level]);
  }
  return groups;
}

/** Whether two readouts give the same logits, however often a head has described them. */
function isSameReadout(a: Readout, b: Readout): boolean {
  if (a === b) return true;
  return a.weight_EV === b.weight_EV && a.gain_E === b.gain_E && a.bias_V === b.bias_V && a.tokens_V === b.tokens_V;
}
