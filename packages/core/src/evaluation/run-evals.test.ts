import { ForetokenError } from '@foretoken/engine/errors';
import { describe, expect, it } from 'vitest';
import type { Eval, EvalOutcome } from '../contracts/evaluation.ts';
import { scriptedSubject } from '../testing/scripted-subject.ts';
import { runEvals } from './run-evals.ts';

const giving = (outcome: unknown): Eval => ({ measure: async () => outcome as EvalOutcome });
const throwing = (error: unknown): Eval => ({
  measure: async () => {
    throw error;
  },
});

describe('runEvals', () => {
  it('returns outcomes by name, in order', async () => {
    const order: string[] = [];
    const noting = (name: string): Eval => ({
      measure: async () => {
        order.push(name);
        return { results: { name }, timings: { ms: 1 } };
      },
    });
    const outcomes = await runEvals(scriptedSubject({}), [
      { name: 'b', eval: noting('b') },
      { name: 'a', eval: noting('a') },
    ]);
    expect(order).toEqual(['b', 'a']);
    expect(outcomes).toEqual({
      a: { results: { name: 'a' }, timings: { ms: 1 } },
      b: { results: { name: 'b' }, timings: { ms: 1 } },
    });
  });

  it('counts progress in evals and names the one at work', async () => {
    const seen: unknown[] = [];
    const subject = scriptedSubject({ progress: (...at) => seen.push(at) });
    const half: Eval = {
      measure: async ({ progress }) => {
        progress(3, 6);
        return { results: {} };
      },
    };
    await runEvals(subject, [
      { name: 'a', eval: giving({ results: {} }) },
      { name: 'b', eval: half },
    ]);
    expect(seen).toEqual([
      [0, 2, 'a'],
      [1, 2, 'a'],
      [1, 2, 'b'],
      [1.5, 2, 'b'],
      [2, 2, 'b'],
    ]);
  });

  it('names the eval that threw, keeps its code and attaches the cause', async () => {
    const cause = new TypeError('x is not a function');
    const plain = runEvals(scriptedSubject({}), [{ name: 'mine', eval: throwing(cause) }]);
    await expect(plain).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
      message: 'PLUGIN_FAILED: eval "mine": x is not a function',
      cause,
    });
    const coded = new ForetokenError('DATA_TOO_SHORT', 'too short.');
    await expect(runEvals(scriptedSubject({}), [{ name: 'mine', eval: throwing(coded) }])).rejects.toMatchObject({
      code: 'DATA_TOO_SHORT',
      message: 'DATA_TOO_SHORT: eval "mine": too short.',
    });
  });

  it.each([
    ['NaN in a list', { results: { a: [1, Number.NaN] } }, 'results.a.1 is NaN'],
    ['infinity in timings', { results: {}, timings: { s: Number.POSITIVE_INFINITY } }, 'timings.s is Infinity'],
    ['undefined', { results: { a: undefined } }, 'results.a is undefined'],
    ['a typed array', { results: { a: new Float32Array(2) } }, 'results.a is Float32Array'],
    ['a Map', { results: { a: new Map() } }, 'results.a is Map'],
    ['no results', {}, 'results is undefined'],
    ['nothing', undefined, 'results is undefined'],
  ])('refuses an outcome that JSON would change: %s', async (_, outcome, problem) => {
    await expect(runEvals(scriptedSubject({}), [{ name: 'mine', eval: giving(outcome) }])).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining(`eval "mine": an outcome survives JSON unchanged, but ${problem}.`),
    });
  });

  it('refuses two evals of one name before running the second', async () => {
    const twice = [
      { name: 'a', eval: giving({ results: {} }) },
      { name: 'a', eval: throwing(new Error('ran')) },
    ];
    await expect(runEvals(scriptedSubject({}), twice)).rejects.toMatchObject({ code: 'CONFIG_CONFLICT' });
  });

  it('starts no further eval once the signal aborts', async () => {
    const controller = new AbortController();
    const ran: string[] = [];
    const aborting = (name: string): Eval => ({
      measure: async () => {
        ran.push(name);
        controller.abort();
        return { results: {} };
      },
    });
    const run = runEvals(scriptedSubject({ signal: controller.signal }), [
      { name: 'a', eval: aborting('a') },
      { name: 'b', eval: aborting('b') },
    ]);
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED', message: expect.stringContaining('"b"') });
    expect(ran).toEqual(['a']);
  });

  it('says interrupted, not failed, of an eval that throws because the signal aborted', async () => {
    const controller = new AbortController();
    const aborted: Eval = {
      measure: async ({ signal }) => {
        controller.abort();
        signal!.throwIfAborted();
        return { results: {} };
      },
    };
    const run = runEvals(scriptedSubject({ signal: controller.signal }), [{ name: 'a', eval: aborted }]);
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED', message: expect.stringContaining('"a"') });
  });
});
