import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Catalogue, openCatalogue } from './catalogue.ts';
import { defaultDriver, openSqlite } from './database/open-sqlite.ts';
import type { Entry } from './entry.ts';
import { parseFilter } from './filter.ts';
import { emptyFolder, writeAblationFolder, writeRunFolder } from './run-folders.fixture.ts';

const named = (entries: readonly Entry[]) => entries.map(({ folder }) => path.basename(folder));

async function indexOf(folder: string): Promise<Catalogue> {
  const catalogue = await openCatalogue(path.join(folder, 'index.sqlite'));
  await catalogue.rebuild([folder]);
  return catalogue;
}

const where = (...texts: string[]) => ({ where: texts.map(parseFilter) });

describe('an index of runs', () => {
  it('has the configuration, results and timings of every run and cell, wherever it lies below a folder', async () => {
    const folder = emptyFolder();
    writeRunFolder(path.join(folder, 'a'), { name: 'first', loss: 2.25 });
    writeRunFolder(path.join(folder, 'sweep', 'b'), { isFinished: false });
    writeAblationFolder(path.join(folder, 'c'), { n1: [1.75], n2: [undefined] });
    cpSync(path.join(folder, 'c', 'cells', '00000001'), path.join(folder, 'c', 'cells', 'eeeeeeee'), {
      recursive: true,
    });
    writeRunFolder(path.join(folder, 'c', 'trainings', 'ffffffff'));
    const catalogue = await indexOf(folder);
    const entries = await catalogue.select();
    const facts = ['kind', 'status', 'arm', 'planned'];
    expect(entries.map(({ facts: { run } }) => facts.map((key) => run.get(key)))).toEqual([
      ['run', 'done', undefined, undefined],
      ['cell', 'done', 'n1', true],
      ['cell', 'failed', 'n2', true],
      ['cell', 'failed', undefined, false],
      ['run', 'unfinished', undefined, undefined],
    ]);
    const [first, cell, failed] = entries;
    expect(first.facts.run.get('started')).toBe('2026-01-02T03:04:05.000Z');
    expect(first.facts.config.get('model.head.name')).toBe('parallel');
    expect(first.facts.config.get('evals.0.name')).toBe('bits-per-byte');
    expect(first.facts.results.get('training.trainingFlops')).toBe(2.5e18);
    expect(first.facts.results.get('metrics.step')).toBe(20);
    expect(first.facts.results.get('metrics.validation.0')).toBe(1.125);
    expect(first.facts.timings.get('training.peakBytes')).toBe(41_641_728);
    expect(cell.facts.results.get('bits-per-byte.bitsPerByte')).toBe(1.75);
    expect(cell.facts.results.get('losslessness.lossless')).toBe(true);
    expect(cell.facts.results.has('bits-per-byte.bigram')).toBe(false);
    expect(failed.facts.run.get('error')).toBe('TRAINING_DIVERGED');
    expect(named(await catalogue.select(where('kind=training')))).toEqual(['ffffffff']);
    await catalogue.close();
  });

  it('is made from 1,000 runs within 5 seconds of computing, and refreshed in less', async () => {
    const folder = emptyFolder();
    for (let i = 0; i < 1000; i++) writeRunFolder(path.join(folder, `run-${i}`), { seed: i, loss: 2 + i / 1000 });
    const catalogue = await openCatalogue(path.join(folder, 'index.sqlite'));
    // Of the processor, so that what else runs on the machine does not count.
    const computingMs = () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e3;
    };
    const started = computingMs();
    expect(await catalogue.rebuild([folder])).toEqual({ entries: 1000, read: 1000, skipped: [] });
    const rebuiltMs = computingMs() - started;
    expect(rebuiltMs).toBeLessThan(5000);
    expect(await catalogue.refresh()).toEqual({ entries: 1000, read: 0, skipped: [] });
    const refreshedMs = computingMs() - started - rebuiltMs;
    expect(refreshedMs).toBeLessThan(rebuiltMs);
    const found = await catalogue.select({
      ...where('model.head.name=parallel', 'metrics.loss<2.5'),
      sort: '-seed',
      limit: 3,
    });
    expect(named(found)).toEqual(['run-499', 'run-498', 'run-497']);
    process.stdout.write(
      `index of 1,000 runs: made in ${rebuiltMs.toFixed()} ms, refreshed in ${refreshedMs.toFixed()} ms\n`,
    );
    await catalogue.close();
  });

  it('follows the folders: a new run, one that went on, one that is gone', async () => {
    const folder = emptyFolder();
    writeRunFolder(path.join(folder, 'a'), { isFinished: false });
    writeRunFolder(path.join(folder, 'b'));
    const catalogue = await indexOf(folder);
    writeRunFolder(path.join(folder, 'a'), { loss: 1.5 });
    writeRunFolder(path.join(folder, 'c'));
    rmSync(path.join(folder, 'b'), { recursive: true });
    expect(await catalogue.refresh()).toEqual({ entries: 2, read: 2, skipped: [] });
    const entries = await catalogue.select();
    expect(named(entries)).toEqual(['a', 'c']);
    expect(entries[0].facts.results.get('metrics.loss')).toBe(1.5);
    await catalogue.close();
  });

  it('can be deleted at any time, and moves with its folder', async () => {
    const folder = emptyFolder();
    writeRunFolder(path.join(folder, 'runs', 'a'));
    await (await indexOf(path.join(folder, 'runs'))).close();
    const moved = path.join(folder, 'moved');
    renameSync(path.join(folder, 'runs'), moved);
    const again = await openCatalogue(path.join(moved, 'index.sqlite'));
    expect((await again.refresh()).entries).toBe(1);
    await again.close();
    rmSync(path.join(moved, 'index.sqlite'));
    const rebuilt = await indexOf(moved);
    expect(named(await rebuilt.select())).toEqual(['a']);
    await rebuilt.close();
  });

  it('does not follow links in circles', async () => {
    const folder = emptyFolder();
    writeRunFolder(path.join(folder, 'a'));
    symlinkSync(folder, path.join(folder, 'again'));
    const catalogue = await indexOf(folder);
    expect(named(await catalogue.select())).toEqual(['a']);
    await catalogue.close();
  });
});

describe('a folder that is no record any more', () => {
  const spoilt: readonly [string, string, (folder: string) => void][] = [
    [
      'truncated',
      'FILE_CORRUPT',
      (folder) => writeFileSync(path.join(folder, 'experiment.json'), '{"formatVersion": 2, "na'),
    ],
    ['a list', 'FILE_CORRUPT', (folder) => writeFileSync(path.join(folder, 'summary.json'), '[]')],
    [
      'of a newer release',
      'FORMAT_VERSION',
      (folder) => writeFileSync(path.join(folder, 'provenance.json'), '{"formatVersion": 3}'),
    ],
    ['without its experiment', 'RUN_NOT_FOUND', (folder) => rmSync(path.join(folder, 'experiment.json'))],
    [
      'without a model',
      'FILE_CORRUPT',
      (folder) => writeFileSync(path.join(folder, 'experiment.json'), '{"formatVersion": 2}'),
    ],
    [
      'edited',
      'RUN_MISMATCH',
      (folder) => {
        const file = path.join(folder, 'experiment.json');
        writeFileSync(file, readFileSync(file, 'utf8').replace('"learningRate": 0.004', '"learningRate": 0.04'));
      },
    ],
    [
      'nested without end',
      'FILE_CORRUPT',
      (folder) =>
        writeFileSync(
          path.join(folder, 'summary.json'),
          `{"formatVersion": 2, ${'"a": {'.repeat(2000)}${'}'.repeat(2000)}}`,
        ),
    ],
    [
      'with a checkpoint of rubbish',
      'FILE_CORRUPT',
      (folder) => writeFileSync(path.join(folder, 'checkpoints', 'step-00000020.safetensors'), 'rubbish'),
    ],
  ];
  it.each(spoilt)('%s: it is named with %s and skipped, the others stay', async (_, code, spoil) => {
    const folder = emptyFolder();
    for (const name of ['a', 'b']) writeRunFolder(path.join(folder, name));
    spoil(path.join(folder, 'a'));
    const catalogue = await openCatalogue(path.join(folder, 'index.sqlite'));
    const { entries, skipped } = await catalogue.rebuild([folder]);
    expect(entries).toBe(1);
    expect(skipped).toEqual([
      { folder: path.join(folder, 'a'), code, message: expect.stringContaining(path.join(folder, 'a')) },
    ]);
    expect(named(await catalogue.select())).toEqual(['b']);
    await catalogue.close();
  });

  it('is none whose cells were done when the experiment, or its engine, went by another name', async () => {
    const folder = emptyFolder();
    writeAblationFolder(folder, { n1: [1] });
    const plan = path.join(folder, 'ablation.json');
    const renamed = readFileSync(plan, 'utf8').replaceAll('"made-up"', '"renamed"').replaceAll('"auto"', '"native"');
    writeFileSync(plan, renamed);
    const catalogue = await openCatalogue(path.join(folder, 'index.sqlite'));
    expect(await catalogue.rebuild([folder])).toEqual({ entries: 1, read: 1, skipped: [] });
    await catalogue.close();
  });

  it('names an edited cell, a cell of another id and a plan that is none', async () => {
    const folder = emptyFolder();
    const [good, bad] = ['good', 'bad'].map((name) => path.join(folder, name));
    for (const each of [good, bad]) mkdirSync(each);
    writeAblationFolder(good, { n1: [1, 2, 3] });
    const cell = (id: string) => path.join(good, 'cells', id, 'cell.json');
    writeFileSync(cell('00000000'), readFileSync(cell('00000000'), 'utf8').replace('"width":64', '"width":128'));
    writeFileSync(cell('00000001'), readFileSync(cell('00000002'), 'utf8'));
    writeFileSync(path.join(bad, 'ablation.json'), '{"formatVersion":2,"cells":[{"id":"../../etc"}]}');
    const catalogue = await openCatalogue(path.join(folder, 'index.sqlite'));
    const { entries, skipped } = await catalogue.rebuild([folder]);
    expect(entries).toBe(1);
    expect(skipped.map(({ folder: where, code }) => [path.basename(where), code])).toEqual([
      ['bad', 'FILE_CORRUPT'],
      ['00000000', 'RUN_MISMATCH'],
      ['00000001', 'RUN_MISMATCH'],
    ]);
    await catalogue.close();
  });
});

describe('the file of an index', () => {
  it('of a newer version is refused and left as it is, with what to do', async () => {
    const folder = emptyFolder();
    writeRunFolder(path.join(folder, 'a'));
    const catalogue = await indexOf(folder);
    await catalogue.close();
    const database = openSqlite(catalogue.file);
    database.exec('pragma user_version = 99');
    database.close();
    const before = readFileSync(catalogue.file);
    const problem = openCatalogue(catalogue.file);
    await expect(problem).rejects.toMatchObject({
      code: 'FORMAT_VERSION',
      message: expect.stringContaining('delete the file'),
    });
    expect(readFileSync(catalogue.file).equals(before)).toBe(true);
  });

  it('of an older version is made anew', async () => {
    const folder = emptyFolder();
    writeRunFolder(path.join(folder, 'a'));
    const { file } = await indexOf(folder);
    const database = openSqlite(file);
    database.exec('drop table facts; pragma user_version = 0');
    database.close();
    const catalogue = await openCatalogue(file);
    expect(await catalogue.refresh()).toEqual({ entries: 1, read: 1, skipped: [] });
    await catalogue.close();
  });

  it.each([
    ['a text', (file: string) => writeFileSync(file, 'my notes on the runs of this summer')],
    [
      'a database of something else',
      (file: string) => {
        const database = openSqlite(file);
        database.exec('create table notes (text)');
        database.close();
      },
    ],
  ])('that is %s is never written over', async (_, make) => {
    const file = path.join(emptyFolder(), 'index.sqlite');
    make(file);
    const before = readFileSync(file);
    await expect(openCatalogue(file)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('that was cut short says that it can be deleted', async () => {
    const folder = emptyFolder();
    for (let i = 0; i < 30; i++) writeRunFolder(path.join(folder, `${i}`));
    const { file, close } = await indexOf(folder);
    await close();
    writeFileSync(file, readFileSync(file).subarray(0, 8192));
    const use = async () => {
      const catalogue = await openCatalogue(file);
      await catalogue.refresh().finally(() => catalogue.close());
    };
    await expect(use()).rejects.toMatchObject({ code: 'FILE_CORRUPT', message: expect.stringContaining('Delete it') });
  });

  it('is refused for a folder that is not there, which is not made either', async () => {
    const folder = emptyFolder();
    const catalogue = await openCatalogue(path.join(folder, 'index.sqlite'));
    await expect(catalogue.rebuild([path.join(folder, 'nowhere')])).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    expect(existsSync(path.join(folder, 'nowhere'))).toBe(false);
    await catalogue.close();
  });
});

describe('names', () => {
  const names = [
    "'; drop table facts; --",
    '../../../etc/passwd',
    '<img src=x onerror=alert(1)>',
    'two\nlines',
    '\u001b[2J',
    'nul\0',
    '\ud800',
    '__proto__',
  ];

  it.each(names)('%j come back as they are, and do nothing', async (name) => {
    const folder = emptyFolder();
    writeRunFolder(path.join(folder, 'a'), { name });
    writeAblationFolder(path.join(folder, 'b'), { [name === '__proto__' ? 'proto' : name]: [1] });
    const catalogue = await indexOf(folder);
    const kept = name.replace('\0', '\ufffd').replace('\ud800', '\ufffd');
    const found = await catalogue.select({ where: [{ path: 'name', operator: '=', value: kept }] });
    expect(found.map(({ facts }) => facts.run.get('name'))).toEqual([kept]);
    expect((await catalogue.refresh()).entries).toBe(2);
    await catalogue.close();
  });

  it('are no statements as paths either', async () => {
    const folder = emptyFolder();
    writeRunFolder(path.join(folder, 'a'));
    const catalogue = await indexOf(folder);
    for (const name of ["x' or 1=1 --", 'key) or (1=1', '$."a"', '%']) {
      await expect(catalogue.select({ sort: name })).rejects.toMatchObject({ code: 'USAGE' });
    }
    await catalogue.close();
  });
});

describe('conditions', () => {
  it('compare texts and numbers, and a run without a value meets none', async () => {
    const folder = emptyFolder();
    writeRunFolder(path.join(folder, 'a'), { head: 'parallel', horizon: 2, seed: 1 });
    writeRunFolder(path.join(folder, 'b'), { head: 'linear', horizon: 4, seed: 2 });
    writeRunFolder(path.join(folder, 'c'), { head: 'linear', horizon: 10, seed: 3, isFinished: false });
    const catalogue = await indexOf(folder);
    const found = async (...texts: string[]) => named(await catalogue.select(where(...texts)));
    expect(await found('model.head.name=linear')).toEqual(['b', 'c']);
    expect(await found('model.head.name != linear')).toEqual(['a']);
    expect(await found('model.head.horizon>2')).toEqual(['b', 'c']);
    expect(await found('model.head.horizon>=4', 'model.head.horizon<10')).toEqual(['b']);
    expect(await found('model.head.horizon<=4.0')).toEqual(['a', 'b']);
    expect(await found('results.training.steps=20')).toEqual(['a', 'b']);
    expect(await found('training.steps=20')).toEqual(['a', 'b', 'c']);
    expect(await found('results.training.steps!=7')).toEqual(['a', 'b']);
    expect(await found('model.head.name<3')).toEqual([]);
    expect(await found('model.head.name>3')).toEqual([]);
    expect(await found('status=unfinished')).toEqual(['c']);
    expect(named(await catalogue.select({ sort: '-model.head.horizon' }))).toEqual(['c', 'b', 'a']);
    expect(named(await catalogue.select({ sort: '-results.training.steps' }))).toEqual(['a', 'b', 'c']);
    await expect(catalogue.select(where('model.heat.name=x'))).rejects.toThrow('Did you mean "model.head.name"?');
    await catalogue.close();
  });

  it.each(['model.head.name', '=x', 'a<', 'seed>many', ''])('%j is refused', (text) => {
    expect(() => parseFilter(text)).toThrow(/USAGE/);
  });
});

it('uses the SQLite of this Node, or libsql', () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  expect(defaultDriver()).toBe(major > 22 || (major === 22 && minor >= 13) ? 'node:sqlite' : 'libsql');
});
