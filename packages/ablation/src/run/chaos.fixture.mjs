// A process that plans and runs a real ablation with two workers: node chaos.fixture.mjs ABLATION
// One line of stdout per task that starts; exit code 1 if a cell failed.
import { createForetokenHost, planAblation, runAblation } from '@foretoken/ablation';

const host = await createForetokenHost();
const plan = await planAblation(process.argv[2], host);
const { failedCells } = await runAblation(plan, {
  host,
  workers: { count: 2 },
  onEvent(event) {
    if (event.type === 'started') console.log(event.task.label);
    if (event.type === 'failed') console.error(event.failure.message);
  },
});
process.exit(failedCells === 0 ? 0 : 1);
