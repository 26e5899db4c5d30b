import { expect, test } from 'vitest';
import plugin from './my-plugin.ts';

test('it drafts', () => {
  expect(plugin.create({}, { tokens: 3 }).drafts).toBe(true);
});
