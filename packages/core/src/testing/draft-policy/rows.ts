import type { DraftPolicy, Tree } from '../../contracts/decoding.ts';
import { emptyTree } from '../../generation/tree.ts';
import { createRandom } from '../../random/random.ts';
import { inWords, pathIn } from './course.ts';
import { type DraftingRow, drafts, drawing } from './drive.ts';
import { HEADS } from './heads.ts';
import { ofEveryForm } from './policy-case.ts';

const rowOf = (id: number, kind: number): DraftingRow => ({
  id,
  heads: HEADS[kind % HEADS.length],
  draw: drawing(createRandom(kind, 'draws of a row')),
});

/** The answers about one draft of some rows, by row. */
function answersByRow(policy: DraftPolicy, rows: readonly DraftingRow[], numRows: number): Map<number, string[]> {
  const answers = new Map<number, string[]>(rows.map(({ id }) => [id, []]));
  drafts(policy, rows, { rows: numRows, answered: (asked) => answers.get(asked.at.row)!.push(inWords(asked)) });
  return answers;
}

/** A session asks of all rows in turn, level by level: a policy that keeps one draft in mind takes one row's for another's. */
export const keepsRowsApart = ofEveryForm(
  'drafts for a row what it drafts for it alone, before it has learnt',
  async (form) => {
    const company = HEADS.map((_, index) => rowOf(40 - 3 * index, index));
    const policy = await form.prepared();
    if (policy.isTimed) return;
    const together = answersByRow(policy, company, company.length);
    for (const [kind, { id }] of company.entries()) {
      const alone = answersByRow(await form.prepared(), [rowOf(id, kind)], company.length).get(id)!;
      const other = together.get(id)!.findIndex((answer, index) => answer !== alone[index]);
      if (other < 0) continue;
      throw form.broken(
        `for row ${id} alone it answered "${alone[other] ?? 'nothing more'}", and among ${company.length} rows ` +
          `"${together.get(id)![other]}". Keep what it knows of a draft under way by row: \`at.row\`.`,
      );
    }
  },
);

/** One step of a row, and what became of its draft. */
function step(policy: DraftPolicy, row: DraftingRow, isTold: boolean): string {
  const answers: string[] = [];
  const [tree] = drafts(policy, [row], {
    answered: (asked) => answers.push(inWords({ ...asked, at: { ...asked.at, row: 0 } })),
  });
  if (isTold) tell(policy, row.id, tree);
  return answers.join('; ');
}

const tell = (policy: DraftPolicy, row: number, tree: Tree) =>
  policy.learn?.({ row, tree, kept: { path: pathIn(tree, 0.5), next: 0 }, rows: 1 });

/** An id is a name: what was kept of it goes with its row, and a new row is a new row. */
export const forgetsRows = ofEveryForm('keeps nothing of a row that is gone', async (form) => {
  if ((await form.prepared()).isTimed) return;
  for (const isTold of [true, false]) {
    const runs: string[][] = [];
    for (const second of [5, 6]) {
      const policy = await form.prepared();
      tell(policy, 5, emptyTree());
      const first = HEADS.map((_, kind) => step(policy, rowOf(5, kind), isTold || kind < HEADS.length - 1));
      policy.forget?.(5);
      const later = HEADS.map((_, kind) => step(policy, rowOf(second, HEADS.length - 1 - kind), true));
      runs.push([...first, ...later]);
    }
    const other = runs[0].findIndex((answer, index) => answer !== runs[1][index]);
    if (other < 0) continue;
    throw form.broken(
      `after row 5 was gone, it drafted "${runs[1][other]}" for row 6, and "${runs[0][other]}" for a new row that was called ` +
        '5 again. Drop what it keeps of a row in `forget`, and read nothing from an id.',
    );
  }
});
