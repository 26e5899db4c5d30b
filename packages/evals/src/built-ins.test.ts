import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import builtIns from './built-ins.ts';

describe('the evals package', () => {
  it('declares in its manifest what it provides', async () => {
    const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    const declared = manifest.foretoken.provides.map(({ kind, name }: { kind: string; name: string }) => [kind, name]);
    expect(builtIns.provides.map(({ kind, name }) => [kind, name])).toEqual(declared);
  });

  it('gives every option a default and a description', () => {
    for (const { options } of builtIns.provides) {
      for (const schema of Object.values(options!.properties)) {
        expect(schema).toMatchObject({ default: expect.anything(), description: expect.any(String) });
      }
    }
  });
});
