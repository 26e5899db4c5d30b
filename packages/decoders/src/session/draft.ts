import type { DraftPolicy, Growth, Random } from '@foretoken/core';
import { drawIndex, saidMaker, without } from '@foretoken/core';
import { ForetokenError } from '@foretoken/engine/errors';
import type { DraftTree } from './draft-tree.ts';
import type { OffsetOutlook, Outlooks } from './outlooks.ts';
import type { ReadoutRows } from './readout-rows.ts';

/** What a draft is made from. */
export interface DraftRequest {
  readonly policy: DraftPolicy;
  random(row: number): Random;
  /** What the head says of a level after the frontiers of some drafts. */
  readonly outlooks: Pick<Outlooks, 'of'>;
  /** Levels that the model can draft. */
  readonly levels: number;
  /** Those of offsets that were trained. */
  readonly trained: number;
  /** Rows of the batch. */
  readonly rows: number;
}

/**
 * Grows drafts level by level until the policy wants no more, the model can no more, or a row has no room.
 *
 * An offset is not run before the policy asks for its distribution or for its tokens, and then once for all rows.
 */
export function growDrafts(drafts: readonly DraftTree[], request: DraftRequest): void {
  let active = drafts;
  for (let level = 1; level <= request.levels; level++) {
    // The last token that fits is the one which the model itself adds to what is kept.
    active = active.filter(({ row }) => level < row.room);
    if (active.length === 0) return;
    active = growLevel(active, level, request);
  }
}

/** @returns the drafts that grew */
function growLevel(drafts: readonly DraftTree[], level: number, request: DraftRequest): DraftTree[] {
  const { policy, levels, trained, rows } = request;
  let outlook: OffsetOutlook | undefined;
  const growing: DraftTree[] = [];
  const wanted: (readonly Growth[])[] = [];
  for (const draft of drafts) {
    let isAsking = true;
    const p = (node: number) => {
      if (!isAsking) throw askedLate(policy);
      checkFrontier(policy, draft, node);
      outlook ??= request.outlooks.of(level, drafts);
      return outlook.readout.p(outlook.rowOf(draft, node));
    };
    const growths = policy.grow(draft.toTree(), draft.frontier, p, {
      row: draft.row.id,
      level,
      levels,
      trained,
      rows,
    });
    isAsking = false;
    for (const growth of growths) checkGrowth(policy, draft, growth);
    if (!growths.some(({ children }) => children > 0)) continue;
    growing.push(draft);
    wanted.push(growths);
  }
  if (growing.length === 0) return growing;
  const said = outlook ?? request.outlooks.of(level, growing);
  for (let index = 0; index < growing.length; index++) {
    const frontier: number[] = [];
    for (const growth of wanted[index]) addChildren(growing[index], growth, said, request.random, frontier);
    growing[index].frontier = frontier;
  }
  // Where nothing was left to draw there is no child.
  return growing.filter(({ frontier }) => frontier.length > 0);
}

/** @param added - gets the numbers of the new nodes */
function addChildren(
  draft: DraftTree,
  { node, children, sampled }: Growth,
  { readout, rowOf }: OffsetOutlook,
  random: (row: number) => Random,
  added: number[],
): void {
  if (children === 0) return;
  const row = rowOf(draft, node);
  if (!sampled) {
    for (const token of readout.top(row, children)) added.push(draft.add(node, token, 'chosen'));
    return;
  }
  const p_V = distributionOf(draft, node, readout, row);
  added.push(...drawChildren(draft, node, children, p_V, random(draft.row.id)));
}

/** What the head says after a node, as the row's sampling makes it. */
function distributionOf(draft: DraftTree, node: number, readout: ReadoutRows, row: number): Float64Array {
  const { sampler } = draft.row;
  return sampler ? sampler.distribution(readout.view(row), () => draft.seen(node)) : readout.p(row);
}

/** Draws siblings one after another, each from what the tokens of its elders leave, until nothing is left. */
function drawChildren(draft: DraftTree, node: number, children: number, p_V: Float64Array, random: Random): number[] {
  const drawn: number[] = [];
  let q_V: Float64Array | undefined = without(p_V, draft.childrenOf(node));
  while (q_V && drawn.length < children) {
    const token = drawIndex(q_V, random.uniform());
    drawn.push(draft.add(node, token, q_V));
    if (drawn.length < children) q_V = without(q_V, [token]);
  }
  return drawn;
}

function checkGrowth(policy: DraftPolicy, draft: DraftTree, { node, children }: Growth): void {
  checkFrontier(policy, draft, node);
  if (Number.isInteger(children) && children >= 0) return;
  throw new ForetokenError(
    'PLUGIN_INVALID',
    `${saidMaker(policy, 'draft policy')}: children must be an integer >= 0, was ${children}.`,
  );
}

/** What the head says belongs to a moment of a draft: later it would be of other tokens. */
function askedLate(policy: DraftPolicy): ForetokenError {
  return new ForetokenError(
    'PLUGIN_INVALID',
    `${saidMaker(policy, 'draft policy')}: p must be called before grow returns, was called later. Ask in grow, and keep the numbers.`,
  );
}

function checkFrontier(policy: DraftPolicy, { frontier }: DraftTree, node: number): void {
  if (frontier.includes(node)) return;
  throw new ForetokenError(
    'PLUGIN_INVALID',
    `${saidMaker(policy, 'draft policy')}: a node that is asked about or gets children must be of the frontier ` +
      `[${frontier}], was ${node}.`,
  );
}
