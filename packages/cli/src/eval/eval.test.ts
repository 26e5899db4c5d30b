import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';

let folder: string;
const run = (...args: string[]) => runBin(args, { cwd: folder });

beforeAll(async () => {
  folder = tinyExperiment();
  for (const [name, ...more] of [['with'], ['without', '--set', 'evals=[]']]) {
    expect((await run('train', 'tiny.json', '--run', name, ...more)).code).toBe(0);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const evalsOf = (stdout: string) => Object.keys(JSON.parse(stdout).evals);

test('the evals of the configuration run, unless others are named', async () => {
  expect(evalsOf((await run('eval', 'with', '--json')).stdout)).toEqual(['bits-per-byte', 'acceptance']);
  expect(evalsOf((await run('eval', 'with', '--json', '--evals', 'bits-per-byte')).stdout)).toEqual(['bits-per-byte']);
  expect(evalsOf((await run('eval', 'without', '--json', '--evals', 'bits-per-byte')).stdout)).toEqual([
    'bits-per-byte',
  ]);
});

test('text has a line per number, and counts rows instead of writing them out', async () => {
  const { stdout } = await run('eval', 'with');
  expect(stdout).toMatch(/^ {2}decoders\.speculative\.tokensPerForward: [\d.]+$/m);
  expect(stdout).toMatch(/^ {2}decoders\.speculative\.marginal: \[.*\]$/m);
  expect(stdout).toMatch(/^ {2}decoders\.speculative\.rows: 1 \(--json shows them\)$/m);
});

test('a run without evals says how to name some', async () => {
  const { code, stdout, stderr } = await run('eval', 'without');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^CONFIG_CONFLICT: the run in .*without was configured without evals\. Name some/);
});
