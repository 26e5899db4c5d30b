import { expect, test } from 'vitest';
import { runCheck } from './contract.ts';
import { checkTimeoutMs } from './describe-contract.ts';
import { NeverSettled, type Patience, settled } from './patience.ts';

const short = (): Patience => ({ tickMs: 20, ticks: 8 });

test('what never settles is given up, and the next one sooner', async () => {
  const patience = short();
  await expect(settled(() => new Promise(() => {}), patience)).rejects.toBeInstanceOf(NeverSettled);
  expect(patience.ticks).toBe(5);
});

test('what works for longer than that, in turns of the thread, is waited for', async () => {
  const busy = async () => {
    const end = performance.now() + 600;
    let turns = 0;
    for (; performance.now() < end; turns++) await new Promise(setImmediate);
    return turns;
  };
  expect(await settled(busy, short())).toBeGreaterThan(1);
});

test('what it gives and throws comes through', async () => {
  expect(await settled(() => 3, short())).toBe(3);
  await expect(settled(() => Promise.reject(new RangeError('x')), short())).rejects.toThrow(RangeError);
});

test('a hook that never settles is a broken rule, which names plugin and check', async () => {
  const check = { title: 'prepares', run: () => new Promise<void>(() => {}) };
  const of = { subject: { kind: 'draft-policy', name: 'slow', options: {} } } as never;
  await expect(runCheck(check, of, short())).rejects.toThrow(
    /^draft-policy "slow": it never settled while it was checked that it prepares: .* Settle every promise/,
  );
});

test('a check may take the time that its author gives to tests, and a minute at least', ({ task }) => {
  expect([0, 5000, 90_000].map((testTimeout) => checkTimeoutMs({ config: { testTimeout } }))).toEqual([
    0, 60_000, 90_000,
  ]);
  expect(checkTimeoutMs(undefined)).toBeGreaterThanOrEqual(60_000);
  // What this very run gives to a test that says nothing.
  expect(checkTimeoutMs()).toBe(Math.max(60_000, task.timeout));
  expect(task.timeout).toBeGreaterThan(60_000);
});
