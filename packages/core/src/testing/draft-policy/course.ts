// What a policy goes through in a generation: rows join, draft, are told what became of it, and leave.
import type { DraftOutcome, DraftPolicy, Kept, Tree } from '../../contracts/decoding.ts';
import { chainTree, emptyTree, firstLevels } from '../../generation/tree.ts';
import { createRandom } from '../../random/random.ts';
import { type Asked, type DraftingRow, drafts, drawing } from './drive.ts';
import { HEADS } from './heads.ts';

/** Told of everything that a policy is asked and told; calls it. */
export interface Watch {
  answered?(asked: Asked): void;
  /** Carries out every call of the policy. Default: at once. */
  call?<Result>(work: () => Result): Result;
  told?(outcome: DraftOutcome): void;
}

const STEPS = 12;

/**
 * One generation of a policy that is prepared. Rows join and leave as it goes on; one of them has no room for a draft now and
 * then, one is verified with a tree that is not its own, as a decoder may, and some are cut to their first level.
 */
export function takesCourse(policy: DraftPolicy, { answered, call = (work) => work(), told }: Watch = {}): void {
  const watched: DraftPolicy = { grow: (...asked) => call(() => policy.grow(...asked)) };
  const random = createRandom(3, 'course');
  let rows: DraftingRow[] = [];
  let next = 4;
  const tell = (row: number, tree: Tree, kept: Kept) => {
    const outcome: DraftOutcome = { row, tree, kept, rows: rows.length };
    call(() => policy.learn?.(outcome));
    told?.(outcome);
  };
  for (let step = 0; step < STEPS; step++) {
    const isNew = step % 2 === 0;
    if (isNew) rows.push({ id: next++, heads: HEADS[step % HEADS.length], draw: drawing(createRandom(step, 'draws')) });
    // A row that has just joined has no verdict to draft from, one in five no room.
    const drafting = rows.filter((_, index) => !(isNew && index === rows.length - 1) && (index + step) % 5 !== 4);
    const grown = drafts(watched, drafting, { rows: rows.length, ...(answered && { answered }) });
    for (const [index, { id }] of [...rows.entries()]) {
      const verified = verifiedTree(grown[drafting.indexOf(rows[index])] ?? emptyTree(), (index + step) % 7);
      tell(id, verified, { path: pathIn(verified, random.uniform()), next: 0 });
    }
    if (step % 4 !== 3) continue;
    const [gone, ...stay] = rows;
    call(() => policy.forget?.(gone.id));
    rows = stay;
  }
  for (const { id } of rows) call(() => policy.forget?.(id));
}

/** Mostly what was drafted. */
function verifiedTree(drafted: Tree, turn: number): Tree {
  if (turn === 2) return chainTree([1, 2]);
  return turn === 1 ? firstLevels(drafted, 1) : drafted;
}

/** The path of eldest children, some of it. */
export function pathIn({ parent }: Tree, share: number): Int32Array {
  const path: number[] = [];
  for (let node = parent.indexOf(-1); node >= 0; node = parent.indexOf(node)) path.push(node);
  return Int32Array.from(path.slice(0, Math.round(share * path.length)));
}

/** What a policy answers in a whole course, as text. */
export function answersOf(policy: DraftPolicy): string[] {
  const answers: string[] = [];
  takesCourse(policy, { answered: (asked) => answers.push(inWords(asked)) });
  return answers;
}

/** What was asked and answered, for messages and to compare. */
export const inWords = ({ at, growths }: Asked): string =>
  `row ${at.row}, level ${at.level}: ${
    growths
      .map(({ node, children, sampled }) => `${children} ${sampled ? 'drawn' : 'chosen'} below node ${node}`)
      .join(', ') || 'nothing'
  }`;
