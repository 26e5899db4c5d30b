// A coordinator to be killed: node orphan.fixture.mjs PLAN ENTRY. One line of stdout once its worker is two steps on.
import { readFile } from 'node:fs/promises';
import { runAblation } from '../../dist/run/run-ablation.js';

const plan = JSON.parse(await readFile(process.argv[2], 'utf8'));
await runAblation(plan, {
  host: { clock: () => performance.now() },
  workers: { entry: process.argv[3] },
  onEvent(event) {
    if (event.type === 'progress') console.log('at work');
  },
});
