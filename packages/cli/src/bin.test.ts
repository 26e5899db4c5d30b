import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBin } from './testing/run-bin.fixture.ts';

const commands = [
  'train',
  'generate',
  'eval',
  'ablate',
  'report',
  'upgrade',
  'clean',
  'plugins',
  'bench',
  'doctor',
  'engine',
];

/** Files that a command imported, as V8 notes them for coverage. */
async function modulesLoadedBy(args: readonly string[]): Promise<string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-loaded-'));
  await runBin(args, { env: { NODE_V8_COVERAGE: folder } });
  const reports = readdirSync(folder).map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
  rmSync(folder, { recursive: true });
  const urls: string[] = reports.flatMap(({ result }) => result.map(({ url }: { url: string }) => url));
  return urls.filter((url) => url.startsWith('file:'));
}

const oneLine = (text: string): unknown => {
  expect(text.endsWith('\n')).toBe(true);
  expect(text.trimEnd()).not.toContain('\n');
  return JSON.parse(text);
};

describe('foretoken', () => {
  it('--help lists every command and the exit codes', async () => {
    const { code, stdout, stderr } = await runBin(['--help']);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('130 interrupted');
  });

  it('--help loads nothing but the command line itself', async () => {
    const loaded = await modulesLoadedBy(['--help']);
    expect(loaded.some((url) => url.includes('/commander/'))).toBe(true);
    const others = loaded.filter((url) => !/\/cli\/dist\/|\/commander\//.test(url));
    expect(others).toEqual([]);
    // Measured at 0.1 s, most of it Node's own start. The shortest of five: a machine that does other things may hold up any.
    const times: number[] = [];
    for (let run = 0; run < 5 && !(times.at(-1)! < 3_000); run++) times.push((await runBin(['--help'])).ms);
    expect(Math.min(...times), `milliseconds of every run: ${times}`).toBeLessThan(3_000);
  });

  it('--help of a command documents its arguments and options', async () => {
    const { code, stdout } = await runBin(['bench', 'training', '--help']);
    expect(code).toBe(0);
    for (const option of ['--attention-heads', '--warmup', '--precision', '--json']) expect(stdout).toContain(option);
  });

  it.each([
    [['trian'], /USAGE: unknown command 'trian'\n\(Did you mean train\?\)/],
    [['train'], /USAGE: missing required argument 'experiment'/],
    [['doctor', '--jsn'], /USAGE: unknown option '--jsn'[\s\S]*See foretoken doctor --help/],
    [['generate', 'run', '--prompt', 'a', '--tokens', '0'], /USAGE: .*whole number of at least 1/],
    [['bench', 'training', '--precision', 'fp8'], /USAGE: .*Allowed choices are fp32/],
    [['train', 'nowhere.yaml'], /^CONFIG_NOT_FOUND: nowhere\.yaml cannot be read/],
    [['generate', 'nowhere', '--prompt', 'a'], /^RUN_NOT_FOUND: /],
    [
      ['bench', 'training', '--engine', 'abacus'],
      /^CONFIG_INVALID: .*engine: must be one of "auto", .*"cpu", was "abacus"/,
    ],
  ])('refuses %j with exit code 2, one message on stderr and no stack', async (args, message) => {
    const { code, stdout, stderr } = await runBin(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it('prints the stack of an error with --debug', async () => {
    expect((await runBin(['train', 'nowhere.yaml', '--debug'])).stderr).toMatch(/^ {4}at /m);
  });

  it('doctor --json is one object on one line', async () => {
    const { code, stdout, stderr } = await runBin(['doctor', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(oneLine(stdout)).toMatchObject({
      node: { version: process.versions.node, supported: true },
      engines: expect.arrayContaining([expect.objectContaining({ name: 'wasm', available: true })]),
      threads: expect.any(Number),
    });
  });

  it('plugins --json is one array on one line, with what others hold on to', async () => {
    const plugins = oneLine((await runBin(['plugins', '--json'])).stdout) as Record<string, unknown>[];
    for (const plugin of plugins) {
      expect(Object.keys(plugin)).toEqual(['kind', 'name', 'package', 'version', 'api', 'options']);
    }
    const found = plugins.map(({ kind, name }) => `${kind} ${name}`);
    expect(found).toEqual(
      expect.arrayContaining(['head parallel', 'head linear', 'decoder speculative', 'eval acceptance']),
    );
  });

  it('plugins --schema is a JSON Schema that names the plugins', async () => {
    const schema = oneLine((await runBin(['plugins', '--schema', '--json'])).stdout) as {
      $schema: string;
      $defs: object;
    };
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(Object.keys(schema.$defs)).toEqual(expect.arrayContaining(['head.parallel', 'dataset.text-files']));
  });

  it('colours nothing under NO_COLOR, and a pipe only when asked to', async () => {
    const escapeCode = '\u001b[';
    const env = { FORCE_COLOR: '1' };
    expect((await runBin(['doctor'])).stdout).not.toContain(escapeCode);
    expect((await runBin(['doctor'], { env })).stdout).toContain(escapeCode);
    expect((await runBin(['doctor'], { env: { ...env, NO_COLOR: '1' } })).stdout).not.toContain(escapeCode);
  });
});
