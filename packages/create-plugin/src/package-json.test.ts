import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { peerRange, TOOLS } from './package-json.ts';

it('builds, checks and releases new packages with the tools of this workspace', () => {
  const { devDependencies } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  expect(devDependencies).toMatchObject(TOOLS);
});

it('lets a plugin run on every release up to the next major one', () => {
  expect(peerRange('0.1.0')).toBe('>=0.1.0 <1');
  expect(peerRange('1.4.2')).toBe('>=1.4.2 <2');
  expect(peerRange('12.0.0-next.3')).toBe('>=12.0.0-next.3 <13');
});
