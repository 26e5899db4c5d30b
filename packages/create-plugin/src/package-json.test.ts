import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { TOOLS } from './package-json.ts';

it('builds, checks and releases new packages with the tools of this workspace', () => {
  const { devDependencies } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  expect(devDependencies).toMatchObject(TOOLS);
});
