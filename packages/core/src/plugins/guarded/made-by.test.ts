import { expect, it } from 'vitest';
import { guardDefinition } from '../guard.ts';
import { fakePlugin, fakeSource } from '../plugin.fixture.ts';
import { saidMaker } from './made-by.ts';

const made = (give: object): object => {
  const { create } = guardDefinition(fakePlugin('draft-policy', 'a', { create: () => give }), fakeSource);
  return (create as (context: object, options: object) => object)({}, {});
};

it('what create gave says whose it is; what nobody guarded says what it is', () => {
  expect(saidMaker(made({ grow: () => [] }), 'draft policy')).toBe('draft-policy "a" of demo@1.2.3');
  expect(saidMaker({ grow: () => [] }, 'draft policy')).toBe('draft policy');
});

it('whose it is cannot be listed or pretended', () => {
  const forged = made({ grow: () => [], [Symbol.for('foretoken.made-by')]: 'the framework' });
  expect(saidMaker(forged, 'draft policy')).toBe('draft-policy "a" of demo@1.2.3');
  expect(Object.keys(forged)).toEqual(['grow']);
});
