import { beforeEach, describe, expect, test } from 'vitest';
import { openEngine } from '../open-engine.ts';
import { type Tensor, tf } from '../tensor.ts';
import { tidy, tidyTensor } from './scopes.ts';

const { memory } = await openEngine({ name: 'cpu' });
const one = (): Tensor => tf.ones([1]);
/** A result, made after another tensor. */
const after = (_: Tensor, result: Tensor): Tensor => result;

describe.each([
  ['in a scope', (work: () => void) => tidy(work)],
  ['without one', (work: () => void) => work()],
])('tidyTensor %s', (_, scoped) => {
  let before = 0;
  let given: Tensor;
  const made = () => memory().numTensors - before;
  beforeEach(() => {
    given = tf.keep(one());
    before = memory().numTensors;
  });

  const cases: [name: string, work: () => { result: Tensor; also?: Tensor }, left: number][] = [
    ['leaves its result alone', () => ({ result: after(one(), one()) }), 1],
    ['leaves what was kept', () => ({ also: tf.keep(one()), result: after(one(), one()) }), 2],
    ['gives back what it did not make', () => ({ result: after(one(), given) }), 0],
    ['gives back what it kept', () => ({ result: after(one(), tf.keep(one())) }), 1],
    ['leaves what a scope inside gave', () => ({ result: tidy(() => after(one(), one())) }), 1],
  ];
  test.each(cases)('%s', (_, work, left) => {
    scoped(() => {
      let also: Tensor | undefined;
      const result = tidyTensor(() => {
        const worked = work();
        also = worked.also;
        return worked.result;
      });
      expect(made()).toBe(left);
      expect(result.isDisposed).toBe(false);
      for (const tensor of [result, also]) if (tensor !== given) tensor?.dispose();
    });
    expect(made()).toBe(0);
  });

  test('frees all but what was kept where it fails', () => {
    let kept: Tensor | undefined;
    scoped(() => {
      const failing = () =>
        tidyTensor(() => {
          one();
          kept = tf.keep(one());
          throw new Error('on purpose');
        });
      expect(failing).toThrow('on purpose');
      expect(made()).toBe(1);
    });
    kept?.dispose();
    expect(made()).toBe(0);
  });
});
