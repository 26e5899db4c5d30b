// Draft policies that are wrong on purpose, each in one way: the check that is meant for it catches it, and says why.
import { expect, test } from 'vitest';
import {
  type Definition,
  type DraftPolicy,
  type DraftPolicySpec,
  defineDraftPolicy,
  EventLoopTurns,
  emptyTree,
  type Session,
  Type,
} from '../plugin.ts';
import { failureOf, failuresIn } from './contract-failures.fixture.ts';
import { drawnTokensDecideNothing } from './draft-policy/drawn.ts';
import { growsTheFrontier, saysWhetherItIsTimed, staysWithinTrained } from './draft-policy/growth.ts';
import { letsGoOfRows } from './draft-policy/held-memory.ts';
import { answersTheSame, leavesItsInputsAlone, takesNoChance } from './draft-policy/inputs.ts';
import { draftPolicyContract, policyOptionsAct, policyWorksOrRefuses } from './draft-policy/policy-checks.ts';
import { preparesInPeace } from './draft-policy/prepares.ts';
import { forgetsRows, keepsRowsApart } from './draft-policy/rows.ts';

/** Two drawn children of every node while they are few, as far as was trained. */
const good: DraftPolicy = {
  grow: (_tree, frontier, _p, at) =>
    at.level > Math.min(at.levels, at.trained) ? [] : frontier.map((node) => ({ node, children: 2, sampled: true })),
};

const made = (create: () => DraftPolicy, more: Partial<DraftPolicySpec> = {}): Definition<'draft-policy'> =>
  defineDraftPolicy({ name: 'broken', create, ...more });

/** `good` whose answer is another one. */
const growing = (grow: (...asked: Parameters<DraftPolicy['grow']>) => unknown) => made(() => ({ grow }) as DraftPolicy);

const within = (...[, frontier, , at]: Parameters<DraftPolicy['grow']>) => (at.level > at.trained ? [] : [...frontier]);

/** `good` that prepares. */
const preparing = (prepare: NonNullable<DraftPolicy['prepare']>) => made(() => ({ ...good, prepare }));

/** One step of whatever rows there are. */
async function step(session: Session): Promise<void> {
  const verdicts = await session.verify(session.rows.map(() => emptyTree()));
  session.commit(verdicts.map((verdict) => ({ path: new Int32Array(0), next: verdict.argmax(-1) })));
}

test('the policy that the others are made of keeps the contract', async () => {
  const learned = defineDraftPolicy({
    name: 'learned',
    options: Type.Object({ most: Type.Integer({ minimum: 1, maximum: 3, default: 2 }) }),
    create(_, { most }) {
      const kept = new Map<number, number>();
      let levels = most;
      return {
        async prepare(session, { signal }) {
          const row = session.join({ tokens: Int32Array.of(1) });
          const turns = new EventLoopTurns();
          for (let count = 0; count < 5; count++) {
            await turns.take();
            signal?.throwIfAborted();
            await step(session);
          }
          session.leave(row);
        },
        grow(...asked) {
          const [tree, , , { row, level }] = asked;
          kept.set(row, tree.tokens.length);
          return level > levels ? [] : good.grow(...asked);
        },
        learn({ row, kept: { path } }) {
          levels = path.length > 0 ? most : 1;
          kept.delete(row);
        },
        forget: (row) => void kept.delete(row),
      };
    },
  });
  expect([...(await failuresIn(draftPolicyContract, learned, {}, {}))]).toEqual([]);
});

test.each<[what: string, definition: Definition<'draft-policy'>, title: string, message: RegExp]>([
  [
    'says that it is timed in the policy alone',
    made(() => ({ ...good, isTimed: true })),
    saysWhetherItIsTimed.title,
    /says `isTimed: true` and its definition does not/,
  ],
  [
    'gives children to a node above the frontier',
    growing((...asked) => within(...asked).map(() => ({ node: -1, children: 1, sampled: true }))),
    growsTheFrontier.title,
    /only a node of the frontier can get children, got \{"node":-1.*This was at level 2 of row \d+, with the frontier \[0\]/,
  ],
  [
    'asks for half a child',
    growing((...asked) => within(...asked).map((node) => ({ node, children: 0.5, sampled: true }))),
    growsTheFrontier.title,
    /children must be an integer >= 0, got \{"node":-1,"children":0\.5/,
  ],
  [
    'does not say whether children are drawn',
    growing((...asked) => within(...asked).map((node) => ({ node, children: 1 }))),
    growsTheFrontier.title,
    /sampled must be true \(children are drawn\) or false/,
  ],
  [
    'asks twice for first choices',
    growing((...asked) =>
      within(...asked).flatMap((node) => [1, 1].map((children) => ({ node, children, sampled: false }))),
    ),
    growsTheFrontier.title,
    /node -1 is asked twice for first choices/,
  ],
  ['is asynchronous', growing(async () => []), growsTheFrontier.title, /grow must return a list .* not as a promise/],
  [
    'asks what the head says after a node that is no leaf',
    growing((tree, frontier, p, at) => {
      if (at.level > 1) p(-1);
      return good.grow(tree, frontier, p, at);
    }),
    growsTheFrontier.title,
    /p may be asked for a node of the frontier \[.*\] alone, not for node -1/,
  ],
  [
    'drafts whatever can be drafted',
    growing((_tree, frontier) => frontier.map((node) => ({ node, children: 1, sampled: true }))),
    staysWithinTrained.title,
    /it drafted level 4, where 3 levels were trained and 5 can be drafted/,
  ],
  [
    'sorts the frontier in place',
    growing((...asked) => {
      (asked[1] as number[]).reverse();
      return good.grow(...asked);
    }),
    leavesItsInputsAlone.title,
    /it wrote into the frontier/,
  ],
  [
    'normalizes the head’s distribution in place',
    growing((tree, frontier, p, at) => {
      p(frontier[0])[0] = 0;
      return good.grow(tree, frontier, p, at);
    }),
    leavesItsInputsAlone.title,
    /it wrote into the distribution of node -1 at level 1/,
  ],
  [
    'throws dice',
    growing((...asked) => (Math.random() < 0.5 ? [] : good.grow(...asked))),
    takesNoChance.title,
    /it used Math\.random\. Let what it drafts follow from what it is given/,
  ],
  [
    'looks at a clock and does not say so',
    growing((...asked) => (performance.now() < 0 ? [] : good.grow(...asked))),
    takesNoChance.title,
    /it used performance\.now\. Say `isTimed: true`/,
  ],
  [
    'throws dice and calls itself timed',
    made(() => ({ isTimed: true, grow: (...asked) => (Math.random() < 0.5 ? [] : good.grow(...asked)) }), {
      isTimed: true,
    }),
    takesNoChance.title,
    /it used Math\.random/,
  ],
  [
    'shares what it counts among all policies',
    (() => {
      let calls = 0;
      return growing((...asked) => (calls++ % 7 === 0 ? [] : good.grow(...asked)));
    })(),
    answersTheSame.title,
    /a policy answered ".*", another one of the same options in the same generation ".*"\. Keep nothing outside/,
  ],
  [
    'keeps one draft in mind for all rows',
    made(() => {
      let isSure = true;
      return {
        grow(tree, frontier, p, at) {
          isSure = at.level === 1 ? Math.max(...p(-1)) > 0.3 : isSure;
          return isSure ? good.grow(tree, frontier, p, at) : [];
        },
      };
    }),
    keepsRowsApart.title,
    /for row \d+ alone it answered ".*", and among 6 rows ".*"\. Keep what it knows of a draft under way by row/,
  ],
  [
    'goes on with the likeliest of the nodes that were drawn',
    growing((tree, frontier, _p, at) => {
      if (at.level > at.trained) return [];
      const probability = (node: number) => (node < 0 ? 1 : (tree.q[node] as Float64Array)[tree.tokens[node]]);
      const best = Math.max(...frontier.map(probability));
      return frontier
        .filter((node) => probability(node) === best)
        .map((node) => ({ node, children: 3, sampled: true }));
    }),
    drawnTokensDecideNothing.title,
    /the first node of level \d got \d drawn children, and \d once other tokens were drawn beside it/,
  ],
  [
    'remembers by id how far a row came',
    made(() => {
      const levels = new Map<number, number>();
      return {
        grow: (...asked) => (asked[3].level > (levels.get(asked[3].row) ?? 3) ? [] : good.grow(...asked)),
        learn: ({ row, kept }) => void levels.set(row, kept.path.length),
      };
    }),
    forgetsRows.title,
    /after row 5 was gone, it drafted ".*" for row 6, and ".*" for a new row that was called 5 again\. Drop what it keeps/,
  ],
  [
    'drafts more for rows of an even id',
    growing((...asked) => (asked[3].level > 1 + (asked[3].row % 2) ? [] : good.grow(...asked))),
    forgetsRows.title,
    /read nothing from an id/,
  ],
  [
    'keeps a number of every row',
    made(() => {
      const rows = new Map<number, number>();
      return { ...good, learn: ({ row, kept }) => void rows.set(row, kept.path.length) };
    }),
    letsGoOfRows.title,
    /after 6000 rows that came, drafted and were gone, it held \d+ bytes more for each of them/,
  ],
  [
    'leaves a row behind',
    preparing(async (session) => void session.join({ tokens: Int32Array.of(1) })),
    preparesInPeace.title,
    /prepare left rows \[0\] in the session/,
  ],
  [
    'disposes of the session',
    preparing(async (session) => session.dispose()),
    preparesInPeace.title,
    /prepare disposed of the session/,
  ],
  [
    'measures without a turn for anybody',
    preparing(async (session) => {
      const row = session.join({ tokens: Int32Array.of(1) });
      for (let count = 0; count < 150 && session.room(row) > 1; count++) await step(session);
      session.leave(row);
    }),
    preparesInPeace.title,
    /prepare took \d+ steps without a turn for timers and signals/,
  ],
  [
    'measures on after an abort',
    preparing(async (session) => {
      const turns = new EventLoopTurns();
      const row = session.join({ tokens: Int32Array.of(1) });
      for (let count = 0; count < 6 && session.room(row) > 1; count++) {
        await turns.take();
        await step(session);
      }
      session.leave(row);
    }),
    preparesInPeace.title,
    /prepare went on for [36] forwards after its signal was aborted/,
  ],
  [
    'falls over an option',
    defineDraftPolicy({
      name: 'broken',
      options: Type.Object({ k: Type.Integer({ minimum: 1, maximum: 3, default: 1 }) }),
      create: (_, { k }) => ({ grow: (...asked) => (k > 1 ? asked[1][9].toString() : []) as never }),
    }),
    policyWorksOrRefuses.title,
    /it with option "k" 2 throws "Cannot read/,
  ],
  [
    'reads an option nowhere',
    made(() => good, { options: Type.Object({ k: Type.Integer({ minimum: 1, default: 1 }) }) }),
    policyOptionsAct.title,
    /option "k" changes nothing of what the policy drafts .*describeDraftPolicyContract\(/,
  ],
])('a policy that %s is caught', async (_what, definition, title, message) => {
  const said = await failureOf(draftPolicyContract, title, definition);
  expect(said).toMatch(/^draft-policy "broken": /);
  expect(said).toMatch(message);
});
