import { definePlugin } from '@foretoken/core/plugin';
import exact from './exact/exact.ts';
import fixed from './fixed/fixed.ts';
import greedy from './greedy/greedy.ts';
import speculative from './speculative/speculative.ts';

export default definePlugin({ provides: [greedy, speculative, exact, fixed] });
