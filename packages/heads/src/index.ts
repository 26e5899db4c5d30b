export { default as fixed } from './fixed/fixed.ts';
export { default as linear } from './linear/linear.ts';
export { default as parallel } from './parallel/parallel.ts';
export { default as sequential } from './sequential/sequential.ts';
export { default as uniform } from './uniform/uniform.ts';
