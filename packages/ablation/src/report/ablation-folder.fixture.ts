import type { EvalOutcome, Host } from '@foretoken/core';
import { planOf } from '../plan/planning.fixture.ts';
import { createFakeLaboratory, type Interference } from '../run/laboratory.fixture.ts';
import type { Laboratory } from '../run/laboratory.ts';
import { runAblation } from '../run/run-ablation.ts';

const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 60, validateEvery: 10 }';

/** Arms as the quickstart has them. */
export const fourArms = `
arms:
  - { name: n1, set: { model.head.horizon: 1 } }
  - { name: n4 parallel, set: { model.head.horizon: 4 } }
  - { name: n4 linear, set: { model.head: { name: linear, horizon: 4 } } }
  - { name: n4 low-rank, set: { model.head: { name: low-rank, horizon: 4, rank: 8 } } }
seeds: [0, 1]`;

/** What a test puts in place of what the made-up laboratory measured. */
export type Remeasure = (evalName: string, outcome: EvalOutcome, seed: number) => EvalOutcome;

/** Runs an ablation with a made-up laboratory, and gives the folder of its results. */
export async function ablationFolder(
  lines = fourArms,
  { interfere, remeasure = (_, outcome) => outcome }: { interfere?: Interference; remeasure?: Remeasure } = {},
): Promise<string> {
  const plan = await planOf(lines, { base });
  const host = { clock: () => 0 } as unknown as Host;
  const fake = createFakeLaboratory(interfere);
  const laboratory: Laboratory = {
    ...fake,
    async evaluate(experiment, options) {
      const outcomes = await fake.evaluate(experiment, options);
      const entries = Object.entries(outcomes);
      return Object.fromEntries(entries.map(([name, outcome]) => [name, remeasure(name, outcome, experiment.seed)]));
    },
  };
  await runAblation(plan, { host, laboratory });
  return plan.directory;
}
