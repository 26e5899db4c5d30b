import { BINARY_KERNELS } from './binary.ts';
import { CREATE_KERNELS } from './create.ts';
import { EINSUM_KERNELS } from './einsum.ts';
import { INDEXING_KERNELS } from './indexing.ts';
import type { NativeKernel } from './kernel.ts';
import { MATRIX_KERNELS } from './matrix.ts';
import { REDUCE_KERNELS } from './reduce.ts';
import { SHAPE_KERNELS } from './shape.ts';
import { UNARY_KERNELS } from './unary.ts';
import { VIEW_KERNELS } from './view.ts';

/** Every tfjs kernel that the native backend has itself. */
export const KERNELS: readonly NativeKernel[] = [
  ...VIEW_KERNELS,
  ...CREATE_KERNELS,
  ...UNARY_KERNELS,
  ...BINARY_KERNELS,
  ...REDUCE_KERNELS,
  ...SHAPE_KERNELS,
  ...INDEXING_KERNELS,
  ...MATRIX_KERNELS,
  ...EINSUM_KERNELS,
];
