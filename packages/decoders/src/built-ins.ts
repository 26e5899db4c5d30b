import { definePlugin } from '@foretoken/core/plugin';
import beam from './beam/beam.ts';
import blockwise from './blockwise/blockwise.ts';
import confidence from './confidence/confidence.ts';
import costModel from './cost-model/cost-model.ts';
import distance from './distance/distance.ts';
import entropy from './entropy/entropy.ts';
import exact from './exact/exact.ts';
import fixed from './fixed/fixed.ts';
import greedy from './greedy/greedy.ts';
import promptLookup from './prompt-lookup/prompt-lookup.ts';
import rejection from './rejection/rejection.ts';
import sample from './sample/sample.ts';
import speculative from './speculative/speculative.ts';
import topK from './top-k/top-k.ts';
import tree from './tree/tree.ts';
import typical from './typical/typical.ts';

export default definePlugin({
  provides: [
    greedy,
    sample,
    speculative,
    blockwise,
    tree,
    promptLookup,
    beam,
    exact,
    rejection,
    typical,
    topK,
    distance,
    fixed,
    confidence,
    entropy,
    costModel,
  ],
});
