import { MATRIX_KERNELS } from './matrix.ts';
import { VIEW_KERNELS } from './view.ts';

/** A tfjs kernel of the native backend. */
export type NativeKernel = (typeof VIEW_KERNELS)[number];

/** Every tfjs kernel that the native backend has itself. */
export const KERNELS: readonly NativeKernel[] = [...VIEW_KERNELS, ...MATRIX_KERNELS];
