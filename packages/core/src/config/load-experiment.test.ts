import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isForetokenError } from '@foretoken/engine/errors';
import { describe, expect, test } from 'vitest';
import { writeJson } from '../files/json-file.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { loaderOf, type PluginLoader } from '../plugins/loader.ts';
import { claimRunDirectory, runPaths } from '../training/run-directory.ts';
import { fakeBuiltIns } from './built-ins.fixture.ts';
import { loadExperiment, loadSource } from './load-experiment.ts';
import { parseSource, partOf } from './source-map.ts';

const loader = (): PluginLoader => loaderOf(fakeBuiltIns());

function writeHead(
  folder: string,
  name = 'medusa',
  options = '{ type: "object", properties: { layers: { type: "integer", minimum: 1, default: 2 } } }',
): void {
  mkdirSync(folder, { recursive: true });
  const foretoken = { api: 1, provides: [{ kind: 'head', name, export: '.' }] };
  const packageJson = {
    name: path.basename(folder),
    version: '1.0.0',
    type: 'module',
    exports: './index.js',
    foretoken,
  };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(packageJson));
  const head = `{ kind: 'head', name: '${name}', api: 1, options: ${options}, create: () => ({ forward() {} }) }`;
  writeFileSync(path.join(folder, 'index.js'), `export default ${head};`);
}

async function problemsOf(work: Promise<unknown>): Promise<{ code: string; problems: readonly string[] }> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (isForetokenError(error)) return { code: error.code, problems: error.problems };
  throw error;
}

describe('an experiment file', () => {
  test('is read with the plugins that it names, from its own folder', async () => {
    const root = temporaryFolder();
    writeHead(path.join(root, 'medusa-head'));
    const file = path.join(root, 'mine.yaml');
    writeFileSync(file, 'plugins: [./medusa-head]\ndata: { dataset: none }\nmodel: { head: medusa }\n');
    const { experiment, registry, baseDirectory } = await loadExperiment(file, { plugins: loader() });
    expect(experiment.name).toBe('mine');
    expect(experiment.model.head).toEqual({ name: 'medusa', horizon: 4, layers: 2 });
    expect(experiment.plugins).toEqual(['./medusa-head']);
    expect(registry.source('head', 'medusa').package).toBe('medusa-head');
    expect(baseDirectory).toBe(root);
  });

  test('may be JSON, and may be a text', async () => {
    const text = '{\n\t"data": { "dataset": "none" },\n\t"seed": 3\n}\n';
    const { experiment } = await loadExperiment({ text, path: '/nowhere/a.json' }, { plugins: loader() });
    expect(experiment).toMatchObject({ name: 'a', seed: 3 });
  });

  test('overrides lie over it before anything is checked', async () => {
    const file = { text: 'data: { dataset: nome }\n', path: '/nowhere/a.yaml' };
    const overrides = [
      { path: 'data.dataset', value: 'none' },
      { path: 'training.steps', value: 7 },
    ];
    const { experiment } = await loadExperiment(file, { plugins: loader(), overrides });
    expect(experiment.training.steps).toBe(7);
  });

  test('may be part of another file', async () => {
    const source = parseSource('base:\n  data: { dataset: nome }\n', 'ablation.yaml');
    expect(await problemsOf(loadSource(partOf(source, ['base']), '/', loader()))).toEqual({
      code: 'PLUGIN_UNKNOWN',
      problems: [
        'ablation.yaml:2:20 data.dataset: no dataset "nome". Did you mean "none"? Registered datasets: none, text-files.',
      ],
    });
  });

  test('options of its plugins are checked by their own schemas, with everything else', async () => {
    const root = temporaryFolder();
    writeHead(path.join(root, 'medusa-head'));
    const text =
      'plugins: [./medusa-head]\ndata: { dataset: none }\nmodel:\n  head: { name: medusa, layers: 0 }\nseed: x\n';
    expect(await problemsOf(loadExperiment({ text, path: path.join(root, 'x.yaml') }, { plugins: loader() }))).toEqual({
      code: 'CONFIG_INVALID',
      problems: [
        `${root}/x.yaml:4:33 model.head.layers: must be >= 1, was 0 (head "medusa").`,
        `${root}/x.yaml:5:7 seed: must be an integer, was "x".`,
      ],
    });
  });
});

describe("a run's experiment.json", () => {
  /** A project with a run in it, as training writes it down. */
  async function projectWithRun() {
    const root = temporaryFolder();
    writeHead(path.join(root, 'medusa-head'));
    const file = path.join(root, 'mine.yaml');
    writeFileSync(file, 'plugins: [./medusa-head]\ndata: { dataset: none }\nmodel: { head: medusa }\n');
    const { experiment } = await loadExperiment(file, { plugins: loader() });
    const paths = runPaths(path.join(root, 'runs/mine'));
    mkdirSync(paths.root, { recursive: true });
    await claimRunDirectory(paths, experiment);
    await writeJson(paths.provenance, { baseDirectory: '../..' });
    return { root, paths, experiment };
  }

  test('is a configuration: the same experiment, whose paths start where they started', async () => {
    const { root, paths, experiment } = await projectWithRun();
    const loaded = await loadExperiment(paths.experiment, { plugins: loader() });
    expect([loaded.experiment, loaded.baseDirectory]).toEqual([experiment, root]);
    const overrides = [{ path: 'training.steps', value: 7 }];
    const longer = await loadExperiment(paths.experiment, { plugins: loader(), overrides });
    expect(longer.experiment.training.steps).toBe(7);
  });

  test('is one under another name too, whose paths start from its folder', async () => {
    const { root, paths, experiment } = await projectWithRun();
    const copy = path.join(root, 'copy.json');
    copyFileSync(paths.experiment, copy);
    const loaded = await loadExperiment(copy, { plugins: loader() });
    expect([loaded.experiment, loaded.baseDirectory]).toEqual([experiment, root]);
  });

  test('starts from its own folder where nothing says another', async () => {
    const { root, paths } = await projectWithRun();
    for (const text of ['{ "formatVersion": 2, "baseDirectory": 3 }', '{ "baseDirectory": "." }']) {
      writeFileSync(paths.provenance, text);
      const { problems } = await problemsOf(loadExperiment(paths.experiment, { plugins: loader() }));
      expect(problems).toEqual([
        expect.stringContaining(`there is no package.json in ${path.join(root, 'runs/mine/medusa-head')}.`),
      ]);
    }
  });

  test('of which something is missing is told which version to write', async () => {
    const { paths } = await projectWithRun();
    const { data, ...rest } = JSON.parse(readFileSync(paths.experiment, 'utf8'));
    writeFileSync(paths.experiment, JSON.stringify(rest));
    expect(await problemsOf(loadExperiment(paths.experiment, { plugins: loader() }))).toEqual({
      code: 'FORMAT_VERSION',
      problems: [
        `${paths.experiment}:1:18 formatVersion: must be 1, was 2, which only the whole record of a run has. Write 1, or leave it out.`,
      ],
    });
  });
});

describe('a plugin package that cannot be had', () => {
  test('is said where it is named, with every other mistake; names that it may have brought are not judged', async () => {
    const text =
      'plugins:\n  - nowhere-to-be-found\n  - ./nothing\ndata: { dataset: none }\nmodel: { head: medusa }\nseed: -1\n';
    const { code, problems } = await problemsOf(
      loadExperiment({ text, path: '/nowhere/x.yaml' }, { plugins: loader() }),
    );
    expect(code).toBe('CONFIG_INVALID');
    expect(problems).toEqual([
      '/nowhere/x.yaml:2:5 plugins.0: plugin package "nowhere-to-be-found" is not installed where /nowhere can see it. Run "npm install nowhere-to-be-found" in that folder, or name the package\'s folder by its path ("./nowhere-to-be-found").',
      '/nowhere/x.yaml:3:5 plugins.1: plugin "./nothing": there is no package.json in /nowhere/nothing. Name the folder of a package; paths start from the folder of the configuration file.',
      '/nowhere/x.yaml:6:7 seed: must be >= 0, was -1.',
    ]);
  });

  test('keeps its own code where nothing else is wrong', async () => {
    const root = temporaryFolder();
    writeHead(path.join(root, 'a'), 'linear');
    const text = 'plugins: [./a]\ndata: { dataset: none }\n';
    const { code, problems } = await problemsOf(
      loadExperiment({ text, path: path.join(root, 'x.yaml') }, { plugins: loader() }),
    );
    expect(code).toBe('PLUGIN_DUPLICATE');
    expect(problems).toEqual([
      `${root}/x.yaml:1:11 plugins.0: head "linear" is provided by both demo@1.2.3 and a@1.0.0. Remove one of the two packages from \`plugins\`.`,
    ]);
  });
});

describe('a file that is not there', () => {
  test('is said with the folder that was searched', async () => {
    const root = temporaryFolder();
    const error = (await loadExperiment(path.join(root, 'x.yaml'), { plugins: loader() }).catch(
      (thrown: Error) => thrown,
    )) as Error;
    expect(error.message).toBe(
      `CONFIG_NOT_FOUND: ${root}/x.yaml cannot be read: there is no such file (looked in ${root}). Check the path.`,
    );
    await expect(loadExperiment(root, { plugins: loader() })).rejects.toThrow(
      `CONFIG_NOT_FOUND: ${root} cannot be read: it is a folder`,
    );
  });
});

test('a configuration is loaded in less than 100 ms of computing once the first one was', async () => {
  const plugins = loader();
  const text = 'data: { dataset: none }\nmodel: { head: low-rank }\n';
  await loadExperiment({ text, path: '/nowhere/x.yaml' }, { plugins });
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const before = process.cpuUsage();
    await loadExperiment({ text, path: '/nowhere/x.yaml' }, { plugins });
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  expect(Math.min(...times)).toBeLessThan(100);
});
