import type { AcceptanceRule, DraftPolicy } from '../../contracts/decoding.ts';
import { follow, ofTheDecoder, prompt, requestOf } from './decoder-case.ts';
import { chainPolicy } from './stand-ins.ts';
import { WatchedSession } from './watched-session.ts';
import { modelOf, WORLD } from './world.ts';

/** A policy that is asked and not told guesses; one that is not told of an end keeps what it knew. */
export const tellsThePolicy = ofTheDecoder(
  'prepares the policy that it asks, and tells it of every draft and of every row that is gone',
  async ({ decoder, broken }) => {
    for (const isCut of [false, true]) {
      const session = new WatchedSession(modelOf(WORLD));
      const told = { prepared: [] as string[], learnt: [] as string[], gone: [] as number[], isAsked: false };
      const policy: DraftPolicy = {
        async prepare(given) {
          told.prepared.push(`${given.rows.length} rows after ${session.seen.size} joined`);
        },
        grow(...asked) {
          told.isAsked = true;
          return chainPolicy.grow(...asked);
        },
        learn: ({ row, tree, kept }) =>
          told.learnt.push(`row ${row}: ${tree.tokens.length} drafted, [${kept.path}] kept`),
        forget: (row) => told.gone.push(row),
      };
      const prompts = [prompt(1, { maxTokens: 4 }), prompt(2), prompt(3, { maxTokens: 9 })];
      await follow(decoder, requestOf(prompts, { policy, maxRows: 2 }), {
        session,
        heard: (_, number) => isCut && number === 5,
      });
      const fault = told.isAsked ? toldFault(told, session) : undefined;
      if (fault) throw broken(fault);
    }
  },
);

/** What a policy was told. */
interface Told {
  readonly prepared: readonly string[];
  readonly learnt: readonly string[];
  readonly gone: readonly number[];
}

/** What a policy should have been told otherwise, by what the session saw. */
function toldFault({ prepared, learnt, gone }: Told, { seen }: WatchedSession): string | undefined {
  if (prepared.join() !== '0 rows after 0 joined') {
    return `the policy must be prepared once, with the empty session, before a row joins; it was with [${prepared}].`;
  }
  const committed = [...seen].flatMap(([row, own]) =>
    own.committed.map(({ tree, kept }) => `row ${row}: ${tree.tokens.length} drafted, [${kept.path}] kept`),
  );
  if (`${committed.toSorted()}` !== `${learnt.toSorted()}`) {
    return (
      `${committed.length} drafts were verified and the policy learnt of ${learnt.length}. Tell \`policy.learn\` of every row ` +
      'after every forward: the tree as it was verified, and what was kept.'
    );
  }
  const rows = [...seen.keys()];
  if (`${gone.toSorted()}` === `${rows.toSorted()}`) return undefined;
  return `rows [${rows}] are gone and the policy was told of [${gone}]. Call \`policy.forget\` once for each, on every way out.`;
}

/** What a rule is asked, where one is asked, is what was verified. */
export const asksTheRule = ofTheDecoder(
  'commits what the rule keeps, where it asks the rule',
  async ({ decoder, broken }) => {
    // The one that keeps least: whatever the decoder keeps beyond it is its own doing.
    let asked = 0;
    const rule: AcceptanceRule = {
      keeps: ['greedy'],
      accept(_tree, target) {
        asked++;
        return { path: new Int32Array(0), next: target.argmax(-1) };
      },
    };
    const { session } = await follow(decoder, requestOf([prompt(1), prompt(2)], { rule }));
    const kept = [...session.seen.values()].flatMap(({ committed }) =>
      committed.filter((step) => step.kept.path.length > 0),
    );
    if (asked === 0 || kept.length === 0 || decoder.keeps !== undefined) return;
    throw broken(
      `the rule kept no draft, and ${kept.length} forwards kept some. Commit what the rule keeps, or say what the output keeps all the ` +
        'same: `keeps: []` for a lossy decoder.',
    );
  },
);
