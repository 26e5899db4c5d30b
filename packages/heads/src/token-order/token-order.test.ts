import type { HeadContext } from '@foretoken/core/plugin';
import { describeHeadContract } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import { describeReference } from '../reference.fixture.ts';
import tokenOrder from './token-order.ts';

describeHeadContract(tokenOrder, 'token-order', { window: 3 }, { horizon: 1 });
describeReference(tokenOrder, 'token-order');

test('a horizon above 1 is refused', () => {
  const context = { dims: { horizon: 4 } } as HeadContext;
  expect(() => tokenOrder.create(context, { window: 3 })).toThrow(
    'OFFSET_UNSUPPORTED: head "token-order" predicts offset 1 alone: its horizon must be 1, was 4. How many upcoming',
  );
});
