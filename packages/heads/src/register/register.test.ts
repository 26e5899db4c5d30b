import type { HeadContext } from '@foretoken/core/plugin';
import { describeHeadContract } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import { describeReference } from '../reference.fixture.ts';
import register from './register.ts';

describeHeadContract(register, 'register', {}, { horizon: 1 });
describeReference(register, 'register');

test('a horizon above 1 and registers that look beyond every window are refused', () => {
  const context = (horizon: number) => ({ dims: { horizon, context: 8 } }) as HeadContext;
  expect(() => register.create(context(2), { dMax: 4 })).toThrow(
    'OFFSET_UNSUPPORTED: head "register" predicts offset 1 alone: its horizon must be 1, was 2. How far',
  );
  expect(() => register.create(context(1), { dMax: 9 })).toThrow(
    /OPTIONS_INVALID: head "register": dMax must be at most the context, 8, was 9/,
  );
});
