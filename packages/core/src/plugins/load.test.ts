import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { loadPluginPackage, registerPackage } from './load.ts';
import { createPluginLoader } from './loader.ts';
import { HEAD, messageOf, PROMISE, writePackage } from './package.fixture.ts';
import { createRegistry } from './registry.ts';

const MEND = 'Mend the plugin, or report it to its author.';

describe('finding a plugin package', () => {
  test('by name, as installed beside the configuration file or above it', async () => {
    const root = temporaryFolder();
    writePackage(root, 'node_modules/@acme/heads');
    mkdirSync(path.join(root, 'experiments/deep'), { recursive: true });
    const loaded = await loadPluginPackage('@acme/heads', { from: path.join(root, 'experiments/deep') });
    expect(loaded).toMatchObject({ package: '@acme/heads', version: '1.0.0', api: 1 });
    expect(loaded.definitions.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['head low-rank']);
  });

  test('by name in the other roots, the nearest first', async () => {
    const [near, far] = [temporaryFolder(), temporaryFolder()];
    writePackage(far, 'node_modules/heads', { packageJson: { version: '2.0.0' } });
    const roots = [far];
    expect(await loadPluginPackage('heads', { from: near, roots })).toMatchObject({ version: '2.0.0' });
    writePackage(near, 'node_modules/heads');
    expect(await loadPluginPackage('heads', { from: near, roots })).toMatchObject({ version: '1.0.0' });
  });

  test('by a path from the configuration file, through a link to its real folder', async () => {
    const root = temporaryFolder();
    const folder = writePackage(root, 'my-head');
    symlinkSync(folder, path.join(root, 'linked'), 'dir');
    for (const specifier of ['./my-head', '../my-head', './linked', folder, `file://${folder}`]) {
      const from = specifier.startsWith('..') ? path.join(root, 'my-head') : root;
      expect((await loadPluginPackage(specifier, { from })).directory).toBe(folder);
    }
  });

  test('a package that is not there: the error has the command that installs it', async () => {
    const from = temporaryFolder();
    expect(await messageOf(loadPluginPackage('@acme/heads', { from }))).toBe(
      `PLUGIN_NOT_FOUND: plugin package "@acme/heads" is not installed where ${from} can see it. ` +
        'Run "npm install @acme/heads" in that folder, or name the package\'s folder by its path ("./heads").',
    );
    expect(await messageOf(loadPluginPackage('./heads', { from }))).toBe(
      `PLUGIN_NOT_FOUND: plugin "./heads": there is no package.json in ${path.join(from, 'heads')}. ` +
        'Name the folder of a package; paths start from the folder of the configuration file.',
    );
  });

  test.each([
    'a/../../b',
    'heads/../../x',
    '@acme',
    'a/b',
    'a b',
    'http://example.org/x',
    '@acme/..',
    '..%2f',
    '',
    'a\0b',
    'file://host/x',
    'file:///%zz',
  ])('the name %j is refused before the disk is asked', async (specifier) => {
    const message = await messageOf(loadPluginPackage(specifier, { from: temporaryFolder() }));
    expect(message).toContain('PLUGIN_INVALID');
    expect(message).toContain('must be the name of an npm package');
  });
});

describe('the export of a package', () => {
  const files = { 'lib/head.js': `export default ${HEAD};` };
  test.each<[string, unknown, string]>([
    ['a string', './lib/head.js', '.'],
    ['an import condition only', { '.': { import: './lib/head.js' } }, '.'],
    ['nested conditions', { '.': { node: { import: { default: './lib/head.js' } }, default: './no.js' } }, '.'],
    [
      'the first condition that holds',
      { '.': { browser: './no.js', require: './no.js', default: './lib/head.js' } },
      '.',
    ],
    ['a list of fallbacks', { '.': ['./lib/head.js', './no.js'] }, '.'],
    ['a sub-path', { './head': './lib/head.js' }, './head'],
    ['a pattern', { './heads/*': './lib/*.js' }, './heads/head'],
  ])('is found through %s', async (_, exports, entry) => {
    const root = temporaryFolder();
    const manifest = { api: 1, provides: [{ ...PROMISE, export: entry }] };
    writePackage(root, 'demo', { manifest, packageJson: { exports }, files });
    expect((await loadPluginPackage('./demo', { from: root })).definitions).toHaveLength(1);
  });

  test.each<[string, object, string]>([
    ['main', { exports: undefined, main: './lib/head.js' }, '.'],
    ['the file itself', { exports: undefined }, './lib/head.js'],
  ])('without an exports map is %s', async (_, packageJson, entry) => {
    const root = temporaryFolder();
    const manifest = { api: 1, provides: [{ ...PROMISE, export: entry }] };
    writePackage(root, 'demo', { manifest, packageJson, files });
    expect((await loadPluginPackage('./demo', { from: root })).definitions).toHaveLength(1);
  });

  test.each<[string, unknown, string, string]>([
    [
      'is not exported',
      { './other': './lib/head.js' },
      './lib/head.js',
      `is not in the "exports" of its package.json. ${MEND}`,
    ],
    [
      'is forbidden',
      { './a': null, './*': './lib/*.js' },
      './a',
      `is not in the "exports" of its package.json. ${MEND}`,
    ],
    [
      'is for require only',
      { '.': { require: './lib/head.js' } },
      '.',
      `is not in the "exports" of its package.json. ${MEND}`,
    ],
    [
      'was not built',
      './dist/head.js',
      '.',
      'leads to ./dist/head.js, which is not a file. Build the package, or install a complete release.',
    ],
    [
      'is a folder',
      './lib',
      '.',
      'leads to ./lib, which is not a file. Build the package, or install a complete release.',
    ],
    ['leaves the package', '../evil.js', '.', `leads out of the package, to ../evil.js. ${MEND}`],
    [
      'leaves it by a pattern',
      { './*': './lib/*' },
      './../../evil.js',
      `leads out of the package, to ./lib/../../evil.js. ${MEND}`,
    ],
    [
      'is inside a dependency',
      './node_modules/x/index.js',
      '.',
      `leads out of the package, to ./node_modules/x/index.js. ${MEND}`,
    ],
  ])('that %s is refused', async (_, exports, entry, message) => {
    const root = temporaryFolder();
    const manifest = { api: 1, provides: [{ ...PROMISE, export: entry }] };
    writePackage(root, 'demo', { manifest, packageJson: { exports }, files });
    writeFileSync(path.join(root, 'evil.js'), 'export default 1');
    const said = await messageOf(loadPluginPackage('./demo', { from: root }));
    expect(said).toBe(`PLUGIN_INVALID: export "${entry}" of demo@1.0.0: ${message}`);
  });
});

describe('a package gives exactly what its manifest promises', () => {
  test.each<[string, string, string]>([
    ['throws', `throw new Error('no GPU');`, 'PLUGIN_FAILED: demo@1.0.0, export ".": importing it failed: no GPU.'],
    ['does not parse', 'export default {', 'PLUGIN_FAILED: demo@1.0.0, export ".": importing it failed:'],
    [
      'imports what is not there',
      `import 'not-installed-anywhere'; export default ${HEAD};`,
      '"dependencies" nor "peerDependencies". Report it to its author.',
    ],
    [
      'never finishes',
      'await new Promise(() => {});',
      'PLUGIN_FAILED: demo@1.0.0, export ".": importing it failed: it had not finished loading after 0.3 s.',
    ],
    [
      'has no default export',
      `export const head = ${HEAD};`,
      `PLUGIN_INVALID: export "." of demo@1.0.0: its default export must be a definition or what definePlugin returns, was absent. ${MEND}`,
    ],
    [
      'exports a function',
      'export default () => {};',
      `PLUGIN_INVALID: export "." of demo@1.0.0: its default export must be a definition or what definePlugin returns, was a function. ${MEND}`,
    ],
    [
      'gives a promise that never settles',
      'export default new Promise(() => {});',
      'PLUGIN_INVALID: export "." of demo@1.0.0: its default export must not be a promise. Write "await" there.',
    ],
    [
      'gives a promise of a head',
      `export default Promise.resolve(${HEAD});`,
      'PLUGIN_INVALID: export "." of demo@1.0.0: its default export must not be a promise. Write "await" there.',
    ],
    [
      'gives what throws when it is looked at',
      `export default { get kind() { throw new Error('no GPU'); } };`,
      'PLUGIN_FAILED: demo@1.0.0, export ".": importing it failed: no GPU.',
    ],
    [
      'gives nothing',
      'export default { api: 1, provides: [] };',
      'PLUGIN_INVALID: export "." of demo@1.0.0: package.json promises head "low-rank", but it gives nothing. Mend "foretoken.provides" or the module.',
    ],
    [
      'gives another name',
      `export default { ...${HEAD}, name: 'lowrank' };`,
      'PLUGIN_INVALID: export "." of demo@1.0.0: package.json promises head "low-rank", but it gives head "lowrank". Mend "foretoken.provides" or the module.',
    ],
    [
      'gives another kind',
      `export default { ...${HEAD}, kind: 'trunk' };`,
      'PLUGIN_INVALID: export "." of demo@1.0.0: package.json promises head "low-rank", but it gives a "trunk" of that name. Mend "foretoken.provides" or the module.',
    ],
    [
      'gives more',
      `export default { api: 1, provides: [${HEAD}, { ...${HEAD}, name: 'extra' }] };`,
      'PLUGIN_INVALID: export "." of demo@1.0.0: gives head "extra", which "foretoken.provides" does not promise. Add it there, or take it out of the module.',
    ],
    [
      'bundles for another API',
      `export default { api: 2, provides: [${HEAD}] };`,
      'PLUGIN_API: export "." of demo@1.0.0 is written for plugin API 2;',
    ],
    [
      'bundles no list',
      'export default { api: 1, provides: 3 };',
      `PLUGIN_INVALID: export "." of demo@1.0.0: "provides" must be a list of definitions, was 3. ${MEND}`,
    ],
    [
      'bundles nulls',
      'export default { api: 1, provides: [null] };',
      `PLUGIN_INVALID: export "." of demo@1.0.0: "provides" must be a list of definitions, was [null]. ${MEND}`,
    ],
  ])('a module that %s is refused', async (_, module, message) => {
    const root = temporaryFolder();
    writePackage(root, 'demo', { files: { 'index.js': module } });
    // Only a module that hangs is to meet the limit, however busy the machine is.
    const timeoutMs = module.startsWith('await') ? 300 : undefined;
    const said = await messageOf(loadPluginPackage('./demo', { from: root, timeoutMs }));
    // Of what Node says only the beginning is known.
    if (message.startsWith('PLUGIN_INVALID')) expect(said).toBe(message);
    else expect(said).toContain(message);
  });

  test('the error of a module that throws carries its cause', async () => {
    const root = temporaryFolder();
    writePackage(root, 'demo', { files: { 'index.js': `throw new RangeError('no GPU');` } });
    const error = await loadPluginPackage('./demo', { from: root }).catch((thrown: Error) => thrown);
    expect((error as Error).cause).toMatchObject({ name: 'RangeError', message: 'no GPU' });
  });

  test('an import that does what no hook may is refused by that name', async () => {
    const root = temporaryFolder();
    writePackage(root, 'demo');
    const watch = { enter: () => {}, leave: () => 'must leave alone what is shared', inspects: () => false };
    expect(await messageOf(loadPluginPackage('./demo', { from: root, watch }))).toBe(
      'PLUGIN_INVALID: export "." of demo@1.0.0: import must leave alone what is shared. Mend it, or report it to the author of demo.',
    );
  });

  test('several plugins in several modules', async () => {
    const root = temporaryFolder();
    const second = `{ kind: 'eval', name: 'second', api: 1, create: () => ({ measure() {} }) }`;
    writePackage(root, 'demo', {
      manifest: { api: 1, provides: [PROMISE, { kind: 'eval', name: 'second', export: './second' }] },
      packageJson: { exports: { '.': './index.js', './second': './second.js' } },
      files: {
        'index.js': `export default ${HEAD};`,
        'second.js': `export default { api: 1, provides: [${second}] };`,
      },
    });
    const registry = createRegistry();
    registerPackage(registry, await loadPluginPackage('./demo', { from: root }));
    expect(registry.list().map(({ kind, name }) => `${kind} ${name}`)).toEqual(['head low-rank', 'eval second']);
  });

  test('a definition for another API is refused when it is registered', async () => {
    const root = temporaryFolder();
    writePackage(root, 'demo', { files: { 'index.js': `export default { ...${HEAD}, api: 2 };` } });
    const loaded = await loadPluginPackage('./demo', { from: root });
    expect(() => registerPackage(createRegistry(), loaded)).toThrow('PLUGIN_API: head "low-rank" of demo@1.0.0');
  });
});

describe('the loader of a process', () => {
  test('built-in packages come through the same door', async () => {
    const root = temporaryFolder();
    writePackage(root, 'node_modules/built-in');
    const loader = await createPluginLoader({ builtIns: ['built-in'], from: root });
    expect(loader.builtIns.source('head', 'low-rank')).toEqual({
      ...{ package: 'built-in', version: '1.0.0', api: 1 },
      directory: realpathSync(path.join(root, 'node_modules/built-in')),
    });
    await expect(createPluginLoader({ builtIns: ['nothing'], from: root })).rejects.toThrow('PLUGIN_NOT_FOUND');
  });

  test('each configuration has its own registry, so packages that clash can serve two of them', async () => {
    const root = temporaryFolder();
    writePackage(root, 'one');
    writePackage(root, 'two');
    const loader = await createPluginLoader({ builtIns: [], from: root });
    const one = await loader.registryFor(['./one'], root);
    const two = await loader.registryFor(['./two'], root);
    expect(one.source('head', 'low-rank').package).toBe('one');
    expect(two.source('head', 'low-rank').package).toBe('two');
    expect(loader.builtIns.names('head')).toEqual([]);
    expect(await messageOf(loader.registryFor(['./one', './two'], root))).toContain('PLUGIN_DUPLICATE');
  });

  test('a built-in package may be named again', async () => {
    const root = temporaryFolder();
    writePackage(root, 'node_modules/built-in');
    const loader = await createPluginLoader({ builtIns: ['built-in'], from: root });
    expect((await loader.registryFor(['built-in'], root)).names('head')).toEqual(['low-rank']);
  });

  test('a package that is installed after a failure is found', async () => {
    const root = temporaryFolder();
    const loader = await createPluginLoader({ builtIns: [], from: root });
    expect(await messageOf(loader.load('late', root))).toContain('PLUGIN_NOT_FOUND');
    writePackage(root, 'node_modules/late');
    expect((await loader.load('late', root)).package).toBe('late');
  });
});
