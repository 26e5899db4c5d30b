// A process that runs a planned ablation with a made-up laboratory: node timing.fixture.mjs PLAN LOG PROCESSES
// The log gets `ready PID`, then `begin PID` and `end PID` for each eval that is run alone; none ends before so many
// processes are ready. One line of stdout for each begin.
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { runAblation } from '@foretoken/ablation';

const [plan, log, processes] = process.argv.slice(2);
const numReady = async () => (await readFile(log, 'utf8')).match(/ready/g).length;

let isReady = false;

const laboratory = {
  async train({ training: { steps } }, { directory }) {
    await mkdir(directory, { recursive: true });
    if (!isReady) await appendFile(log, `ready ${process.pid}\n`);
    isReady = true;
    return {
      ...{ parameters: 1, layers: 6, trunkLayers: 5, steps, skippedSteps: 0, tokens: steps, match: { to: 'none' } },
      ...{ flopsPerToken: { forward: 1, training: 3 }, trainingFlops: 3, peakBytes: 1 },
      data: { contentHash: 'c', trainBytes: 1, validationBytes: 1 },
      timings: { seconds: 1, tokensPerSecond: 1 },
    };
  },
  async evaluate({ evals }) {
    if (!evals.some(({ name }) => name === 'throughput')) return {};
    await appendFile(log, `begin ${process.pid}\n`);
    console.log('timing');
    while ((await numReady()) < Number(processes)) await sleep(10);
    // The others have nothing left to do but to time.
    await sleep(60);
    await appendFile(log, `end ${process.pid}\n`);
    return { throughput: { results: {}, timings: { pid: process.pid } } };
  },
};

const planned = JSON.parse(await readFile(plan, 'utf8'));
await runAblation(planned, { host: { clock: () => performance.now() }, laboratory });
