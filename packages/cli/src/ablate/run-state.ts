import {
  type AblationEvent,
  type AblationPlan,
  type Cell,
  createStanding,
  type Standing,
  type TaskInfo,
  type TaskProgress,
} from '@foretoken/ablation';
import { type MeasuringKind, type TimeLeft, type TrainingSizes, timeLeft, type WorkSoFar } from './time-left.ts';

/** A task under way. */
export interface RunningTask {
  readonly info: TaskInfo;
  /** Absent before its first report. */
  readonly progress?: TaskProgress;
  /** Process of another ablation that has the machine to itself: the task waits for it. */
  readonly waitsFor?: number;
}

/** How many cells are where. */
export interface CellCounts {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  /** Stopped before their end, with their arm. */
  readonly pruned: number;
  readonly running: number;
  /** Measured, but for what is timed alone once nothing else is left to do. */
  readonly untimed: number;
  /** None of these. */
  readonly left: number;
}

/** What a {@link RunState} is made for. */
export interface RunStateOptions {
  readonly plan: Pick<AblationPlan, 'arms' | 'cells'>;
  readonly sizes: TrainingSizes;
  readonly workers: number;
  /** Milliseconds of a steady clock. */
  now(): number;
}

/** A task under way, and how far it was when it told so first: what an earlier process did counts for no rate. */
interface Watched {
  readonly info: TaskInfo;
  progress?: TaskProgress;
  waitsFor?: number;
  first?: { readonly share: number; readonly ms: number };
}

type Ending = 'done' | 'failed' | 'pruned';

/** Follows an ablation by its events. */
export class RunState {
  readonly standing: Standing;
  readonly #options: RunStateOptions;
  readonly #ended = new Map<Cell, Ending>();
  /** Ids of cells that are measured but for what is timed. */
  readonly #halfDone = new Set<string>();
  /** Shares of the trainings that were done in one go, by key: all of it, or up to where arms may be pruned. */
  readonly #trained = new Map<string, number>();
  readonly #running = new Map<number, Watched>();
  readonly #measured: { readonly [kind in MeasuringKind]: number[] } = { measure: [], time: [] };
  #pace = { size: 0, seconds: 0 };
  #startMs: number;

  constructor(options: RunStateOptions) {
    this.#options = options;
    this.#startMs = options.now();
    this.standing = createStanding(options.plan);
  }

  /** Takes in what happened. */
  see(event: AblationEvent): void {
    if (event.type === 'planned') this.#startMs = this.#options.now();
    else if (event.type === 'reused') this.#reuse(event);
    else if (event.type === 'started') this.#running.set(event.task.task, { info: event.task });
    else if (event.type === 'waiting') {
      this.#running.set(event.task.task, { info: event.task, waitsFor: event.holder.pid });
    } else if (event.type === 'progress') this.#progress(event);
    else if (event.type === 'finished') this.#finish(event);
    else if (event.type === 'failed') this.#end(event.task, 'failed');
    else if (event.type === 'pruned') this.#prune(event.arms);
  }

  cells(): CellCounts {
    const total = this.#options.plan.cells.length;
    const states = [...this.#ended.values()];
    const [done, failed, pruned] = (['done', 'failed', 'pruned'] as const).map(
      (ending) => states.filter((state) => state === ending).length,
    );
    const atWork = new Set([...this.#running.values()].flatMap(({ info }) => this.#openCells(info)));
    const isUntimed = (cell: Cell) => this.#halfDone.has(cell.id) && !this.#ended.has(cell) && !atWork.has(cell);
    const untimed = this.#options.plan.cells.filter(isUntimed).length;
    const left = total - states.length - atWork.size - untimed;
    return { total, done, failed, pruned, running: atWork.size, untimed, left };
  }

  /** In the order in which they were started. */
  running(): readonly RunningTask[] {
    return [...this.#running.values()];
  }

  /** Seconds since the plan was told. */
  seconds(): number {
    return (this.#options.now() - this.#startMs) / 1000;
  }

  timeLeft(): TimeLeft | undefined {
    const open = new Map(
      this.#options.plan.cells.filter((cell) => !this.#ended.has(cell)).map((cell) => [cell.id, cell]),
    );
    const keys = new Set([...open.values()].map(({ trainingKey }) => trainingKey));
    const sizeLeft = [...keys].reduce((sum, key) => sum + this.#sizeOf(key) * (1 - (this.#trained.get(key) ?? 0)), 0);
    const underWay = this.#underWay();
    const counts = { measure: 0, time: 0 };
    for (const { id, alone, experiment } of open.values()) {
      if (alone.length < experiment.evals.length && !this.#halfDone.has(id)) counts.measure += 1;
      if (alone.length > 0) counts.time += 1;
    }
    const work: WorkSoFar = {
      trained: { size: this.#pace.size + underWay.size, seconds: this.#pace.seconds + underWay.seconds },
      measured: this.#measured,
      sizeLeft: Math.max(0, sizeLeft - underWay.done),
      measurementsLeft: counts,
      workers: this.#options.workers,
    };
    return timeLeft(work);
  }

  #reuse({ record, isUntimed }: Extract<AblationEvent, { type: 'reused' }>): void {
    if (isUntimed) this.#halfDone.add(record.id);
    else for (const cell of this.#options.plan.cells) if (cell.id === record.id) this.#ended.set(cell, 'done');
    this.standing.add(record);
  }

  #progress({ task, progress }: Extract<AblationEvent, { type: 'progress' }>): void {
    const watched = this.#running.get(task.task) ?? { info: task };
    const first = watched.first ?? { share: shareOf(progress), ms: this.#options.now() };
    this.#running.set(task.task, { info: task, progress, first });
  }

  #finish({ task, seconds, record }: Extract<AblationEvent, { type: 'finished' }>): void {
    if (task.kind === 'train') this.#finishTraining(task);
    else {
      this.#measured[task.kind].push(seconds);
      const cells = this.#openCells(task);
      if (task.kind === 'measure' && cells.some(({ alone }) => alone.length > 0)) this.#halfDone.add(cells[0].id);
      else this.#end(task, 'done');
    }
    if (record) this.standing.add(record);
    this.#running.delete(task.task);
  }

  #finishTraining(task: TaskInfo): void {
    const key = this.#keyOf(task);
    const first = this.#running.get(task.task)?.first;
    const share = task.until ?? 1;
    // One that told nothing was finished before.
    if (first) this.#addPace({ size: this.#sizeOf(key) * (share - first.share), seconds: this.#since(first.ms) });
    this.#trained.set(key, share);
  }

  #prune(arms: readonly string[]): void {
    for (const cell of this.#options.plan.cells) if (arms.includes(cell.arm)) this.#ended.set(cell, 'pruned');
  }

  #addPace({ size, seconds }: { readonly size: number; readonly seconds: number }): void {
    this.#pace = { size: this.#pace.size + size, seconds: this.#pace.seconds + seconds };
  }

  #end(task: TaskInfo, state: Ending): void {
    for (const cell of this.#openCells(task)) this.#ended.set(cell, state);
    this.#running.delete(task.task);
  }

  /** Trainings at work: what they did since they told so first, in how long, and what of it was not done before. */
  #underWay(): { size: number; seconds: number; done: number } {
    const sum = { size: 0, seconds: 0, done: 0 };
    for (const { info, progress, first } of this.#running.values()) {
      if (info.kind !== 'train' || !progress || !first) continue;
      const key = this.#keyOf(info);
      const size = this.#sizeOf(key);
      sum.size += size * (shareOf(progress) - first.share);
      // What was pruned meanwhile is not waited for.
      const isOpen = this.#openCells(info).length > 0;
      if (isOpen) sum.done += size * Math.max(0, shareOf(progress) - (this.#trained.get(key) ?? 0));
      sum.seconds += this.#since(first.ms);
    }
    return sum;
  }

  #openCells({ arms, seed }: TaskInfo): readonly Cell[] {
    const { cells } = this.#options.plan;
    return cells.filter((cell) => cell.seed === seed && arms.includes(cell.arm) && !this.#ended.has(cell));
  }

  #keyOf({ arms, seed }: TaskInfo): string {
    return this.#options.plan.cells.find((cell) => cell.seed === seed && cell.arm === arms[0])?.trainingKey ?? '';
  }

  readonly #sizeOf = (key: string): number => this.#options.sizes.get(key) ?? 0;

  readonly #since = (ms: number): number => (this.#options.now() - ms) / 1000;
}

const shareOf = ({ done, total }: TaskProgress): number => (total > 0 ? Math.min(1, done / total) : 0);
