import { expect, test, vi } from 'vitest';
import { DawnEvents } from './events.ts';

/** As Dawn does: asks for one processing of its events while something is pending, and again from within. */
function fakeDawn(turns: number) {
  let left = turns;
  const process = () => {
    left -= 1;
    if (left > 0) setImmediate(process);
  };
  return { start: () => setImmediate(process), isDone: () => left <= 0 };
}

test('a wait ends within the call, and the event loop hears nothing of it', async () => {
  const usual = globalThis.setImmediate;
  const heard = vi.spyOn(globalThis, 'setImmediate');
  const [dawn, events] = [fakeDawn(500), new DawnEvents()];
  events.hold(dawn.start);
  expect(events.wait(dawn.isDone)).toBe(true);
  expect(heard).not.toHaveBeenCalled();
  heard.mockRestore();
  expect(globalThis.setImmediate).toBe(usual);
});

test('a wait that nothing can end gives up', () => {
  const [dawn, events] = [fakeDawn(3), new DawnEvents()];
  expect(events.wait(() => false)).toBe(false);
  events.hold(dawn.start);
  expect(events.wait(() => false)).toBe(false);
  expect(dawn.isDone()).toBe(true);
});

test('a call that throws leaves setImmediate as it was', () => {
  const usual = globalThis.setImmediate;
  const fail = () => {
    throw new Error('on purpose');
  };
  expect(() => new DawnEvents().hold(fail)).toThrow('on purpose');
  expect(globalThis.setImmediate).toBe(usual);
});

test('a promise of Dawn settles, whether kept or broken', async () => {
  const promised = (turns: number, isKept: boolean) => () =>
    new Promise<string>((resolve, reject) => {
      const process = (left: number): unknown => {
        if (left > 0) return setImmediate(() => process(left - 1));
        return isKept ? resolve('kept') : reject(new Error('broken'));
      };
      process(turns);
    });
  expect(await new DawnEvents().settle(promised(5, true))).toBe('kept');
  await expect(new DawnEvents().settle(promised(5, false))).rejects.toThrow('broken');
});
