import { expect, test } from 'vitest';
import type { Ops } from './contract.ts';
import { engineOpsOf, pluginOps } from './engine-ops.ts';
import { createOps } from './index.ts';

/** What plugins must not have, by hand: a name more or less in the list of the source shows here. */
const FRAMEWORK_ONLY = ['adamw', 'hostLogits', 'linearLoss', 'pickRows', 'sumOfSquares', 'transformerStack'];

test('plugins get the very functions of an engine, without those of the framework', () => {
  const whole = createOps();
  const offered = pluginOps(whole) as Ops & Readonly<Record<string, unknown>>;
  const names = Object.keys(whole);
  expect(Object.keys(offered)).toEqual(names.filter((name) => !FRAMEWORK_ONLY.includes(name)));
  expect(names.filter((name) => !(name in offered)).sort()).toEqual(FRAMEWORK_ONLY);
  for (const name of Object.keys(offered)) expect(offered[name]).toBe(whole[name as keyof Ops]);
});

test('plugins cannot put other functions in their place', () => {
  const offered = pluginOps(createOps()) as { add: unknown };
  expect(() => {
    offered.add = () => undefined;
  }).toThrow(TypeError);
});

test('the framework finds the whole of what it gave, and nothing in what it did not', () => {
  const whole = createOps();
  const offered = pluginOps(whole);
  expect(engineOpsOf(offered)).toBe(whole);
  expect(engineOpsOf({ ...offered })).toBeUndefined();
  expect(engineOpsOf(whole)).toBeUndefined();
});
