// The one place that names tfjs' types; everything above imports them from here.
// Types by the library's own name: tools that read our declarations, the API report's say, cannot follow `export *` of it.
import type * as library from '@tensorflow/tfjs';
import * as tf from '../tfjs/index.mjs';

/**
 * tfjs itself: the escape hatch under `ops`. A plugin that uses only `ops` runs on every engine; one that uses `tf`
 * runs where tfjs has the kernels.
 */
export { tf };
/** A tensor without axes: one value. */
export type Scalar = library.Scalar;
/**
 * A tensor of tfjs, of any rank: float32, int32 or bool. Whoever makes one frees it; what a plugin makes through `ops` belongs
 * to the scope that called the plugin, which frees it. Nobody writes to a tensor that was handed over.
 */
export type Tensor = library.Tensor;
/** A {@link Tensor} of one axis. */
export type Tensor1D = library.Tensor1D;
/** A {@link Tensor} of two axes. */
export type Tensor2D = library.Tensor2D;
/** A {@link Tensor} of three axes. */
export type Tensor3D = library.Tensor3D;
/** A {@link Tensor} of four axes. */
export type Tensor4D = library.Tensor4D;
/** What becomes a tensor where one is taken: a number, a list of numbers, or typed values. */
export type TensorLike = number | readonly number[] | Float32Array | Int32Array;
