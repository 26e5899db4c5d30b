import { describe, expect, it } from 'vitest';
import { CLEAN_JSON, heads, stagedPackage } from '../testing/package.fixture.ts';
import { checkManifest } from './check-manifest.ts';

const provides = (...list: object[]) => ({ foretoken: { api: 1, provides: list } });
const echo = { kind: 'head', name: 'echo', export: '.' };

describe('checkManifest', () => {
  it('gives the manifest of a package whose promises all lead to files', () => {
    const { manifest, findings } = checkManifest(stagedPackage());
    expect(findings).toEqual([]);
    expect(manifest?.provides).toEqual(CLEAN_JSON.foretoken.provides);
  });

  it.each([
    ['no entry', { foretoken: undefined }, /no "foretoken" entry/],
    ['another API', { foretoken: { api: 2, provides: [echo] } }, /plugin API 2; this Foretoken has plugin API 1/],
    ['an unknown kind', provides({ ...echo, kind: 'tail' }), /kind/],
    ['a name that leads out', provides({ ...echo, name: '../x' }), /name/],
    ['a name of markup', provides({ ...echo, name: '<b>' }), /name/],
    ['the same twice', provides(echo, echo), /lists head "echo" twice/],
    [
      'an export that is not exported',
      provides({ ...echo, export: './other' }),
      /"\.\/other".*is not in the "exports"/,
    ],
  ])('reports a manifest with %s', (_, changes, sentence) => {
    const { findings } = checkManifest(stagedPackage(changes));
    expect(heads(findings)).toEqual([expect.stringMatching(/^error package\.json: foretoken/)]);
    expect(findings[0].sentence).toMatch(sentence);
  });

  it('reports all exports that lead to no file at once', () => {
    const changes = {
      exports: { '.': './dist/none.js', './b': './dist/no.js' },
      ...provides(echo, { ...echo, name: 'b', export: './b' }),
    };
    const { findings } = checkManifest(stagedPackage(changes));
    expect(findings.map(({ sentence }) => /dist\/\w+\.js/.exec(sentence)?.[0])).toEqual(['dist/none.js', 'dist/no.js']);
  });
});
