import { readdirSync, readFileSync } from 'node:fs';
import { PLUGIN_KINDS } from '@foretoken/core/plugin';
import { ERROR_CODES } from '@foretoken/engine/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KIND_NAMES, KINDS, type Kind } from './kinds.ts';
import { nameProblem, packageNameProblem } from './names.ts';

describe('the name of a plugin', () => {
  it.each(['a', 'demo', 'low-rank', 'n4', 'a1-b2', 'index', `a${'b'.repeat(63)}`])('may be %s', (name) => {
    expect(nameProblem('head', name)).toBeUndefined();
  });

  it.each([
    ['', undefined],
    ['Demo', 'demo'],
    ['lowRank', 'low-rank'],
    ['low_rank', 'low-rank'],
    ['low rank', 'low-rank'],
    ['-demo', 'demo'],
    ['demo-', 'demo'],
    ['a--b', 'a-b'],
    ['4heads', 'heads'],
    ['../../etc/passwd', 'etc-passwd'],
    ['demo/x', 'demo-x'],
    ['<b>demo</b>', 'b-demo-b'],
    ['demo\n', 'demo'],
    ['größe', 'gr-e'],
    ['日本', undefined],
    ['--', undefined],
    ['a'.repeat(65), 'a'.repeat(64)],
  ])('may not be %j', (name, mended) => {
    const problem = nameProblem('head', name);
    expect(problem).toContain(`lower-case words joined by "-", at most 64 characters, was ${JSON.stringify(name)}.`);
    expect(/Did you mean "(.*)"\?/.exec(problem!)?.[1]).toBe(mended);
  });

  it('may not be one of Foretoken’s own of that kind, nor a word of YAML', () => {
    expect(nameProblem('head', 'parallel')).toBe(
      'Foretoken has a head "parallel" already, and a name stands for one plugin. Choose another.',
    );
    expect(nameProblem('trunk', 'parallel')).toBeUndefined();
    for (const word of ['true', 'false', 'null']) expect(nameProblem('head', word)).toMatch(/YAML/);
  });

  it('that is suggested is one that is allowed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KIND_NAMES), fc.string(), (kind, text) => {
        const mended = /Did you mean "(.*)"\?/.exec(nameProblem(kind, text) ?? '')?.[1];
        if (mended !== undefined) expect(nameProblem(kind, mended) ?? '').not.toContain('the name must be');
      }),
    );
  });
});

describe('the name of a package', () => {
  it.each(['demo', 'foretoken-head-demo', '@ada/demo', '@ada/demo.x_y', 'a'.repeat(214)])('may be %s', (name) => {
    expect(packageNameProblem(name)).toBeUndefined();
  });

  it.each([
    ...['', 'Demo', '.demo', '_demo', 'a b', '../x', '@ada', '@/demo', '@ada/', '@ada/a/b', 'a/b', 'a\n', 'größe'],
    ...['node_modules', 'favicon.ico', 'http', 'fs', 'a'.repeat(215), '@ada/../x', '@../x'],
  ])('may not be %j', (name) => {
    expect(packageNameProblem(name)).toContain(JSON.stringify(name));
  });
});

describe('what is said of Foretoken', () => {
  const manifests = readdirSync(new URL('../../', import.meta.url)).map((folder) =>
    JSON.parse(readFileSync(new URL(`../../${folder}/package.json`, import.meta.url), 'utf8')),
  );

  it('names every kind of plugin, in its order', () => {
    expect(KIND_NAMES).toEqual([...PLUGIN_KINDS]);
  });

  it('names every plugin that its packages bring', () => {
    const provided = manifests.flatMap(({ foretoken }) => foretoken?.provides ?? []);
    const byKind = (kind: Kind) => provided.filter((one) => one.kind === kind).map(({ name }) => name);
    for (const kind of KIND_NAMES) expect([...KINDS[kind].builtIns].sort(), kind).toEqual(byKind(kind).sort());
  });

  it('has codes that are in the one table', () => {
    const source = readFileSync(new URL('failure.ts', import.meta.url), 'utf8');
    const codes = [
      ...source
        .split('\n')
        .find((line) => line.startsWith('export type FailureCode'))!
        .matchAll(/'(\w+)'/g),
    ];
    expect(codes).toHaveLength(5);
    for (const [, code] of codes) expect(ERROR_CODES).toHaveProperty(code);
  });
});
