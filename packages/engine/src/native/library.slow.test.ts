// The C++ tests of the kernel library, compiled and run: every instruction set that this machine can carry out.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const runner = fileURLToPath(new URL('../../native/test/run.mjs', import.meta.url));

test('the kernel library passes its own tests', { timeout: 600_000 }, (context) => {
  const { status, stdout } = spawnSync(process.execPath, [runner], { encoding: 'utf8' });
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  if (last.startsWith('skipped')) context.skip(last);
  expect(stdout.split('\n').filter((line) => /^FAIL/.test(line))).toEqual([]);
  expect(last).toMatch(/^\d{2,} passed, 0 failed$/);
  expect(status).toBe(0);
});
