import { beforeEach, describe, expect, test } from 'vitest';
import { attentionCases } from '../testing/cases-attention.ts';
import { elementwiseCases } from '../testing/cases-elementwise.ts';
import { linearCases } from '../testing/cases-linear.ts';
import { reduceCases } from '../testing/cases-reduce.ts';
import { shapeCases } from '../testing/cases-shape.ts';
import { compare, judge, TOLERANCE } from '../testing/judge.ts';
import { VARIANTS } from '../testing/variants.ts';
import { createOps } from './index.ts';

/** Operations that no kernel is behind. */
const plainCases = [...elementwiseCases, ...reduceCases];
const kernelCases = [...shapeCases, ...linearCases, ...attentionCases];

describe.each(VARIANTS)('on $title', async ({ open, hasKernels }) => {
  const engine = await open();
  beforeEach(() => open());

  const cases = hasKernels ? [...plainCases, ...kernelCases] : kernelCases;
  test.each(cases)('$name agrees with the float64 reference, its gradient with finite differences', (opCase) => {
    const { forward, gradients, leakedTensors } = judge(engine, opCase);
    expect(forward).toBeLessThan(TOLERANCE.forward);
    expect(Math.max(0, ...gradients)).toBeLessThan(TOLERANCE.gradient);
    expect(leakedTensors).toBe(0);
  });

  const compared = hasKernels ? kernelCases : [];
  test.each(compared)('$name gives by kernel what it gives as a composite', (opCase) => {
    const { forward, gradients } = compare(engine, { ...engine, ops: createOps() }, opCase);
    expect(forward).toBeLessThan(TOLERANCE.forward);
    expect(Math.max(...gradients)).toBeLessThan(TOLERANCE.gradient);
  });
});
