import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBin, startBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';

const STEPS = 30;
/** Trunk and readout join in the middle. */
const START = 15;

let folder: string;
beforeAll(async () => {
  folder = tinyExperiment();
  const { data } = JSON.parse(readFileSync(path.join(folder, 'tiny.json'), 'utf8'));
  const late = { rate: 0.5, start: START };
  const attached = {
    data,
    model: { head: { name: 'medusa', horizon: 3 } },
    training: {
      ...{ steps: STEPS, batch: 1, checkpointEvery: 4, validateEvery: 8, validationWindows: 1 },
      groups: { trunk: late, readout: late },
      distil: { loss: 'lk', share: 0.5 },
    },
    evals: [{ name: 'losslessness', prompts: 2, promptTokens: 4, maxTokens: 8 }],
  };
  writeFileSync(path.join(folder, 'attached.json'), JSON.stringify(attached));
  expect(await runBin(['train', 'tiny.json'], { cwd: folder })).toMatchObject({ code: 0 });
  expect(await runBin(train('quiet'), { cwd: folder })).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const train = (run: string, ...more: string[]) => [
  ...['train', 'attached.json', '--base', 'runs/tiny', '--run', run],
  ...more,
];

const at = (...names: string[]) => path.join(folder, ...names);

/** Steps that a run's metrics show so far. */
const stepsOf = (run: string) =>
  existsSync(at(run, 'metrics.jsonl')) ? readFileSync(at(run, 'metrics.jsonl'), 'utf8').split('\n').length - 1 : 0;

/** Every checkpoint that is kept, as bytes. */
const checkpoints = (run: string) =>
  Object.fromEntries(
    readdirSync(at(run, 'checkpoints')).map((name) => [name, readFileSync(at(run, 'checkpoints', name), 'base64')]),
  );

async function killAfter(run: string, steps: number, more: string[]): Promise<void> {
  const { child, finished } = startBin(train(run, ...more), { cwd: folder });
  while (stepsOf(run) < steps && child.exitCode === null) await sleep(1);
  child.kill('SIGKILL');
  expect((await finished).code, 'the training was killed, not finished').toBeNull();
}

describe('a head attached to a finished run', () => {
  test('killed before, while and after trunk and readout join, ends in the same bits as an undisturbed one', async () => {
    await killAfter('killed', 6, []);
    await killAfter('killed', START, ['--resume']);
    await killAfter('killed', START + 7, ['--resume']);
    expect(await runBin(train('killed', '--resume'), { cwd: folder })).toMatchObject({ code: 0 });
    expect(checkpoints('killed')).toEqual(checkpoints('quiet'));
  });

  test('is decoded and measured without its base, and loses nothing', async () => {
    expect(await runBin(train('alone', '--set', 'training.steps=16'), { cwd: folder })).toMatchObject({ code: 0 });
    const moved = at('runs', 'away');
    renameSync(at('runs', 'tiny'), moved);
    try {
      const generated = await runBin(['generate', 'alone', '--prompt', 'do', '--tokens', '5'], { cwd: folder });
      expect(generated).toMatchObject({ code: 0, stderr: expect.stringMatching(/^speculative: 5 tokens/m) });
      const evaluated = await runBin(['eval', 'alone', '--json'], { cwd: folder });
      expect(JSON.parse(evaluated.stdout).evals.losslessness.results).toMatchObject({ lossless: true });
    } finally {
      renameSync(moved, at('runs', 'tiny'));
    }
  });

  test('frozen throughout, says what its base says', async () => {
    const frozen = ['trunk', 'readout'].flatMap((group) => [
      ...['--set', `training.groups.${group}.rate=0`],
      ...['--set', `training.groups.${group}.start=0`],
    ]);
    expect(await runBin(train('medusa-1', ...frozen), { cwd: folder })).toMatchObject({ code: 0 });
    const [base, attached] = await Promise.all(
      ['runs/tiny', 'medusa-1'].map(async (run) => {
        const args = ['generate', run, '--decoder', 'greedy', '--prompt', 'docum', '--tokens', '10', '--json'];
        return JSON.parse((await runBin(args, { cwd: folder })).stdout).rows[0].text;
      }),
    );
    expect(attached).toBe(base);
  });

  test('is not resumed on another checkpoint of its base, nor started on a run that is not finished', async () => {
    await killAfter('changed', 6, []);
    rmSync(at('runs', 'tiny'), { recursive: true });
    const again = ['train', 'tiny.json', '--set', 'seed=1'];
    expect(await runBin(again, { cwd: folder })).toMatchObject({ code: 0 });
    expect(await runBin(train('changed', '--resume'), { cwd: folder })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^RUN_MISMATCH: .*different: model\.base\.sha256/m),
    });
    rmSync(at('runs', 'tiny', 'summary.json'));
    expect(await runBin(train('new'), { cwd: folder })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^RUN_UNFINISHED: \(override model\.base\) model\.base\.run: the run in .* is not/m,
      ),
    });
    expect(existsSync(at('new'))).toBe(false);
  });
});
