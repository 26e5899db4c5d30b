// The one place that names tfjs' types; everything above imports them from here.
import * as tf from '../tfjs/index.mjs';

/**
 * tfjs itself: the escape hatch under `ops`. A plugin that uses only `ops` runs on every engine; one that uses `tf`
 * runs where tfjs has the kernels.
 */
export { tf };
export type Scalar = tf.Scalar;
export type Tensor = tf.Tensor;
export type Tensor1D = tf.Tensor1D;
export type Tensor2D = tf.Tensor2D;
export type Tensor3D = tf.Tensor3D;
export type Tensor4D = tf.Tensor4D;
export type TensorLike = number | readonly number[] | Float32Array | Int32Array;
