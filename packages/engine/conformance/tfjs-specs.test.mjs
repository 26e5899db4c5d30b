import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runSpecsApart } from './specs/run-apart.mjs';

test('specs of matrix products run on the cpu engine, and say which kernels they asked for', async () => {
  const { code, summary } = await runSpecsApart('--engine', 'cpu', '--filter', '^matmul ');
  expect(code).toBe(0);
  expect(summary).toMatchObject({ engine: 'cpu', failed: 0, missing: 0, stale: [] });
  expect(summary.passed).toBe(summary.specs);
  expect(summary.kernels.BatchMatMul.passed).toBeGreaterThan(30);
});

test('a known difference passes, the same one unlisted is a failure, and a missing kernel is neither', async () => {
  const specs = ['--engine', 'wasm', '--filter', '^(equal should support string comparison|einsum two scalars)$'];
  const known = await runSpecsApart(...specs);
  expect(known).toMatchObject({ code: 0, summary: { specs: 2, known: 1, failed: 0, missingKernels: { Einsum: 1 } } });
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-specs-'));
  await writeFile(join(folder, 'none.json'), '{}');
  const unlisted = await runSpecsApart(...specs, '--known', join(folder, 'none.json'));
  await rm(folder, { recursive: true });
  expect(unlisted).toMatchObject({ code: 1, summary: { known: 0, failed: 1, missing: 1 } });
  expect(unlisted.summary.failures[0].message).toContain('Arrays differ');
});

test('an engine that does not exist is bad input', async () => {
  const { code, stderr } = await runSpecsApart('--engine', 'abacus');
  expect(code).toBe(2);
  expect(stderr).toMatch(/no engine "abacus"\. Engines: .*wasm/);
});
