import type { DraftTree } from './draft-tree.ts';
import type { HeadPlan } from './head-plan.ts';
import type { LevelReadouts, ReadLevel } from './level-readouts.ts';
import type { ReadoutRows } from './readout-rows.ts';

/** What an offset says after each frontier node of some drafts. */
export interface OffsetOutlook {
  readonly readout: ReadoutRows;
  /** Row of the readout that belongs to a frontier node. */
  rowOf(draft: DraftTree, node: number): number;
}

/** Finds out what the head says, from one level to another, after the frontiers of some drafts. */
export type ReadLevels = (from: number, to: number, drafts: readonly DraftTree[]) => readonly OffsetOutlook[];

/**
 * What the head says in a draft, level by level; {@link begin} starts the next.
 *
 * Unless offsets run apart, the first question finds out all levels in use; the further ones only look up.
 */
export class Outlooks {
  readonly #plan: HeadPlan;
  readonly #read: ReadLevels;
  #levelsInUse = 0;
  #deepest = 0;
  /** What was read last, level by level from this one on: levels are asked about in their order. */
  #from = 1;
  #known: readonly OffsetOutlook[] = [];

  constructor(plan: HeadPlan, read: ReadLevels) {
    this.#plan = plan;
    this.#read = read;
  }

  /** @param levelsInUse - levels that are likely to be asked for */
  begin(levelsInUse: number): void {
    this.#levelsInUse = levelsInUse;
    this.#deepest = 0;
  }

  /** Lets go of what was said. */
  end(): void {
    this.#known = [];
  }

  /** The deepest level that was asked about in the last draft. */
  get deepest(): number {
    return this.#deepest;
  }

  /** @param drafts - whoever is asked about at a further level must be among those of the first call */
  of(level: number, drafts: readonly DraftTree[]): OffsetOutlook {
    this.#deepest = level;
    const known = this.#known[level - this.#from];
    if (known) return known;
    const last = this.#plan.further === 'apart' ? level : Math.max(level, this.#levelsInUse);
    // Where reading fails, what is known stays that of the level before: whoever asks again has it read again.
    this.#known = this.#read(level, last, drafts);
    this.#from = level;
    return this.#known[0];
  }
}

/** A node that levels are asked about: one of a frontier, or -1 where the head reads none of its tokens. */
export interface AskedNode {
  readonly draft: DraftTree;
  readonly node: number;
}

/** The nodes to ask about some drafts' frontiers, draft by draft. */
export function askedNodes({ ahead }: HeadPlan, drafts: readonly DraftTree[]): AskedNode[] {
  const asked: AskedNode[] = [];
  for (const draft of drafts) {
    if (ahead) for (const node of draft.frontier) asked.push({ draft, node });
    else asked.push({ draft, node: -1 });
  }
  return asked;
}

/** What was read out of some levels after some nodes, by draft and frontier node. */
export function outlooksOf(
  { ahead }: HeadPlan,
  read: readonly ReadLevel[],
  asked: readonly AskedNode[],
): OffsetOutlook[] {
  const starts = new Map<DraftTree, number>();
  for (let index = asked.length - 1; index >= 0; index--) starts.set(asked[index].draft, index);
  const outlooks: OffsetOutlook[] = [];
  for (const { readout, first } of read) {
    const rowOf: OffsetOutlook['rowOf'] = (draft, node) => {
      let index = starts.get(draft)!;
      if (ahead) while (asked[index].node !== node) index++;
      return first + index;
    };
    outlooks.push({ readout, rowOf });
  }
  return outlooks;
}

/** Reads what offsets that ran along with the trunk said at the last columns of some rows. */
export function readColumns(plan: HeadPlan, readouts: LevelReadouts, drafts: readonly DraftTree[]): OffsetOutlook[] {
  const asked = askedNodes(plan, drafts);
  const places_M = asked.map(({ draft: { row } }) => row.columns.at(row.numColumns - 1));
  const rows_M = places_M.map(({ node }) => node);
  const logits = readouts.logits((offset) => ({
    states_M: places_M.map(({ chunk }) => chunk.statesOf(offset)),
    rows_M,
  }));
  return outlooksOf(plan, readouts.read(logits, asked), asked);
}
