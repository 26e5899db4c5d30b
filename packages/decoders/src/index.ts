export { default as confidence } from './confidence/confidence.ts';
export { default as costModel } from './cost-model/cost-model.ts';
export { default as entropy } from './entropy/entropy.ts';
export { default as exact } from './exact/exact.ts';
export { default as fixed } from './fixed/fixed.ts';
export { default as greedy } from './greedy/greedy.ts';
export { openSession } from './session/open-session.ts';
export { default as speculative } from './speculative/speculative.ts';
