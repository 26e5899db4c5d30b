import { chainNodes, type EngineOps, type Ops, openEngine, type Tensor, type Tensor3D, tf } from '@foretoken/engine';
import { pluginOps } from '@foretoken/engine/plugin-ops';
import { expect, test, vi } from 'vitest';
import type { ParamFactory } from '../contracts/parameters.ts';
import { createTransformerBlock, runTransformerBlocks } from './transformer-block.ts';

const [width, T] = [8, 3];
const block = { attentionHeads: 2, keyValueHeads: 1, mlpWidth: 12, rotaryBase: 10_000 };
const engine = await openEngine({ name: 'cpu' });

/** Two blocks with a past, made with these operations. @returns the bits of one by itself and of both */
function outputs(ops: Ops): { readonly one: number[]; readonly both: number[] } {
  let seed = 0;
  const param = ((_name, shape) => tf.randomNormal([...shape], 0, 0.3, 'float32', ++seed)) as ParamFactory;
  const blocks = ['0', '1'].map((name) => createTransformerBlock({ ops, param }, name, { width, layers: 2, block }));
  const stores = ['one', '0', '1'].map((slot) => engine.createKeyValueStore(slot));
  for (const store of stores) {
    store.join(0);
    store.bind([0]);
  }
  const at = chainNodes(1, T);
  const x_BTD = tf.randomNormal([1, T, width], 0, 1, 'float32', 99) as Tensor3D;
  const bits = (y: Tensor) => [...y.dataSync()];
  const one = bits(blocks[0](x_BTD, at, stores[0]));
  const both = bits(runTransformerBlocks(ops, blocks, x_BTD, at, stores.slice(1)));
  for (const store of stores) store.dispose();
  at.dispose();
  return { one, both };
}

test('blocks made with a plugin’s operations run in one call on stores; with any others, the same bits by their parts', () => {
  const transformerStack = vi.fn(engine.ops.transformerStack);
  const watched: EngineOps = { ...engine.ops, transformerStack };
  const offered = pluginOps(watched);
  const fused = engine.tidy(() => outputs(offered));
  expect(transformerStack.mock.calls.map(([, layers]) => layers.length)).toEqual([1, 2]);
  expect(fused.one.every(Number.isFinite)).toBe(true);

  const byParts = engine.tidy(() => outputs({ ...offered }));
  expect(transformerStack.mock.calls.map(([, layers]) => layers.length)).toEqual([1, 2]);
  expect(byParts).toEqual(fused);
});
