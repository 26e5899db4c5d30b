import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { loadPluginPackage } from './load.ts';
import { HEAD, messageOf, type PackageText, PROMISE, writePackage } from './package.fixture.ts';

describe('a manifest is checked before any code of the package runs', () => {
  const ran = 'ran';
  const trap = {
    'index.js': `import { writeFileSync } from 'node:fs'; writeFileSync(new URL('${ran}', import.meta.url), ''); export default ${HEAD};`,
  };

  test.each<[string, PackageText, string]>([
    [
      'is missing',
      { manifest: undefined },
      'PLUGIN_INVALID: package.json of demo@1.0.0: it has no "foretoken" entry, so it is not a plugin package. A plugin package has "foretoken": { "api": 1, "provides": [{ "kind": "head", "name": "...", "export": "." }] }.',
    ],
    [
      'is null',
      { manifest: null },
      'PLUGIN_INVALID: package.json of demo@1.0.0: foretoken must be a mapping, was null.',
    ],
    [
      'is for another API',
      { manifest: { api: 2, provided: 'otherwise' } },
      'PLUGIN_API: the manifest of demo@1.0.0 is written for plugin API 2; this Foretoken has plugin API 1.',
    ],
    [
      'has an API that is no number',
      { manifest: { api: '1', provides: [PROMISE] } },
      'PLUGIN_INVALID: package.json of demo@1.0.0: foretoken.api must be an integer, was "1".',
    ],
    ['provides nothing', { manifest: { api: 1, provides: [] } }, 'foretoken.provides must not be empty.'],
    ['lacks provides', { manifest: { api: 1 } }, 'foretoken.provides is required.'],
    [
      'mistypes a kind',
      { manifest: { api: 1, provides: [{ ...PROMISE, kind: 'haed' }] } },
      'foretoken.provides.0.kind must be one of "trunk", "head", "weighting", "horizon-schedule", "decoder", "acceptance-rule", "draft-policy", "eval", "tokenizer", "dataset", was "haed". Did you mean "head"?',
    ],
    [
      'has a path for a name',
      { manifest: { api: 1, provides: [{ ...PROMISE, name: '../x' }] } },
      'foretoken.provides.0.name must be lower-case words joined by "-", was "../x".',
    ],
    [
      'has an export that is no path',
      { manifest: { api: 1, provides: [{ ...PROMISE, export: 'index.js' }] } },
      'foretoken.provides.0.export must be "." or a path that starts with "./", was "index.js".',
    ],
    [
      'promises a plugin twice',
      { manifest: { api: 1, provides: [PROMISE, { ...PROMISE, export: './b' }] } },
      'foretoken.provides lists head "low-rank" twice.',
    ],
    [
      'breaks several rules',
      { manifest: { api: 1, provides: [{ kind: 'head' }] } },
      'foretoken.provides.0.name is required. foretoken.provides.0.export is required.',
    ],
    [
      'has markup for a name',
      { manifest: { api: 1, provides: [{ ...PROMISE, name: '<img src=x onerror=alert(1)>' }] } },
      'foretoken.provides.0.name must be lower-case words joined by "-", was "<img src=x onerror=alert(1)>".',
    ],
    [
      'has a name that no file could have',
      { manifest: { api: 1, provides: [{ ...PROMISE, name: 'a'.repeat(65) }] } },
      'foretoken.provides.0.name must have at most 64 characters, was "aaaaa',
    ],
    [
      'is for an older API',
      { manifest: { api: 0, provides: [PROMISE] } },
      'PLUGIN_API: the manifest of demo@1.0.0 is written for plugin API 0; this Foretoken has plugin API 1. ' +
        'Install a release of demo for plugin API 1 ("npm view demo versions" lists them), or a release of Foretoken with plugin API 0.',
    ],
    [
      'is given by its prototype',
      { packageJson: `{"name":"demo","version":"1.0.0","__proto__":{"foretoken":{"api":1,"provides":[]}}}` },
      'it has no "foretoken" entry',
    ],
    [
      'has what it provides from a prototype',
      { manifest: JSON.parse('{"api":1,"provides":[{"__proto__":{"kind":"head","name":"low-rank","export":"."}}]}') },
      'foretoken.provides.0.kind is required. foretoken.provides.0.name is required.',
    ],
    [
      'is there twice',
      { packageJson: '{"name":"demo","version":"1.0.0","foretoken":{"api":1},"foretoken":{"api":2}}' },
      'package.json cannot be read: it has the key "foretoken" twice in one object.',
    ],
    [
      'says a key twice, once in disguise',
      { packageJson: '{"foretoken":{"api":1,"a":"{\\"","\\u0061pi":2}}' },
      'package.json cannot be read: it has the key "api" twice in one object.',
    ],
    [
      'nests without measure',
      { packageJson: `{"name":"demo","version":"1.0.0","foretoken":${'['.repeat(100_000)}${']'.repeat(100_000)}}` },
      'package.json cannot be read: it nests deeper than 100 levels.',
    ],
    [
      'promises more than anyone could mean',
      { manifest: { api: 1, provides: Array(100_000).fill({}) } },
      'package.json of demo@1.0.0: foretoken.provides must list at most 500 plugins, lists 100000.',
    ],
    [
      'starts with a byte order mark',
      { packageJson: '\uFEFF{}' },
      'package.json cannot be read: it starts with a byte order mark. Save it as UTF-8 without one.',
    ],
    [
      'has markup for the name of its package',
      { packageJson: { name: '<b>demo</b>' } },
      '/demo/package.json: "name" must be the name of an npm package, was "<b>demo</b>".',
    ],
    [
      'has a path for the name of its package',
      { packageJson: { name: '../demo' } },
      '/demo/package.json: "name" must be the name of an npm package, was "../demo".',
    ],
    [
      'has a version that speaks to terminals',
      { packageJson: { version: '1.0.0\u001b[2J' } },
      '/demo/package.json: "version" must be a version such as "1.0.0", was "1.0.0\\u001b[2J".',
    ],
    ['has no version', { packageJson: { version: 1 } }, '"name" and "version" must be strings.'],
    ['is not JSON', { packageJson: '{' }, 'package.json cannot be read:'],
    ['is a list', { packageJson: '[]' }, 'package.json cannot be read: it does not hold an object.'],
    [
      'is huge',
      { packageJson: `{"a":"${'x'.repeat(1024 * 1024)}"}` },
      'package.json cannot be read: it is larger than 1048576 bytes.',
    ],
  ])('a manifest that %s is refused', async (_, text, message) => {
    const root = temporaryFolder();
    const folder = writePackage(root, 'demo', { ...text, files: trap });
    expect(await messageOf(loadPluginPackage('./demo', { from: root }))).toContain(message);
    expect(existsSync(path.join(folder, ran))).toBe(false);
  });

  test('the trap of these tests does spring', async () => {
    const root = temporaryFolder();
    const folder = writePackage(root, 'demo', { files: trap });
    await loadPluginPackage('./demo', { from: root });
    expect(existsSync(path.join(folder, ran))).toBe(true);
  });

  test('a package.json that is no file is refused rather than waited for', async () => {
    const root = temporaryFolder();
    mkdirSync(path.join(root, 'demo/package.json'), { recursive: true });
    expect(await messageOf(loadPluginPackage('./demo', { from: root }))).toContain('cannot be read: it is not a file.');
  });

  test('keys that a later release may read are ignored', async () => {
    const root = temporaryFolder();
    writePackage(root, 'demo', { manifest: { api: 1, provides: [{ ...PROMISE, docs: 'x' }], since: 3 } });
    expect((await loadPluginPackage('./demo', { from: root })).definitions).toHaveLength(1);
  });
});
