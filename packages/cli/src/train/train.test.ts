import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runBin, startBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';

let cwd: string;
beforeEach(() => {
  cwd = tinyExperiment();
});
afterEach(() => rmSync(cwd, { recursive: true }));

describe('foretoken train', () => {
  it('trains into runs/, from where generate and eval go on', async () => {
    const trained = await runBin(['train', 'tiny.json', '--json'], { cwd });
    expect(trained.code).toBe(0);
    expect(JSON.parse(trained.stdout)).toMatchObject({ run: path.join(cwd, 'runs/tiny'), steps: 4 });

    const args = ['generate', 'runs/tiny', '--prompt', 'do', '--tokens', '5'];
    const generated = await runBin(args, { cwd });
    expect(generated).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^speculative: 5 tokens in .* per forward/m),
    });
    expect(generated.stdout.startsWith('do')).toBe(true);
    const json = JSON.parse((await runBin([...args, '--decoder', 'greedy', '--json'], { cwd })).stdout);
    expect(json).toMatchObject({ decoder: 'greedy', tokens: 5, acceptance: { bonus: 5, tokensPerForward: 1 } });
    const [{ prompt, text }] = json.rows;
    expect(generated.stdout.replaceAll(/[[\]]/g, '')).toBe(`${prompt}${text.replaceAll(/[[\]]/g, '')}\n`);
    const unknown = await runBin([...args, '--decoder', 'greedier'], { cwd });
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('The run has: greedy, speculative') });

    const evaluated = JSON.parse((await runBin(['eval', 'runs/tiny', '--json'], { cwd })).stdout);
    expect(Object.keys(evaluated.evals)).toEqual(['bits-per-byte', 'acceptance']);
  });

  it('saves on Ctrl-C, exits with 130 and says how to go on; --resume then finishes', async () => {
    const long = ['train', 'tiny.json', '--run', 'a run', '--set', 'training.steps=120'];
    const { child, finished } = startBin(long, { cwd });
    // At the first step, so that a hundred are left to a machine that is busy when this process is to look.
    while (!existsSync(path.join(cwd, 'a run/metrics.jsonl'))) await sleep(5);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await finished;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toContain("Go on with: foretoken train tiny.json --run 'a run' --set training.steps=120 --resume\n");
    expect(stderr).toMatch(/INTERRUPTED: stopped after step \d+ of 120/);

    expect(await runBin(long, { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('RUN_EXISTS') });
    const resumed = await runBin([...long, '--resume', '--json'], { cwd });
    expect(resumed.code).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ steps: 120, tokens: 1920 });
  });

  it('goes on with the engine that a run was started on, and refuses another', async () => {
    const short = ['train', 'tiny.json', '--set', 'training.steps=4', '--set', 'training.checkpointEvery=2'];
    const on = (engine: string, ...more: string[]) => runBin([...short, '--set', `engine=${engine}`, ...more], { cwd });
    // Frozen or not: all that the model has.
    const stdout = expect.stringMatching(/^trained a model of [\d,]+ parameters on [\d,]+ tokens\n4 steps, /);
    expect(await on('wasm')).toMatchObject({ code: 0, stdout });
    rmSync(path.join(cwd, 'runs/tiny/summary.json'));
    const refused = await on('cpu', '--resume');
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^RUN_MISMATCH: .*"wasm".* this is "cpu"/m),
    });
    expect(await on('wasm', '--resume')).toMatchObject({ code: 0 });
  });

  it('prints every mistake of an experiment on a line of its own', async () => {
    const wrong = ['--set', 'training.steps=0', '--set', 'model.head.horizon=0', '--set', 'model.heads=1'];
    const { code, stderr } = await runBin(['train', 'tiny.json', ...wrong], { cwd });
    expect(code).toBe(2);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^CONFIG_INVALID: \(override /);
  });
});
