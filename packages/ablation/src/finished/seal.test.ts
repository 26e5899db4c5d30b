import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Host } from '@foretoken/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { folderWith, planningHost, planOf } from '../plan/planning.fixture.ts';
import { createFakeLaboratory } from '../run/laboratory.fixture.ts';
import { runAblation } from '../run/run-ablation.ts';
import { readFinished, sealFinished } from './seal.ts';

const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 2, validateEvery: 1 }';

/** A finished ablation with a report, sealed, and the folder of a package that it uses. */
async function finished(lines = 'seeds: [0, 1]') {
  const heads = await folderWith({ 'package.json': '{}', 'head.js': '1' });
  const plan = await planOf(lines, { base, host: planningHost({ directories: { '@foretoken/heads': heads } }) });
  const host = { clock: () => 0 } as unknown as Host;
  const { results } = await runAblation(plan, { host, laboratory: createFakeLaboratory() });
  for (const report of ['report.html', 'report.md']) await writeFile(path.join(plan.directory, report), report);
  await sealFinished(plan);
  return { plan, results, heads };
}

type Finished = Awaited<ReturnType<typeof finished>>;

const append = async (...file: string[]) =>
  writeFile(path.join(...file), `${await readFile(path.join(...file), 'utf8')} `);

describe('an ablation of which nothing changed since it was finished', () => {
  it('is read without planning, with the results that it ended with', async () => {
    const { plan, results } = await finished();
    const found = await readFinished(plan.file);
    expect(found).toEqual({ directory: plan.directory, results, reportHtml: path.join(plan.directory, 'report.html') });
  });

  it.each<[string, (ablation: Finished) => Promise<unknown>]>([
    ['the ablation file', ({ plan }) => append(plan.file)],
    ['the base', ({ plan }) => append(path.dirname(plan.file), 'experiment.yaml')],
    ['a cell', ({ plan }) => append(plan.directory, 'cells', plan.cells[1].id, 'cell.json')],
    ['the plan', ({ plan }) => append(plan.directory, 'ablation.json')],
    ['the results', ({ plan }) => append(plan.directory, 'results.json')],
    ['the report', ({ plan }) => append(plan.directory, 'report.md')],
    ['a package', ({ heads }) => append(heads, 'head.js')],
    ['the seal', ({ plan }) => writeFile(path.join(plan.directory, 'finished.json'), '{')],
  ])('is not what it is after a change of %s', async (_, change) => {
    const ablation = await finished();
    await change(ablation);
    expect(await readFinished(ablation.plan.file)).toBeUndefined();
  });

  it.each([['report.html'], ['finished.json'], ['results.json'], ['cells']])(
    'is not what it is without %s',
    async (name) => {
      const { plan } = await finished();
      await rm(path.join(plan.directory, name), { recursive: true });
      expect(await readFinished(plan.file)).toBeUndefined();
    },
  );

  it.each(['finished.json', 'results.json', 'report.html'])(
    'is not waited for where %s is a pipe, nor read without end where it leads to a device',
    async (name) => {
      const { plan } = await finished();
      const file = path.join(plan.directory, name);
      await rm(file);
      execFileSync('mkfifo', [file]);
      expect(await readFinished(plan.file)).toBeUndefined();
      await rm(file);
      await symlink('/dev/zero', file);
      expect(await readFinished(plan.file)).toBeUndefined();
    },
  );

  it('is not what a seal says whose inputs are pipes', async () => {
    const { plan } = await finished();
    const file = path.join(plan.directory, 'finished.json');
    const seal = JSON.parse(await readFile(file, 'utf8'));
    const pipe = path.join(plan.directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await writeFile(file, JSON.stringify({ ...seal, inputs: { ...seal.inputs, files: { [pipe]: '' } } }));
    expect(await readFinished(plan.file)).toBeUndefined();
  });

  it('is not what a seal says that lists a file outside its folder, rightly hashed or not', async () => {
    const { plan } = await finished();
    const file = path.join(plan.directory, 'finished.json');
    const seal = JSON.parse(await readFile(file, 'utf8'));
    const sha256 = createHash('sha256').update(base).digest('hex');
    await writeFile(file, JSON.stringify({ ...seal, outputs: { ...seal.outputs, '../experiment.yaml': sha256 } }));
    expect(await readFinished(plan.file)).toBeUndefined();
  });

  it('is not what it is on another machine or under other settings of ours', async () => {
    const { plan } = await finished();
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('FORETOKEN_TEST', 'x');
    expect(await readFinished(plan.file)).toBeUndefined();
    vi.unstubAllEnvs();
    expect(await readFinished(plan.file)).toBeDefined();
  });

  it('is not what a copy of its folder is, whose files may be edited', async () => {
    const { plan } = await finished();
    const copy = path.join(await folderWith({}), 'copy');
    await cp(path.dirname(plan.file), copy, { recursive: true });
    expect(await readFinished(path.join(copy, 'ablation.yaml'))).toBeUndefined();
  });

  it('is not what a seal of another release says', async () => {
    const { plan } = await finished();
    const seal = path.join(plan.directory, 'finished.json');
    const text = await readFile(seal, 'utf8');
    await writeFile(seal, text.replace('"formatVersion": 2', '"formatVersion": 3'));
    expect(await readFinished(plan.file)).toBeUndefined();
  });

  it('is never said of a plan that more decides than is noted', async () => {
    const { plan } = await finished('axes: { engine: [tensorflow] }');
    expect(plan.inputs).toBeUndefined();
    expect(await readdir(plan.directory)).not.toContain('finished.json');
    expect(await readFinished(plan.file)).toBeUndefined();
  });

  it('is not made of files that cannot be read', async () => {
    expect(await readFinished('/nowhere/ablation.yaml')).toBeUndefined();
    const broken = path.join(await folderWith({ 'a.yaml': 'output: [' }), 'a.yaml');
    expect(await readFinished(broken)).toBeUndefined();
  });
});
