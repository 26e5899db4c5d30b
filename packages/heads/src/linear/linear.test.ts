// D width.
import type { HeadContext, OffsetInput, Tensor, Tensor3D } from '@foretoken/core/plugin';
import { describeHeadContract } from '@foretoken/core/testing';
import { openEngine, tf } from '@foretoken/engine';
import { pluginOps } from '@foretoken/engine/plugin-ops';
import { expect, test } from 'vitest';
import { describeReference } from '../reference.fixture.ts';
import linear from './linear.ts';

describeHeadContract(linear, 'linear');
describeHeadContract(linear, 'linear', { residual: true });
describeReference(linear, 'linear');

test.each([
  [false, [3, 4]],
  [true, [4, 6]],
])('hidden state of an offset is z W, and z more with residual: %s', async (residual, expected) => {
  const engine = await openEngine({ name: 'cpu' });
  const weights = new Map<string, Tensor>();
  const param = ((name: string) => {
    // For z = (1, 2): z W = (1 + 2, 4).
    weights.set(name, tf.tensor2d([1, 0, 1, 2], [2, 2]));
    return weights.get(name);
  }) as HeadContext['param'];
  const context = { ops: pluginOps(engine.ops), param, dims: { width: 2, horizon: 2 } } as HeadContext;
  const head = linear.create(context, { residual });
  const hidden = engine.tidy(() => {
    const z_BTD = tf.tensor3d([1, 2], [1, 1, 2]);
    const output = head.forward(2, { trunk: [z_BTD] as [Tensor3D] } as unknown as OffsetInput) as Tensor3D;
    return Array.from(output.dataSync());
  });
  expect(hidden).toEqual(expected);
  expect([...weights.keys()]).toEqual(['weights.1', 'weights.2']);
  for (const tensor of weights.values()) tensor.dispose();
});
