import type { Tree } from '../../contracts/decoding.ts';
import { chanceAndTimeIn } from '../chance-and-time.ts';
import { answersOf, takesCourse } from './course.ts';
import { HEADS } from './heads.ts';
import { ofEveryForm } from './policy-case.ts';

const copyOf = ({ tokens, parent, q }: Tree) => JSON.stringify([[...tokens], [...parent], q.map((q_V) => [...q_V])]);

/** The session goes on with the tree, and others read the distributions. */
export const leavesItsInputsAlone = ofEveryForm('writes into nothing that it is given', async (form) => {
  const policy = await form.prepared();
  const { grow, learn } = policy;
  const fail = (what: string) => {
    throw form.broken(`it wrote into ${what}. Copy what it changes.`);
  };
  takesCourse(
    {
      forget: (row) => policy.forget?.(row),
      grow(tree, frontier, p, at) {
        const before = [copyOf(tree), `${frontier}`, JSON.stringify(at)];
        const growths = grow.call(policy, tree, frontier, p, at);
        const changed = [copyOf(tree), `${frontier}`, JSON.stringify(at)].findIndex(
          (now, index) => now !== before[index],
        );
        if (changed >= 0) fail(['the tree', 'the frontier', 'the moment'][changed]);
        return growths;
      },
      learn(outcome) {
        const before = [copyOf(outcome.tree), `${outcome.kept.path}`];
        learn?.call(policy, outcome);
        if (copyOf(outcome.tree) !== before[0]) fail('the tree that it was told of');
        if (`${outcome.kept.path}` !== before[1]) fail('the path that it was told of');
      },
    },
    {
      answered({ p, tree, at }) {
        for (const [node, p_V] of p) {
          const path: number[] = [];
          for (let up = node; up >= 0; up = tree.parent[up]) path.unshift(tree.tokens[up]);
          // Which heads a row has follows from its id.
          if (HEADS.some((heads) => `${heads(path)}` === `${p_V}`)) continue;
          fail(`the distribution of node ${node} at level ${at.level}`);
        }
      },
    },
  );
});

/** What a run drafts follows from its seed, or tables say that it does not. */
export const takesNoChance = ofEveryForm(
  'takes nothing from chance, nor from a clock if it is not timed',
  async (form) => {
    const policy = await form.prepared();
    takesCourse(policy, {
      call(work) {
        let result!: ReturnType<typeof work>;
        const used = chanceAndTimeIn(() => {
          result = work();
        }).find((name) => !policy.isTimed || name === 'Math.random');
        if (used === undefined) return result;
        throw form.broken(
          `it used ${used}. ${
            used === 'Math.random'
              ? 'Let what it drafts follow from what it is given; drawing is the session’s: `sampled: true`.'
              : 'Say `isTimed: true`, in its definition too, or do without a clock.'
          }`,
        );
      },
    });
  },
);

/** Two runs of one seed draft alike. */
export const answersTheSame = ofEveryForm('drafts the same in a second generation that is the same', async (form) => {
  const policy = await form.prepared();
  if (policy.isTimed) return;
  const before = answersOf(policy);
  const after = answersOf(await form.prepared());
  const other = before.findIndex((answer, index) => answer !== after[index]);
  if (other < 0) return;
  throw form.broken(
    `a policy answered "${before[other]}", another one of the same options in the same generation "${after[other]}". Keep ` +
      'nothing outside of the policy: what it learns is its own.',
  );
});
