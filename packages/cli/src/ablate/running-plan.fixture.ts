import type { AblationEvent, AblationPlan, CellRecord, TaskInfo, TaskProgress } from '@foretoken/ablation';

/** A plan of arms by seeds, one training each, of which nothing but its names and sizes is looked at. */
export function planOf(arms: readonly string[], seeds: readonly number[], alone: readonly string[] = []): AblationPlan {
  const experiment = { evals: ['bits-per-byte', 'throughput'].map((name) => ({ name })) };
  const cells = arms.flatMap((arm) =>
    seeds.map((seed) => ({ id: `${arm}/${seed}`, arm, seed, trainingKey: `t ${arm}/${seed}`, alone, experiment })),
  );
  return { arms, cells } as unknown as AblationPlan;
}

/** Every training as large. */
export const equalSizes = ({ cells }: AblationPlan, size: number): ReadonlyMap<string, number> =>
  new Map(cells.map(({ trainingKey }) => [trainingKey, size]));

/** The events of one ablation, with a clock turned by hand. */
export class Script {
  ms = 0;
  #task = 0;
  readonly #see: (event: AblationEvent) => void;
  readonly #plan: AblationPlan;

  constructor(plan: AblationPlan, see: (event: AblationEvent) => void) {
    this.#plan = plan;
    this.#see = see;
  }

  readonly now = (): number => this.ms;

  planned(reused: readonly CellRecord[] = []): void {
    const { arms, cells } = this.#plan;
    const stale = { cells: 0, changed: [] };
    const counts = { arms: arms.length, cells: cells.length, reused: reused.length, tasks: 99 };
    this.#see({ type: 'planned', ...counts, stale });
    for (const record of reused) this.#see({ type: 'reused', record });
  }

  start(kind: TaskInfo['kind'], arm: string, seed: number): TaskInfo {
    this.#task += 1;
    const info = { kind, arms: [arm], seed, label: `${kind} ${arm}, seed ${seed}`, task: this.#task, tasks: 99 };
    this.#see({ type: 'started', task: info });
    return info;
  }

  progress(task: TaskInfo, done: number, total: number, more: Partial<TaskProgress> = {}): void {
    const unit = task.kind === 'train' ? 'steps' : 'evals';
    this.#see({ type: 'progress', task, progress: { done, total, unit, perSecond: 0, ...more } });
  }

  finish(task: TaskInfo, seconds: number, record?: CellRecord): void {
    this.#see({ type: 'finished', task, seconds, ...(record && { record }) });
  }

  fail(task: TaskInfo, message: string): void {
    const failure = { id: 'x', task: task.kind, code: 'UNEXPECTED', message };
    this.#see({ type: 'failed', task, failure });
  }

  /** A cell from its first step to its last measurement: ten seconds of training, two of measuring. */
  cell(arm: string, seed: number, bits: number): void {
    const training = this.start('train', arm, seed);
    this.progress(training, 0, 10);
    this.ms += 10_000;
    this.finish(training, 10);
    const measuring = this.start('measure', arm, seed);
    this.ms += 2_000;
    this.finish(measuring, 2, recordOf(arm, seed, bits));
  }
}

/** What is kept of a measured cell, as far as it is shown. */
export const recordOf = (arm: string, seed: number, bits: number): CellRecord =>
  ({
    ...{ id: `${arm}/${seed}`, seed },
    results: { 'bits-per-byte': { perOffset: [bits] } },
    timings: { training: { seconds: 10 } },
  }) as unknown as CellRecord;
