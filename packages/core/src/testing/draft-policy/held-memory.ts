import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { DraftPolicy } from '../../contracts/decoding.ts';
import { emptyTree } from '../../generation/tree.ts';
import { broken } from '../contract.ts';
import { pathIn } from './course.ts';
import { drafts } from './drive.ts';
import { HEADS, LEVELS, smallSession } from './heads.ts';
import { createPolicy, type PolicyCheck } from './policy-case.ts';

/** Rows that warm up, and rows until memory is looked at again: what keeps entries doubles its table now and then. */
const WARM_UP = 2_000;
const ROWS = 6_000;
/** Bytes a row: the least that a map or a set keeps of one is some 30, a tree 500. */
const MOST_BYTES = 16;
/** Readings that agree decide: what else the process takes or gives back shows in one, not in two of three. */
const AGREEING = 2;
/** Collections until memory stays where it is: the first ones still give back code that has grown old. */
const COLLECTIONS = 8;
const SETTLED_BYTES = 4_096;

/** A server decodes for months: what is kept of each row fills its memory. */
export const letsGoOfRows: PolicyCheck = {
  title: 'holds no memory for rows that are gone',
  async run(of) {
    let free = 0;
    const held: number[] = [];
    while (held.length < AGREEING) {
      const policy = createPolicy(of);
      await policy.prepare?.(smallSession(), { rows: 1, promptTokens: LEVELS });
      const bytes = heldBy(policy).bytes / ROWS;
      if (bytes > MOST_BYTES) held.push(bytes);
      else if (++free === AGREEING) return;
    }
    throw broken(
      of,
      `after ${ROWS} rows that came, drafted and were gone, it held ${Math.round(Math.min(...held))} bytes more for each of them. ` +
        'Delete what it keeps by row in `forget`.',
    );
  },
};

/** What a policy holds of the rows; with the policy, which would not be there any more if nobody asked for it. */
function heldBy(policy: DraftPolicy): { readonly policy: DraftPolicy; readonly bytes: number } {
  for (let row = 0; row < WARM_UP; row++) passes(policy, row);
  const before = heldBytes();
  for (let row = 0; row < ROWS; row++) passes(policy, WARM_UP + row);
  return { bytes: heldBytes() - before, policy };
}

/** A row from its first verdict to its end. */
function passes(policy: DraftPolicy, id: number): void {
  policy.learn?.({ row: id, tree: emptyTree(), kept: { path: new Int32Array(0), next: 0 }, rows: 1 });
  const [tree] = drafts(policy, [{ id, heads: HEADS[2], draw: (q_V) => q_V.findIndex((q) => q > 0) }]);
  // One in two is gone before anybody is told what became of its draft.
  if (id % 2 === 0) policy.learn?.({ row: id, tree, kept: { path: pathIn(tree, 1), next: 0 }, rows: 1 });
  policy.forget?.(id);
}

/** Bytes of objects that are still in use. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let held = Number.POSITIVE_INFINITY;
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    collect();
    const before = held;
    held = process.memoryUsage().heapUsed;
    if (Math.abs(before - held) < SETTLED_BYTES) break;
  }
  return held;
}
