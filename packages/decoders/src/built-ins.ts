import { definePlugin } from '@foretoken/core/plugin';
import confidence from './confidence/confidence.ts';
import costModel from './cost-model/cost-model.ts';
import entropy from './entropy/entropy.ts';
import exact from './exact/exact.ts';
import fixed from './fixed/fixed.ts';
import greedy from './greedy/greedy.ts';
import speculative from './speculative/speculative.ts';

export default definePlugin({ provides: [greedy, speculative, exact, fixed, confidence, entropy, costModel] });
