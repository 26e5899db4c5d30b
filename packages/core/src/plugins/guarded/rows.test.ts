import { describe, expect, it } from 'vitest';
import { guardDefinition } from '../guard.ts';
import { fakePlugin, fakeSource } from '../plugin.fixture.ts';
import { failedHook, saidHook } from './failure.ts';
import type { GuardOptions } from './hooks.ts';
import type { TensorLike } from './inputs.ts';
import { notingWatch } from './noting-watch.fixture.ts';

const R = 2;
const V = 3;

/** What guards look at in a tensor. */
function tensor(shape: readonly number[], values = new Float32Array(shape.reduce((a, b) => a * b, 1))): TensorLike {
  return { shape, dtype: 'float32', isDisposed: false, dataSync: () => values };
}

type Rows = (logits_RV: TensorLike, firstRow: number) => unknown;
interface RowTerm {
  readonly name: string;
  readonly rows: Rows;
}

/** The objectives that a guarded head gives for some of its own. */
function given(own: readonly object[], options: GuardOptions = {}): readonly RowTerm[] {
  const create = () => ({ forward: () => undefined, objectives: () => own });
  const guarded = guardDefinition(fakePlugin('head', 'a', { create }), fakeSource, options);
  const made = (guarded.create as (context: object, options: object) => unknown)({}, {});
  return (made as { objectives(seen: object): readonly RowTerm[] }).objectives({});
}

const readout = { weight_EV: tensor([4, V]) };
const term = (rows: unknown, name = 'own') => ({ name, hidden_NE: tensor([R, 4]), readout, rows, validRows: R });
const answer = () => ({ loss_R: tensor([R]), dLogits_RV: tensor([R, V]) });

/** The error of a call of `rows`, and the hook that it names. */
function failureOf(rows: Rows, options?: GuardOptions): { message: string; hook: string | undefined } {
  try {
    given([term(rows)], options)[0].rows(tensor([R, V]), 0);
  } catch (error) {
    const hook = failedHook(error);
    return { message: (error as Error).message, hook: hook && saidHook(hook) };
  }
  throw new Error('nothing was thrown');
}

describe('the rows of an objective', () => {
  it('that throw fail under the name of their plugin', () => {
    const { message, hook } = failureOf(() => {
      throw new Error('no teacher');
    });
    expect(message).toBe(
      'PLUGIN_FAILED: head "a" of demo@1.2.3: rows threw "no teacher". Check its options; if they are right, report it to the author of demo.',
    );
    expect(hook).toBe('head "a" of demo@1.2.3: rows');
  });

  it.each<[unknown, string]>([
    [undefined, 'rows must return a tensor as loss_R, returned absent'],
    [Promise.resolve(answer()), 'rows must return a tensor as loss_R, returned absent'],
    [{ ...answer(), loss_R: tensor([R + 1]) }, 'rows must return shape [2] as loss_R, returned [3]'],
    [{ loss_R: tensor([R]) }, 'rows must return a tensor as dLogits_RV, returned absent'],
    [{ ...answer(), dLogits_RV: tensor([V, R]) }, 'rows must return shape [2, 3] as dLogits_RV, returned [3, 2]'],
  ])('must give losses and gradients of their logits, not %j', (value, says) => {
    expect(failureOf(() => value).message).toContain(`head "a" of demo@1.2.3: ${says}`);
  });

  it('are theirs, each with its own this, whatever the order they are called in', () => {
    const calls: unknown[] = [];
    const ofThis = (name: string) =>
      term(function (this: object, _logits: unknown, firstRow: number) {
        calls.push([(this as RowTerm).name, firstRow]);
        return answer();
      }, name);
    const [one, other] = given([ofThis('one'), ofThis('other')]);
    for (const [{ rows }, firstRow] of [
      [other, 0],
      [one, 1],
      [other, 2],
    ] as const)
      rows(tensor([R, V]), firstRow);
    expect(calls).toEqual([
      ['other', 0],
      ['one', 1],
      ['other', 2],
    ]);
  });

  it('leave the rest of the objective, and one that has a value, as they are', () => {
    const value = { name: 'a-value', value: tensor([]) };
    const { rows: _, ...rest } = { ...term(answer), uses: [tensor([1])] };
    const [rowTerm, valueTerm] = given([{ ...rest, rows: answer }, value]);
    expect(rowTerm).toEqual({ ...rest, rows: expect.any(Function) });
    expect(rowTerm).toHaveProperty('uses', rest.uses);
    expect(valueTerm).toBe(value);
  });

  it('may be as they are where a suite judges them', () => {
    const [{ rows }] = given([term(() => 3)], { values: 'as they are' });
    expect(rows(tensor([R, V]), 0)).toBe(3);
    expect(given('none' as never, { values: 'as they are' })).toBe('none');
    expect(given([null as never], { values: 'as they are' })).toEqual([null]);
  });
});

describe('who looks on', () => {
  const watching = (misdeed?: string) => notingWatch((name) => (name === 'rows' ? misdeed : undefined));

  it('sees rows entered and left, and says what they did', () => {
    const watch = watching('must not, but did');
    expect(failureOf(answer, { watch }).message).toContain('rows must not, but did');
    expect(watch.notes.slice(-2)).toEqual(['> rows', '< rows']);
  });

  it('finds what rows wrote into', () => {
    const writes: Rows = (logits_RV) => {
      (logits_RV.dataSync() as Float32Array).fill(1);
      return answer();
    };
    const { message } = failureOf(writes, { watch: watching() });
    expect(message).toContain('rows must leave its inputs as they are, but wrote to argument 1');
  });

  it('looks for numbers that are not finite at the first call of a head alone', () => {
    const nan = { ...answer(), loss_R: tensor([R], Float32Array.of(0, Number.NaN)) };
    expect(failureOf(() => nan, { watch: watching() }).message).toContain('rows must give finite numbers');
    let calls = 0;
    const own = [term(() => (calls++ === 0 ? answer() : nan)), term(() => nan, 'later')];
    const [first, later] = given(own, { watch: watching() });
    for (const { rows } of [first, first, later]) rows(tensor([R, V]), 0);
    expect(calls).toBe(2);
  });
});
