import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';

let cwd: string;
beforeEach(() => {
  cwd = tinyExperiment();
  const ablation = {
    formatVersion: 1,
    name: 'heads',
    base: 'tiny.json',
    output: 'out',
    arms: [{ name: 'parallel' }, { name: 'linear', set: { 'model.head.name': 'linear' } }],
  };
  writeFileSync(path.join(cwd, 'ablation.json'), JSON.stringify(ablation));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const foretoken = (...args: string[]) => runBin(args, { cwd });

/** Makes a process say what it took of the processor: whatever else the machine does, that is the command's own. */
const sayingItsTime = `--import=data:text/javascript,${encodeURIComponent(
  `process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    process.stderr.write('processor time ' + (user + system));
  })`,
)}`;

describe('foretoken ablate', () => {
  it('--plan prints the cells and runs nothing', async () => {
    const { code, stdout } = await foretoken('ablate', 'ablation.json', '--plan', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'heads',
      arms: ['parallel', 'linear'],
      cells: [
        { arm: 'parallel', seed: 0 },
        { arm: 'linear', seed: 0 },
      ],
      trainings: 2,
      armPlans: [{ differences: [] }, { differences: [{ path: 'model.head' }] }],
      estimate: { rate: { from: 'a moment of training' } },
    });
    // By hand: 4 steps of one window of 16 tokens.
    expect(JSON.parse(stdout).armPlans[0].cost).toMatchObject({ steps: 4, tokens: 64 });
    expect((await foretoken('report', 'out')).code).toBe(2);
  });

  it('ends with the verdict, a sample with accepted drafts in brackets and the report; a repetition does nothing anew', async () => {
    const first = await foretoken('ablate', 'ablation.json');
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(
      /^2 arms, 2 cells, 4 tasks to do\n(.*\n)*1\/2 parallel, seed 0: [\d.]+ bits per byte, trained in [\d.]+ s/,
    );
    expect(first.stdout).toMatch(/^arm +parameters/m);
    expect(first.stdout).toMatch(/^parallel +[\d,]+ .* baseline/m);
    expect(first.stdout).toMatch(/drafted and accepted tokens \[in brackets\]/);
    expect(first.stdout.trimEnd().split('\n').at(-1)).toBe(`report: ${path.join('out', 'report.html')}`);
    expect(readFileSync(path.join(cwd, 'out/report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
    const results = readFileSync(path.join(cwd, 'out/results.json'), 'utf8');

    const second = await foretoken('ablate', 'ablation.json', '--json');
    expect(second.stderr).toMatch(/^2 arms, 2 cells, 2 finished before, 0 tasks to do\n$/);
    expect(JSON.parse(second.stdout)).toMatchObject({ arms: [{ name: 'parallel' }, { name: 'linear' }] });
    expect(readFileSync(path.join(cwd, 'out/results.json'), 'utf8')).toBe(results);

    const report = await foretoken('report', 'out', '--json');
    expect(JSON.parse(report.stdout)).toMatchObject({ html: path.join(cwd, 'out/report.html') });
  });

  it('takes less than a second to show again what is finished, and writes nothing', async () => {
    await foretoken('ablate', 'ablation.json', '--json');
    const files = () => readdirSync(cwd, { recursive: true, encoding: 'utf8' }).sort();
    const states = () => files().map((file) => `${file} ${statSync(path.join(cwd, file)).mtimeMs}`);
    const before = states();
    let seconds = Number.POSITIVE_INFINITY;
    // The least of three: beside other work processor time grows as well.
    for (let reading = 0; reading < 3 && seconds >= 1; reading++) {
      const { code, stderr } = await runBin(['ablate', 'ablation.json'], { cwd, env: { NODE_OPTIONS: sayingItsTime } });
      const [said, microseconds] = stderr.split('processor time ');
      expect([code, said]).toEqual([0, '2 arms, 2 cells, 2 finished before, 0 tasks to do\n']);
      seconds = Math.min(seconds, Number(microseconds) / 1e6);
    }
    expect(seconds).toBeLessThan(1);
    expect(states()).toEqual(before);
  });

  it('refuses a wrong ablation with every problem on a line of its own', async () => {
    const wrong = { formatVersion: 1, name: 'x', base: 'tiny.json', output: 'o', arm: [], seeds: [-1] };
    writeFileSync(path.join(cwd, 'wrong.json'), JSON.stringify(wrong));
    const { code, stderr } = await foretoken('ablate', 'wrong.json');
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(stderr).toMatch(/^ABLATION_INVALID: wrong\.json:1:\d+ arm: .*did you mean/im);
  });
});
