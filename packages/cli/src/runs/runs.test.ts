import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBin } from '../testing/run-bin.fixture.ts';

/** A name that would be a path, a statement, markup, an escape sequence and two lines. */
const hostile = "../../x'; drop table units; --<img src=x>\u001b[2J\u202e\nsecond line";

function runFolder(folder: string, { name = 'plain', seed = 0, width = 8, loss = 2 } = {}): void {
  mkdirSync(folder, { recursive: true });
  const experiment = {
    name,
    seed,
    engine: { precision: 'float32', name: 'auto' },
    model: { trunk: { width }, head: { name: 'parallel' } },
  };
  writeFileSync(path.join(folder, 'experiment.json'), JSON.stringify({ formatVersion: 2, ...experiment }));
  writeFileSync(path.join(folder, 'metrics.jsonl'), `${JSON.stringify({ formatVersion: 2, step: 3, loss })}\n`);
}

/** Two runs, one of them with a hostile name, and one that is no record. */
function runsFolder(): string {
  const cwd = mkdtempSync(path.join(tmpdir(), 'foretoken-runs-'));
  runFolder(path.join(cwd, 'runs', 'a'));
  runFolder(path.join(cwd, 'runs', 'b'), { name: hostile, seed: 1, width: 16, loss: 1.5 });
  runFolder(path.join(cwd, 'runs', 'c'));
  writeFileSync(path.join(cwd, 'runs', 'c', 'experiment.json'), '{');
  return cwd;
}

describe('foretoken index', () => {
  it('names what it skips, indexes the rest, and can be repeated after the index was deleted', async () => {
    const cwd = runsFolder();
    const first = await runBin(['index', '--json'], { cwd });
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({
      entries: 2,
      skipped: [{ folder: path.join(cwd, 'runs', 'c'), code: 'FILE_CORRUPT' }],
    });
    expect(first.stderr).toMatch(/skipped: FILE_CORRUPT: .*runs\/c\/experiment.json/);
    rmSync(path.join(cwd, 'runs', 'index.sqlite'));
    expect((await runBin(['runs', '--json'], { cwd })).stdout).toContain('"name":"plain"');
    expect(readdirSync(path.join(cwd, 'runs')).sort()).toEqual(['a', 'b', 'c', 'index.sqlite']);
  });

  it('may be made and refreshed by several processes at once', async () => {
    const cwd = runsFolder();
    for (let i = 0; i < 30; i++) runFolder(path.join(cwd, 'runs', `more-${i}`));
    const finished = await Promise.all([1, 2, 3].map(() => runBin(['runs', '--json'], { cwd })));
    expect(finished.map(({ code, stdout }) => [code, JSON.parse(stdout).length])).toEqual(Array(3).fill([0, 32]));
  });

  it('refuses a folder that is not there, and an index of something else', async () => {
    const cwd = runsFolder();
    const absent = await runBin(['index', 'nowhere'], { cwd });
    expect([absent.code, absent.stderr]).toEqual([2, expect.stringMatching(/^RUN_NOT_FOUND: .*nowhere is no folder/)]);
    expect(existsSync(path.join(cwd, 'nowhere'))).toBe(false);
    writeFileSync(path.join(cwd, 'notes.txt'), 'my notes on last summer');
    const notes = await runBin(['index', 'runs', '--index', 'notes.txt'], { cwd });
    expect([notes.code, notes.stderr]).toEqual([
      2,
      expect.stringMatching(/^FILE_CORRUPT: .*notes.txt is not an index/),
    ]);
    expect(readFileSync(path.join(cwd, 'notes.txt'), 'utf8')).toBe('my notes on last summer');
  });
});

describe('foretoken runs', () => {
  it('lists what meets the conditions, with the values it was asked about', async () => {
    const cwd = runsFolder();
    const { code, stdout } = await runBin(['runs', '--where', 'model.trunk.width>8', '--sort', '-metrics.loss'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(
      stdout
        .split('\n')
        .slice(0, 2)
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['folder', 'seed', 'status', 'model.head.name', 'metrics.step', 'metrics.loss', 'model.trunk.width'],
      ['runs/b', '   1'.trim(), 'unfinished', 'parallel', '3', '1.5', '16'],
    ]);
    const json = JSON.parse((await runBin(['runs', '--json', '--sort', '-seed', '--limit', '1'], { cwd })).stdout);
    expect(json).toMatchObject([{ kind: 'run', run: { name: hostile, seed: 1 }, config: { 'model.trunk.width': 16 } }]);
  });

  it('never lets a name reach the terminal as more than text', async () => {
    const cwd = runsFolder();
    const { stdout } = await runBin(['runs', '--columns', 'name'], { cwd });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(stdout).toContain('␊');
  });

  it.each([
    [
      ['runs', '--where', 'model.head.nam=x'],
      'USAGE: no run has a value at "model.head.nam". Did you mean "model.head.name"?',
    ],
    [['runs', '--where', 'seed'], 'USAGE: --where "seed" is no condition'],
    [['runs', '--index', 'other.sqlite'], 'RUN_NOT_FOUND: other.sqlite is not there'],
    [['export', '--format', 'parquet'], 'USAGE: parquet needs a file'],
    [['compare', 'runs/a', 'runs/x'], 'USAGE: "runs/x" is no folder, arm, cell or run'],
  ])('%j is bad input', async (args, message) => {
    const { code, stdout, stderr } = await runBin(args, { cwd: runsFolder() });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

describe('foretoken compare', () => {
  it('shows what differs', async () => {
    const cwd = runsFolder();
    const { stdout } = await runBin(['compare', 'runs/a', 'runs/b', '--json'], { cwd });
    const { config, results } = JSON.parse(stdout);
    expect(config.filter(({ path: name }: { path: string }) => name !== 'name')).toEqual([
      { path: 'model.trunk.width', a: 8, b: 16, difference: 8 },
      { path: 'seed', a: 0, b: 1, difference: 1 },
    ]);
    expect(results).toEqual([{ path: 'metrics.loss', a: 2, b: 1.5, difference: -0.5 }]);
    const text = await runBin(['compare', 'runs/a', 'runs/b'], { cwd });
    expect(text.stdout).toMatch(/metrics\.loss +2 +1\.5 +-0\.5\n/);
  });
});

/** An ablation of two arms and four seeds: the second is .5 +- .08 better. */
function ablationFolder(cwd: string): void {
  const bits = { n1: [2, 2.5, 3, 3.5], 'n4\u001b[31m': [1.5, 2.1, 2.4, 3] };
  const cells = Object.entries(bits).flatMap(([arm, values], horizon) =>
    values.map((value, seed) => {
      const id = `0000000${horizon * 4 + seed}`;
      const experiment = { name: 'x', seed, engine: {}, model: { head: { horizon } } };
      const results = { 'bits-per-byte': { perOffset: [value] } };
      mkdirSync(path.join(cwd, 'runs', 'heads', 'cells', id), { recursive: true });
      const record = { formatVersion: 2, id, seed, experiment, results, timings: {} };
      writeFileSync(path.join(cwd, 'runs', 'heads', 'cells', id, 'cell.json'), JSON.stringify(record));
      return { id, arm, seed, experiment };
    }),
  );
  writeFileSync(path.join(cwd, 'runs', 'heads', 'ablation.json'), JSON.stringify({ formatVersion: 2, cells }));
}

it('foretoken compare judges two arms over their seeds', async () => {
  const cwd = mkdtempSync(path.join(tmpdir(), 'foretoken-arms-'));
  ablationFolder(cwd);
  const { code, stdout } = await runBin(['compare', 'n1', 'n4\u001b[31m', '--ablation', 'runs/heads'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain('n4␛[31m (4 seeds) against n1 (4 seeds), paired by seed:');
  // By hand: mean of -.5, -.4, -.6, -.5; its error .0408 times 3.182, the 97.5% quantile of t with 3 degrees of freedom.
  expect(stdout).toContain(
    'bits-per-byte.bitsPerByte: better (4 of 4 pairs, difference -0.5, 95% interval -0.629923 to -0.370077, p 0.001 corrected',
  );
});

describe('foretoken export', () => {
  it('writes a file, or stdout', async () => {
    const cwd = runsFolder();
    const csv = await runBin(['export', '--where', 'name=plain'], { cwd });
    expect(csv.stdout.split('\r\n')[0]).toMatch(/^folder,kind,name,seed,status,config\.engine\.name,/);
    const parquet = await runBin(['export', '--format', 'parquet', '--out', 'x.parquet', '--json'], { cwd });
    expect(JSON.parse(parquet.stdout)).toEqual({ file: 'x.parquet', format: 'parquet', runs: 2 });
    expect(readFileSync(path.join(cwd, 'x.parquet')).subarray(0, 4).toString()).toBe('PAR1');
  });
});
