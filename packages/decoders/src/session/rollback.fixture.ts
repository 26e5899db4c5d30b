// Drives a session at random and compares every row with a fresh session that was fed the tokens it kept.
import type { DraftPolicy, Kept, LanguageModel, Random, Sampling, Session, Tree } from '@foretoken/core';
import { emptyTree, levelsOf } from '@foretoken/core';
import type { KeyValueStore } from '@foretoken/engine';
import fc from 'fast-check';
import { expect } from 'vitest';
import { openSession } from './open-session.ts';

/** Rows beyond which no more join or fork, to bound the time of a run. */
const MOST_ROWS = 5;

/** Levels drafted at most where the head extends, for the same reason. */
const MOST_LEVELS = 5;

const policies = {
  chain: {
    grow: (_, frontier, _p, { level }) =>
      level > MOST_LEVELS ? [] : frontier.map((node) => ({ node, children: 1, sampled: false })),
  },
  short: {
    grow: (_, frontier, _p, { level }) =>
      level > 1 ? [] : frontier.map((node) => ({ node, children: 2, sampled: false })),
  },
  bushy: {
    grow: (_, frontier, _p, { level }) =>
      frontier
        .slice(0, level > MOST_LEVELS ? 0 : 3)
        .flatMap((node, index) => [
          { node, children: 1, sampled: true },
          ...(index === 0 ? [{ node, children: 1, sampled: false }] : []),
        ]),
  },
  /** Asks for p and stops at some nodes, so that rows and branches end at different levels. */
  picky: {
    grow: (_, frontier, p, { level }) =>
      frontier
        .filter(() => level <= MOST_LEVELS)
        .filter((node) => p(node).reduce((best, x, v, all) => (x > all[best] ? v : best), 0) % 3 > 0)
        .map((node) => ({ node, children: 2, sampled: true })),
  },
} satisfies Record<string, DraftPolicy>;

/** What rows sample by; each shows in verdicts and in drawn drafts. */
const samplings: readonly (Sampling | undefined)[] = [
  undefined,
  { temperature: 0.6, repetitionPenalty: 1.4 },
  { topK: 4, bias: { 3: 2, 5: -4 } },
  { temperature: 0, repetitionPenalty: 3 },
];

export type Action =
  | { readonly kind: 'join'; readonly prompt: readonly number[]; readonly sampling?: Sampling }
  | { readonly kind: 'leave'; readonly which: number }
  | { readonly kind: 'fork'; readonly picks: readonly number[]; readonly pending?: readonly number[] }
  | {
      readonly kind: 'step';
      readonly draft?: keyof typeof policies;
      readonly verify: 'drafted' | 'random' | 'none';
      readonly seed: number;
      /** A row that leaves in the middle of the step, and after what. */
      readonly leaving?: { readonly which: number; readonly after: 'draft' | 'verify' };
    };

/** Sequences of calls that begin with a row. */
export function anyActions(vocabulary: number): fc.Arbitrary<readonly Action[]> {
  const token = fc.nat({ max: vocabulary - 1 });
  const join = fc.record({
    kind: fc.constant('join' as const),
    prompt: fc.array(token, { minLength: 1, maxLength: 10 }),
    sampling: fc.constantFrom(...samplings),
  });
  const step = fc.record({
    kind: fc.constant('step' as const),
    draft: fc.option(fc.constantFrom(...(Object.keys(policies) as (keyof typeof policies)[])), { nil: undefined }),
    verify: fc.constantFrom('drafted' as const, 'drafted' as const, 'random' as const, 'none' as const),
    seed: fc.nat(),
    leaving: fc.oneof(
      { weight: 7, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.record({ which: fc.nat(9), after: fc.constantFrom('draft', 'verify') }) },
    ),
  });
  const leave = fc.record({ kind: fc.constant('leave' as const), which: fc.nat(9) });
  const fork = fc.array(fc.tuple(fc.nat(9), token), { minLength: 1, maxLength: 3 }).chain((picks) =>
    fc.boolean().map((parts) => ({
      kind: 'fork' as const,
      picks: picks.map(([pick]) => pick),
      ...(parts && { pending: picks.map(([, pending]) => pending) }),
    })),
  );
  const action = fc.oneof(
    { weight: 6, arbitrary: step },
    { weight: 2, arbitrary: join },
    { weight: 1, arbitrary: leave },
    { weight: 1, arbitrary: fork },
  );
  return fc.tuple(join, fc.array(action, { maxLength: 12 })).map(([first, rest]) => [first, ...rest]);
}

/** What a row should be: its tokens, and whether it has had a verdict. */
interface KeptRow {
  readonly tokens: readonly number[];
  readonly hasVerdict: boolean;
  readonly sampling?: Sampling;
}

/** A session with the key/value stores that it made, by slot. */
interface Watched {
  readonly session: Session;
  readonly stores: ReadonlyMap<string, KeyValueStore>;
}

/** How the session under test differs from the fresh ones that it is compared with. */
export interface Difference {
  /** Breaks a store on purpose. */
  readonly tamper?: (store: KeyValueStore) => void;
  /** Columns that one forward reads of a prompt at most. */
  readonly chunk?: number;
}

/** Opens a session over a model whose key/value stores can be looked at, or broken on purpose. */
export function openWatched(model: LanguageModel, { tamper = () => {}, chunk }: Difference = {}): Watched {
  const stores = new Map<string, KeyValueStore>();
  const createKeyValueStore = (slot: string) => {
    const store = model.engine.createKeyValueStore(slot);
    tamper(store);
    stores.set(slot, store);
    return store;
  };
  return { session: openSession({ ...model, engine: { ...model.engine, createKeyValueStore } }, { chunk }), stores };
}

/** Does what the actions say, then compares every row that is left with a fresh session. */
export async function expectFreshRows(
  model: LanguageModel,
  actions: readonly Action[],
  difference?: Difference,
): Promise<void> {
  const watched = openWatched(model, difference);
  const { session } = watched;
  let rows: KeptRow[] = [];
  for (const action of actions) {
    rows = await act(session, rows, action, model.dims.vocabulary);
    expect(session.rows.map((row) => session.room(row))).toEqual(
      rows.map(({ tokens }) => model.dims.context - tokens.length),
    );
    for (let r = rows.length - 1; r >= 0; r--) {
      if (session.room(session.rows[r]) > 0) continue;
      session.leave(session.rows[r]);
      rows = rows.filter((_, other) => other !== r);
    }
  }
  await compare(model, watched, rows);
  session.dispose();
}

async function act(session: Session, rows: readonly KeptRow[], action: Action, vocabulary: number): Promise<KeptRow[]> {
  if (action.kind === 'join') {
    if (rows.length >= MOST_ROWS) return [...rows];
    const { prompt, sampling } = action;
    session.join({ tokens: Int32Array.from(prompt), sampling });
    return [...rows, { tokens: prompt, hasVerdict: false, sampling }];
  }
  if (rows.length === 0) return [];
  if (action.kind === 'leave') {
    const which = action.which % rows.length;
    session.leave(session.rows[which]);
    return rows.filter((_, r) => r !== which);
  }
  if (action.kind === 'fork') {
    const picks = action.picks.map((pick) => pick % rows.length);
    session.fork(
      picks.map((pick) => session.rows[pick]),
      action.pending,
    );
    return picks.map((pick, index) => ({
      ...rows[pick],
      tokens: [...rows[pick].tokens.slice(0, -1), action.pending?.[index] ?? rows[pick].tokens.at(-1)!],
    }));
  }
  return step(session, rows, action, vocabulary);
}

async function step(
  session: Session,
  rows: readonly KeptRow[],
  { draft, verify, seed, leaving }: Action & { kind: 'step' },
  vocabulary: number,
): Promise<KeptRow[]> {
  const dice = randomOf(seed);
  const drafted = draft ? await session.draft(policies[draft], () => dice) : undefined;
  let stepping = rows.map((row, r) => {
    if (verify === 'none') return { row, tree: emptyTree() };
    const mostLevels = session.room(session.rows[r]) - 1;
    return { row, tree: verify === 'drafted' && drafted ? drafted[r] : randomTree(dice, mostLevels, vocabulary) };
  });
  const leave = () => {
    const which = leaving!.which % stepping.length;
    session.leave(session.rows[which]);
    stepping = stepping.filter((_, r) => r !== which);
  };
  if (leaving?.after === 'draft') leave();
  // Once its last row has left, a session is between steps.
  if (stepping.length === 0) return [];
  const verdicts = await session.verify(stepping.map(({ tree }) => tree));
  const choices = new Map(stepping.map(({ row }, r) => [row, verdicts[r].argmax(-1)]));
  if (leaving?.after === 'verify') leave();
  if (stepping.length === 0) return [];
  const kept = stepping.map(({ row, tree }) => randomKept(dice, tree, vocabulary, choices.get(row)!));
  session.commit(kept);
  return stepping.map(({ row, tree }, r) => ({
    ...row,
    tokens: [...row.tokens, ...Array.from(kept[r].path, (node) => tree.tokens[node]), kept[r].next],
    hasVerdict: true,
  }));
}

async function compare(model: LanguageModel, { session, stores }: Watched, rows: readonly KeptRow[]): Promise<void> {
  const ids = session.rows;
  const trees = await session.draft(policies.bushy, (row) => randomOf(ids.indexOf(row)));
  const verdicts = await session.verify(trees);
  for (const [r, row] of rows.entries()) {
    const fresh = openWatched(model);
    await feed(fresh.session, row);
    expect(fresh.session.room(fresh.session.rows[0])).toBe(session.room(ids[r]));
    const [tree] = await fresh.session.draft(policies.bushy, () => randomOf(r));
    expect(trees[r]).toEqual(tree);
    const [verdict] = await fresh.session.verify([tree]);
    for (let node = -1; node < tree.tokens.length; node++) {
      expect(verdicts[r].logits(node)).toEqual(verdict.logits(node));
      expect(verdicts[r].p(node)).toEqual(verdict.p(node));
      expect(verdicts[r].argmax(node)).toBe(verdict.argmax(node));
    }
    if (session.room(ids[r]) > session.levels + 1) {
      for (const [slot, store] of fresh.stores) {
        expect([slot, stores.get(slot)!.length(ids[r])]).toEqual([slot, store.length(fresh.session.rows[0])]);
      }
    }
    fresh.session.dispose();
  }
}

/** Brings a fresh session to where a row should be. */
async function feed(session: Session, { tokens, hasVerdict, sampling }: KeptRow): Promise<void> {
  const prompt = Int32Array.from(hasVerdict ? tokens.slice(0, -1) : tokens);
  session.join({ tokens: prompt, sampling });
  if (!hasVerdict) return;
  await session.verify([emptyTree()]);
  session.commit([{ path: new Int32Array(0), next: tokens.at(-1)! }]);
}

function randomTree(dice: Random, mostLevels: number, vocabulary: number): Tree {
  const parent: number[] = [];
  for (let left = dice.integer(7); left > 0; left--) {
    const above = dice.integer(parent.length + 1) - 1;
    const levels = levelsOf({ parent: Int32Array.from([...parent, above]) });
    if (levels[parent.length] <= mostLevels) parent.push(above);
  }
  return {
    tokens: Int32Array.from(parent, () => dice.integer(vocabulary)),
    parent: Int32Array.from(parent),
    q: parent.map(() => 'chosen' as const),
  };
}

function randomKept(dice: Random, { parent }: Tree, vocabulary: number, choice: number): Kept {
  const path: number[] = [];
  for (;;) {
    const children = [...parent.keys()].filter((node) => parent[node] === (path.at(-1) ?? -1));
    if (children.length === 0 || dice.uniform() < 0.25) break;
    path.push(children[dice.integer(children.length)]);
  }
  return { path: Int32Array.from(path), next: dice.uniform() < 0.5 ? choice : dice.integer(vocabulary) };
}

/** A stream of random numbers from a seed. @source mulberry32, Tommy Ettinger 2017 */
export function randomOf(seed: number): Random {
  let state = seed | 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { uniform, integer: (below) => Math.floor(uniform() * below), normal: uniform, state: () => [state, 0, 0, 1] };
}
