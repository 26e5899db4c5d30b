import { definePlugin } from '@foretoken/core/plugin';
import anticausal from './anticausal/anticausal.ts';
import causal from './causal/causal.ts';
import fixed from './fixed/fixed.ts';
import hydra from './hydra/hydra.ts';
import leap from './leap/leap.ts';
import linear from './linear/linear.ts';
import medusa from './medusa/medusa.ts';
import parallel from './parallel/parallel.ts';
import sequential from './sequential/sequential.ts';
import uniform from './uniform/uniform.ts';

export default definePlugin({
  provides: [causal, anticausal, medusa, hydra, leap, sequential, linear, parallel, uniform, fixed],
});
