import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fakeBuiltIns } from '../config/built-ins.fixture.ts';
import { experimentHash } from '../config/hash.ts';
import { loadExperiment } from '../config/load-experiment.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { defineHead } from './define.ts';
import { loaderOf } from './loader.ts';
import { messageOf, type PackageText, writePackage } from './package.fixture.ts';
import { createRegistry } from './registry.ts';

const head = (name: string): PackageText => ({
  manifest: { api: 1, provides: [{ kind: 'head', name, export: '.' }] },
  files: {
    'index.js': `import { writeFileSync } from 'node:fs'; writeFileSync(new URL('ran', import.meta.url), ''); export default { kind: 'head', name: '${name}', api: 1, create: () => ({ forward() {} }) };`,
  },
});

/** A project with these packages installed, all of them in its package.json. */
function project(packages: { readonly [name: string]: PackageText }, field = 'dependencies'): string {
  const root = temporaryFolder();
  for (const [name, text] of Object.entries(packages)) writePackage(root, `node_modules/${name}`, text);
  const listed = Object.fromEntries(Object.keys(packages).map((name) => [name, '1.0.0']));
  writeFileSync(path.join(root, 'package.json'), JSON.stringify({ name: 'project', [field]: listed }));
  return root;
}

const ran = (root: string, name: string): boolean => existsSync(path.join(root, 'node_modules', name, 'ran'));
const plugins = () => loaderOf(fakeBuiltIns());

const load = (root: string, text: string) =>
  loadExperiment({ text: `data: { dataset: none }\n${text}`, path: path.join(root, 'x.yaml') }, { plugins: plugins() });

describe('a plugin of a direct dependency', () => {
  test.each(['dependencies', 'devDependencies', 'optionalDependencies'])(
    'in %s is used by its name alone, and the experiment lists its package from then on',
    async (field) => {
      const root = project({ '@acme/heads': head('medusa') }, field);
      const { experiment, registry } = await load(root, 'model: { head: medusa }');
      expect(experiment.plugins).toEqual(['@acme/heads']);
      expect(registry.source('head', 'medusa')).toMatchObject({ package: '@acme/heads', version: '1.0.0' });
    },
  );

  test('is not what the experiment needs to be run again: what it lists is enough', async () => {
    const root = project({ heads: head('medusa') });
    const { experiment } = await load(root, 'model: { head: medusa }');
    writeFileSync(path.join(root, 'package.json'), '{}');
    const again = await load(root, `plugins: ${JSON.stringify(experiment.plugins)}\nmodel: { head: medusa }`);
    expect(experimentHash(again.experiment)).toBe(experimentHash(experiment));
    const registry = await plugins().registryFor(experiment.plugins, root);
    expect(registry.source('head', 'medusa').package).toBe('heads');
  });

  test('that nobody names is not imported, and changes nothing of the experiment', async () => {
    const root = project({});
    const { experiment } = await load(root, '');
    const more = project({ heads: head('medusa') });
    const beside = await load(more, '');
    expect(experimentHash(beside.experiment)).toBe(experimentHash(experiment));
    expect(beside.experiment.plugins).toEqual([]);
    expect(ran(more, 'heads')).toBe(false);
    await load(more, 'model: { head: medusa }');
    expect(ran(more, 'heads')).toBe(true);
  });

  test('is found from the nearest package.json upwards, and from no other', async () => {
    const root = project({ heads: head('medusa') });
    mkdirSync(path.join(root, 'experiments/deep'), { recursive: true });
    const below = path.join(root, 'experiments/deep');
    expect((await load(below, 'model: { head: medusa }')).experiment.plugins).toEqual(['heads']);
    writeFileSync(path.join(root, 'experiments/package.json'), '{}');
    expect(await messageOf(load(below, 'model: { head: medusa }'))).toContain('PLUGIN_UNKNOWN');
  });

  test('that is only a dependency of a dependency is not there', async () => {
    const root = project({ heads: { ...head('medusa'), packageJson: { dependencies: { inner: '1.0.0' } } } });
    writePackage(root, 'node_modules/inner', head('hidden'));
    expect(await messageOf(load(root, 'model: { head: hidden }'))).toContain('no head "hidden". Registered heads:');
  });

  test('is what a mistyped name may mean', async () => {
    const root = project({ heads: head('medusa') });
    const message = await messageOf(load(root, 'model: { head: medusaa }'));
    expect(message).toContain('no head "medusaa". Did you mean "medusa"? Registered heads: ');
    expect(message).toMatch(/Registered heads: [^.]*\bmedusa\b/);
    expect(ran(root, 'heads')).toBe(false);
  });

  test('that is installed under another name is listed by that name', async () => {
    const root = project({ alias: { ...head('medusa'), packageJson: { name: 'heads' } } });
    const { experiment, registry } = await load(root, 'model: { head: medusa }');
    expect(experiment.plugins).toEqual(['alias']);
    expect(registry.source('head', 'medusa').package).toBe('heads');
  });

  test('comes after the packages that the file lists', async () => {
    const root = project({ a: head('medusa') });
    writePackage(root, 'z', head('other'));
    expect((await load(root, 'plugins: [./z]\nmodel: { head: medusa }')).experiment.plugins).toEqual(['./z', 'a']);
  });
});

describe('a broken dependency', () => {
  const broken: { readonly [what: string]: PackageText } = {
    'throws on import': { ...head('medusa'), files: { 'index.js': 'throw new Error("no GPU")' } },
    'has a malformed manifest': { manifest: { api: 1, provides: [{ kind: 'haed' }] } },
    'is for another API': { manifest: { api: 2 } },
    'has a package.json that is none': { packageJson: '{ "foretoken": { "api": 1 }' },
    'has one with a byte order mark': {
      packageJson: `\uFEFF${JSON.stringify({ name: 'broken', version: '1.0.0', foretoken: { api: 1, provides: [] } })}`,
    },
    'does not give what it promises': { ...head('medusa'), files: { 'index.js': 'export default 3' } },
    'has options that are no schema': {
      ...head('medusa'),
      files: {
        'index.js':
          'export default { kind: "head", name: "medusa", api: 1, options: { type: "object", minimun: 1 }, create: () => ({}) }',
      },
    },
  };
  test.each(Object.keys(broken))('that %s stops nobody who does not use it', async (what) => {
    const root = project({ broken: broken[what], heads: head('other') });
    expect((await load(root, 'model: { head: other }')).experiment.plugins).toEqual(['heads']);
    // Everything there is, for the list of `foretoken plugins`.
    const available = await plugins().availableTo([], root);
    const errors = await available.loadAll();
    expect([...available.discovery.problems, ...errors.map(({ message }) => message)]).toHaveLength(1);
    expect(available.registry.list().map(({ name }) => name)).toContain('other');
  });

  test.each<[what: string, packageJson: string]>([
    ['has a byte order mark', '\uFEFF{ "name": "left-pad", "version": "1.0.0", "dependencies": { "foretoken": "1" } }'],
    ['is a list', '[{ "foretoken": {} }]'],
    ['is cut off', '{ "name": "left-pad", "keywords": ["foretoken"], "vers'],
    ['is empty', ''],
  ])('that is no plugin package is not named, though its package.json %s', async (_, packageJson) => {
    const root = project({ 'left-pad': { packageJson }, heads: head('other') });
    const { discovery } = await plugins().availableTo([], root);
    expect(discovery.problems).toEqual([]);
    expect(discovery.packages.map(({ specifier }) => specifier)).toEqual(['heads']);
  });

  test('is said where it is used, with the reason', async () => {
    const root = project({ broken: broken['throws on import'] });
    expect(await messageOf(load(root, 'model: { head: medusa }'))).toBe(
      `PLUGIN_FAILED: ${root}/x.yaml:2:16 model.head: broken@1.0.0, export ".": importing it failed: no GPU. Report it to its author.`,
    );
  });

  test('whose options are no schema is said at the plugin that has them', async () => {
    const root = project({ broken: broken['has options that are no schema'] });
    const sentence =
      'head "medusa" of broken@1.0.0: strict mode: unknown keyword: "minimun". Mend the plugin, or report it to its author.';
    for (const plugins of ['[]', '[broken]']) {
      const message = await messageOf(load(root, `model: { head: medusa }\nplugins: ${plugins}`));
      expect(message).toBe(`PLUGIN_INVALID: ${root}/x.yaml:2:16 model.head: ${sentence}`);
    }
    const listed = await plugins().availableTo(['broken'], root);
    expect((await listed.loadAll()).map(({ message }) => message)).toEqual([`PLUGIN_INVALID: ${sentence}`]);
  });

  test('that is not installed is passed over', async () => {
    const root = project({});
    writeFileSync(
      path.join(root, 'package.json'),
      JSON.stringify({ dependencies: { gone: '1', '../up': '1', 'a b': '1' }, devDependencies: 3 }),
    );
    const { discovery } = await plugins().availableTo([], root);
    expect(discovery).toEqual({ file: path.join(root, 'package.json'), packages: [], problems: [] });
  });
});

describe('a name that two packages provide', () => {
  const two = { a: head('medusa'), b: head('medusa') };

  test('is an error where it is used, and only there', async () => {
    const root = project({ ...two, c: head('other') });
    expect(await messageOf(load(root, 'model: { head: medusa }'))).toBe(
      `PLUGIN_DUPLICATE: ${root}/x.yaml:2:16 model.head: head "medusa" is provided by both a@1.0.0 and b@1.0.0. ` +
        'List the package that is meant in `plugins`, or uninstall the other.',
    );
    expect((await load(root, 'model: { head: other }')).experiment.plugins).toEqual(['c']);
    expect([ran(root, 'a'), ran(root, 'b')]).toEqual([false, false]);
    const errors = await (await plugins().availableTo([], root)).loadAll();
    expect(errors.map(({ code }) => code)).toEqual(['PLUGIN_DUPLICATE']);
  });

  test('means the listed package', async () => {
    const root = project(two);
    const { experiment, registry } = await load(root, 'plugins: [b]\nmodel: { head: medusa }');
    expect(experiment.plugins).toEqual(['b']);
    expect(registry.source('head', 'medusa').package).toBe('b');
    expect(ran(root, 'a')).toBe(false);
  });

  test('is an error where one of the two is built in, too', async () => {
    const root = project({ heads: head('linear') });
    expect(await messageOf(load(root, 'model: { head: linear }'))).toContain(
      'head "linear" is provided by both demo@1.2.3 and heads@1.0.0. ' +
        'List demo in `plugins` to use its own, which cannot be replaced, or uninstall heads.',
    );
  });

  test('is an error where the application registers one of the two itself', async () => {
    const root = project({ heads: head('linear') });
    const builtIns = createRegistry();
    const definition = defineHead({ name: 'linear', create: () => ({ forward: () => undefined as never }) });
    builtIns.register(definition, { package: 'own', version: '2.0.0', api: 1 });
    const { registry } = await loaderOf(builtIns).availableTo([], root);
    expect(registry.barredBy('head', 'linear')?.message).toContain(
      'both own@2.0.0 and heads@1.0.0. Uninstall heads, or register another name.',
    );
  });

  test('whose packages are both listed is an error, used or not', async () => {
    const root = project(two);
    expect(await messageOf(load(root, 'plugins: [a, b]'))).toContain(
      'plugins.1: head "medusa" is provided by both a@1.0.0 and b@1.0.0. Remove one of the two packages from `plugins`.',
    );
  });
});

describe('two copies of one package', () => {
  test('are never used together, whatever they provide: results are kept by the name of the package', async () => {
    const root = project({ heads: head('medusa') });
    const other = writePackage(root, 'copy', { ...head('other'), packageJson: { name: 'heads', version: '2.0.0' } });
    expect(await messageOf(load(root, 'plugins: [heads, ./copy]'))).toBe(
      `PLUGIN_DUPLICATE: ${root}/x.yaml:2:18 plugins.1: there are two copies of heads: heads@1.0.0 in ` +
        `${root}/node_modules/heads and heads@2.0.0 in ${other}. An experiment uses one copy of a package: ` +
        'take the other one out of `plugins`.',
    );
  });

  test('one of which is listed mean that one, even for what only the other has', async () => {
    const root = project({ heads: head('medusa') });
    writePackage(root, 'copy', { ...head('other'), packageJson: { name: 'heads', version: '2.0.0' } });
    expect((await load(root, 'plugins: [./copy]\nmodel: { head: other }')).experiment.plugins).toEqual(['./copy']);
    expect(await messageOf(load(root, 'plugins: [./copy]\nmodel: { head: medusa }'))).toContain('no head "medusa"');
  });
});
