// A process that plans and runs a real ablation with two workers, as `foretoken ablate` does:
//   node chaos.fixture.mjs ABLATION [SILENCE_MS]
// One line of stdout per task that starts, one of stderr per failure; exit code 1 if a cell failed or the run ended early.
import { createForetokenHost, planAblation, runAblation, writeReport } from '@foretoken/ablation';

const [ablation, silenceMs] = process.argv.slice(2);
const host = await createForetokenHost();
const plan = await planAblation(ablation, host);
const { failedCells } = await runAblation(plan, {
  host,
  workers: { count: 2, ...(silenceMs !== undefined && { silenceMs: Number(silenceMs) }) },
  onEvent(event) {
    if (event.type === 'started') console.log(event.task.label);
    if (event.type === 'failed') console.error(event.failure.message);
  },
});
await writeReport(plan.directory);
process.exit(failedCells === 0 ? 0 : 1);
