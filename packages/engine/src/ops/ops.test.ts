import { afterEach, describe, expect, test } from 'vitest';
import { ENGINE_NAMES, openEngine } from '../open-engine.ts';
import { attentionCases } from '../testing/cases-attention.ts';
import { elementwiseCases } from '../testing/cases-elementwise.ts';
import { linearCases } from '../testing/cases-linear.ts';
import { reduceCases } from '../testing/cases-reduce.ts';
import { shapeCases } from '../testing/cases-shape.ts';
import { judge } from '../testing/judge.ts';

const cases = [...elementwiseCases, ...shapeCases, ...reduceCases, ...linearCases, ...attentionCases];

describe.each(ENGINE_NAMES)('on %s', async (name) => {
  const engine = await openEngine({ name });
  afterEach(() => openEngine({ name }));

  test.each(cases)('$name agrees with the float64 reference, its gradient with finite differences', (opCase) => {
    const { forward, gradients, leakedTensors } = judge(engine, opCase);
    expect(forward).toBeLessThan(1e-5);
    expect(Math.max(0, ...gradients)).toBeLessThan(1e-4);
    expect(leakedTensors).toBe(0);
  });
});
