import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runBin, startBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';

let cwd: string;
beforeEach(() => {
  cwd = tinyExperiment();
  const ablation = {
    ...{ formatVersion: 1, name: 'long', base: 'tiny.json', output: 'out' },
    arms: [{ name: 'a', set: { 'training.steps': 1_000_000, 'training.checkpointEvery': 1_000_000 } }],
    seeds: [0, 1],
  };
  writeFileSync(path.join(cwd, 'ablation.json'), JSON.stringify(ablation));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const trainings = () => readdirSync(path.join(cwd, 'out/trainings')).filter((name) => !name.startsWith('.'));
const leases = () => readdirSync(path.join(cwd, 'out/leases')).filter((name) => name.startsWith('train'));

describe('the workers of foretoken ablate', () => {
  it('checkpoint and leave at Ctrl-C; meanwhile a second ablate of the folder is refused', async () => {
    const args = ['ablate', 'ablation.json', '--workers', '2'];
    const first = startBin(args, { cwd });
    await expect.poll(() => trainingsWithMetrics().length, { timeout: 60_000 }).toBe(2);
    const pids = leases().map((name) => JSON.parse(readFileSync(path.join(cwd, 'out/leases', name), 'utf8')).pid);
    const second = await runBin(args, { cwd });
    expect(second.code).toBe(2);
    expect(second.stderr).toContain(`ABLATION_BUSY: process ${first.child.pid} is running the ablation in`);
    first.child.kill('SIGINT');
    const { code, stderr } = await first.finished;
    expect(code).toBe(130);
    expect(stderr).toMatch(/INTERRUPTED: .*The same command goes on from there/);
    for (const key of trainings()) {
      expect(readdirSync(path.join(cwd, 'out/trainings', key, 'checkpoints')).length).toBeGreaterThan(0);
    }
    expect(pids).toHaveLength(2);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(readdirSync(path.join(cwd, 'out/leases'))).toEqual([]);
  });

  it('fail a cell that outlasts its deadline, and with --fail-fast leave the others', async () => {
    const { code, stderr } = await runBin(['ablate', 'ablation.json', '--deadline', '1', '--fail-fast'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/train a, seed 0 failed: TASK_DEADLINE: .*longer than 1 s/);
    expect(readdirSync(path.join(cwd, 'out/cells'))).toHaveLength(1);
  });
});

/** Trainings that are some steps on. */
function trainingsWithMetrics(): string[] {
  try {
    return trainings().filter((key) => readFileSync(path.join(cwd, 'out/trainings', key, 'metrics.jsonl')).length > 0);
  } catch {
    return [];
  }
}
