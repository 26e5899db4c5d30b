// The contract suite of every template, as it stands: what a new package runs before anything in it is changed.
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { KIND_NAMES } from './kinds.ts';

const TEMPLATES = new URL('../templates/', import.meta.url);

for (const kind of KIND_NAMES) await import(new URL(`${kind}/src/my-plugin.test.ts`, TEMPLATES).href);

test('there is a template of every kind, and no other', () => {
  const folders = readdirSync(TEMPLATES).filter((name) => !['terms', 'package'].includes(name));
  expect(folders.sort()).toEqual([...KIND_NAMES].sort());
});
