import { parseSource } from '@foretoken/core';
import { expect, test } from 'vitest';
import { type AblationFile, MAX_PROBLEMS } from './ablation-file.ts';
import type { InspectedArm } from './inspect-arm.ts';
import { resolveArms } from './resolve-arms.ts';

const source = parseSource('name: a', 'f.yaml');
const file = source.value as unknown as AblationFile;

test('after so many problems no further arm is looked at', () => {
  const arms = Array.from({ length: MAX_PROBLEMS + 50 }, (_, i) => ({ name: `${i}`, settings: [] }));
  let numInspected = 0;
  const inspect = (): InspectedArm => ({ problems: [`problem ${numInspected++}`] });
  const { cells, problems } = resolveArms({ source, file }, inspect, arms, []);
  expect([cells, problems.length, numInspected]).toEqual([[], MAX_PROBLEMS, MAX_PROBLEMS]);
});
