import { expect, test } from 'vitest';
import { writtenInputs } from './inputs.ts';

/** What guards look at in a tensor. */
const weight = () => ({ shape: [1], dtype: 'float32', isDisposed: false, dataSync: () => Float32Array.of(1) });

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
  [
    'an entry of a map',
    { a: new Map([['x', 1]]) } as never,
    (state: { a: Map<string, number> }) => state.a.set('x', 2),
    'argument 1.a',
  ],
  [
    'a map that grows',
    { a: new Map() } as never,
    (state: { a: Map<string, number> }) => state.a.set('x', 2),
    'argument 1.a',
  ],
  [
    'a map without a key',
    { a: new Map([['x', 1]]) } as never,
    (state: { a: Map<string, number> }) => state.a.delete('x'),
    'argument 1.a',
  ],
  [
    'a key of a map put in place of one',
    { a: new Map([['x', undefined]]) } as never,
    (state: { a: Map<string, unknown> }) => {
      state.a.delete('x');
      state.a.set('y', undefined);
    },
    'argument 1.a',
  ],
  [
    'what a map holds',
    { a: new Map([['x', Int32Array.of(1)]]) } as never,
    (state: { a: Map<string, Int32Array> }) => state.a.get('x')!.fill(2),
    'argument 1.a.get("x")',
  ],
  [
    'a weight that is freed',
    { a: new Map([['w', weight()]]) } as never,
    (state: { a: Map<string, { isDisposed: boolean }> }) => {
      state.a.get('w')!.isDisposed = true;
    },
    'argument 1.a.get("w")',
  ],
  ['a set', { a: new Set([1]) } as never, (state: { a: Set<number> }) => state.a.add(2), 'argument 1.a'],
  [
    'one of a set put in place of another',
    { a: new Set([1]) } as never,
    (state: { a: Set<number> }) => {
      state.a.delete(1);
      state.a.add(2);
    },
    'argument 1.a',
  ],
])('%s is seen', (_, input, change, place) => {
  expect(said(input as never, change)).toBe(`must leave its inputs as they are, but wrote to ${place}`);
});

test('what was only read, or is NaN before and after, is as it was', () => {
  const held = { a: new Map([['x', Number.NaN]]), b: new Set([Number.NaN]) };
  expect(said(held, ({ a, b }) => void [a.get('x'), b.size])).toBeUndefined();
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
