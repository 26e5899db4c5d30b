import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { declaredOptions, readSuiteOptions } from './suite-options.ts';

const provided = [{ kind: 'head', name: 'echo', export: '.' }] as const;

function fileOf(text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-options-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'check.json'), text);
  return path.join(folder, 'check.json');
}

it('reads options and settings by kind and name', () => {
  const file = fileOf('{ "head/echo": { "options": { "rank": 2 }, "settings": { "horizon": 2 } } }');
  expect([...readSuiteOptions(file, provided)]).toEqual([
    ['head/echo', { options: { rank: 2 }, settings: { horizon: 2 } }],
  ]);
});

it.each([
  ['[]', 'CONFIG_INVALID', /must hold an object/],
  ['{ "head/other": {} }', 'CONFIG_INVALID', /"head\/other" is not provided by the package. It provides head\/echo/],
  ['{ "head/echo": { "rank": 2 } }', 'CONFIG_INVALID', /Options go inside "options"/],
  ['{ "head/echo": { "options": 2 } }', 'CONFIG_INVALID', /"options" must be an object/],
  ['{ "head/echo": 2 }', 'CONFIG_INVALID', /must be an object with/],
  ['{', 'CONFIG_SYNTAX', /JSON/],
])('refuses %s', (text, code, message) => {
  const file = fileOf(text);
  expect(() => readSuiteOptions(file, provided)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

it('says every problem of a file at once, and that there is none', () => {
  const file = fileOf('{ "head/a": {}, "head/b": {} }');
  expect(() => readSuiteOptions(file, provided)).toThrow(
    expect.objectContaining({ problems: [expect.any(String), expect.any(String)] }),
  );
  expect(() => readSuiteOptions('/nowhere.json', provided)).toThrow(
    expect.objectContaining({ code: 'CONFIG_NOT_FOUND' }),
  );
});

it('takes what a package declares beside its plugins, where it makes sense', () => {
  const declared = declaredOptions([
    { ...provided[0], check: { settings: { actElsewhere: ['rank'] } } },
    { kind: 'head', name: 'other', check: { rank: 2 } },
    { kind: 'head', name: 'third' },
  ]);
  expect([...declared]).toEqual([['head/echo', { options: undefined, settings: { actElsewhere: ['rank'] } }]]);
});
