import { expect, test } from 'vitest';
import { askApart } from './ask-apart.ts';

test('the last line is the answer, a warning goes with it', async () => {
  const script = "console.log('noise'); console.error('Warning: old\\n  at x'); console.log('{\"a\":1}');";
  expect(await askApart(script)).toEqual({ value: { a: 1 }, said: 'old' });
  expect(await askApart('console.log(JSON.stringify(process.env.WHO));', { WHO: 'me' })).toEqual({ value: 'me' });
});

test('a process that crashes, fails or says nothing is a reason, and takes nothing down', async () => {
  expect(await askApart('process.abort();')).toEqual({ reason: 'it ended by SIGABRT' });
  expect(await askApart('process.exit(3);')).toEqual({ reason: 'it ended with exit code 3' });
  expect(await askApart("throw new Error('libx.so: not found');")).toEqual({
    reason: 'it ended with exit code 1 (libx.so: not found)',
  });
  expect(await askApart("console.log('{');")).toEqual({ reason: 'it gave "{"' });
});
