import type { DraftPolicy, Session } from '@foretoken/core';
import { afterEach, expect, it, vi } from 'vitest';
import { SessionMeter } from './session-meter.ts';

afterEach(() => vi.restoreAllMocks());

it('counts what prompts and what steps take, with the engine’s part of each, and nothing else', async () => {
  let clock = 0;
  let kernels = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  const spend = <T>(milliseconds: number, kernelSeconds: number, result?: T) => {
    clock += milliseconds;
    kernels += kernelSeconds;
    return result;
  };
  const later = async (milliseconds: number, kernelSeconds: number) => {
    await null;
    return spend(milliseconds, kernelSeconds, []);
  };
  const session = {
    join: () => spend(100, 0.01, 0),
    draft: () => later(8, 0.001),
    verify: () => later(40, 0.03),
    commit: () => spend(2, 0.0005),
    leave: () => spend(1_000, 0.9),
    fork: () => spend(1_000, 0.9),
  };
  const meter = new SessionMeter(session as unknown as Session, { kernelSeconds: () => kernels });
  meter.join({ tokens: Int32Array.of(1) });
  expect(meter.hasDrafted).toBe(false);
  for (let step = 0; step < 2; step++) {
    await meter.draft({} as DraftPolicy, () => undefined as never);
    spend(5, 0);
    await meter.verify([]);
    meter.commit([]);
  }
  meter.fork([0]);
  meter.leave(0);
  expect(meter.hasDrafted).toBe(true);
  expect([meter.prefillSeconds, meter.prefillKernelSeconds].map((x) => x.toFixed(9))).toEqual([
    '0.100000000',
    '0.010000000',
  ]);
  expect([meter.stepSeconds, meter.stepKernelSeconds].map((x) => x.toFixed(9))).toEqual(['0.100000000', '0.063000000']);
});
