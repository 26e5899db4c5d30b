// Kernels of one tensor, value by value.
import type { tf } from '../../tensor.ts';
import type { TensorInfo } from '../../tfjs/internals.ts';
import type { NativeBackend } from '../backend.ts';
import { defineKernel, type NativeKernel, typeOf } from './kernel.ts';
import { view } from './view.ts';

/** In the order of the addon's numbers. */
const OPERATIONS = [
  ...['Neg', 'Exp', 'Sigmoid', 'Silu', 'Square', 'Sqrt', 'Rsqrt', 'Reciprocal', 'Abs', 'Relu', 'Relu6', 'Elu', 'Selu'],
  ...['Softplus', 'Expm1', 'Log', 'Log1p', 'Tanh', 'Erf', 'Sign', 'Floor', 'Ceil', 'Round'],
  ...['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh'],
  ...['IsNan', 'IsInf', 'IsFinite', 'LogicalNot'],
];

/** The addon's number of an operation. */
export const unaryNumber = (name: string): number => OPERATIONS.indexOf(name);

/** One of tfjs' unary kernels on a float32 tensor. */
export function mapped(backend: NativeBackend, name: string, x: TensorInfo): TensorInfo {
  const { handle, size } = backend.find(x.dataId);
  return backend.adopt(backend.addon.unary(unaryNumber(name), 0, handle, size), x.shape);
}

function unary(name: string, operands: readonly tf.DataType[], result?: tf.DataType): NativeKernel {
  const operation = unaryNumber(name);
  return defineKernel(name, ({ inputs: { x }, backend }) => {
    if (!operands.includes(x.dtype)) return undefined;
    const { handle, size } = backend.find(x.dataId);
    const made = backend.addon.unary(operation, typeOf(x.dtype) as number, handle, size);
    return backend.adopt(made, x.shape, result ?? x.dtype);
  });
}

const WHOLE = ['Neg', 'Square', 'Abs', 'Relu', 'Relu6', 'Sign'];
const TESTS = ['IsNan', 'IsInf', 'IsFinite'];
const REALS = OPERATIONS.filter((name) => ![...WHOLE, ...TESTS, 'Silu', 'LogicalNot'].includes(name));

/** Functions, tests, and changes of type. */
export const UNARY_KERNELS: readonly NativeKernel[] = [
  ...REALS.map((name) => unary(name, ['float32'])),
  ...WHOLE.map((name) => unary(name, ['float32', 'int32'])),
  ...TESTS.map((name) => unary(name, ['float32'], 'bool')),
  unary('LogicalNot', ['bool']),
  defineKernel('ClipByValue', ({ inputs: { x }, attrs: { clipValueMin, clipValueMax }, backend }) => {
    const type = typeOf(x.dtype);
    if (type === undefined || x.dtype === 'bool') return undefined;
    const { handle, size } = backend.find(x.dataId);
    return backend.adopt(backend.addon.clip(type, handle, size, clipValueMin, clipValueMax), x.shape, x.dtype);
  }),
  defineKernel('Cast', ({ inputs: { x }, attrs: { dtype }, backend }) => {
    const from = typeOf(x.dtype);
    const to = typeOf(dtype);
    if (from === undefined || to === undefined) return undefined;
    if (from === to) return view(backend, x, x.shape);
    const { handle, size } = backend.find(x.dataId);
    return backend.adopt(backend.addon.cast(from, to, handle, size), x.shape, dtype);
  }),
];
