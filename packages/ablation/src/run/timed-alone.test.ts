import { access } from 'node:fs/promises';
import path from 'node:path';
import { type Experiment, ForetokenError, type Host } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import { evalsAlone } from '../matrix/evals-alone.ts';
import { fixtureRegistry } from '../matrix/registry.fixture.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { planOf } from '../plan/planning.fixture.ts';
import { openAblationStore } from './ablation-store.ts';
import { recordOf } from './cell-record.ts';
import { createFakeLaboratory, type Interference } from './laboratory.fixture.ts';
import { openLeases } from './leases.ts';
import { runAblation } from './run-ablation.ts';
import { type Claim, createLocalScheduler, type Scheduler } from './scheduler.ts';

const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 1, validateEvery: 1 }';
const plan = (lines = 'axes: { model.head.horizon: [1, 2] }\nseeds: [0]') => planOf(lines, { base });
const host = { clock: () => 0 } as unknown as Host;

async function run(planned: AblationPlan, interfere?: Interference) {
  const laboratory = createFakeLaboratory(interfere);
  const summary = await runAblation(planned, { host, laboratory }).catch((error: ForetokenError) => error);
  return { summary, calls: laboratory.calls };
}

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

/** Does a task with a laboratory that makes numbers up, and publishes it. */
async function finish(scheduler: Scheduler, claim: Claim): Promise<void> {
  const { task } = claim;
  const laboratory = createFakeLaboratory();
  const onProgress = () => {};
  if (task.kind === 'train') {
    const options = { directory: (await planOf('seeds: [0]')).directory, baseDirectory: '/', onProgress };
    await scheduler.publish(claim, {
      kind: 'trained',
      facts: await laboratory.train(task.training.experiment, options),
    });
  } else {
    const record = recordOf(task.cell, task.training, task.facts, {});
    await scheduler.publish(claim, { kind: 'measured', record });
  }
}

/** Whether something settles before everything that can go on now has gone on. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const late = new Promise((resolve) => setTimeout(() => resolve('late'), 50));
  return (await Promise.race([promise.then(() => 'settled'), late])) === 'settled';
}

describe('evals that are run alone', () => {
  it('are handed out when nothing else is out, one at a time, whoever waits', async () => {
    const planned = await plan();
    const leases = await openLeases(path.join(planned.directory, 'leases'));
    const scheduler = await createLocalScheduler(planned, openAblationStore(planned.directory), leases);
    expect(scheduler.tasks).toBe(6);
    const claim = () => scheduler.claim(process.pid);
    const trainings = [(await claim())!, (await claim())!];
    await finish(scheduler, trainings[0]);
    const first = (await claim())!;
    expect(first.task.kind).toBe('measure');
    await finish(scheduler, first);
    // One cell is measured and could be timed, but the other training is still out.
    const waiting = [claim(), claim()];
    expect(await isSettled(Promise.race(waiting))).toBe(false);
    await finish(scheduler, trainings[1]);
    const second = (await Promise.race(waiting))!;
    expect(second.task.kind).toBe('measure');
    await finish(scheduler, second);
    const kinds: string[] = [];
    let left = waiting.filter((_, i) => i === 1);
    for (let timed = (await left[0])!; timed; ) {
      kinds.push(timed.task.kind);
      const next = claim();
      expect(await isSettled(next)).toBe(false);
      await finish(scheduler, timed);
      timed = (await next)!;
      left = [];
    }
    expect(kinds).toEqual(['time', 'time']);
    await leases.close();
  });

  it('make the record whole: a cell is not finished before, and what was measured is not measured again', async () => {
    const planned = await plan('seeds: [0]');
    const [{ id }] = planned.cells;
    const file = (name: string) => path.join(planned.directory, 'cells', id, name);
    const failed = await run(planned, (call) => {
      if (call.startsWith('time')) throw new ForetokenError('DATA_TOO_SHORT', 'no prompt is long enough.');
    });
    expect(failed.summary).toMatchObject({ failedCells: 1 });
    expect(await openAblationStore(planned.directory).readFailure(id)).toMatchObject({ task: 'time' });
    expect([await isThere(file('cell.json')), await isThere(file('measured.json'))]).toEqual([false, true]);
    const again = await run(planned);
    expect(again.calls).toEqual(['train parallel/4/0', 'time parallel/4/0']);
    expect([await isThere(file('cell.json')), await isThere(file('measured.json'))]).toEqual([true, false]);
    const quiet = await plan('seeds: [0]');
    await run(quiet);
    const record = async (one: AblationPlan) => openAblationStore(one.directory).readRecord(one.cells[0].id);
    expect(await record(planned)).toEqual(await record(quiet));
    expect(Object.keys((await record(planned))!.timings)).toEqual(['training', 'throughput']);
  });

  it('are all there is to do of a cell without other evals', async () => {
    const { calls } = await run(await plan('seeds: [0]\naxes: { evals: [[throughput]] }'));
    expect(calls).toEqual(['train parallel/4/0', 'time parallel/4/0']);
  });

  it('are those that say so, and those of drafts where a policy looks at a clock', () => {
    const decoders = (policy: string) => ({ d: { name: 'd', rule: { name: 'exact' }, policy: { name: policy } } });
    const evals = ['bits-per-byte', 'acceptance', 'throughput'].map((name) => ({ name }));
    const alone = (policy: string) =>
      evalsAlone({ evals, decoders: decoders(policy) } as unknown as Experiment, fixtureRegistry());
    expect(alone('fixed')).toEqual(['throughput']);
    expect(alone('cost-model')).toEqual(['acceptance', 'throughput']);
  });
});
