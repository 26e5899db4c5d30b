// The property itself under test: sessions broken on purpose must fail it.
import { type Engine, type KeyValueStore, openEngine } from '@foretoken/engine';
import fc from 'fast-check';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { anyActions, expectFreshRows } from './rollback.fixture.ts';
import { Row } from './row.ts';
import { SlotMemory } from './slot-memory.ts';
import { type TinyHead, type TinyTrunk, tinyModel, VOCABULARY } from './tiny-models.fixture.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function isCaught(trunk: TinyTrunk, head: TinyHead, tamper?: (store: KeyValueStore) => void): Promise<boolean> {
  const model = tinyModel(engine, trunk, head);
  const property = fc.asyncProperty(anyActions(VOCABULARY), (actions) => expectFreshRows(model, actions, { tamper }));
  const { failed, errorInstance } = await fc.check(property, { numRuns: 60, endOnFailure: true });
  model.dispose();
  // By a comparison, not by a throw on the way to it.
  if (failed) expect(errorInstance).toMatchObject({ name: 'AssertionError' });
  return failed;
}

/** Replaces the path of every commit that drops something. */
const commits =
  (wrong: (path: readonly number[], undecided: number) => readonly number[]) => (store: KeyValueStore) => {
    const { commit } = store;
    store.commit = (row, path) => commit.call(store, row, wrong(path, store.undecided(row)));
  };

test.each<[TinyTrunk, TinyHead]>([
  ['attentive', 'linear'],
  ['recurrent', 'parallel'],
  ['recurrent', 'sequential'],
])('a store that keeps rejected nodes is caught on the %s trunk under %s', async (trunk, head) => {
  const all = commits((path, undecided) => (path.length === 0 ? path : Array.from({ length: undecided }, (_, n) => n)));
  expect(await isCaught(trunk, head, all)).toBe(true);
});

test('a store that keeps as many nodes as the path, but the first ones, is caught', async () => {
  expect(
    await isCaught(
      'attentive',
      'linear',
      commits((path) => path.map((_, index) => index)),
    ),
  ).toBe(true);
});

test('a store that forgets the pending token is caught', async () => {
  const shorter = commits((path) => (path.length > 1 ? path.slice(1) : path));
  expect(await isCaught('attentive', 'linear', shorter)).toBe(true);
});

test.each<TinyTrunk>(['recurrent', 'gated'])(
  'a state of the %s trunk taken after the last node of the tree instead of the path is caught',
  async (trunk) => {
    const { commit } = SlotMemory.prototype;
    let lengths: Int32Array;
    const { open } = SlotMemory.prototype;
    vi.spyOn(SlotMemory.prototype, 'open').mockImplementation(function (this: SlotMemory, rows, at) {
      lengths = at.length_B;
      return open.call(this, rows, at);
    });
    vi.spyOn(SlotMemory.prototype, 'commit').mockImplementation(function (this: SlotMemory, row, path) {
      commit.call(this, row, lengths.length > 1 || path.length === 0 ? path : [...path.slice(0, -1), lengths[0] - 1]);
    });
    expect(await isCaught(trunk, 'linear')).toBe(true);
  },
);

test('keys and values that stay behind the state they were made with are caught', async () => {
  const shorter = commits((path) => (path.length > 1 ? path.slice(0, -1) : path));
  expect(await isCaught('gated', 'linear', shorter)).toBe(true);
});

test('a fork that forgets how its original samples is caught', async () => {
  const { fork } = Row.prototype;
  vi.spyOn(Row.prototype, 'fork').mockImplementation(function (this: Row, id) {
    return Object.defineProperty(fork.call(this, id), 'sampler', { value: undefined });
  });
  expect(await isCaught('attentive', 'linear')).toBe(true);
});

test('a fork that shares the pending token with its original is caught', async () => {
  vi.spyOn(Row.prototype, 'pending', 'set').mockImplementation(() => {});
  expect(await isCaught('attentive', 'linear')).toBe(true);
});

test.each<TinyHead>(['sequential', 'repeated', 'extending'])(
  'an offset of %s that keeps what it read of drafted tokens is caught',
  async (head) => {
    const all = commits((_path, undecided) => Array.from({ length: undecided }, (_, n) => n));
    const offsets = (store: KeyValueStore) => {
      if (store.slot.startsWith('offset-')) all(store);
    };
    expect(await isCaught('recurrent', head, offsets)).toBe(true);
  },
);

test('a recurrent state after a drafted node that outlives the draft is caught', async () => {
  const { open, commit, dropUndecided } = SlotMemory.prototype;
  const forwards = new Map<SlotMemory, Parameters<typeof open>>();
  vi.spyOn(SlotMemory.prototype, 'open').mockImplementation(function (this: SlotMemory, ...forward) {
    forwards.set(this, forward);
    return open.apply(this, forward);
  });
  vi.spyOn(SlotMemory.prototype, 'dropUndecided').mockImplementation(function (this: SlotMemory) {
    const [rows, at] = forwards.get(this)!;
    open.call(this, rows, at);
    for (const row of rows) commit.call(this, row, [0]);
    dropUndecided.call(this);
  });
  expect(await isCaught('attentive', 'rolling')).toBe(true);
});
