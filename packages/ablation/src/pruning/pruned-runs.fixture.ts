import type { Experiment, ForetokenError, Host } from '@foretoken/core';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { planOf } from '../plan/planning.fixture.ts';
import type { AblationEvent } from '../run/events.ts';
import { createFakeLaboratory, type FakeLaboratory, type Interference } from '../run/laboratory.fixture.ts';
import { runAblation } from '../run/run-ablation.ts';

const base = `
data: { dataset: { name: text-files, root: . } }
training: { steps: 8, validateEvery: 2 }
evals: [bits-per-byte]`;

/** Horizon 1 is the baseline; rungs at steps 2 and 4 of 8. */
export const matrixOf = (horizons: readonly number[], pruning = 'halving: { rungs: [0.25, 0.5] }', seeds = [0]) =>
  `axes: { model.head.horizon: [${horizons}] }\nseeds: [${seeds}]\npruning: { ${pruning} }`;

export const planRace = (lines: string): Promise<AblationPlan> => planOf(lines, { base });

/** The runner asks the host for nothing but the time. */
const host = { clock: () => 0 } as unknown as Host;

/** Held-out bits of a horizon and seed at a step. */
export type BitsOf = (horizon: number, seed: number, step: number) => number;

/** A laboratory whose validations give what a test says. */
export function racingLaboratory(bitsOf: BitsOf, interfere?: Interference): FakeLaboratory {
  const fake = createFakeLaboratory(interfere);
  return {
    ...fake,
    async trainUntil(experiment: Experiment, options) {
      const at = await fake.trainUntil(experiment, options);
      return { ...at, bits: bitsOf(experiment.model.head.horizon, experiment.seed, at.step) };
    },
  };
}

/** Runs a plan; an error is what comes back in place of a summary. */
export async function race(plan: AblationPlan, bitsOf: BitsOf, interfere?: Interference, signal?: AbortSignal) {
  const laboratory = racingLaboratory(bitsOf, interfere);
  const events: AblationEvent[] = [];
  const summary = await runAblation(plan, {
    ...{ host, laboratory, signal },
    onEvent: (event) => events.push(event),
  }).catch((error: ForetokenError) => error);
  return { summary, events, calls: laboratory.calls };
}
