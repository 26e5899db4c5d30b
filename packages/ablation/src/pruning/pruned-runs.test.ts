import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRandom, type Host, type Random } from '@foretoken/core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { resultsOf } from '../results/results-of.fixture.ts';
import { openAblationStore } from '../run/ablation-store.ts';
import { openLeases } from '../run/leases.ts';
import { performTask } from '../run/perform-task.ts';
import { runAblation } from '../run/run-ablation.ts';
import { type Claim, createLocalScheduler } from '../run/scheduler.ts';
import { type BitsOf, matrixOf, planRace, race, racingLaboratory } from './pruned-runs.fixture.ts';

/** Horizon n has n bits, at step 2; from then on the other way round. Seeds lie a tenth apart. */
const reversed: BitsOf = (horizon, seed, step) => (step === 2 ? horizon : 10 - horizon) + 0.1 * seed;

const five = matrixOf([1, 2, 3, 4, 5]);

/** By arm: statuses of its cells. */
async function statuses({ directory }: AblationPlan): Promise<string[]> {
  const { arms } = JSON.parse(await readFile(path.join(directory, 'results.json'), 'utf8'));
  return arms.map(({ name, cells }: { name: string; cells: { status: string }[] }) =>
    [name, ...cells.map(({ status }) => status)].join(' '),
  );
}

const filesOf = async ({ directory }: AblationPlan): Promise<string[]> =>
  (await readdir(directory, { recursive: true })).sort();

/** One that nothing disturbed, for the tests that only look. */
let quiet: Awaited<ReturnType<typeof race>> & { readonly plan: AblationPlan; readonly results: string };
beforeAll(async () => {
  const plan = await planRace(five);
  const run = await race(plan, reversed);
  quiet = { ...run, plan, results: await resultsOf(plan.directory) };
});

describe('a matrix under successive halving', () => {
  it('trains on whom each rung leaves, and nobody else: by hand', async () => {
    expect(quiet.calls).toEqual([
      ...[1, 2, 3, 4, 5].map((n) => `train parallel/${n}/0 to 2`),
      // At step 2 the horizons 2 and 3 are the best two beside the baseline; at step 4 it is 3.
      ...[1, 2, 3].map((n) => `train parallel/${n}/0 to 4`),
      ...[1, 3].flatMap((n) => [`train parallel/${n}/0`, `evaluate parallel/${n}/0`]),
    ]);
    expect(quiet.events.filter(({ type }) => type === 'pruned')).toEqual([
      { type: 'pruned', arms: ['horizon=4', 'horizon=5'] },
      { type: 'pruned', arms: ['horizon=2'] },
    ]);
    expect(quiet.summary).toMatchObject({ failedCells: 0 });
    expect(await statuses(quiet.plan)).toEqual([
      'horizon=1 done',
      'horizon=2 pruned',
      'horizon=3 done',
      'horizon=4 pruned',
      'horizon=5 pruned',
    ]);
  });

  it('keeps where and why of every pruned cell in results.json and in the folder of the cell', async () => {
    const { plan } = quiet;
    const { arms } = JSON.parse(await readFile(path.join(plan.directory, 'results.json'), 'utf8'));
    const pruned = {
      ...{ rule: 'halving', rung: 1, rungs: 2, step: 2, steps: 8, bits: 4, difference: 4 - 1 },
      reason: 'place 3 of 4 beside the baseline, of which the best 2 went on',
    };
    const { id } = plan.cells[3];
    expect(arms[3]).toEqual({
      name: 'horizon=4',
      cells: [{ id, seed: 0, status: 'pruned', pruned }],
      ...{ results: {}, timings: {}, lossless: false },
    });
    const kept = JSON.parse(await readFile(path.join(plan.directory, 'cells', id, 'pruned.json'), 'utf8'));
    expect(kept).toEqual({ formatVersion: 2, id, ...pruned });
    const files = await filesOf(plan);
    expect(files.filter((name) => name.endsWith('pruned.json'))).toHaveLength(3);
    expect(files.filter((name) => name.endsWith('cell.json'))).toHaveLength(2);
  });

  it('counts tasks, fewer once arms are pruned', () => {
    const { events } = quiet;
    // Five trainings in three parts, five measurements.
    expect(events.find(({ type }) => type === 'planned')).toMatchObject({ tasks: 20 });
    const started = events.flatMap((event) => (event.type === 'started' ? [event.task] : []));
    expect(started[0]).toMatchObject({ label: 'train horizon=1, seed 0 to 25%', until: 0.25, tasks: 20 });
    expect(started.at(-1)).toMatchObject({ task: 12, tasks: 12 });
  });

  it('that is finished does nothing when it is run again, and leaves every file as it is', async () => {
    const { plan } = quiet;
    const before = await readFile(path.join(plan.directory, 'results.json'));
    const files = await filesOf(plan);
    const again = await race(plan, reversed);
    expect(again.calls).toEqual([]);
    expect(again.events[0]).toMatchObject({ tasks: 0, reused: 2 });
    expect(again.events.map(({ type }) => type)).toEqual(['planned', 'reused', 'reused', 'pruned', 'done']);
    expect(again.events[3]).toEqual({ type: 'pruned', arms: ['horizon=2', 'horizon=4', 'horizon=5'] });
    expect(await readFile(path.join(plan.directory, 'results.json'))).toEqual(before);
    expect(await filesOf(plan)).toEqual(files);
  });

  it('decides by what trainings gave, whatever files say about decisions', async () => {
    const { plan } = quiet;
    const files = await filesOf(plan);
    const first = plan.cells[0].id;
    await writeFile(path.join(plan.directory, 'cells', first, 'pruned.json'), '{}');
    await rm(path.join(plan.directory, 'cells', plan.cells.at(-1)!.id), { recursive: true });
    await race(plan, reversed);
    expect(await resultsOf(plan.directory)).toBe(quiet.results);
    expect(await filesOf(plan)).toEqual(files);
  });

  it('refuses a loss at a rung that was edited', async () => {
    const { plan } = quiet;
    const file = path.join(plan.directory, 'rungs', `${plan.trainings[1].key}.json`);
    await writeFile(file, (await readFile(file, 'utf8')).replace('"bits": 2', '"bits": 9'));
    expect((await race(plan, reversed)).summary).toMatchObject({ code: 'FILE_CORRUPT' });
    await rm(file);
    expect((await race(plan, reversed)).calls).toEqual(['train parallel/2/0 to 2', 'train parallel/2/0 to 4']);
  });
});

it('losses on other contents of the data are not compared', async () => {
  const plan = await planRace(matrixOf([1, 2, 3]));
  const laboratory = racingLaboratory(reversed);
  const edited: typeof laboratory = {
    ...laboratory,
    async trainUntil(experiment, options) {
      const loss = await laboratory.trainUntil(experiment, options);
      return experiment.model.head.horizon === 3 ? { ...loss, dataHash: 'edited' } : loss;
    },
  };
  const host = { clock: () => 0 } as unknown as Host;
  await expect(runAblation(plan, { host, laboratory: edited })).rejects.toThrow(/^DATA_CHANGED: .*c0ffee.*edited/);
  // Not by the next run either.
  expect((await race(plan, reversed)).summary).toMatchObject({ code: 'DATA_CHANGED' });
});

describe('a matrix under the paired rule', () => {
  const lines = matrixOf([1, 2, 3], 'paired: { rungs: [0.25, 0.5], alpha: 0.04 }', [0, 1, 2]);

  it('stops who is clearly worse than the baseline, in all seeds at once', async () => {
    const plan = await planRace(lines);
    // By hand: .30, .31, .32 more than the baseline at the second rung: t = .31 x sqrt(3) / .01 = 53.7, two degrees of freedom,
    // p = (1 - t / sqrt(2 + t^2)) / 2 = 1.7e-4. All else lies within .01.
    const bitsOf: BitsOf = (horizon, seed, step) =>
      2 + seed + (horizon === 3 && step === 4 ? 0.3 + 0.01 * seed : 0.01 * ((horizon * seed) % 3));
    await race(plan, (horizon, seed, step) => bitsOf(horizon, seed, step) - (horizon === 1 ? 0.01 * (seed % 3) : 0));
    expect(await statuses(plan)).toEqual([
      'horizon=1 done done done',
      'horizon=2 done done done',
      'horizon=3 pruned pruned pruned',
    ]);
    const [, , { cells }] = JSON.parse(await readFile(path.join(plan.directory, 'results.json'), 'utf8')).arms;
    expect(cells[0].pruned).toMatchObject({ rule: 'paired', rung: 2, step: 4 });
    // 0.04 over two rungs and two arms.
    expect(cells[0].pruned.reason).toBe('worse by the paired t test over 3 seeds, p = 0.00017, at most 0.010');
  });
});

describe('a training that fails on the way to a rung', () => {
  it('holds nobody up: its arm is compared with nobody, its other seeds go on; the next run decides as if it had not failed', async () => {
    const two = matrixOf([1, 2, 3, 4], 'halving: { rungs: [0.25] }', [0, 1]);
    const [plan, undisturbed] = [await planRace(two), await planRace(two)];
    const { summary, calls } = await race(plan, reversed, (call) => {
      if (call === 'train parallel/4/1 step 1') throw new Error('a plugin is broken');
    });
    expect(summary).toMatchObject({ failedCells: 1 });
    // Of the horizons 2 and 3 one goes on.
    expect(await statuses(plan)).toEqual([
      'horizon=1 done done',
      'horizon=2 done done',
      'horizon=3 pruned pruned',
      'horizon=4 done failed',
    ]);
    expect(calls.filter((call) => call.includes('/4/1'))).toEqual(['train parallel/4/1 to 2']);

    // Of 2, 3 and 4 two go on: 3 from where it was; 4 is trained for no longer, and what it gave is no result.
    const again = await race(plan, reversed);
    expect(again.calls).toEqual([
      'train parallel/4/1 to 2',
      ...[0, 1].flatMap((seed) => [`train parallel/3/${seed}`, `evaluate parallel/3/${seed}`]),
    ]);
    await race(undisturbed, reversed);
    expect(await resultsOf(plan.directory)).toBe(await resultsOf(undisturbed.directory));
  });

  it('of the baseline leaves the best to go on, and the paired rule without a say', async () => {
    const ofBaseline = (call: string) => {
      if (call === 'train parallel/1/0 step 1') throw new Error('a plugin is broken');
    };
    const halved = await planRace(five);
    await race(halved, reversed, ofBaseline);
    expect((await statuses(halved))[0]).toBe('horizon=1 failed');
    expect((await statuses(halved))[2]).toBe('horizon=3 done');
    const paired = await planRace(matrixOf([1, 2], 'paired: { rungs: [0.25], alpha: 0.5 }', [0, 1, 2]));
    await race(paired, (horizon, seed) => 9 * horizon + 0.1 * seed * horizon, ofBaseline);
    expect(await statuses(paired)).toEqual(['horizon=1 failed done done', 'horizon=2 done done done']);
  });
});

describe('a matrix that is stopped and run again', () => {
  // Before any rung, at the last seed of one, right after a decision, on the last way, while measuring.
  it.each([
    'train parallel/1/0 step 1',
    'train parallel/5/0 step 2',
    'train parallel/1/0 step 3',
    'train parallel/3/0 step 7',
    'evaluate parallel/3/0',
  ])('at "%s" ends in the results of one that was never stopped', async (at) => {
    const plan = await planRace(five);
    const controller = new AbortController();
    const stop = (call: string) => {
      if (call !== at) return;
      controller.abort();
      throw new Error('stopped');
    };
    const stopped = await race(plan, reversed, stop, controller.signal);
    expect(stopped.summary).toMatchObject({ code: 'INTERRUPTED' });
    const rest = await race(plan, reversed);
    // Nothing is done twice but the call that was stopped, and the finished training of a cell that is not measured is read.
    const isMeasuring = at.startsWith('evaluate');
    expect(stopped.calls.length + rest.calls.length).toBe(quiet.calls.length + (isMeasuring ? 2 : 1));
    expect(await resultsOf(plan.directory)).toBe(quiet.results);
  });

  it('and extended decides anew: the same as the larger matrix alone', async () => {
    const wide = matrixOf([1, 5, 4, 3, 2]);
    const [grown, alone] = [await planRace(matrixOf([1, 5, 4, 3])), await planRace(wide)];
    const bitsOf: BitsOf = (horizon) => horizon;
    await race(alone, bitsOf);
    await race(grown, bitsOf);
    expect(await statuses(grown)).toEqual(['horizon=1 done', 'horizon=5 pruned', 'horizon=4 pruned', 'horizon=3 done']);
    // The new arm takes the place of one that is finished: its record stays, and is no result of this matrix.
    const extended = { ...(await planRace(wide)), directory: grown.directory };
    const { calls } = await race(extended, bitsOf);
    expect(calls).toEqual([
      'train parallel/2/0 to 2',
      'train parallel/2/0 to 4',
      'train parallel/2/0',
      'evaluate parallel/2/0',
    ]);
    expect((await statuses(extended))[3]).toBe('horizon=3 pruned');
    expect(await resultsOf(extended.directory)).toBe(await resultsOf(alone.directory));
    expect(await filesOf(extended)).toContain(path.join('cells', extended.cells[3].id, 'cell.json'));
  });

  it('and run without pruning goes on with those that were pruned', async () => {
    const three = matrixOf([1, 2, 3], 'halving: { rungs: [0.25] }');
    const plan = await planRace(three);
    await race(plan, reversed);
    const { pruning: _, ...rest } = plan;
    expect((await race(rest, reversed)).calls).toEqual(['train parallel/3/0', 'evaluate parallel/3/0']);
    expect(await statuses(plan)).toEqual([1, 2, 3].map((n) => `horizon=${n} done`));
    expect((await filesOf(plan)).filter((name) => name.endsWith('pruned.json'))).toEqual([]);
  });
});

describe('several workers', () => {
  /** Four workers, each of which takes a drawn number of turns of the event loop for a task. */
  async function work(plan: AblationPlan, random: Random): Promise<void> {
    const store = openAblationStore(plan.directory);
    const leases = await openLeases(path.join(plan.directory, 'leases'));
    const scheduler = await createLocalScheduler(plan, store, leases);
    const laboratory = racingLaboratory(reversed);
    const context = { plan, paths: store.paths, laboratory, clock: () => 0, onProgress: () => {} };
    const worker = async (): Promise<void> => {
      for (let claim = await scheduler.claim(process.pid); claim; claim = await scheduler.claim(process.pid)) {
        for (let turn = random.integer(40); turn > 0; turn--) await nextTurn();
        await scheduler.publish(claim, await performTask(claim.task, context));
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    await leases.close();
  }

  it('get no task past a rung before every seed of every arm is there', async () => {
    const plan = await planRace(matrixOf([1, 2, 3], 'halving: {}', [0, 1]));
    const leases = await openLeases(path.join(plan.directory, 'leases'));
    const scheduler = await createLocalScheduler(plan, openAblationStore(plan.directory), leases);
    const claims: Claim[] = [];
    for (let i = 0; i < 6; i++) claims.push((await scheduler.claim(process.pid))!);
    expect(claims.map(({ task }) => task.kind === 'train' && task.until)).toEqual(claims.map(() => 0.25));
    const next = scheduler.claim(process.pid);
    let isAnswered = false;
    void next.then(() => {
      isAnswered = true;
    });
    for (const [i, claim] of claims.entries()) {
      expect(isAnswered, `before ${i}`).toBe(false);
      const { experiment } = claim.task.training;
      const bits = reversed(experiment.model.head.horizon, experiment.seed, 2);
      await scheduler.publish(claim, { kind: 'reached', loss: { step: 2, steps: 8, bits, dataHash: 'c0ffee' } });
    }
    expect((await next)?.task).toMatchObject({ kind: 'train', until: 0.5 });
    scheduler.stop();
    await leases.close();
  });

  it.each([1, 2])('that finish in any order, drawn by %i, end in the same results', async (seed) => {
    const plan = await planRace(five);
    await work(plan, createRandom(seed, 'turns'));
    const { calls } = await race(plan, reversed);
    expect(calls).toEqual([]);
    expect(await resultsOf(plan.directory)).toBe(quiet.results);
  });
});
