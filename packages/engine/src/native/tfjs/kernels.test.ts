// Values worked out by hand, bits that may not depend on threads or neighbours, and calls that must be refused.
import { beforeAll, describe, expect, test } from 'vitest';
import { openEngine } from '../../open-engine.ts';
import { tf } from '../../tensor.ts';
import { randomArray, tensorOf, uniforms } from '../../testing/judge.ts';
import { PRESENT } from '../../testing/present.ts';
import { tfjsEngine } from '../../tfjs/internals.ts';
import type { Addon } from '../addon.ts';
import type { NativeBackend } from '../backend.ts';
import { delegatedKernelNames, nativeKernelNames } from '../tfjs-kernels.ts';

type Inputs = { [name: string]: tf.Tensor };

describe.runIf(PRESENT.includes('native'))('on native', () => {
  let addon: Addon;
  beforeAll(async () => {
    await openEngine({ name: 'native' });
    addon = (tfjsEngine().backend as unknown as NativeBackend).addon;
  });

  /** Values of a kernel's results, one array each. */
  const run = (name: string, inputs: Inputs | tf.Tensor[], attrs: object = {}): number[][] =>
    tf.tidy(() =>
      [tfjsEngine().runKernel(name, inputs as Inputs, attrs)].flat().map((result) => Array.from(result.dataSync())),
    );

  test('a tensor is repeated to a shape, and refused one that it does not broadcast to', () => {
    const x = tf.tensor2d([1, 2], [2, 1]);
    expect(run('BroadcastTo', { x }, { shape: [2, 2, 3] })).toEqual([[1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]]);
    expect(() => run('BroadcastTo', { x }, { shape: [3, 1] })).toThrow(/broadcast/i);
    expect(() => run('BroadcastTo', { x }, { shape: [2] })).toThrow(/broadcast/i);
  });

  test('the logarithm of a softmax keeps what the softmax loses', () => {
    const [[first, second]] = run('LogSoftmax', { logits: tf.tensor1d([0, 200]) }, { axis: -1 });
    expect([first, second]).toEqual([-200, 0]);
  });

  test('whole numbers wrap around, and divide towards zero or downwards as the kernel says', () => {
    const ints = (values: number[]) => tf.tensor1d(values, 'int32');
    const [a, b] = [ints([2147483647, -2147483648, 46341]), ints([1, -1, 46341])];
    expect(run('Add', { a, b })).toEqual([[-2147483648, 2147483647, 92682]]);
    expect(run('Multiply', { a, b })).toEqual([[2147483647, -2147483648, -2147479015]]);
    expect(run('RealDiv', { a: ints([-7, 7, 7]), b: ints([2, 2, 0]) })).toEqual([[-3, 3, 0]]);
    expect(run('FloorDiv', { a: ints([-7, 7, 7]), b: ints([2, 2, 0]) })).toEqual([[-4, 3, 0]]);
    expect(run('Pow', { a: ints([-3, 2, 5]), b: ints([3, 10, 0]) })).toEqual([[-27, 1024, 1]]);
    expect(run('Cast', { x: tf.tensor1d([-1.9, 3e9, Number.NaN, 6e9]) }, { dtype: 'int32' })).toEqual([
      [-1, -1294967296, 0, 1705032704],
    ]);
  });

  test('squares and cubes of one exponent are those of many', () => {
    const x = tensorOf<tf.Tensor>(randomArray([1000], uniforms(3)));
    for (const exponent of [2, 3]) {
      const [many] = run('Pow', { a: x, b: tf.fill([1000], exponent) });
      expect(run('Pow', { a: x, b: tf.scalar(exponent) })).toEqual([many]);
      const hand = [...x.dataSync()].map((value) => Math.fround(value ** exponent));
      expect(many).toEqual(hand);
    }
  });

  test('the lowest index of a tie wins, and NaN is the largest value', () => {
    const x = tf.tensor2d([3, 1, 3, 2, Number.NaN, 5, 7, 7], [2, 4]);
    expect(run('TopK', { x }, { k: 3, sorted: true })).toEqual([
      [3, 3, 2, Number.NaN, 7, 7],
      [0, 2, 3, 0, 2, 3],
    ]);
    expect(run('ArgMax', { x: tf.tensor1d([1, Number.NaN, 4, 4]) }, { axis: 0 })).toEqual([[2]]);
    expect(run('Max', { x }, { reductionIndices: [1] })).toEqual([[3, Number.NaN]]);
    expect(run('Min', { x }, { axis: [0] })).toEqual([[Number.NaN, 1, 3, 2]]);
  });

  test('the largest of no values is below all, their sum is 0', () => {
    const x = tf.zeros([2, 0]);
    expect(run('Max', { x }, { reductionIndices: [1] })).toEqual([[-Infinity, -Infinity]]);
    expect(run('Sum', { x }, { axis: [1] })).toEqual([[0, 0]]);
    expect(run('Prod', { x }, { axis: [1] })).toEqual([[1, 1]]);
  });

  test('the sum of a million values is as exact as float32 can say it', () => {
    const values = Float32Array.from({ length: 1 << 20 }, (_, index) => 1 + (index % 7) * 0.1);
    const exact = Array.from(values).reduce((sum, value) => sum + value, 0);
    const [[[along]], [[down]]] = [
      run('Sum', { x: tf.tensor1d(values) }, { axis: [0] }),
      run('Sum', { x: tf.tensor2d(values, [1 << 20, 1]) }, { axis: [0] }),
    ];
    expect(Math.abs(along / exact - 1)).toBeLessThan(3e-7);
    expect(Math.abs(down / exact - 1)).toBeLessThan(3e-7);
  });

  const everywhere: [string, (x: tf.Tensor) => [string, Inputs, object?]][] = [
    ['sums of rows', (x) => ['Sum', { x }, { axis: [1] }]],
    ['sums of columns', (x) => ['Sum', { x }, { axis: [0] }]],
    ['sums of all', (x) => ['Sum', { x }, { axis: [0, 1] }]],
    ['means of columns', (x) => ['Mean', { x }, { axis: [0] }]],
    ['running sums', (x) => ['Cumsum', { x }, { axis: 0 }]],
    ['products of rows', (x) => ['Prod', { x }, { axis: [1] }]],
    ['exponentials', (x) => ['Exp', { x }]],
    ['logarithms of a softmax', (x) => ['LogSoftmax', { logits: x }, { axis: 1 }]],
    [
      'sums of segments',
      (x) => [
        'UnsortedSegmentSum',
        { x, segmentIds: tf.range(0, x.shape[0], 1, 'int32').mod(tf.scalar(3, 'int32')) },
        { numSegments: 3 },
      ],
    ],
    ['broadcast products', (x) => ['Multiply', { a: x, b: tf.slice(x, 0, 1) }]],
    ['transposes', (x) => ['Transpose', { x }, { perm: [1, 0] }]],
  ];

  test.each(everywhere)('%s have the same bits on one, two and five threads', (_, call) => {
    const x = tensorOf<tf.Tensor>(randomArray([997, 131], uniforms(5)));
    const threads = addon.threads();
    const results = [1, 2, 5].map((count) => {
      addon.setThreads(count);
      return run(...call(x));
    });
    addon.setThreads(threads);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test.each([1, 2, 31, 64])('what comes of a row is the same alone and among %i rows, along any axis', (others) => {
    const [T, D] = [300, 9];
    const rows = tensorOf<tf.Tensor>(randomArray([others + 1, T, D], uniforms(9)));
    const alone = tf.slice(rows, 0, 1);
    for (const [name, key] of [
      ['Sum', 'axis'],
      ['Mean', 'axis'],
      ['Prod', 'axis'],
      ['Max', 'reductionIndices'],
    ]) {
      for (const axes of [[1], [2], [1, 2]]) {
        const [own] = run(name, { x: alone }, { [key]: axes });
        const [among] = run(name, { x: rows }, { [key]: axes });
        expect(among.slice(0, own.length), `${name} over ${axes}`).toEqual(own);
        const [turnedOwn, turnedAmong] = [alone, rows].map((x) => tf.transpose(x, [1, 2, 0]));
        const inner = axes.map((axis) => axis - 1);
        const [column] = run(name, { x: turnedOwn }, { [key]: inner });
        const [columns] = run(name, { x: turnedAmong }, { [key]: inner });
        expect(
          columns.filter((_value, at) => at % (others + 1) === 0),
          `${name} of columns over ${axes}`,
        ).toEqual(column);
      }
    }
  });

  test('an index or a step outside a tensor is refused, and so is a type that an operation is not made for', () => {
    const backend = tfjsEngine().backend as unknown as NativeBackend;
    const { handle } = backend.find(tf.tensor1d([1, 2, 3, 4]).dataId);
    const at = backend.find(tf.tensor1d([0, 4], 'int32').dataId).handle;
    const bad: (() => unknown)[] = [
      () => addon.binaryOver(0, 0, handle, handle, Int32Array.of(5, 1, 0)),
      () => addon.binaryOver(0, 0, handle, handle, Int32Array.of(2, 2, 4, 1, 0, 0)),
      () => addon.binary(0, 0, handle, 4, handle, 3),
      () => addon.binary(0, 2, handle, 16, handle, 16),
      () => addon.binary(99, 0, handle, 4, handle, 4),
      () => addon.unary(11, 1, handle, 4),
      () => addon.rearrange(0, handle, Int32Array.of(4, -1), 2),
      () => addon.rearrange(0, handle, Int32Array.of(4, 1), 1),
      () => addon.rearrange(0, handle, new Int32Array(40), 0),
      () => addon.pad(0, handle, Int32Array.of(4, 2), 0, 6, 0),
      () => addon.concat(0, Float64Array.of(handle, handle), Int32Array.of(4, 5), 1),
      () => addon.reduce(0, 0, handle, 2, 3, 1, true),
      () => addon.reduce(0, 0, handle, 2, 1, 2, true),
      () => addon.topK(0, handle, 1, 4, 5),
      () => addon.take(0, handle, at, 1, 1, 4, 1, 2),
      () => addon.takeAt(0, handle, 4, 1, at, 2, Int32Array.of(1)),
      () => addon.scatterAt(0, 0, 4, 1, at, 2, Int32Array.of(1), at),
      () => addon.select(handle, 1, 0, handle, handle, 4),
    ];
    for (const [index, call] of bad.entries()) expect(call, `call ${index}`).toThrow(/ENGINE_MISUSE|SHAPE_MISMATCH/);
    expect(() => addon.unary(0, 0, 12345, 4)).toThrow(/ENGINE_MISUSE/);
  });

  test('a kernel that neither the engine nor tfjs’ cpu backend has names itself, and an engine that has it', () => {
    const flags = tf.tensor1d([1, 0], 'bool');
    expect(() => run('LogicalXor', { a: flags, b: flags })).toThrow(
      'KERNEL_MISSING: engine "native" has no kernel LogicalXor (of tf.logicalXor). It runs on: wasm.',
    );
    expect(() => run('UpperBound', {})).toThrow(
      'KERNEL_MISSING: engine "native" has no kernel UpperBound (of tf.upperBound). No other engine that is loaded has it.',
    );
  });

  test('every tfjs kernel of the cpu backend is native or delegated, none both', () => {
    const [own, others] = [nativeKernelNames(), delegatedKernelNames()];
    const all = new Set([...own, ...others]);
    expect(all.size).toBe(own.length + others.length);
    for (const { kernelName } of tf.getKernelsForBackend('cpu')) expect(all).toContain(kernelName);
    expect(others).toContain('Conv2D');
  });

  test('strings and complex numbers go through tfjs’ cpu backend', () => {
    expect(tf.concat([tf.tensor1d(['a']), tf.tensor1d(['b'])]).dataSync()).toEqual(['a', 'b'] as never);
    const z = tf.complex([1, 2, 3, 4], [1, 0, -1, 0]).reshape([2, 2]);
    expect(Array.from(tf.real(tf.add(z, z)).dataSync())).toEqual([2, 4, 6, 8]);
    expect(tf.real(z).shape).toEqual([2, 2]);
  });
});
