import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ForetokenError, Host } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { planOf } from '../plan/planning.fixture.ts';
import { dig } from '../results/results.ts';
import { ablationPaths } from '../run/ablation-store.ts';
import type { AblationEvent } from '../run/events.ts';
import type { TrainingFacts } from '../run/laboratory.ts';
import { type AblationSummary, type RunAblationOptions, runAblation } from '../run/run-ablation.ts';
import { performInWorker } from './worker-performer.ts';
import { completeSettings, type WorkerSettings } from './worker-settings.ts';

const entry = fileURLToPath(new URL('./worker.fixture.mjs', import.meta.url));
const orphan = fileURLToPath(new URL('./orphan.fixture.mjs', import.meta.url));
const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 4 }';
const host = { clock: () => performance.now() } as unknown as Host;

/** Arms of two horizons, with two seeds each, and how some of their trainings misbehave. */
async function planWith(behaviour: { readonly [cell: string]: string } = {}): Promise<AblationPlan> {
  const plan = await planOf('axes: { model.head.horizon: [1, 2] }\nseeds: [0, 1]', { base });
  await writeFile(path.join(plan.directory, '../behaviour.json'), JSON.stringify(behaviour));
  return plan;
}

async function run(plan: AblationPlan, workers: WorkerSettings = {}, options: Partial<RunAblationOptions> = {}) {
  const events: AblationEvent[] = [];
  const onEvent = (event: AblationEvent) => {
    events.push(event);
    options.onEvent?.(event);
  };
  const end = runAblation(plan, { host, ...options, workers: { entry, ...workers }, onEvent });
  const summary = (await end.catch((error: ForetokenError) => error)) as AblationSummary & ForetokenError;
  return { summary, events };
}

const failureOf = async (plan: AblationPlan, cell: number) =>
  JSON.parse(await readFile(path.join(plan.directory, 'cells', plan.cells[cell].id, 'failure.json'), 'utf8'));

const statuses = ({ results }: AblationSummary) =>
  results.arms.flatMap(({ cells }) => cells.map((cell) => cell.status));

/** The processes that worked on an ablation, which should be gone by now. */
async function pidsOf({ directory, trainings }: AblationPlan): Promise<number[]> {
  const files = trainings.map(({ key }) => path.join(directory, 'trainings', key, 'pids'));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return [...new Set(texts.join('').trim().split('\n').filter(Boolean).map(Number))];
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('workers', () => {
  it('give the results of one process, however many there are, share the threads, and are gone afterwards', async () => {
    const [one, two] = [await planWith({ '*': 'slow' }), await planWith({ '*': 'slow' })];
    const single = await run(one);
    const double = await run(two, { count: 2 });
    expect(statuses(single.summary)).toEqual(['done', 'done', 'done', 'done']);
    expect([(await pidsOf(one)).length, (await pidsOf(two)).length]).toEqual([1, 2]);
    const threads = (summary: AblationSummary, ...path: string[]) =>
      dig(summary.results.arms[0].cells[0] as never, ...path, 'threads');
    expect(threads(single.summary, 'results', 'bits-per-byte')).toBe('all');
    const half = String(Math.max(1, Math.floor(availableParallelism() / 2)));
    expect(threads(double.summary, 'results', 'bits-per-byte')).toBe(half);
    // What is timed runs alone, with all of them.
    expect(threads(double.summary, 'timings', 'throughput')).toBe('all');
    // One process does it all: a new one for each would cost a start.
    const timers = double.summary.results.arms.flatMap(({ cells }) =>
      cells.map((cell) => dig(cell as never, 'timings', 'throughput', 'pid')),
    );
    expect([timers.length, new Set(timers).size]).toEqual([4, 1]);
    const strip = ({ results }: AblationSummary) =>
      JSON.stringify(results, (key, value) => (['timings', 'threads'].includes(key) ? undefined : value));
    expect(strip(double.summary)).toBe(strip(single.summary));
    expect([...(await pidsOf(one)), ...(await pidsOf(two))].filter(isAlive)).toEqual([]);
    expect(single.events.filter(({ type }) => type === 'finished')).toHaveLength(12);
    expect(single.events.find(({ type }) => type === 'progress')).toMatchObject({
      progress: { unit: 'steps', total: 4 },
    });
  });

  it('are not started for a matrix that is finished', async () => {
    const plan = await planWith();
    await run(plan);
    const again = await run(plan, { entry: '/does/not/exist.js' });
    expect(again.summary.failedCells).toBe(0);
  });

  it('contain a plugin that exits the process: its cell fails by name, with its log and its metrics so far', async () => {
    const plan = await planWith({ '2/0': 'exit' });
    const { summary } = await run(plan, { retries: 0 });
    expect(statuses(summary)).toEqual(['done', 'done', 'failed', 'done']);
    const failure = await failureOf(plan, 2);
    expect(failure).toMatchObject({ code: 'WORKER_CRASHED', message: expect.stringContaining('exit code 3') });
    expect(await readFile(path.join(plan.directory, failure.log), 'utf8')).toBe('a plugin leaves\n');
    const metrics = path.join(plan.directory, 'trainings', plan.cells[2].trainingKey, 'metrics.jsonl');
    expect(await readFile(metrics, 'utf8')).toBe('{"step":1}\n{"step":2}\n');
  });

  it('try a task again whose process was killed, where it was stopped, and no more often than the limit', async () => {
    const mended = await planWith({ '1/1': 'die once' });
    expect(statuses((await run(mended)).summary)).toEqual(['done', 'done', 'done', 'done']);
    const hopeless = await planWith({ '1/1': 'die' });
    const { summary } = await run(hopeless, { retries: 1 });
    expect(statuses(summary)).toEqual(['done', 'failed', 'done', 'done']);
    expect((await failureOf(hopeless, 1)).message).toMatch(/at 2 attempts: it ended by the signal SIGKILL/);
  });

  it('do not try again what the work itself throws, and keep what it wrote', async () => {
    const plan = await planWith({ '1/0': 'throw' });
    await run(plan);
    const failure = await failureOf(plan, 0);
    expect(failure).toMatchObject({ code: 'UNEXPECTED', message: 'a plugin is broken' });
    expect(await readFile(path.join(plan.directory, failure.log), 'utf8')).toBe('about to throw\n');
    const pids = path.join(plan.directory, 'trainings', plan.cells[0].trainingKey, 'pids');
    expect((await readFile(pids, 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  it('keep what was written just before a failure, however late the coordinator reads it', async () => {
    const plan = await planWith({ '*': 'throw' });
    // While it draws a step's progress, the text and the answer come, the one through a pipe and the other not.
    const onEvent = ({ type }: AblationEvent) => {
      if (type !== 'progress') return;
      for (const until = performance.now() + 5; performance.now() < until; );
    };
    await run(plan, {}, { onEvent });
    for (let cell = 0; cell < 4; cell++) {
      const { log } = await failureOf(plan, cell);
      expect(await readFile(path.join(plan.directory, log), 'utf8')).toBe('about to throw\n');
    }
  });

  it.each([
    ['spin', { hangMs: 1_000 }, 'WORKER_HUNG', /no sign of life for 1/],
    ['wait', { hangMs: 1_000 }, 'WORKER_HUNG', /no sign of life for 1/],
    ['wait', { deadlineMs: 1_500 }, 'TASK_DEADLINE', /longer than 1.5 s/],
    ['grow', { memoryBytes: 2 ** 28 }, 'WORKER_MEMORY', /used \d+ MiB of memory, where --memory allows 256 MiB/],
    ['stop process', { silenceMs: 3_000, retries: 0 }, 'WORKER_CRASHED', /its process was silent for 3 s/],
    ['pretend', {}, 'WORKER_PROTOCOL', /it answered what it was not asked/],
    ['send', {}, 'WORKER_PROTOCOL', /got no such message: {"hello":"world"}/],
  ])('end a task that does "%s" under %o: %s', async (behaviour, limits, code, message) => {
    const plan = await planWith({ '1/0': behaviour });
    const { summary } = await run(plan, limits);
    expect(await failureOf(plan, 0)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(statuses(summary)).toEqual(['failed', 'done', 'done', 'done']);
    // Whatever it still does, it does beside no other task: those had a process of their own.
    const pids = await pidsOf(plan);
    expect(pids).toHaveLength(2);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it.each(['spin', 'wait'])('end when their coordinator is killed, also in the middle of "%s"', async (behaviour) => {
    const plan = await planWith({ '*': behaviour });
    const file = path.join(plan.directory, '../plan.json');
    await writeFile(file, JSON.stringify(plan));
    const coordinator = spawn(process.execPath, [orphan, file, entry], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(coordinator.stdout, 'data');
    const [pid] = await pidsOf(plan);
    expect(isAlive(pid)).toBe(true);
    coordinator.kill('SIGKILL');
    try {
      await expect.poll(() => isAlive(pid), { timeout: 30_000, interval: 50 }).toBe(false);
    } finally {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
  });

  it('end with the first failure where that is asked for', async () => {
    const plan = await planWith({ '1/0': 'throw', '1/1': 'until stopped' });
    const { summary } = await run(plan, { count: 2 }, { failFast: true });
    expect(summary.failedCells).toBe(4);
    expect(await readdir(path.join(plan.directory, 'cells'))).toEqual([plan.cells[0].id]);
  });

  it('begin nothing when the run is stopped while one takes the place of another', async () => {
    const { directory, cells, trainings } = await planWith();
    const controller = new AbortController();
    const performer = performInWorker({
      ...{ paths: ablationPaths(directory), baseDirectory: directory, signal: controller.signal },
      settings: completeSettings({ entry, count: 2 }),
    });
    // What is timed takes a process with all threads.
    const task = { kind: 'time', cell: cells[0], training: trainings[0], facts: {} as TrainingFacts } as const;
    const onRestart = async () => controller.abort();
    await expect(performer.perform(task, { onProgress: () => {}, onRestart })).rejects.toThrow(/abort/);
    await performer.close();
  });

  it('save themselves when the run is stopped, which goes on from there', async () => {
    const plan = await planWith({ '*': 'slow' });
    const controller = new AbortController();
    const stopAt = (event: AblationEvent) => void (event.type === 'progress' && controller.abort());
    const { summary } = await run(plan, { count: 2 }, { signal: controller.signal, onEvent: stopAt });
    expect(summary).toMatchObject({
      code: 'INTERRUPTED',
      message: expect.stringContaining('The same command goes on'),
    });
    expect((await pidsOf(plan)).filter(isAlive)).toEqual([]);
    expect((await run(plan)).summary.failedCells).toBe(0);
  });
});
