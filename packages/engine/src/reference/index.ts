/** The judge of every op in tests: plain loops over float64, forward only, never fast. */
export { type Array64, fill, fillAt, sizeOf, valueAt } from './array.ts';
export * from './attention.ts';
export * from './elementwise.ts';
export * from './linear.ts';
export * from './reduce.ts';
export * from './shape.ts';
export * from './training.ts';
