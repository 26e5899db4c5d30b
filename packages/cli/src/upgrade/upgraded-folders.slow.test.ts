import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runBin, startBin } from '../testing/run-bin.fixture.ts';
import { projectOf } from '../testing/versions.fixture.ts';

const LAST = 'checkpoints/step-00000008.safetensors';

async function foretoken(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runBin(args, { cwd });
  expect(code, stderr).toBe(0);
  return stdout;
}

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

/**
 * Makes a run look as if it had been started on the engine of now, which differs in its name from that of then only by the
 * version of Node.
 * @returns whether it was that very engine
 */
async function asOfThisMachine(cwd: string, run: string): Promise<boolean> {
  await foretoken(cwd, 'train', 'tiny.yaml', '--run', 'probe', '--set', 'training.steps=2');
  const { fingerprint } = json(path.join(cwd, 'probe/provenance.json')).engine;
  const file = path.join(cwd, run, 'provenance.json');
  const provenance = json(file);
  writeFileSync(file, JSON.stringify({ ...provenance, engine: { ...provenance.engine, fingerprint } }));
  return provenance.engine.fingerprint === fingerprint;
}

/** Every number of a checkpoint, in the order of the file. */
function numbersOf(file: string): Float32Array {
  const bytes = readFileSync(file);
  const data = bytes.subarray(8 + Number(bytes.readBigUInt64LE()));
  return new Float32Array(Uint8Array.from(data).buffer);
}

/** Largest difference of any number in two checkpoints with the same tensors. */
function largestDifference(a: string, b: string): number {
  const [one, other] = [numbersOf(a), numbersOf(b)];
  expect(one.length).toBe(other.length);
  return one.reduce((largest, value, i) => Math.max(largest, Math.abs(value - other[i])), 0);
}

describe.each(['v1', 'v2'] as const)('a folder of %s, once it is of this version', (version) => {
  test('is measured, decoded and gone on with, and ends in the bits that its own release ended in', async () => {
    const cwd = projectOf(version);
    await foretoken(cwd, 'upgrade', 'run');
    expect(
      JSON.parse(await foretoken(cwd, 'eval', 'run', '--json')).evals['bits-per-byte'].results.perOffset,
    ).toHaveLength(2);
    expect(await foretoken(cwd, 'generate', 'run', '--prompt', 'It was', '--tokens', '6')).toMatch(/^It was/);
    cpSync(path.join(cwd, 'run'), path.join(cwd, 'stopped'), { recursive: true });
    for (const name of ['summary.json', LAST]) rmSync(path.join(cwd, 'stopped', name));
    const isSameEngine = await asOfThisMachine(cwd, 'stopped');
    await foretoken(cwd, 'train', 'tiny.yaml', '--run', 'stopped', '--resume');
    const [whole, resumed] = ['run', 'stopped'].map((run) => path.join(cwd, run, LAST));
    if (isSameEngine) expect(readFileSync(resumed).equals(readFileSync(whole))).toBe(true);
    // Another version of JavaScript's engine has other last bits in its exponential function.
    expect(largestDifference(whole, resumed)).toBeLessThan(1e-4);
  });

  test('is reported, planned and its trainings measured', async () => {
    const cwd = projectOf(version);
    await foretoken(cwd, 'upgrade', 'ablation');
    expect(await foretoken(cwd, 'report', 'ablation')).toContain('report: ablation/report.html');
    const [training] = readdirSync(path.join(cwd, 'ablation/trainings'));
    const evaluated = await foretoken(
      cwd,
      'eval',
      `ablation/trainings/${training}`,
      '--evals',
      'bits-per-byte',
      '--json',
    );
    expect(JSON.parse(evaluated).evals['bits-per-byte'].results.perOffset).toHaveLength(2);
    const runs = JSON.parse(await foretoken(cwd, 'index', 'ablation', '--json'));
    expect(runs.skipped ?? []).toEqual([]);
    expect(await foretoken(cwd, 'ablate', 'ablation.yaml', '--plan')).toContain('greedy');
  });
});

test('a run is upgraded in the end, however often that is killed', async () => {
  const cwd = projectOf('v1');
  const run = path.join(cwd, 'run');
  const wanted = readFileSync(path.join(projectOf('v2'), 'run', LAST));
  for (let round = 0; round < 6; round++) {
    const { child, finished } = startBin(['upgrade', 'run'], { cwd });
    setTimeout(() => child.kill('SIGKILL'), 300 + 150 * round);
    await finished;
    const versions = ['run', 'run.v1-backup', 'run.v2-ready'].map((name) => {
      const file = path.join(cwd, name, 'experiment.json');
      return readdirSync(cwd).includes(name) ? json(file).formatVersion : undefined;
    });
    expect([
      [1, undefined, undefined],
      [1, undefined, 2],
      [undefined, 1, 2],
      [2, 1, undefined],
    ]).toContainEqual(versions);
  }
  await foretoken(cwd, 'upgrade', 'run');
  expect(readFileSync(path.join(run, LAST)).equals(wanted)).toBe(true);
  expect(readdirSync(cwd).filter((name) => name.startsWith('run'))).toEqual(['run', 'run.v1-backup']);
});
