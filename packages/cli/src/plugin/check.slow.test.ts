import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PluginReport } from '@foretoken/plugin-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runBin, startBin } from '../testing/run-bin.fixture.ts';

const examples = fileURLToPath(new URL('../../../../examples', import.meta.url));
const head = path.join(examples, 'third-party-head');
const name = 'foretoken-head-low-rank';

let project: string;
let tarball: string;
beforeAll(() => {
  project = realpathSync(mkdtempSync(path.join(tmpdir(), 'foretoken-plugin-check-')));
  const source = path.join(project, 'source');
  cpSync(head, source, { recursive: true, filter: (file) => path.basename(file) !== 'node_modules' });
  const manifest = path.join(source, 'package.json');
  const written = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>;
  writeFileSync(manifest, JSON.stringify({ ...written, peerDependencies: { '@foretoken/core': 'workspace:^' } }));
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: source, stdio: 'ignore' });
  tarball = readdirSync(project).find((file) => file.endsWith('.tgz'))!;
  const installed = path.join(project, 'node_modules', name);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], { cwd: project });
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

const errorsOf = ({ sections }: PluginReport) =>
  sections.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'error'));

it.each(['third-party-head', 'recurrent-trunk'])(
  'passes the example %s on every engine, without a warning',
  async (example) => {
    const { code, stdout } = await runBin(['plugin', 'check', path.join(examples, example), '--json']);
    const report = JSON.parse(stdout) as PluginReport;
    expect(stdout.trimEnd()).not.toContain('\n');
    expect(report.sections.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'manifest passed',
      'types passed',
      'contents passed',
      'code passed',
      'host passed',
      'contracts passed',
    ]);
    expect(report.engines[0]).toBe('cpu');
    expect(report.suites.map(({ engine }) => engine)).toEqual(report.engines);
    for (const { passed, total } of report.suites) expect([passed, total > 5]).toEqual([total, true]);
    expect([code, report.ok]).toEqual([0, true]);
  },
);

it('checks a tarball, and says what npm left in it', async () => {
  const { code, stdout } = await runBin(['plugin', 'check', tarball, '--engine', 'cpu', '--json'], { cwd: project });
  const report = JSON.parse(stdout) as PluginReport;
  expect(report.origin).toEqual({ kind: 'tarball', path: path.join(project, tarball) });
  expect(errorsOf(report).map(({ where }) => where)).toEqual(['package.json: dependency @foretoken/core']);
  expect(report.suites.map(({ engine, passed, total }) => [engine, passed === total])).toEqual([['cpu', true]]);
  expect(code).toBe(1);
});

it('checks an installed package by its name, in words, with a report for a README', async () => {
  const args = ['plugin', 'check', name, '--engine', 'cpu', '--report', 'REPORT.md'];
  const { code, stdout, stderr } = await runBin(args, { cwd: project });
  expect([code, stdout.split('\n')[0]]).toEqual([
    1,
    expect.stringMatching(/^foretoken-head-low-rank 0\.\d+\.\d+ {2}package /),
  ]);
  expect(stdout).toMatch(/✓ {2}contracts +(\d+) of \1 checks passed on cpu/);
  expect(stdout).toMatch(/^Not fit to publish: 1 error, 0 warnings\.$/m);
  expect(stdout).toContain('A plugin is code that runs with your rights');
  expect(stderr).not.toMatch(/Error|at file/);
  expect(readFileSync(path.join(project, 'REPORT.md'), 'utf8')).toMatch(
    /\| head \| low-rank \| defaults \| cpu \| (\d+) of \1 \|/,
  );
});

it.each([
  ['nowhere.tgz', 'PLUGIN_NOT_FOUND'],
  ['empty.tgz', 'TARBALL_INVALID'],
  ['not-installed', 'PLUGIN_NOT_FOUND'],
])('refuses %s as bad input, by %s and without a stack', async (target, code) => {
  writeFileSync(path.join(project, 'empty.tgz'), '');
  const finished = await runBin(['plugin', 'check', target], { cwd: project });
  expect(finished).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(new RegExp(`^${code}: `)) });
  expect(finished.stderr).not.toContain('    at ');
});

it('stops at Ctrl-C with 130, and leaves no folder behind', async () => {
  const temporary = mkdtempSync(path.join(project, 'tmp-'));
  const slow = path.join(project, 'slow');
  mkdirSync(slow);
  writeFileSync(
    path.join(slow, 'index.js'),
    "import { writeFileSync } from 'node:fs'; writeFileSync(process.env.BEGUN, ''); for (;;);",
  );
  const foretoken = { api: 1, provides: [{ kind: 'head', name: 'slow', export: '.' }] };
  writeFileSync(
    path.join(slow, 'package.json'),
    JSON.stringify({ name: 'slow', version: '1.0.0', type: 'module', foretoken }),
  );
  const begun = path.join(project, 'begun');
  const { child, finished } = startBin(['plugin', 'check', slow], { env: { TMPDIR: temporary, BEGUN: begun } });
  while (!readdirSync(project).includes('begun')) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(readdirSync(temporary)).toEqual([expect.stringMatching(/^foretoken-check-/)]);
  child.kill('SIGINT');
  expect(await finished).toMatchObject({ code: 130, stdout: '', stderr: expect.stringContaining('INTERRUPTED') });
  expect(readdirSync(temporary)).toEqual([]);
});
