import { expect, test } from 'vitest';
import { PLUGIN_KINDS } from '../plugins/define.ts';
import { CONTRACTS } from './contracts.ts';

test('every kind of plugin has its contract', () => {
  expect(Object.keys(CONTRACTS).sort()).toEqual([...PLUGIN_KINDS].sort());
  for (const kind of PLUGIN_KINDS) expect(CONTRACTS[kind].kind).toBe(kind);
});

test.each(PLUGIN_KINDS)('the checks of a %s are sentences that tell them apart', (kind) => {
  const titles = CONTRACTS[kind].checks.map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  for (const title of titles) expect(title).toMatch(/^[a-z][^\n]{20,}[^.]$/);
});
