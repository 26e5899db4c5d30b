import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import bundle from '../../packages/heads/src/built-ins.ts';
import { inRoot } from '../setup/paths.mjs';
import { factsOf } from './heads/facts.mjs';
import { render } from './heads/render.mjs';

test('docs/reference/heads.md is what the heads declare and their READMEs say: else run node scripts/heads-reference.mjs', () => {
  expect(readFileSync(inRoot('docs/reference/heads.md'), 'utf8')).toBe(render(factsOf(bundle)));
});

test('every head stands in the page, with where it is from', () => {
  const names = bundle.provides.filter(({ kind }) => kind === 'head').map(({ name }) => name);
  const page = readFileSync(inRoot('docs/reference/heads.md'), 'utf8');
  for (const name of names) expect(page).toContain(`\n## ${name}\n`);
  expect(page.match(/^\| source \| .*arXiv:\d{4}\.\d{5}/gm)).toHaveLength(names.length);
});
