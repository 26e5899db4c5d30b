import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fakeProgram, runScript } from './program.fixture.ts';

/** It stands outside every package; it measures this package's command. */
const compare = fileURLToPath(new URL('../../../../bench/pytorch/compare.mjs', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-compare-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const fake = (name: string, answer: string) => fakeProgram(folder, name, answer);

const option =
  "const of = (name) => args[args.indexOf('--' + name) + 1]; const threads = args.includes('--threads') ? Number(of('threads')) : 1;";
const theirs = `${option} return { params: 100, torch: '9.9', train_tok_s: 1000 * threads, peak_bytes: 4096, greedy_tok_s_b1: 300 / threads };`;
const ours = `${option} return { engine: 'fake', parameters: 100, tokensPerSecond: 1500 * threads, residentBytes: 1024, stepMs: of('horizon') === '4' ? 12 : 10 };`;

const run = (...args: string[]) => runScript(compare, args);

interface Figure {
  readonly section: string;
  readonly above: number;
  readonly below: number;
  readonly isMet: boolean;
}

const sides = ({ python = theirs, bin = ours } = {}) => [
  ...['--python', fake('python', python)],
  ...['--bin', fake('bin', bin)],
];

describe('compare.mjs', () => {
  it('prints medians of ratios as one JSON object on one line', async () => {
    const only = 'training,decoding,memory,horizon';
    const { code, stdout, stderr } = await run(...sides(), '--only', only, '--pairs', '1', '--json');
    expect({ code, lines: stdout.trimEnd().split('\n').length }, stderr).toEqual({ code: 0, lines: 1 });
    const { engine, versions, figures, failures } = JSON.parse(stdout);
    expect({ engine, torch: versions.torch, failures }).toEqual({ engine: 'fake', torch: '9.9', failures: [] });
    // Six blocks each; three more readouts of 256 x 256.
    const flops = (readouts: number) => 6 * (6 * (802_816 + 256 * 257) + readouts * 65_536);
    expect(figures.map((one: Figure) => [one.section, one.above, one.below, one.isMet])).toEqual([
      ['training', 3_000, 2_000, true],
      ['training', 1_500, 1_000, true],
      // PyTorch decodes faster on one thread than on two.
      ['decoding', 3_000, 300, true],
      ['memory', 1_024, 4_096, true],
      ['horizon', 1.2, expect.closeTo(flops(4) / flops(1), 12), false],
    ]);
    expect(figures[0]).toMatchObject({ ratio: 1.5, ratios: [1.5], target: { atLeast: 1 } });
  });

  it('runs a command that two sections want once a round, and turns the order round', async () => {
    const { stderr } = await run(...sides(), '--only', 'training,memory', '--pairs', '2', '--threads', '1', '--json');
    const order = stderr.matchAll(/^round (\d), \d\/2: (\w+) .*--steps 9/gm);
    expect([...order].map(([, round, side]) => `${round} ${side}`)).toEqual([
      '1 foretoken',
      '1 yardstick',
      '2 yardstick',
      '2 foretoken',
    ]);
  });

  it('refuses to compare models with other parameter counts, before any round', async () => {
    const python = theirs.replace('params: 100', 'params: 101');
    const { code, stdout, stderr } = await run(...sides({ python }), '--only', 'training', '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/the parameter counts of the yardstick model disagree, so no ratio would mean anything:/);
    expect(stderr).toMatch(/^ {2}100: foretoken bench training[\s\S]*^ {2}101: yardstick /m);
    expect(stderr).not.toContain('--steps 9');
  });

  it('says what failed with the end of its stderr, and goes on with the rest', async () => {
    const bin = `if (args.includes('decoding')) { console.error('no decoder today'); process.exit(3); } ${ours}`;
    const { code, stdout, stderr } = await run(
      ...sides({ bin }),
      '--only',
      'memory,decoding',
      '--pairs',
      '2',
      '--json',
    );
    expect(code).toBe(1);
    const { figures, failures } = JSON.parse(stdout);
    expect(figures.map(({ section }: Figure) => section)).toEqual(['memory']);
    expect(failures).toEqual([
      expect.objectContaining({ command: expect.stringMatching(/ bench decoding /), reason: 'exit code 3' }),
    ]);
    expect(stderr).toMatch(/exit code 3\n {2}no decoder today/);
  });

  it('ends a run that takes too long', async () => {
    const python = `if (!args.includes('--seq')) return void setTimeout(() => {}, 120_000); ${theirs}`;
    const args = ['--only', 'memory', '--pairs', '1', '--timeout', '6', '--json'];
    const { code, stdout } = await run(...sides({ python }), ...args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).failures).toMatchObject([{ reason: 'did not end within 6 s' }]);
  });

  it('takes its run along when it is ended', async () => {
    const note = path.join(folder, 'pid');
    const bin = `require('node:fs').writeFileSync(${JSON.stringify(note)}, String(process.pid)); setTimeout(() => {}, 60_000);`;
    const child = spawn(process.execPath, [compare, ...sides({ bin }), '--only', 'memory'], { stdio: 'ignore' });
    const code = new Promise((resolve) => {
      child.once('close', resolve);
    });
    const pid = () => (existsSync(note) ? Number(readFileSync(note, 'utf8')) : 0);
    await expect.poll(pid, { timeout: 20_000 }).toBeGreaterThan(0);
    child.kill('SIGTERM');
    expect(await code).toBe(143);
    await vi.waitFor(() => expect(() => process.kill(pid(), 0)).toThrow('ESRCH'), 20_000);
  });

  it('stops at once if a side does not start', async () => {
    const { code, stdout } = await run('--python', '/nowhere/python', '--bin', fake('bin', ours), '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      figures: [],
      failures: [{ reason: expect.stringContaining('did not start') }],
    });
  });

  it('prints a table with targets otherwise', async () => {
    const { stdout } = await run(...sides(), '--only', 'memory,horizon', '--pairs', '1');
    expect(stdout).toMatch(/^memory .*1\.0 KiB +4\.0 KiB +0\.25 .*<= 1 +met$/m);
    expect(stdout).toMatch(/^horizon .*<= 1\.05 +missed$/m);
  });

  it.each([
    [['--only', 'speed'], /--only: no section "speed"\. Sections: training, decoding, memory/],
    [['--pairs', '0'], /--pairs: it must be a whole number of at least 1, was "0"/],
    [['--jsn'], /Unknown option '--jsn'/],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});
