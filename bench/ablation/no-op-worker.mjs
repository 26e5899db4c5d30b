// A worker of an ablation that loads what every worker loads, opens its engine, and trains and measures nothing.
import { mkdir } from 'node:fs/promises';
import { createForetokenHost } from '../../packages/ablation/dist/index.js';
import { serveTasks } from '../../packages/ablation/dist/workers/serve-tasks.js';

const facts = {
  ...{ parameters: 1, layers: 6, trunkLayers: 5, steps: 1, skippedSteps: 0, tokens: 1, match: { to: 'none' } },
  ...{ flopsPerToken: { forward: 1, training: 3 }, trainingFlops: 3, peakBytes: 1 },
  data: { contentHash: 'c', trainBytes: 1, validationBytes: 1 },
  timings: { seconds: 1, tokensPerSecond: 1 },
};

await serveTasks(async () => {
  const host = await createForetokenHost();
  await host.openEngine({ name: 'auto', precision: 'float32' });
  return {
    async train(_experiment, { directory }) {
      await mkdir(directory, { recursive: true });
      return facts;
    },
    evaluate: async () => ({ 'bits-per-byte': { results: { offsets: [1], perOffset: [2] } } }),
  };
});
