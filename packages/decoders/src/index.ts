export { default as exact } from './exact/exact.ts';
export { default as fixed } from './fixed/fixed.ts';
export { default as greedy } from './greedy/greedy.ts';
export { openSession } from './session/open-session.ts';
export { default as speculative } from './speculative/speculative.ts';
