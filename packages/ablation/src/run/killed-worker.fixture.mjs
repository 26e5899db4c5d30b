// A process that runs a planned ablation with a made-up laboratory until it is killed: node killed-worker.fixture.mjs PLAN
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runAblation } from '@foretoken/ablation';

/** Slow enough to be killed anywhere; a training resumes behind its last whole line. */
const laboratory = {
  async train({ training, seed, model }, { directory, onProgress }) {
    await mkdir(directory, { recursive: true });
    const file = path.join(directory, 'metrics.jsonl');
    const before = await readFile(file, 'utf8').catch(() => '');
    for (let step = before.split('\n').length; step <= training.steps; step++) {
      await sleep(4);
      await appendFile(file, `{"step":${step}}\n`);
      onProgress({ step, steps: training.steps, loss: 1, tokensPerSecond: 1 });
    }
    return {
      ...{
        parameters: 10 * model.head.horizon,
        layers: 6,
        trunkLayers: 5,
        steps: training.steps,
        skippedSteps: 0,
        tokens: seed,
      },
      ...{ peakBytes: process.pid, data: { contentHash: 'c', trainBytes: 1, validationBytes: 1 } },
      timings: { seconds: process.uptime(), tokensPerSecond: process.pid },
    };
  },
  async evaluate({ seed, model, evals }, { onProgress }) {
    await sleep(10);
    onProgress(1, 1, 'bits-per-byte');
    const results = { offsets: [1], perOffset: [model.head.horizon + seed / 8], filler: 'x'.repeat(2 ** 16) };
    const all = { 'bits-per-byte': { results }, throughput: { results: {}, timings: { pid: process.pid } } };
    return Object.fromEntries(evals.flatMap(({ name }) => (all[name] ? [[name, all[name]]] : [])));
  },
};

const plan = JSON.parse(await readFile(process.argv[2], 'utf8'));
await runAblation(plan, { host: { clock: () => performance.now() }, laboratory });
