// Every kernel of the native backend against tfjs' cpu backend, an implementation that shares nothing with it.
import { beforeAll, describe, expect, test } from 'vitest';
import { openEngine } from '../../open-engine.ts';
import type { tf } from '../../tensor.ts';
import { type Asked, askBoth, Dice, isClose } from '../../testing/against-cpu.ts';
import { PRESENT } from '../../testing/present.ts';
import { tfjsEngine } from '../../tfjs/internals.ts';
import { KERNELS } from './index.ts';

const NUM_SEEDS = 60;
const NUMBERS: tf.DataType[] = ['float32', 'int32'];
const ALL: tf.DataType[] = [...NUMBERS, 'bool'];

type Maker = (dice: Dice) => Asked;

const pair =
  (types: readonly tf.DataType[], hasCorners = true, names = ['a', 'b']): Maker =>
  (dice) => {
    const dtype = dice.pick(types);
    const [left, right] = dice.shapes().map((shape) => dice.tensor(shape, dtype, hasCorners));
    return { inputs: { [names[0]]: left, [names[1]]: right } };
  };

const one =
  (types: readonly tf.DataType[], hasCorners = true, attrs: object = {}): Maker =>
  (dice) => ({ inputs: { x: dice.tensor(dice.shape(), dice.pick(types), hasCorners) }, attrs });

/** A tensor that is not empty: tfjs says nothing of the largest of no values. */
const solid = (dice: Dice, types: readonly tf.DataType[], hasCorners: boolean, least = 0): tf.Tensor =>
  dice.tensor(
    dice.shape(least).map((size) => Math.max(size, 1)),
    dice.pick(types),
    hasCorners,
  );

const overAxes =
  (types: readonly tf.DataType[], key = 'axis', hasCorners = false): Maker =>
  (dice) => {
    const x = solid(dice, types, hasCorners);
    const axes = x.shape.map((_, axis) => axis).filter(() => dice.flag());
    return { inputs: { x }, attrs: { [key]: axes, keepDims: dice.flag() } };
  };

const overOne =
  (types: readonly tf.DataType[], more: (dice: Dice) => object = () => ({})): Maker =>
  (dice) => {
    const x = solid(dice, types, false, 1);
    return { inputs: { x }, attrs: { axis: dice.whole(0, x.shape.length - 1), ...more(dice) } };
  };

const running: Maker = overOne(NUMBERS, (dice) => ({ exclusive: dice.flag(), reverse: dice.flag() }));

function block(dice: Dice): Asked {
  const x = dice.tensor(dice.shape(1), dice.pick(ALL));
  const begin = x.shape.map((size) => dice.whole(0, size));
  return { inputs: { x }, attrs: { begin, size: x.shape.map((size, axis) => dice.whole(0, size - begin[axis])) } };
}

function strides(dice: Dice): Asked {
  const x = dice.tensor(dice.shape(1), dice.pick(ALL));
  const ends = () => x.shape.map((size) => dice.whole(-size - 1, size + 1));
  const masks = ['beginMask', 'endMask', 'shrinkAxisMask'].map((key) => [key, 0]);
  const steps = x.shape.map(() => dice.pick([-2, -1, 1, 2, 3]));
  const attrs = { begin: ends(), end: ends(), strides: steps, ellipsisMask: 0, newAxisMask: 0 };
  return { inputs: { x }, attrs: { ...attrs, ...Object.fromEntries(masks) } };
}

function parts(dice: Dice): Asked {
  const shape = dice.shape(1);
  const dtype = dice.pick(ALL);
  const axis = dice.whole(0, shape.length - 1);
  const tensors = Array.from({ length: dice.whole(1, 4) }, () =>
    dice.tensor(shape.with(axis, dice.whole(0, 4)), dtype),
  );
  return { inputs: tensors, attrs: { axis } };
}

function equals(dice: Dice, most = 4): tf.Tensor[] {
  const shape = dice.shape();
  const dtype = dice.pick(NUMBERS);
  return Array.from({ length: dice.whole(1, most) }, () => dice.tensor(shape, dtype));
}

function gathered(dice: Dice): Asked {
  const batchDims = dice.whole(0, 1);
  const x = solid(dice, ALL, true, 2);
  const axis = dice.whole(batchDims, x.shape.length - 1);
  const at = batchDims === 1 ? [x.shape[0], dice.whole(1, 4)] : dice.shape(0, 2);
  return { inputs: { x, indices: dice.indices(at, x.shape[axis]) }, attrs: { axis, batchDims } };
}

/** Indices of slices of a tensor: as deep as its first axes. */
function slicesOf(dice: Dice, shape: readonly number[]): { indices: tf.Tensor; updates: number[] } {
  const depth = dice.whole(1, shape.length);
  const count = dice.whole(1, 6);
  const values = Array.from({ length: count }, () => shape.slice(0, depth).map((size) => dice.whole(0, size - 1)));
  return {
    indices: dice.tensorOf(values.flat(), [count, depth], 'int32'),
    updates: [count, ...shape.slice(depth)],
  };
}

function chosen(dice: Dice): Asked {
  const shape = dice.shape();
  const dtype = dice.pick(ALL);
  const [t, e] = [0, 0].map(() => dice.tensor(shape, dtype, true));
  return { inputs: { condition: dice.tensor(shape, 'bool'), t, e } };
}

function matrices(dice: Dice): { a: tf.Tensor; b: tf.Tensor; attrs: object; shape: number[] } {
  const [M, K, N] = [dice.whole(1, 20), dice.whole(0, 20), dice.whole(1, 20)];
  const [transposeA, transposeB] = [dice.flag(), dice.flag()];
  const batch = dice.flag() ? [] : [dice.whole(1, 3)];
  const a = dice.tensor([...batch, ...(transposeA ? [K, M] : [M, K])]);
  const b = dice.tensor([...batch, ...(transposeB ? [N, K] : [K, N])]);
  return { a, b, attrs: { transposeA, transposeB }, shape: [...batch, M, N] };
}

function fusedProduct(dice: Dice): Asked {
  const { a, b, attrs, shape } = matrices(dice);
  const activation = dice.pick(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu']);
  const N = shape[shape.length - 1];
  const bias = dice.pick([undefined, dice.tensor([N]), dice.tensor(shape.slice(-2)), dice.tensor([1])]);
  const preluActivationWeights = activation === 'prelu' ? dice.tensor([N]) : undefined;
  const inputs = { a, b, bias, preluActivationWeights } as { [name: string]: tf.Tensor };
  return { inputs, attrs: { ...attrs, activation, leakyreluAlpha: 0.3 } };
}

function summation(dice: Dice): Asked {
  const size = { i: dice.whole(1, 4), j: dice.whole(1, 4), k: dice.whole(1, 4), b: dice.whole(1, 3) };
  const equation = dice.pick(['ij,jk->ik', 'bij,bjk->bik', 'ij->ji', 'ij,ij->', 'i,j->ij', 'bij->b', 'ij,kj->ik']);
  const terms = equation.split('->')[0].split(',');
  const shapes = terms.map((term) => [...term].map((letter) => size[letter as keyof typeof size]));
  return { inputs: shapes.map((shape) => dice.tensor(shape)), attrs: { equation } };
}

const named = (names: string, make: Maker): [string, Maker][] => names.split(' ').map((name) => [name, make]);

const CASES = new Map<string, Maker>([
  ...named('Add Sub Maximum Minimum', pair(NUMBERS)),
  ...named('Multiply RealDiv SquaredDifference Mod FloorDiv', pair(NUMBERS, false)),
  // Powers of whole numbers overflow, and JavaScript engines round them in their own ways.
  ...named('Pow', pair(['float32'])),
  ...named('BitwiseAnd', pair(['int32'])),
  ...named('Atan2', pair(['float32'])),
  ...named('Equal NotEqual Less LessEqual Greater GreaterEqual', pair(ALL)),
  ...named('LogicalAnd LogicalOr', pair(['bool'])),
  ...named('Prelu', pair(['float32'], true, ['x', 'alpha'])),
  [
    'EluGrad',
    (dice) => {
      const shape = dice.shape();
      return { inputs: { dy: dice.tensor(shape), y: dice.tensor(shape) } };
    },
  ],
  ...named('Neg Relu Relu6 Sign', one(NUMBERS)),
  ...named('Square Abs', one(NUMBERS, false)),
  ...named('Exp Sigmoid Sqrt Rsqrt Reciprocal Elu Selu Softplus Expm1 Log Log1p Tanh Erf', one(['float32'])),
  ...named('Floor Ceil Round Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh', one(['float32'])),
  ...named('IsNan IsInf IsFinite', one(['float32'])),
  ...named('LogicalNot', one(['bool'])),
  ...named('Step LeakyRelu', one(['float32'], true, { alpha: 0.2 })),
  ...named('ClipByValue', one(NUMBERS, true, { clipValueMin: -1.5, clipValueMax: 2.5 })),
  ...named('ZerosLike OnesLike Identity', one(ALL)),
  ['Cast', (dice) => ({ ...one(ALL)(dice), attrs: { dtype: dice.pick(ALL) } })],
  [
    'Fill',
    (dice) => ({ inputs: {}, attrs: { shape: dice.shape(), value: dice.whole(-3, 3), dtype: dice.pick(NUMBERS) } }),
  ],
  [
    'Range',
    (dice) => ({
      inputs: {},
      attrs: {
        start: dice.whole(-5, 5),
        stop: dice.whole(-5, 5),
        step: dice.pick([1, 2, 0.3, -1, -0.7]),
        dtype: dice.pick(NUMBERS),
      },
    }),
  ],
  ['LinSpace', (dice) => ({ inputs: {}, attrs: { start: -1, stop: dice.whole(-3, 3), num: dice.whole(2, 9) } })],
  ['Select', chosen],
  ['AddN', (dice) => ({ inputs: equals(dice) })],
  ...named('Sum Mean Prod', overAxes(ALL)),
  ...named('Min', overAxes(ALL, 'axis', true)),
  ...named('Max', overAxes(ALL, 'reductionIndices', true)),
  ...named('Any All', overAxes(['bool'])),
  ...named('ArgMax ArgMin', overOne(ALL)),
  ...named('Cumsum Cumprod', running),
  ['Softmax', (dice) => ({ inputs: { logits: solid(dice, ['float32'], false, 1) }, attrs: { dim: -1 } })],
  [
    'Reshape',
    (dice) => {
      const x = dice.tensor(dice.shape(), dice.pick(ALL));
      return { inputs: { x }, attrs: { shape: [x.size, 1] } };
    },
  ],
  [
    'ExpandDims',
    (dice) => {
      const input = dice.tensor(dice.shape(), dice.pick(ALL));
      return { inputs: { input }, attrs: { dim: dice.whole(-input.shape.length - 1, input.shape.length) } };
    },
  ],
  [
    'Transpose',
    (dice) => {
      const x = dice.tensor(dice.shape(0, 5), dice.pick(ALL));
      const order = x.shape.map((_, axis) => [dice.next(), axis]).sort((a, b) => a[0] - b[0]);
      return { inputs: { x }, attrs: { perm: order.map(([, axis]) => axis) } };
    },
  ],
  ['Slice', block],
  ['StridedSlice', strides],
  [
    'Tile',
    (dice) => {
      const x = dice.tensor(dice.shape(1), dice.pick(ALL));
      return { inputs: { x }, attrs: { reps: x.shape.map(() => dice.whole(0, 3)) } };
    },
  ],
  [
    'Reverse',
    (dice) => {
      const x = dice.tensor(dice.shape(1), dice.pick(ALL));
      return { inputs: { x }, attrs: { dims: x.shape.map((_, axis) => axis).filter(() => dice.flag()) } };
    },
  ],
  [
    'PadV2',
    (dice) => {
      const x = dice.tensor(dice.shape(1), dice.pick(ALL));
      const paddings = x.shape.map(() => [dice.whole(0, 2), dice.whole(0, 2)]);
      return { inputs: { x }, attrs: { paddings, constantValue: dice.whole(0, 1) } };
    },
  ],
  ['Concat', parts],
  [
    'Pack',
    (dice) => {
      const tensors = equals(dice);
      return { inputs: tensors, attrs: { axis: dice.whole(0, tensors[0].shape.length) } };
    },
  ],
  [
    'Unpack',
    (dice) => {
      const value = dice.tensor(dice.shape(1), dice.pick(ALL));
      return { inputs: { value }, attrs: { axis: dice.whole(-value.shape.length, value.shape.length - 1) } };
    },
  ],
  [
    'SplitV',
    (dice) => {
      const x = dice.tensor(dice.shape(1), dice.pick(ALL));
      const axis = dice.whole(0, x.shape.length - 1);
      const first = dice.whole(0, x.shape[axis]);
      return { inputs: { x }, attrs: { axis, numOrSizeSplits: [first, x.shape[axis] - first] } };
    },
  ],
  ['GatherV2', gathered],
  [
    'GatherNd',
    (dice) => {
      const params = solid(dice, ALL, true, 1);
      return { inputs: { params, indices: slicesOf(dice, params.shape).indices } };
    },
  ],
  [
    'ScatterNd',
    (dice) => {
      const shape = dice.shape(1, 3).map((size) => Math.max(1, size));
      const { indices, updates } = slicesOf(dice, shape);
      return { inputs: { indices, updates: dice.tensor(updates, dice.pick(NUMBERS)) }, attrs: { shape } };
    },
  ],
  [
    'TensorScatterUpdate',
    (dice) => {
      const tensor = solid(dice, NUMBERS, true, 1);
      const { indices, updates } = slicesOf(dice, tensor.shape);
      return { inputs: { tensor, indices, updates: dice.tensor(updates, tensor.dtype) } };
    },
  ],
  [
    'UnsortedSegmentSum',
    (dice) => {
      const x = solid(dice, ['float32'], false, 1);
      const ids = Array.from({ length: x.shape[0] }, () => dice.whole(-1, 4));
      return { inputs: { x, segmentIds: dice.tensorOf(ids, [x.shape[0]], 'int32') }, attrs: { numSegments: 4 } };
    },
  ],
  [
    'OneHot',
    (dice) => ({
      inputs: { indices: dice.indices(dice.shape(0, 2), 6) },
      attrs: { depth: dice.whole(1, 5), onValue: 2, offValue: -1, dtype: dice.pick(NUMBERS) },
    }),
  ],
  [
    'TopK',
    (dice) => {
      const x = solid(dice, ALL, false, 1);
      return { inputs: { x }, attrs: { k: dice.whole(1, x.shape[x.shape.length - 1]), sorted: true } };
    },
  ],
  [
    'BatchMatMul',
    (dice) => {
      const { a, b, attrs } = matrices(dice);
      return { inputs: { a, b }, attrs };
    },
  ],
  ['_FusedMatMul', fusedProduct],
  ['Einsum', summation],
]);

/** Kernels that tfjs' cpu backend has not; they have tests of their own. */
const ELSEWHERE = ['BroadcastTo', 'LogSoftmax'];

describe.runIf(PRESENT.includes('native'))('on native', () => {
  beforeAll(async () => {
    await openEngine({ name: 'native' });
  });

  test('every kernel has a case', () => {
    expect(KERNELS.map(({ kernelName }) => kernelName).sort()).toEqual([...CASES.keys(), ...ELSEWHERE].sort());
  });

  test.each([...CASES])('%s gives what tfjs’ cpu backend gives, and leaks nothing', (name, make) => {
    const backend = tfjsEngine().backend;
    for (let seed = 1; seed <= NUM_SEEDS; seed++) {
      const before = backend.numDataIds();
      const dice = new Dice(seed * 7919 + name.length);
      const { own, cpu } = askBoth(name, make(dice));
      dice.dispose();
      const plain = (results: typeof cpu) => results.map(({ dtype, shape }) => ({ dtype, shape }));
      expect(plain(own ?? []), `seed ${seed}`).toEqual(plain(cpu));
      for (const [index, { values }] of cpu.entries()) {
        const wrong = values.findIndex((value, at) => !isClose(own![index].values[at], value));
        expect(wrong < 0 ? 'right' : [wrong, own![index].values[wrong], values[wrong]], `seed ${seed}`).toBe('right');
      }
      expect(backend.numDataIds(), `seed ${seed}`).toBe(before);
    }
  });
});
