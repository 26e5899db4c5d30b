import { expect, test } from 'vitest';
import { writtenInputs } from './inputs.ts';

/** What is said of an input after something was done to it. */
function said<T>(input: T, change: (input: T) => void): string | undefined {
  const written = writtenInputs([input]);
  change(input);
  return written();
}

test.each<[string, Record<string, never>, (input: never) => void, string]>([
  ['a number of an object', { n: 1 } as never, (state: { n: number }) => state.n++, 'argument 1.n'],
  ['a number below it', { a: { n: 1 } } as never, (state: { a: { n: number } }) => state.a.n++, 'argument 1.a.n'],
  ['a key taken out', { n: 1 } as never, (state: { n?: number }) => delete state.n, 'argument 1.n'],
  ['a list put in place of one', { a: [1] } as never, (state: { a: number[] }) => (state.a = [1]), 'argument 1.a'],
  ['an entry of a list', { a: [1] } as never, (state: { a: number[] }) => (state.a[0] = 2), 'argument 1.a'],
  ['a typed array', { a: Int32Array.of(1) } as never, (state: { a: Int32Array }) => (state.a[0] = 2), 'argument 1.a'],
])('%s is seen', (_, input, change, place) => {
  expect(said(input as never, change)).toBe(`must leave its inputs as they are, but wrote to ${place}`);
});

test('what was only read, or is NaN before and after, is as it was', () => {
  expect(said({ n: Number.NaN, a: [Number.NaN], deep: { text: 'x' } }, ({ deep }) => void deep.text)).toBeUndefined();
});

test('getters and what belongs to a class may change by themselves', () => {
  class Counter {
    count = 0;
  }
  const counter = new Counter();
  const input = {
    counter,
    get now() {
      return counter.count;
    },
  };
  expect(said(input, () => counter.count++)).toBeUndefined();
});
