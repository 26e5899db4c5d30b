// Kernels of two tensors, value by value, with broadcasting.
import { tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import type { NativeBackend } from '../backend.ts';
import { defineKernel, intsOf, isSameShape, type NativeKernel, stepsOf, typeOf, typeOfAll } from './kernel.ts';

/** In the order of the addon's numbers. */
const OPERATIONS = [
  ...['Add', 'Sub', 'Multiply', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference', 'Prelu', 'Step', 'EluGrad'],
  ...['Pow', 'Mod', 'FloorDiv', 'Atan2', 'BitwiseAnd'],
  ...['Equal', 'NotEqual', 'Less', 'LessEqual', 'Greater', 'GreaterEqual', 'LogicalAnd', 'LogicalOr'],
];

/** The addon's number of an operation. */
export const binaryNumber = (name: string): number => OPERATIONS.indexOf(name);

/** Distance between neighbours of an operand along the axes of a result, 0 where it repeats. */
function stepsAlong(shape: readonly number[], operand: readonly number[]): number[] {
  const skipped = shape.length - operand.length;
  const steps = stepsOf(operand);
  return shape.map((_, axis) => (axis < skipped || operand[axis - skipped] === 1 ? 0 : steps[axis - skipped]));
}

function combined(
  backend: NativeBackend,
  operation: number,
  type: number,
  a: TensorInfo,
  b: TensorInfo,
  dtype: tf.DataType,
) {
  const left = backend.find(a.dataId);
  const right = backend.find(b.dataId);
  const isWhole = isSameShape(a.shape, b.shape) || (right.size === 1 && b.shape.length <= a.shape.length);
  if (isWhole || (left.size === 1 && a.shape.length <= b.shape.length)) {
    const handle = backend.addon.binary(operation, type, left.handle, left.size, right.handle, right.size);
    return backend.adopt(handle, isWhole ? a.shape : b.shape, dtype);
  }
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const axes = intsOf([...shape, ...stepsAlong(shape, a.shape), ...stepsAlong(shape, b.shape)]);
  const handle = backend.addon.binaryOver(operation, type, left.handle, right.handle, axes);
  return backend.adopt(handle, shape, dtype);
}

/** a + b of float32 tensors. */
export const sumOf = (backend: NativeBackend, a: TensorInfo, b: TensorInfo): TensorInfo =>
  combined(backend, binaryNumber('Add'), 0, a, b, 'float32');

/** a b of float32 tensors. */
export const productOf = (backend: NativeBackend, a: TensorInfo, b: TensorInfo): TensorInfo =>
  combined(backend, binaryNumber('Multiply'), 0, a, b, 'float32');

/** x where it is not negative, alpha x where it is; float32. */
export const leakOf = (backend: NativeBackend, x: TensorInfo, alpha: TensorInfo): TensorInfo =>
  combined(backend, binaryNumber('Prelu'), 0, x, alpha, 'float32');

/** x where it is not negative, x times a number where it is; float32. */
export function leakByNumber(backend: NativeBackend, x: TensorInfo, alpha: number): TensorInfo {
  const { handle, size } = backend.find(x.dataId);
  return backend.adopt(backend.addon.binaryWith(binaryNumber('Prelu'), handle, size, alpha), x.shape);
}

interface BinaryOptions {
  readonly operands: readonly tf.DataType[];
  /** Default: that of the operands. */
  readonly result?: tf.DataType;
  readonly names?: readonly [string, string];
}

function binary(name: string, { operands, result, names: [left, right] = ['a', 'b'] }: BinaryOptions): NativeKernel {
  const operation = binaryNumber(name);
  return defineKernel(name, ({ inputs, backend }) => {
    const a = inputs[left];
    const b = inputs[right];
    if (a.dtype !== b.dtype || !operands.includes(a.dtype)) return undefined;
    return combined(backend, operation, typeOf(a.dtype) as number, a, b, result ?? a.dtype);
  });
}

const numbers: tf.DataType[] = ['float32', 'int32'];
const arithmetic = ['Add', 'Sub', 'Multiply', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference', 'Pow', 'Mod'];
const comparisons = ['Equal', 'NotEqual', 'Less', 'LessEqual', 'Greater', 'GreaterEqual'];

/** Arithmetic, comparisons and logic. */
export const BINARY_KERNELS: readonly NativeKernel[] = [
  ...arithmetic.map((name) => binary(name, { operands: numbers })),
  binary('FloorDiv', { operands: numbers, result: 'int32' }),
  binary('BitwiseAnd', { operands: ['int32'] }),
  binary('Atan2', { operands: ['float32'] }),
  binary('Prelu', { operands: ['float32'], names: ['x', 'alpha'] }),
  binary('EluGrad', { operands: ['float32'], names: ['dy', 'y'] }),
  ...comparisons.map((name) => binary(name, { operands: [...numbers, 'bool'], result: 'bool' })),
  ...['LogicalAnd', 'LogicalOr'].map((name) => binary(name, { operands: ['bool'], result: 'bool' })),
  defineKernel('Step', ({ inputs: { x }, attrs: { alpha }, backend }) => {
    if (x.dtype !== 'float32') return undefined;
    const { handle, size } = backend.find(x.dataId);
    return backend.adopt(backend.addon.binaryWith(binaryNumber('Step'), handle, size, alpha), x.shape);
  }),
  defineKernel('LeakyRelu', ({ inputs: { x }, attrs: { alpha }, backend }) =>
    x.dtype === 'float32' ? leakByNumber(backend, x, alpha) : undefined,
  ),
  defineKernel('AddN', ({ inputs, backend }) => {
    const tensors = inputs as unknown as readonly TensorInfo[];
    const type = typeOfAll(tensors);
    const [{ shape, dtype }] = tensors;
    if (type === undefined || dtype === 'bool' || !tensors.every((x) => isSameShape(x.shape, shape))) return undefined;
    const handles = Float64Array.from(tensors, ({ dataId }) => backend.find(dataId).handle);
    return backend.adopt(backend.addon.addAll(handles, type, backend.find(tensors[0].dataId).size), shape, dtype);
  }),
];
