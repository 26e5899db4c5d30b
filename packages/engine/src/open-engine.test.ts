import { afterEach, expect, test, vi } from 'vitest';
import type { EngineName } from './engine.ts';
import { ENGINE_NAMES, listEngines, openEngine } from './open-engine.ts';
import { type Tensor, tf } from './tensor.ts';
import { PRESENT } from './testing/present.ts';
import { differentiable } from './tfjs/differentiable.ts';
import { hostCompute, hostComputeOne } from './tfjs/host.ts';
import { tfjsEngine } from './tfjs/internals.ts';

afterEach(() => vi.restoreAllMocks());

// First in the file: later tests open engines.
test('listing the engines opens none of them', async () => {
  const listed = await listEngines();
  expect(listed.map(({ name }) => name)).toEqual(ENGINE_NAMES);
  for (const { detail } of listed) expect(detail).not.toBe('');
  for (const name of ['wasm', 'cpu']) {
    expect(listed).toContainEqual({ name, available: true, detail: expect.stringMatching(/^tfjs 4\.\d+/) });
  }
  expect(Object.keys(tfjsEngine().registry)).toEqual([]);
});

test('opening engines and making tensors prints nothing', async () => {
  const spies = (['log', 'warn', 'info', 'error', 'debug'] as const).map((method) => vi.spyOn(console, method));
  for (const name of PRESENT) {
    await openEngine({ name });
    tf.ones([2]).dispose();
  }
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
});

test('the first engine that can run here is the default; a GPU is never before wasm', async () => {
  const first = (await listEngines()).find(({ available }) => available)!;
  expect(await openEngine()).toMatchObject({ name: first.name });
  expect(['native', 'wasm']).toContain(first.name);
});

test('an unknown engine is refused by name, with the known ones', async () => {
  const opening = openEngine({ name: 'abacus' as EngineName });
  await expect(opening).rejects.toMatchObject({
    code: 'ENGINE_UNKNOWN',
    message: expect.stringMatching(/abacus.*native, wasm, .*cpu/),
  });
});

test('a tensor made on one engine is an input on the next', async () => {
  await openEngine({ name: 'cpu' });
  const x = tf.tensor1d([1, 2, 3]);
  const { ops } = await openEngine({ name: 'wasm' });
  const y = ops.rmsNorm(ops.mul(x, 2), ops.gatherRows(x, [0, 0, 0]));
  expect([...y.dataSync()].map((value) => value.toFixed(3))).toEqual(['0.463', '0.926', '1.389']);
  await openEngine({ name: 'cpu' });
  const z = ops.gatherRows(y, [2, 0]);
  expect([...z.dataSync()].map((value) => value.toFixed(3))).toEqual(['1.389', '0.463']);
  tf.dispose([x, y, z]);
});

test('the fingerprint tells engines and instruction sets apart', async () => {
  const prints: string[] = [];
  for (const name of PRESENT) prints.push((await openEngine({ name })).fingerprint);
  expect(new Set(prints).size).toBe(PRESENT.length);
  for (const print of prints) expect(print).toMatch(/^tfjs-4\.\d+\.\d+ .+ \w+ v8-/);
});

test.each(PRESENT)(
  'memory on %s counts a buffer once however many tensors share it, and remembers the peak',
  async (name) => {
    const engine = await openEngine({ name });
    engine.resetPeak();
    const start = engine.memory().bytes;
    const x = tf.zeros([250]);
    const shared = engine.ops.reshape(x, [10, 25]);
    expect(engine.memory().bytes - start).toBe(1000);
    const y = tf.zeros([500], 'int32');
    expect(engine.memory()).toMatchObject({ bytes: start + 3000, peakBytes: start + 3000 });
    y.dispose();
    x.dispose();
    expect(engine.memory()).toMatchObject({ bytes: start + 1000, peakBytes: start + 3000 });
    engine.resetPeak();
    expect(engine.memory().peakBytes).toBe(start + 1000);
    shared.dispose();
    expect(engine.memory().bytes).toBe(start);
  },
);

test('an engine that is not ours tells no kernel seconds', async () => {
  expect((await openEngine({ name: 'cpu' })).kernelSeconds()).toBeUndefined();
});

test('tidy keeps the tensors of its result in arrays, objects, maps and sets, and frees the rest', async () => {
  const { tidy, memory } = await openEngine({ name: 'cpu' });
  const before = memory().numTensors;
  const result = tidy(() => {
    tf.ones([3]);
    return {
      list: [tf.ones([1])],
      map: new Map([['x', tf.ones([1])]]),
      set: new Set([tf.ones([1])]),
      at: new Int32Array(1e6),
    };
  });
  expect(memory().numTensors - before).toBe(3);
  tf.dispose([...result.list, ...result.map.values(), ...result.set]);
  expect(() =>
    tidy(() => {
      tf.ones([3]);
      throw new Error('on purpose');
    }),
  ).toThrow('on purpose');
  expect(memory().numTensors).toBe(before);
});

test('tidy finds its result in lists that hold each other', async () => {
  const { tidy, memory } = await openEngine({ name: 'cpu' });
  const before = memory().numTensors;
  const round: unknown[] = [];
  tidy(() => {
    tf.ones([3]);
    const inner: unknown[] = [tf.ones([1])];
    inner.push({ deep: [inner, round] });
    round.push([round, inner]);
    return round;
  });
  expect(memory().numTensors - before).toBe(1);
  tf.dispose(round as never);
});

test('what an operation makes on the way goes when it ends, in a scope and without one, and when it fails', async () => {
  const { ops, tidy, memory } = await openEngine({ name: 'cpu' });
  const x = ops.ones([3]);
  const before = memory().numTensors;
  // A composite: it makes more than its result.
  const alone = ops.softplus(x);
  expect(memory().numTensors - before).toBe(1);
  alone.dispose();
  tidy(() => {
    for (let count = 1; count <= 3; count++) {
      ops.softplus(x);
      expect(memory().numTensors - before).toBe(count);
    }
    const fail = () => {
      tf.ones([1]);
      throw new Error('on purpose');
    };
    expect(() => differentiable('test', [x], fail, () => [])).toThrow('on purpose');
    expect(memory().numTensors - before).toBe(3);
  });
  expect(memory().numTensors).toBe(before);
  x.dispose();
});

test('a wasm heap that is full refuses, and works on', async () => {
  const { ops, memory } = await openEngine({ name: 'wasm' });
  await openEngine({ name: 'wasm' });
  const before = memory();
  const full = expect.objectContaining({ code: 'OUT_OF_MEMORY' });
  const gibibyte = () => hostComputeOne([], [2 ** 28], () => {});
  const held: Tensor[] = [];
  expect(() => {
    for (let count = 0; count < 4; count++) held.push(gibibyte());
  }).toThrow(full);
  expect(held.length).toBeGreaterThanOrEqual(2);
  tf.dispose(held);
  for (const size of [2 ** 29, 2 ** 30, 2 ** 30 + 1]) {
    expect(() => hostComputeOne([], [size], () => {})).toThrow(full);
  }
  const { backend } = tfjsEngine();
  const buffers = backend.numDataIds();
  expect(() => hostCompute([], [[10], [2 ** 29]], () => {})).toThrow(full);
  expect(backend.numDataIds()).toBe(buffers);
  expect(memory()).toMatchObject({ numTensors: before.numTensors, bytes: before.bytes });
  const y = ops.mul(ops.ones([2]), 3);
  expect([...y.dataSync()]).toEqual([3, 3]);
  y.dispose();
});
