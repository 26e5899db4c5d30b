import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';

/** `import` or `export` statements that remain when types are gone, and what they name. */
const STATEMENT = /^(?:import|export) (?!type )[^;]*?from '([^']+)'/gms;

const core = path.resolve(import.meta.dirname, '../../../core/src/light.ts');

/** Every module that a file loads and that is not of ours, files of ours followed. */
async function loadedBy(file: string, seen = new Set<string>()): Promise<Set<string>> {
  const found = new Set<string>();
  if (seen.has(file)) return found;
  seen.add(file);
  for (const [statement, name] of (await readFile(file, 'utf8')).matchAll(STATEMENT)) {
    const isTypesOnly = /^(import|export) \{(\s*type [^,}]*,?)+\s*\}/.test(statement);
    if (isTypesOnly) continue;
    const inner = name.startsWith('.') ? path.resolve(path.dirname(file), name) : undefined;
    if (inner) for (const one of await loadedBy(inner, seen)) found.add(one);
    else found.add(name);
  }
  return found;
}

const foreign = (names: Set<string>) => [...names].filter((name) => !name.startsWith('node:')).sort();

it('what shows a finished ablation loads no plugin, schema or tensor', async () => {
  expect(foreign(await loadedBy(path.join(import.meta.dirname, 'index.ts')))).toEqual(['@foretoken/core/light']);
  expect(foreign(await loadedBy(core))).toEqual(['@foretoken/engine/errors', 'yaml']);
});

it('the check sees what the rest of the package loads', async () => {
  const all = await loadedBy(path.join(import.meta.dirname, '../index.ts'));
  expect(all).toContain('@foretoken/core');
});
