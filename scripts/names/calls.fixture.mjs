import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findSide } from '../../packages/ablation/src/catalogue/compare/operand.ts';
import { ablationUnits } from '../../packages/ablation/src/catalogue/folders/ablation-units.ts';
import { planAblation } from '../../packages/ablation/src/plan/plan-ablation.ts';
import { plainBase, planningHost } from '../../packages/ablation/src/plan/planning.fixture.ts';
import { readReportData } from '../../packages/ablation/src/report/report-data.ts';
import { ablationPaths } from '../../packages/ablation/src/run/ablation-store.ts';
import { lastCheckpoint } from '../../packages/core/src/config/base-run.ts';
import { fakeBuiltIns } from '../../packages/core/src/config/built-ins.fixture.ts';
import { loadExperiment } from '../../packages/core/src/config/load-experiment.ts';
import { applyOverrides } from '../../packages/core/src/config/overrides.ts';
import { parseSource } from '../../packages/core/src/config/source-map.ts';
import { findPackageFiles } from '../../packages/core/src/data/find-package-files.ts';
import { findInstalledPackage, PACKAGE_ROUTE } from '../../packages/core/src/data/installed-package.ts';
import { loaderOf } from '../../packages/core/src/plugins/loader.ts';
import { readManifest } from '../../packages/core/src/plugins/manifest.ts';
import { resolveExport } from '../../packages/core/src/plugins/package-export.ts';
import { fakePlugin, fakeSource } from '../../packages/core/src/plugins/plugin.fixture.ts';
import { createRegistry } from '../../packages/core/src/plugins/registry.ts';
import { chosen } from '../../packages/create-plugin/src/choices.ts';
import { checkFree } from '../../packages/create-plugin/src/write-folder.ts';
import { stagePackage } from '../../packages/plugin-check/src/subject/stage.ts';

const plugins = loaderOf(fakeBuiltIns());
const host = planningHost();
const json = JSON.stringify;

async function experimentOf(fields, file = 'x.yaml') {
  const text = json({ data: { dataset: 'none' }, ...fields });
  const { experiment } = await loadExperiment({ text, path: file }, { plugins });
  return experiment;
}

function writeJson(folder, name, value) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  writeFileSync(file, json({ formatVersion: 2, ...value }));
  return file;
}

const cellNamed = (id, trainingKey) => ({ id, arm: 'a', seed: 0, trainingKey, packages: {}, experiment: {} });

/**
 * Every call that takes a name and makes a path of it, each from a name and the folder for names to the paths that it
 * came to. A file's or folder's own path (`--run`, `--dir`, `output`, `plugins: [./x]`, `include`) is no name: whoever
 * writes it may write any.
 */
export const CALLS = {
  'an experiment’s name': async (name, box) => [path.resolve(box, 'runs', (await experimentOf({ name })).name)],
  'a file’s name, where the experiment has none': async (name, box) => [
    path.resolve(box, 'runs', (await experimentOf({}, name)).name),
  ],
  'a decoder’s label': async (name, box) =>
    Object.keys((await experimentOf({ decoders: { [name]: 'greedy' } })).decoders).map((label) =>
      path.join(box, label),
    ),
  'a head’s name': async (name, box) => [
    path.join(box, (await experimentOf({ model: { head: name } })).model.head.name),
  ],
  'the path of an override': (name) => {
    applyOverrides(parseSource('a: 1', 'x.yaml'), [{ path: name, value: 1 }]);
    return [];
  },
  'a plugin’s name': (name, box) => {
    createRegistry().register(fakePlugin('head', name), fakeSource);
    return [path.join(box, 'any', name)];
  },
  'a package’s name, in its manifest': (name, box) => {
    const packageJson = {
      name,
      version: '1.0.0',
      foretoken: { api: 1, provides: [{ kind: 'head', name: 'x', export: '.' }] },
    };
    return [path.join(box, 'any', readManifest({ directory: box, packageJson }).package)];
  },
  'a package’s version': (name, box) => {
    const packageJson = {
      name: 'a',
      version: name,
      foretoken: { api: 1, provides: [{ kind: 'head', name: 'x', export: '.' }] },
    };
    return [path.join(box, `a@${readManifest({ directory: box, packageJson }).version}`)];
  },
  'an entry of a package': (name, box) => {
    const source = { package: 'a', version: '1.0.0', api: 1 };
    return [fileURLToPath(resolveExport({ directory: box, packageJson: { exports: { '.': name } } }, '.', source))];
  },
  'the main file of a package': (name, box) => {
    const source = { package: 'a', version: '1.0.0', api: 1 };
    return [fileURLToPath(resolveExport({ directory: box, packageJson: { main: name } }, '.', source))];
  },
  'a package of a dataset': async (name, box) => {
    if (!new RegExp(PACKAGE_ROUTE, 'u').test(name)) return [];
    return [(await findInstalledPackage(name, box)).directory];
  },
  'files of a package of a dataset': async (name, box) => {
    const folder = path.join(box, 'node_modules/data');
    writeJson(folder, 'package.json', { name: 'data', version: '1.0.0' });
    const found = await findPackageFiles('text-files', {
      baseDirectory: box,
      packages: ['data'],
      include: [name],
      exclude: [],
    });
    return found.map((file) => file.path);
  },
  'the checkpoint that a summary names': (name, box) => {
    writeJson(path.join(box, 'run'), 'summary.json', { checkpoint: name });
    return [lastCheckpoint(path.join(box, 'run'))];
  },
  'an arm’s name': async (name, box) => {
    const file = writeJson(path.join(box, 'study'), 'ablation.json', {
      ...{ formatVersion: 1, name, base: parseSource(plainBase, 'x').value, output: 'out', arms: [{ name }] },
    });
    const { directory, cells } = await planAblation(file, host);
    return cells.flatMap(({ id, trainingKey }) => [
      ablationPaths(directory).cell(id),
      ablationPaths(directory).training(trainingKey),
    ]);
  },
  'a cell’s id': (name, box) => [ablationPaths(box).cell(name)],
  'a training’s key': (name, box) => [ablationPaths(box).training(name)],
  'a cell of a plan on disk, indexed': async (name, box) => {
    writeJson(path.join(box, 'plan'), 'ablation.json', { cells: [cellNamed(name, 'a'.repeat(16))] });
    return (await ablationUnits(path.join(box, 'plan'))).map(({ folder }) => folder);
  },
  'a training of a plan on disk, reported': async (name, box) => {
    const folder = path.join(box, 'report');
    writeJson(folder, 'ablation.json', { name: 'x', arms: ['a'], cells: [cellNamed('a'.repeat(16), name)] });
    writeJson(folder, 'results.json', { arms: [{ name: 'a', cells: [], results: {}, timings: {}, lossless: true }] });
    return [json(await readReportData(folder))].filter((text) => text.includes('canary sang'));
  },
  'one side of a comparison': async (name) => (await findSide(name, [])).entries.map(({ folder }) => folder),
  'the name of a new plugin': (name, box) => newPlugin(box, { name }),
  'the package of a new plugin': (name, box) => newPlugin(box, { name: 'demo', package: name }),
  'the name of a package that is checked': (name, box) => {
    const file = { path: 'package.json', content: Buffer.from(json({ name })) };
    const staged = stagePackage({ origin: { kind: 'folder', path: box }, files: [file] }, box);
    staged.close();
    const root = staged.directory.split('/node_modules/')[0];
    return [path.join(box, path.relative(root, staged.directory))];
  },
};

async function newPlugin(cwd, wishes) {
  const { folder } = chosen({ kind: 'head', ...wishes }, { cwd, version: '1.0.0', year: 2026 });
  await checkFree(folder);
  return [folder];
}
