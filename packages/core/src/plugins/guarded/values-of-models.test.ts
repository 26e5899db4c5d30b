// B rows, T positions, S arranged nodes, D width, E readout input width, C carry width, N rows of a loss, V vocabulary.
import { describe, expect, it } from 'vitest';
import { guardDefinition } from '../guard.ts';
import { fakePlugin, fakeSource } from '../plugin.fixture.ts';
import type { TensorLike } from './inputs.ts';

const [B, T, D, E, V] = [2, 3, 4, 5, 7];

const tensor = (shape: readonly number[], changes: Partial<TensorLike> = {}): TensorLike => ({
  ...{ shape, dtype: 'float32', isDisposed: false, dataSync: () => new Float32Array(shape.reduce((a, b) => a * b, 1)) },
  ...changes,
});

const trunk_BTD = tensor([B, T, D]);
const context = { dims: { width: D }, readout: { weight_EV: tensor([E, V]) } };

/** What a guarded hook of a head or trunk says of a value that it gives. */
function saidOf(kind: 'head' | 'trunk', hook: string, value: unknown, args: readonly unknown[], members = {}): string {
  const needed = fakePlugin(kind, 'a').create({} as never, {}) as object;
  const create = () => ({ ...needed, ...members, [hook]: () => value });
  const { create: guarded } = guardDefinition(fakePlugin(kind, 'a', { create }), fakeSource);
  // biome-ignore lint/suspicious/noExplicitAny: hooks of both kinds are called here
  const made = (guarded as (context: unknown, options: unknown) => any)(context, {});
  try {
    const given = made[hook](...args);
    // Their rows are guarded, so what comes is a list of others; `rows.test.ts` looks into them.
    if (hook === 'objectives') expect(given).toHaveLength((value as readonly unknown[]).length);
    else expect(given).toBe(value);
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
}

const ofForward = (value: unknown, members?: object) =>
  saidOf('head', 'forward', value, [2, { trunk: [trunk_BTD] }], members);
const ofObjectives = (...objectives: readonly unknown[]) => saidOf('head', 'objectives', objectives, [{}]);

describe('the states of a trunk', () => {
  const embed = (value: unknown) => saidOf('trunk', 'embed', value, [tensor([B, T])]);
  const forward = (value: unknown) => saidOf('trunk', 'forward', value, [trunk_BTD, {}, {}, [0.5, 1]]);

  it('are of the width, the rows and the positions that were asked for', () => {
    expect(embed(trunk_BTD)).toBe('taken');
    expect(embed(tensor([B, T, D + 1]))).toContain(
      'SHAPE_MISMATCH: trunk "a" of demo@1.2.3: embed must return shape [2, 3, 4], returned [2, 3, 5].',
    );
    expect(embed(tensor([B, T]))).toContain('returned [2, 3]');
    expect(embed([1])).toContain('PLUGIN_INVALID: trunk "a" of demo@1.2.3: embed must return a tensor, returned [1]');
  });

  it('are one for each tap, live and of float32', () => {
    expect(forward([trunk_BTD, tensor([B, T, D])])).toBe('taken');
    expect(forward(trunk_BTD)).toContain('must return a list of 2 tensors, one per tap, returned an object with shape');
    expect(forward([trunk_BTD])).toContain('returned a list of 1');
    expect(forward([trunk_BTD, tensor([B, T + 1, D])])).toContain(
      'must return shape [2, 3, 4] for tap 2, returned [2, 4, 4]',
    );
    expect(forward([tensor([B, T, D], { dtype: 'int32' }), trunk_BTD])).toContain(
      'must return float32 for tap 1, returned int32',
    );
    expect(forward([trunk_BTD, tensor([B, T, D], { isDisposed: true })])).toContain(
      'must return a live tensor for tap 2, returned one that is disposed',
    );
  });
});

describe('the output of a head', () => {
  const hidden_BTE = tensor([B, T, E]);
  const carry_BTC = tensor([B, T, 9]);

  it('is a tensor that its readout takes, with a carry of any width or without', () => {
    expect(ofForward(hidden_BTE)).toBe('taken');
    expect(ofForward({ hidden_BTE, carry_BTC })).toBe('taken');
    expect(ofForward(tensor([B, T, D]))).toContain('must return shape [2, 3, 5] for offset 2, returned [2, 3, 4]');
    expect(ofForward({ hidden_BTE: carry_BTC, carry_BTC })).toContain(
      'must return shape [2, 3, 5] as hidden_BTE for offset 2, returned [2, 3, 9]',
    );
    expect(ofForward({ hidden_BTE, carry_BTC: tensor([B, 9]) })).toContain(
      'must return shape [2, 3, any] as carry_BTC for offset 2, returned [2, 9]',
    );
    expect(ofForward({ hidden_BTE })).toContain('must return a tensor or { hidden_BTE, carry_BTC } for offset 2');
  });

  it('may be of any width for a readout of its own', () => {
    const members = { readout: () => undefined };
    expect(ofForward(carry_BTC, members)).toBe('taken');
    expect(ofForward(tensor([B, T + 1, 9]), members)).toContain('must return shape [2, 3, any] for offset 2');
  });

  it('is read out by a matrix, or by that of the model', () => {
    const readout = (value: unknown) => saidOf('head', 'readout', value, [2]);
    expect([readout(undefined), readout({ weight_EV: tensor([E, V]) })]).toEqual(['taken', 'taken']);
    expect(readout({})).toContain('readout must return a tensor as weight_EV, returned absent');
    expect(readout({ weight_EV: tensor([V]) })).toContain('must return shape [any, any] as weight_EV, returned [7]');
  });
});

describe('the nodes that a head arranges', () => {
  const S = 4;
  const columns_BT = Int32Array.of(0, 1, 2, 1, 2, 3);
  const right = { x_BSD: tensor([B, S, D]), at: { B, T: S }, columns_BT };
  const arrange = (changes: object) => saidOf('head', 'arrange', { ...right, ...changes }, [{ x_BTD: trunk_BTD }]);

  it('are of the rows and width that were given, and hold every position', () => {
    expect(arrange({})).toBe('taken');
    expect(arrange({ x_BSD: tensor([B, S, D + 1]) })).toContain('must return shape [2, any, 4] as x_BSD');
    for (const at of [{ B: 1, T: S }, { B, T: 9 }, undefined]) {
      expect(arrange({ at })).toContain(
        'SHAPE_MISMATCH: head "a" of demo@1.2.3: arrange must give nodes of 2 rows of 4 in "at"',
      );
    }
    const rule = 'must give columns_BT as an Int32Array of 6 nodes in 0..3, gave';
    expect(arrange({ columns_BT: [...columns_BT] })).toContain(`${rule} [0,1,2,1,2,3]`);
    expect(arrange({ columns_BT: columns_BT.slice(1) })).toContain(`${rule} 5 numbers`);
    expect(arrange({ columns_BT: columns_BT.with(5, S) })).toContain(`${rule} 6 numbers`);
    expect(arrange({ columns_BT: columns_BT.with(0, -1) })).toContain(`${rule} 6 numbers`);
  });
});

describe('the objectives of a head', () => {
  const rows = () => undefined;
  const right = {
    name: 'offset-1',
    hidden_NE: tensor([6, E]),
    rows,
    validRows: 6,
    readout: { weight_EV: tensor([E, V]) },
  };

  it('have a name of their own each', () => {
    expect(ofObjectives(right, { ...right, name: 'offset-2' })).toBe('taken');
    expect(ofObjectives(right, right)).toContain('must give each objective a name of its own, repeated one');
    expect(ofObjectives({ ...right, name: '' })).toContain('must give each objective a name, gave an object with name');
    expect(ofObjectives(null)).toContain('must give each objective a name, gave null');
  });

  it('are a number, or rows for a readout', () => {
    expect(ofObjectives({ name: 'own', value: tensor([]) })).toBe('taken');
    expect(ofObjectives({ name: 'own', value: tensor([1]) })).toContain(
      'must return shape [] as value of objective "own", returned [1]',
    );
    expect(ofObjectives({ ...right, readout: undefined })).toContain(
      'must return a tensor as weight_EV, returned absent',
    );
    expect(ofObjectives({ ...right, readout: { weight_EV: tensor([V]) } })).toContain('as weight_EV, returned [7]');
    expect(ofObjectives({ ...right, hidden_NE: tensor([6]) })).toContain(
      'as hidden_NE of objective "offset-1", returned [6]',
    );
    expect(ofObjectives({ ...right, rows: [] })).toContain(
      'must give a function as rows of objective "offset-1", gave []',
    );
    for (const validRows of [-1, Number.NaN, '6']) {
      expect(ofObjectives({ ...right, validRows })).toContain(
        'must give a count >= 0 as validRows of objective "offset-1"',
      );
    }
  });
});
