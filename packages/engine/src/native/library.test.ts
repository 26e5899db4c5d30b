import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';

/** Runs the test program of the C++ library. */
function runTests(...args: string[]): Promise<string> {
  const script = fileURLToPath(new URL('../../native/test/run.mjs', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { maxBuffer: 1 << 26 }, (_error, stdout, stderr) => {
      resolve(stdout + stderr);
    });
  });
}

let digests = '';

beforeAll(async () => {
  digests = await runTests('--digest');
  // Compiles the library on a fresh checkout: a minute of processor time, of which a busy machine gives little.
}, 900_000);

/** Says why where there is no compiler. */
function skipWithoutCompiler(skip: (reason: string) => void): void {
  const reason = digests.match(/^skipped: (.*)$/m)?.[1];
  if (reason === undefined) return;
  console.warn(reason);
  skip(reason);
}

test('every test of the native library passes on every instruction set', { timeout: 300_000 }, async ({ skip }) => {
  skipWithoutCompiler(skip);
  const output = await runTests('--share=0.2');
  expect(output.replaceAll(/^(ok|note) .*\n/gm, '')).toMatch(/^[1-9]\d+ passed, 0 failed\n$/);
});

test('instruction sets that fuse give the same bits for the same work', ({ skip }) => {
  skipWithoutCompiler(skip);
  const sets = [...digests.matchAll(/^(\w+) ([0-9a-f]{16})$/gm)].map(([, name, digest]) => ({ name, digest }));
  expect(sets.length).toBeGreaterThan(0);
  const fused = sets.filter(({ name }) => name !== 'scalar');
  expect(new Set(fused.map(({ digest }) => digest)).size).toBeLessThanOrEqual(1);
});
