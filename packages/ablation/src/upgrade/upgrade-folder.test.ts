import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type JsonObject, readJson } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import { contentOf, projectOf, upgrades } from './versions.fixture.ts';

const { upgrade, refusal } = upgrades();

const json = (file: string): JsonObject => JSON.parse(readFileSync(file, 'utf8'));
const write = (file: string, value: object) => writeFileSync(file, JSON.stringify(value));

/** A project with one thing changed in its run of version 1, which must be refused and stay. */
async function refusedRun(change: (run: string, project: string) => void): Promise<string> {
  const project = projectOf('v1');
  const run = path.join(project, 'run');
  change(run, project);
  const before = contentOf(project);
  const message = await refusal(run);
  expect(contentOf(project)).toEqual(before);
  return message;
}

describe('a run that the first release trained', () => {
  it('becomes what this release makes of the same training, and stays beside it', async () => {
    const [old, now] = [projectOf('v1'), projectOf('v2')].map((project) => path.join(project, 'run'));
    const before = contentOf(old);
    expect(await upgrade(old)).toMatchObject({
      kind: 'run',
      from: 1,
      to: 2,
      outcome: 'upgraded',
      backup: `${old}.v1-backup`,
    });
    expect(contentOf(`${old}.v1-backup`)).toEqual(before);
    for (const file of [
      'experiment.json',
      'data-manifest.json',
      ...['4', '8'].map((n) => `checkpoints/step-0000000${n}.safetensors`),
    ]) {
      expect(readFileSync(path.join(old, file)).equals(readFileSync(path.join(now, file))), file).toBe(true);
    }
    const summaries = [old, now].map((folder) => json(path.join(folder, 'summary.json')));
    const [upgraded, made] = summaries.map(({ timings: _, peakBytes: __, contentHash: ___, ...rest }) => rest);
    expect(upgraded).toEqual(made);
    const rows = (folder: string) =>
      readFileSync(path.join(folder, 'metrics.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => ({ ...JSON.parse(line), seconds: 0 }));
    expect(rows(old)).toEqual(rows(now));
    expect(readdirSync(path.dirname(old)).sort()).toEqual([
      'a.txt',
      'ablation',
      'ablation.yaml',
      'b.txt',
      'run',
      'run.v1-backup',
      'tiny.yaml',
    ]);
  });

  it('is upgraded once: again there is nothing to do, and nothing is touched', async () => {
    const project = projectOf('v1');
    await upgrade(path.join(project, 'run'));
    const before = contentOf(project);
    expect(await upgrade(path.join(project, 'run'))).toMatchObject({ outcome: 'none', from: 2, rewritten: [] });
    expect(contentOf(project)).toEqual(before);
  });

  it('is said first and left as it is, where that is asked', async () => {
    const project = projectOf('v1');
    const before = contentOf(project);
    const { outcome, rewritten, copied } = await upgrade(path.join(project, 'run'), { dryRun: true });
    expect({ outcome, copied }).toEqual({ outcome: 'planned', copied: [] });
    expect(rewritten).toEqual(
      Object.keys(before).flatMap((name) => (/^run\/.*[^/]$/.test(name) ? [name.slice(4)] : [])),
    );
    expect(contentOf(project)).toEqual(before);
  });

  it('is upgraded where it lies, however it is named; files that are none of ours are copied, unfinished ones are not', async () => {
    const project = projectOf('v1');
    renameSync(path.join(project, 'run'), path.join(project, 'elsewhere'));
    symlinkSync('elsewhere', path.join(project, 'run'));
    writeFileSync(path.join(project, 'elsewhere/notes.txt'), 'mine');
    writeFileSync(path.join(project, 'elsewhere/checkpoints/.step-00000012.safetensors.1-0123456789ab.tmp'), 'half');
    const { directory, copied } = await upgrade(path.join(project, 'run'));
    expect({ directory, copied }).toEqual({ directory: path.join(project, 'elsewhere'), copied: ['notes.txt'] });
    expect(readFileSync(path.join(project, 'run/notes.txt'), 'utf8')).toBe('mine');
    expect(readdirSync(path.join(project, 'run/checkpoints'))).toHaveLength(2);
    expect(existsSync(path.join(project, 'elsewhere.v1-backup/checkpoints'))).toBe(true);
  });

  it.each([
    ['unfinished', (run: string) => rmSync(path.join(run, 'summary.json'))],
    ['without a checkpoint', (run: string) => rmSync(path.join(run, 'checkpoints'), { recursive: true })],
    [
      'with nothing but its experiment',
      (run: string) => {
        for (const name of readdirSync(run))
          if (name !== 'experiment.json') rmSync(path.join(run, name), { recursive: true });
      },
    ],
  ])('is upgraded %s', async (_, change) => {
    const run = path.join(projectOf('v1'), 'run');
    change(run);
    const names = readdirSync(run);
    expect((await upgrade(run)).outcome).toBe('upgraded');
    expect(readdirSync(run)).toEqual(names);
    expect(await readJson(path.join(run, 'experiment.json'))).toMatchObject({ engine: { precision: 'float32' } });
  });

  it('stays readable as a record where its model has other weights today, and that is said', async () => {
    const run = path.join(projectOf('v1'), 'run');
    const file = path.join(run, 'summary.json');
    write(file, { ...json(file), parameters: 5 });
    expect(await upgrade(run)).toMatchObject({ outcome: 'upgraded', recordsOnly: ['.'] });
    expect(json(file)).toMatchObject({ formatVersion: 2, parameters: 5 });
  });

  it.each<[string, (run: string, project: string) => void, RegExp]>([
    ['that has a backup', (run) => mkdirSync(`${run}.v1-backup`), /^RUN_EXISTS: .*run\.v1-backup is there already/],
    [
      'with a link in it',
      (run) => symlinkSync('/etc/passwd', path.join(run, 'notes')),
      /^FILE_READ: .*run\/notes is a link/,
    ],
    [
      'whose checkpoints are elsewhere',
      (run, project) => {
        renameSync(path.join(run, 'checkpoints'), path.join(project, 'far'));
        symlinkSync('../far', path.join(run, 'checkpoints'));
      },
      /^FILE_READ: .*run\/checkpoints is a link/,
    ],
    [
      'of a newer release',
      (run) => write(path.join(run, 'experiment.json'), { formatVersion: 3 }),
      /^FORMAT_VERSION: .*formatVersion 3; .*install foretoken@latest/,
    ],
    [
      'with one newer file',
      (run) => write(path.join(run, 'provenance.json'), { formatVersion: 3 }),
      /^FORMAT_VERSION: .*provenance\.json has formatVersion 3/,
    ],
    [
      'of no version',
      (run) => write(path.join(run, 'experiment.json'), { name: 'x' }),
      /^FORMAT_VERSION: .*formatVersion none/,
    ],
    [
      'whose experiment was edited',
      (run) => {
        const file = path.join(run, 'experiment.json');
        write(file, { ...json(file), seed: 7 });
      },
      /^CHECKPOINT_MISMATCH: .*step-00000004\.safetensors belongs to configuration .*edited/,
    ],
    [
      'whose checkpoint decayed',
      (run) => {
        const file = path.join(run, 'checkpoints/step-00000008.safetensors');
        const bytes = readFileSync(file);
        bytes[bytes.length - 1] ^= 1;
        writeFileSync(file, bytes);
      },
      /^FILE_CORRUPT: .*step-00000008\.safetensors .*SHA-256/,
    ],
    [
      'whose checkpoint is cut',
      (run) => writeFileSync(path.join(run, 'checkpoints/step-00000004.safetensors'), 'cut'),
      /^FILE_CORRUPT: .*step-00000004/,
    ],
    [
      'whose metrics are damaged',
      (run) => writeFileSync(path.join(run, 'metrics.jsonl'), '{\n{}\n'),
      /^FILE_CORRUPT: .*metrics\.jsonl:1/,
    ],
    [
      'whose experiment is cut',
      (run) => writeFileSync(path.join(run, 'experiment.json'), '{"formatVersion": 1'),
      /^FILE_CORRUPT/,
    ],
    [
      'with a plugin that is not there',
      (run) => {
        const file = path.join(run, 'experiment.json');
        write(file, { ...json(file), plugins: ['nobody-has-this'] });
      },
      /^PLUGIN_NOT_FOUND: .*nobody-has-this/,
    ],
    [
      'with an option that its plugin has not',
      (run) => {
        const file = path.join(run, 'experiment.json');
        const { model, ...rest } = json(file) as { model: { head: object } } & JsonObject;
        write(file, { ...rest, model: { ...model, head: { ...model.head, blocs: 2 } } });
      },
      /^OPTIONS_INVALID: .*blocs/,
    ],
    [
      'that is unfinished and whose model has other weights today',
      (run) => {
        rmSync(path.join(run, 'summary.json'));
        const file = path.join(run, 'experiment.json');
        const { model, ...rest } = json(file) as { model: { trunk: object } } & JsonObject;
        write(file, { ...rest, model: { ...model, trunk: { ...model.trunk, width: 16 } } });
      },
      /^RUN_MISMATCH: .*step-00000008\.safetensors has ".*" as .*only the release that wrote it goes on/,
    ],
    [
      'that is none',
      (run) => rmSync(path.join(run, 'experiment.json')),
      /^RUN_NOT_FOUND: .*holds no run and no ablation/,
    ],
    ['that is not there', (run) => rmSync(run, { recursive: true }), /^RUN_NOT_FOUND/],
  ])('%s is refused, and everything stays', async (_, change, message) => {
    expect(await refusedRun(change)).toMatch(message);
  });
});

describe('a run of version 2 but for its number', () => {
  it('becomes the very bytes that it would have been', async () => {
    const project = projectOf('v2');
    const run = path.join(project, 'run');
    const wanted = contentOf(run);
    for (const file of readdirSync(run).filter((name) => /\.jsonl?$/.test(name))) {
      const text = readFileSync(path.join(run, file), 'utf8');
      writeFileSync(path.join(run, file), text.replace(/("formatVersion": ?)2/g, '$11'));
    }
    expect((await upgrade(run)).copied).toEqual(['events.out.tfevents.0.foretoken']);
    expect(contentOf(run)).toEqual(wanted);
  });
});

describe('an ablation of version 2 but for its number', () => {
  it('becomes the very bytes that it would have been', async () => {
    const root = path.join(projectOf('v2'), 'ablation');
    const wanted = contentOf(root);
    const files = Object.keys(wanted).filter((name) => /\.jsonl?$/.test(name));
    expect(files).toHaveLength(9);
    for (const file of files) {
      const text = readFileSync(path.join(root, file), 'utf8');
      // The outermost: experiments that are quoted have the version of configurations.
      writeFileSync(path.join(root, file), text.replace(/^(\{\s*"formatVersion": ?)2/gm, '$11'));
    }
    await upgrade(root);
    expect(contentOf(root)).toEqual(wanted);
  });
});

describe('an ablation that the first release ran', () => {
  it('has its trainings as this release makes them, and its cells say what they can', async () => {
    const [old, now] = [projectOf('v1'), projectOf('v2')].map((project) => path.join(project, 'ablation'));
    const before = contentOf(old);
    const { kind, copied, leftOut } = await upgrade(old);
    expect({ kind, copied, leftOut }).toEqual({ kind: 'ablation', copied: ['report.md'], leftOut: [] });
    expect(contentOf(`${old}.v1-backup`)).toEqual(before);
    const [training, made] = [old, now].map((folder) =>
      path.join(folder, 'trainings', readdirSync(path.join(folder, 'trainings'))[0]),
    );
    for (const file of ['experiment.json', 'checkpoints/step-00000008.safetensors']) {
      expect(readFileSync(path.join(training, file)).equals(readFileSync(path.join(made, file))), file).toBe(true);
    }
    const cells = (folder: string) =>
      readdirSync(path.join(folder, 'cells'))
        .map((id) => json(path.join(folder, 'cells', id, 'cell.json')))
        .map(({ experiment, results, engine }) => ({ experiment, results, engine }))
        .sort((a, b) => (JSON.stringify(a.experiment) < JSON.stringify(b.experiment) ? -1 : 1));
    expect(cells(old)).toEqual(cells(now));
    const [plan] = [old].map((folder) => json(path.join(folder, 'ablation.json')) as { cells: JsonObject[] });
    expect(plan.cells.map(({ code, alone }) => ({ code, alone }))).toEqual([
      { code: {}, alone: [] },
      { code: {}, alone: [] },
    ]);
  });

  it('keeps its results where a model has other weights today', async () => {
    const root = path.join(projectOf('v1'), 'ablation');
    const [key] = readdirSync(path.join(root, 'trainings'));
    const file = path.join(root, 'trainings', key, 'summary.json');
    write(file, { ...json(file), parameters: 5 });
    const cellsOf = () =>
      readdirSync(path.join(root, 'cells')).map((id) => json(path.join(root, 'cells', id, 'cell.json')).results);
    const before = cellsOf();
    expect(await upgrade(root)).toMatchObject({ outcome: 'upgraded', recordsOnly: [`trainings/${key}`] });
    expect(cellsOf()).toEqual(before);
    expect(json(file)).toMatchObject({ formatVersion: 2, parameters: 5 });
    expect(json(file)).not.toHaveProperty('match');
  });

  it('loses the note that it is finished and the leases of the dead, which hold for the old files', async () => {
    const root = path.join(projectOf('v1'), 'ablation');
    write(path.join(root, 'finished.json'), { formatVersion: 1 });
    mkdirSync(path.join(root, 'leases'));
    write(path.join(root, 'leases/train-x.json'), { formatVersion: 1, token: 'x', pid: 2 ** 22 + 1 });
    expect((await upgrade(root)).leftOut).toEqual(['finished.json', 'leases/train-x.json']);
    expect(existsSync(path.join(root, 'finished.json'))).toBe(false);
  });

  it('is refused while it runs, and its trainings one by one', async () => {
    const root = path.join(projectOf('v1'), 'ablation');
    const training = path.join(root, 'trainings', readdirSync(path.join(root, 'trainings'))[0]);
    expect(await refusal(training)).toMatch(/^USAGE: .* is part of the ablation in .*foretoken upgrade .*ablation"/);
    const leases = path.join(root, 'leases');
    mkdirSync(leases);
    write(path.join(leases, 'coordinator-0a.json'), {
      formatVersion: 1,
      token: 'other',
      holds: true,
      pid: process.ppid,
    });
    expect(await refusal(root)).toMatch(/^ABLATION_BUSY: /);
  });

  it('is refused with a cell that was changed, and stays', async () => {
    const root = path.join(projectOf('v2'), 'ablation');
    const [id] = readdirSync(path.join(root, 'cells'));
    const file = path.join(root, 'cells', id, 'cell.json');
    write(file, { ...json(file), seed: 9, formatVersion: 1 });
    write(path.join(root, 'ablation.json'), { ...json(path.join(root, 'ablation.json')), formatVersion: 1 });
    const before = contentOf(root);
    expect(await refusal(root)).toMatch(/^FILE_CORRUPT: .*cell\.json cannot be upgraded: it was changed/);
    expect(contentOf(root)).toEqual(before);
  });
});
