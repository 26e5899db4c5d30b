// What an offset's term is made of, over a model that only records; that it trains is shown in ./backward.
import { openEngine, type RowLoss, type Tensor2D } from '@foretoken/engine';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Head, Objective, RowObjective, Seen } from '../contracts/head.ts';
import type { LanguageModel } from '../contracts/model.ts';
import type { ForwardResult } from '../model/forward.ts';
import { crossEntropy } from '../model/offset-cross-entropy.ts';
import { defineHead } from '../plugins/define.ts';
import {
  crossEntropyOf,
  discoverTerms,
  objectivesOf,
  refuseUndistillable,
  type Targets,
  targetRows,
  teacherOf,
} from './objectives.ts';
import { tinyBatches, tinyModel } from './tiny-model.fixture.ts';

const SETTINGS = { loss: 'kl', share: 0.5 } as const;

/** Hidden states of an offset: 2 windows of 3 positions, 4 wide. */
const output = (offset: number) => ({ hidden_BTE: { name: `hidden ${offset}`, shape: [2, 3, 4] } }) as never;

/** Targets 10, 20, ... of an offset, and as many of them valid as the offset says. */
const targets: Targets = {
  target: (offset) => Int32Array.of(10 * offset, 10 * offset + 1, -1),
  validTargets: (offset) => 100 + offset,
};

/** Hidden states that rows were made of. */
const reshaped: string[] = [];
beforeEach(() => void reshaped.splice(0));

/** A model of offsets 1 to 3; what its operations make of what they are given can be read off. */
function modelOf(head: Partial<Head> = {}, tokens_V?: Int32Array) {
  const ops = {
    reshape: ({ name }: { name: string }, shape: number[]) => {
      reshaped.push(name);
      return { rows: name, shape };
    },
    crossEntropyRows: (target_N: Int32Array) =>
      Object.assign(() => {}, { target_N: [...target_N] }) as unknown as RowLoss,
  };
  const readouts = [1, 2, 3].map((offset) => ({ offset, ...(tokens_V && { tokens_V }) }));
  return {
    engine: { ops },
    head,
    offsets: [1, 2, 3],
    readout: (offset: number) => readouts[offset - 1],
  } as unknown as LanguageModel;
}

const result = {
  batch: { tokens_BT: { shape: [2, 3] } },
  trunk: ['first tap', 'second tap'],
  offsets: new Map([1, 2, 3].map((offset) => [offset, output(offset)])),
} as unknown as ForwardResult;

const hidden = (offset: number) => ({ rows: `hidden ${offset}`, shape: [6, 4] });
/** Targets as plain cross-entropy has them; nothing where the rows are taught. */
const plain = ({ rows }: { rows: RowLoss }) => (rows as unknown as { target_N?: number[] }).target_N;

/** What an error says, if there is one. */
function refusalOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the terms of a head without objectives', () => {
  test('are the cross-entropy of each offset that trains, over its own targets and readout', () => {
    const model = modelOf();
    const terms = objectivesOf(model, result, targets, [1, 3]) as RowObjective[];
    expect(terms.map(({ rows: _, ...term }) => term)).toEqual([
      { name: 'offset-1', hidden_NE: hidden(1), readout: model.readout(1), validRows: 101 },
      { name: 'offset-3', hidden_NE: hidden(3), readout: model.readout(3), validRows: 103 },
    ]);
    expect(terms.map(plain)).toEqual([
      [10, 11, -1],
      [30, 31, -1],
    ]);
    for (const term of terms) expect(term).not.toHaveProperty('uses');
    // Each is one more tensor on the tape.
    expect(reshaped).toEqual(['hidden 1', 'hidden 3']);
  });

  test('beyond the first are taught by the first of those that train, where that is asked for', () => {
    const terms = objectivesOf(modelOf(), result, targets, [1, 2, 3], SETTINGS) as RowObjective[];
    expect(terms.map(({ uses }) => uses)).toEqual([undefined, [hidden(1)], [hidden(1)]]);
    expect(terms.map(plain)).toEqual([[10, 11, -1], undefined, undefined]);
  });

  test('have no teacher where only one offset trains', () => {
    const [term] = objectivesOf(modelOf(), result, targets, [1], SETTINGS) as RowObjective[];
    expect([term.uses, plain(term)]).toEqual([undefined, [10, 11, -1]]);
    expect(reshaped).toEqual(['hidden 1']);
  });
});

test('a teacher is offset 1 with its readout, and there is none without settings or states', () => {
  const model = modelOf();
  const states = hidden(1) as unknown as Tensor2D;
  expect(teacherOf(model, SETTINGS, states, 3)).toEqual({
    settings: SETTINGS,
    hidden_NE: states,
    readout: model.readout(1),
    columns: 3,
  });
  expect(teacherOf(model, undefined, states, 3)).toBeUndefined();
  expect(teacherOf(model, SETTINGS, undefined, 3)).toBeUndefined();
});

test('offset 1 is not taught, whoever teaches', () => {
  const model = modelOf();
  const teacher = teacherOf(model, SETTINGS, hidden(1) as unknown as Tensor2D, 3);
  const [first, second] = [1, 2].map((offset) => crossEntropyOf(model, output(offset), targets, offset, teacher));
  expect([first.uses, plain(first)]).toEqual([undefined, [10, 11, -1]]);
  expect([second.uses, plain(second)]).toEqual([[hidden(1)], undefined]);
});

describe('targets in a vocabulary', () => {
  const { ops } = modelOf().engine;

  test('are the token ids where a readout knows them all', () => {
    const target_N = Int32Array.of(3, -1, 7);
    expect(plain({ rows: targetRows(ops, target_N) })).toEqual([3, -1, 7]);
    expect(plain({ rows: targetRows(ops, target_N, {}) })).toEqual([3, -1, 7]);
  });

  test('are the rows of a reduced one, and ignored outside it', () => {
    const tokens_V = Int32Array.of(7, 2, 3);
    const rows = targetRows(ops, Int32Array.of(3, -1, 7, 5), { tokens_V });
    expect(plain({ rows })).toEqual([2, -1, 0, -1]);
  });

  test('are in that of the offset’s readout', () => {
    const [term] = objectivesOf(modelOf({}, Int32Array.of(11, 10)), result, targets, [1]) as RowObjective[];
    expect(plain(term)).toEqual([1, 0, -1]);
  });
});

describe('a head with objectives', () => {
  const showing = (head: (seen: Seen) => readonly Objective[], distil?: typeof SETTINGS, offsets = [1, 2]) =>
    objectivesOf(
      modelOf({ reads: { taps: [1, 5] } as never, objectives: head as never }, Int32Array.of(10, 20, 40)),
      result,
      targets,
      offsets,
      distil,
    );

  test('is shown the batch as it was run', () => {
    const model = modelOf();
    showing((seen) => {
      expect(seen.batch).toBe(result.batch);
      expect(seen.horizon).toBe(2);
      expect([seen.trunk(1), seen.trunk(5)]).toEqual(['first tap', 'second tap']);
      expect(seen.offset(2)).toBe(result.offsets.get(2));
      expect(seen.readout(3)).toMatchObject(model.readout(3));
      expect([...seen.target(2)]).toEqual([20, 21, -1]);
      expect(seen.validTargets(2)).toBe(102);
      return [];
    });
  });

  test('gets rows in the vocabulary of an offset that the model predicts, and else in token ids', () => {
    showing((seen) => {
      expect([1, 2, 4].map((offset) => plain({ rows: seen.rows(offset) }))).toEqual([
        [0, -1, -1],
        [1, -1, -1],
        [40, 41, -1],
      ]);
      return [];
    });
  });

  test('gives its terms as they are without a teacher', () => {
    const terms = [{ name: 'own', value: 1 }] as unknown as Objective[];
    expect(showing(() => terms)).toBe(terms);
  });

  test('has no teacher where only one offset trains', () => {
    const terms = [{ name: 'own', value: 1 }] as unknown as Objective[];
    expect(showing(() => terms, SETTINGS, [1])).toBe(terms);
  });

  test('keeps the teacher with each term of rows, beside what that uses itself', () => {
    const value = { name: 'features', value: 1 } as unknown as Objective;
    const terms = showing((seen) => {
      const [first, second] = [1, 2].map((offset) => crossEntropy(modelOf().engine.ops, seen, offset));
      return [first, { ...second, uses: ['own' as never] }, value];
    }, SETTINGS);
    expect(terms.slice(0, 2).map((term) => (term as RowObjective).uses)).toEqual([[hidden(1)], ['own', hidden(1)]]);
    expect(terms[2]).toBe(value);
    expect(terms.slice(0, 2).map((term) => plain(term as RowObjective))).toEqual([[0, -1, -1], undefined]);
  });

  test('is taught in the offsets that the model predicts alone', () => {
    showing((seen) => {
      expect([1, 2, 3, 4].map((offset) => plain({ rows: seen.rows(offset) }))).toEqual([
        [0, -1, -1],
        undefined,
        undefined,
        [40, 41, -1],
      ]);
      return [];
    }, SETTINGS);
  });

  test('is refused where it makes the rows of a further offset itself', () => {
    const term = (name: string) => ({ name, value: 1 }) as unknown as Objective;
    const refused = (name: string) =>
      refusalOf(() => showing(() => [term('offset-1'), term('order'), term(name)], SETTINGS));
    expect(refused('offset-2')).toBe(
      'CONFIG_CONFLICT: training.distil: the head cannot be taught by offset 1: its term "offset-2" makes its rows itself. ' +
        'Leave training.distil out, or use another head.',
    );
    expect(refused('other')).toBeUndefined();
  });
});

test('the cross-entropy that a head asks for is that of an offset without objectives', () => {
  const model = modelOf();
  const seen = {
    offset: (offset: number) => output(offset),
    readout: (offset: number) => model.readout(offset),
    rows: (offset: number) => `rows ${offset}`,
    validTargets: targets.validTargets,
  } as unknown as Seen;
  expect(crossEntropy(model.engine.ops, seen, 2)).toEqual({
    name: 'offset-2',
    hidden_NE: hidden(2),
    readout: model.readout(2),
    rows: 'rows 2',
    validRows: 102,
  });
});

test('distillation needs a term of an offset beyond the first', () => {
  expect(refusalOf(() => refuseUndistillable(['order', 'offset-2']))).toBeUndefined();
  for (const terms of [['offset-1', 'order'], ['order']]) {
    expect(refusalOf(() => refuseUndistillable(terms))).toContain(
      `its terms are ${terms.map((term) => `"${term}"`).join(', ')}, none of an offset beyond the first. Leave`,
    );
  }
});

test('without objectives the terms are known without a batch, and none is a value', () => {
  const never = () => expect.unreachable();
  expect(discoverTerms(modelOf(), never)).toEqual(
    [1, 2, 3].map((offset) => ({ name: `offset-${offset}`, isValue: false })),
  );
});

test('with objectives the terms are those of a batch at the full horizon, and nothing stays in memory', async () => {
  const engine = await openEngine({ name: 'cpu' });
  const head = defineHead({
    name: 'own',
    create: ({ ops }) => ({
      offsets: [1, 2],
      forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
      objectives: (seen) => [
        crossEntropy(ops, seen, seen.horizon),
        { name: 'features', value: ops.mean(seen.offset(1).hidden_BTE) },
      ],
    }),
  });
  const before = engine.memory().numTensors;
  const model = tinyModel(engine, { head, horizon: 2 });
  const { batches, dispose } = tinyBatches([0]);
  expect(discoverTerms(model, () => batches[0])).toEqual([
    { name: 'offset-2', isValue: false },
    { name: 'features', isValue: true },
  ]);
  dispose();
  model.dispose();
  expect(engine.memory().numTensors).toBe(before);
});
