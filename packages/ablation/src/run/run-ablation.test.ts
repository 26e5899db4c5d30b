import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ForetokenError, type Host } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { planOf } from '../plan/planning.fixture.ts';
import { resultsOf } from '../results/results-of.fixture.ts';
import type { AblationEvent } from './events.ts';
import { createFakeLaboratory, type Interference } from './laboratory.fixture.ts';
import { runAblation } from './run-ablation.ts';

const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 4, validateEvery: 2 }';
const matrix = `
arms:
  - { name: n1, set: { model.head.horizon: 1 } }
  - { name: n3, set: { model.head.horizon: 3 } }
  - { name: n3 short drafts, set: { model.head.horizon: 3, decoders: { greedy: greedy, s: { name: speculative, policy: { name: fixed, length: 1 } } } } }
seeds: [0, 1]`;

/** The runner asks the host for nothing but the time. */
const host = { clock: () => 0 } as unknown as Host;

const plan = (lines = matrix) => planOf(lines, { base });

async function run(planned: AblationPlan, interfere?: Interference, signal?: AbortSignal) {
  const laboratory = createFakeLaboratory(interfere);
  const events: AblationEvent[] = [];
  const summary = await runAblation(planned, {
    host,
    laboratory,
    signal,
    onEvent: (event) => events.push(event),
  }).catch((error: ForetokenError) => error);
  return { summary, events, calls: laboratory.calls };
}

function filesOf({ directory }: AblationPlan): Promise<string[]> {
  return readdir(directory, { recursive: true });
}

describe('a run of an ablation', () => {
  it('trains once for cells that differ only in decoding, and measures each', async () => {
    const { calls, events } = await run(await plan());
    expect(calls).toEqual([
      'train parallel/1/0',
      'evaluate parallel/1/0',
      'train parallel/1/1',
      'evaluate parallel/1/1',
      'train parallel/3/0',
      'evaluate parallel/3/0',
      'evaluate parallel/3/0',
      'train parallel/3/1',
      'evaluate parallel/3/1',
      'evaluate parallel/3/1',
      'time parallel/1/0',
      'time parallel/1/1',
      'time parallel/3/0',
      'time parallel/3/0',
      'time parallel/3/1',
      'time parallel/3/1',
    ]);
    expect(events[0]).toEqual({
      ...{ type: 'planned', arms: 3, cells: 6, reused: 0, tasks: 16 },
      stale: { cells: 0, changed: [] },
    });
    expect(events.at(-1)).toEqual({ type: 'done', failedCells: 0, seconds: 0 });
    const started = events.filter((event) => event.type === 'started').map(({ task }) => task);
    expect(started[4]).toMatchObject({ kind: 'train', arms: ['n3', 'n3 short drafts'], seed: 0, task: 5, tasks: 16 });
    expect(started[4].label).toBe('train n3 + n3 short drafts, seed 0');
  });

  it('does nothing but read when everything is finished', async () => {
    const planned = await plan();
    await run(planned);
    const before = await readFile(path.join(planned.directory, 'results.json'));
    const again = await run(planned);
    expect(again.calls).toEqual([]);
    expect(again.events[0]).toMatchObject({ reused: 6, tasks: 0 });
    expect(await readFile(path.join(planned.directory, 'results.json'))).toEqual(before);
  });

  it('removes what a process that was killed while it wrote has left, also where everything is finished', async () => {
    const planned = await plan();
    await run(planned);
    const left = path.join(planned.directory, `.report.html.${2 ** 22 + 1}-0123456789ab.tmp`);
    await writeFile(left, '<!doctype');
    await run(planned);
    expect(await filesOf(planned)).not.toContain(path.basename(left));
  });

  it('ends where the disk is full, with nothing kept as failed, and says how to go on', async () => {
    const planned = await plan();
    const full = 'metrics.jsonl could not be written: ENOSPC. Free some space, then try again.';
    let isFull = true;
    const { summary, events, calls } = await run(planned, (call) => {
      if (isFull && call === 'train parallel/1/1 step 2') throw new ForetokenError('DISK_FULL', full);
    });
    const goOn = `What is finished is kept in ${planned.directory}; the same command goes on from there.`;
    expect(summary).toMatchObject({ code: 'DISK_FULL', message: `DISK_FULL: ${full} ${goOn}` });
    expect(calls).toEqual(['train parallel/1/0', 'evaluate parallel/1/0', 'train parallel/1/1']);
    expect(events.some(({ type }) => type === 'failed')).toBe(false);
    expect((await filesOf(planned)).filter((name) => /failure|^leases./.test(name))).toEqual([]);
    isFull = false;
    expect((await run(planned)).summary).toMatchObject({ failedCells: 0 });
  });

  it('keeps the error of a cell that fails, lets the others go on, and tries it again the next time', async () => {
    const planned = await plan();
    let broken = true;
    const interfere: Interference = (call) => {
      if (broken && call === 'evaluate parallel/1/1')
        throw new ForetokenError('DATA_TOO_SHORT', 'no prompt is long enough.');
      if (broken && call === 'train parallel/3/0 step 2') throw new TypeError('a plugin is broken');
    };
    const first = await run(planned, interfere);
    expect(first.summary).toMatchObject({ failedCells: 3 });
    expect(first.events.filter(({ type }) => type === 'failed')).toHaveLength(2);
    const results = JSON.parse(await readFile(path.join(planned.directory, 'results.json'), 'utf8'));
    expect(results.arms[0].cells[1]).toEqual({
      id: planned.cells[1].id,
      seed: 1,
      status: 'failed',
      error: { code: 'DATA_TOO_SHORT', message: 'DATA_TOO_SHORT: no prompt is long enough.' },
    });
    expect(results.arms[1].cells[0].error).toEqual({ code: 'UNEXPECTED', message: 'a plugin is broken' });
    expect(results.arms[2].cells.map(({ status }: { status: string }) => status)).toEqual(['failed', 'done']);
    broken = false;
    const second = await run(planned, interfere);
    expect(second.calls).toEqual([
      'train parallel/1/1',
      'evaluate parallel/1/1',
      'train parallel/3/0',
      'evaluate parallel/3/0',
      'evaluate parallel/3/0',
      'time parallel/1/1',
      'time parallel/3/0',
      'time parallel/3/0',
    ]);
    const quiet = await plan();
    await run(quiet);
    expect(await resultsOf(planned.directory)).toBe(await resultsOf(quiet.directory));
    expect((await filesOf(planned)).filter((name) => name.includes('failure'))).toEqual([]);
  });

  it('goes on where it was stopped, wherever that was, to the results of a run never stopped', async () => {
    const quiet = await plan(matrix.replace('[0, 1]', '[0]'));
    await run(quiet);
    const calls = 2 * 4 + 3 + 3;
    for (let at = 0; at < calls; at++) {
      const planned = { ...quiet, directory: path.join(quiet.directory, '..', String(at)) };
      const controller = new AbortController();
      let call = 0;
      const stopped = await run(
        planned,
        () => {
          if (call++ !== at) return;
          controller.abort();
          throw new ForetokenError('INTERRUPTED', 'saved.');
        },
        controller.signal,
      );
      expect(stopped.summary).toMatchObject({ code: 'INTERRUPTED' });
      expect(stopped.events.some(({ type }) => type === 'failed')).toBe(false);
      await run(planned);
      expect(await resultsOf(planned.directory)).toBe(await resultsOf(quiet.directory));
      expect((await filesOf(planned)).filter((name) => name.includes('.tmp'))).toEqual([]);
    }
  });

  it('stops between two cells when asked to, even if the work itself does not notice', async () => {
    const controller = new AbortController();
    const { summary, calls } = await run(
      await plan(),
      (call) => {
        if (call.startsWith('evaluate')) controller.abort();
      },
      controller.signal,
    );
    expect(summary).toMatchObject({ code: 'INTERRUPTED' });
    expect(calls).toEqual(['train parallel/1/0', 'evaluate parallel/1/0']);
  });

  it('reuses what is finished when the matrix grows', async () => {
    const planned = await plan();
    await run(planned);
    const same = await plan(matrix.replace('seeds: [0, 1]', 'seeds: [0, 1, 2]'));
    const more = await run({ ...same, directory: planned.directory });
    expect(more.calls.every((call) => call.endsWith('/2'))).toBe(true);
  });

  it('refuses a result that lies in the folder of another cell', async () => {
    const planned = await plan();
    await run(planned);
    const fileOf = (cell: number) => path.join(planned.directory, 'cells', planned.cells[cell].id, 'cell.json');
    await copyFile(fileOf(0), fileOf(1));
    expect((await run(planned)).summary).toMatchObject({ code: 'FILE_CORRUPT' });
  });

  it('tells rate and time left of what this process did', async () => {
    let ms = 0;
    const clock = { clock: () => ms } as unknown as Host;
    const events: AblationEvent[] = [];
    const laboratory = createFakeLaboratory(() => {
      ms += 500;
    });
    await runAblation(await plan('seeds: [0]'), { host: clock, laboratory, onEvent: (event) => events.push(event) });
    const steps = events.flatMap((event) => (event.type === 'progress' ? event.progress : [])).slice(0, 4);
    expect(
      steps.map(({ done, total, unit, perSecond, secondsLeft }) => [done, total, unit, perSecond, secondsLeft]),
    ).toEqual([
      [1, 4, 'steps', 0, undefined],
      [2, 4, 'steps', 2, 1],
      [3, 4, 'steps', 2, 0.5],
      [4, 4, 'steps', 2, 0],
    ]);
  });
});

describe('results.json', () => {
  it('has the pinned form: the baseline first, means with the values of each seed beside, times apart', async () => {
    const planned = await plan(`${matrix}\nbaseline: n3`);
    await run(planned);
    const results = JSON.parse(await readFile(path.join(planned.directory, 'results.json'), 'utf8'));
    expect(Object.keys(results)).toEqual(['formatVersion', 'arms']);
    expect(results.arms.map(({ name }: { name: string }) => name)).toEqual(['n3', 'n1', 'n3 short drafts']);
    for (const arm of results.arms) {
      expect(Object.keys(arm)).toEqual(['name', 'cells', 'results', 'timings', 'lossless']);
      expect(arm.lossless).toBe(true);
    }
    const [{ cells, results: means, timings }] = results.arms;
    const perOffset = cells.map(
      (cell: { results: Record<string, { perOffset: number[] }> }) => cell.results['bits-per-byte'].perOffset,
    );
    expect(means['bits-per-byte'].perOffset[0]).toBe((perOffset[0][0] + perOffset[1][0]) / 2);
    expect(Object.keys(means)).toEqual(['acceptance', 'bits-per-byte', 'losslessness', 'training']);
    expect(Object.keys(timings)).toEqual(['throughput', 'training']);
    expect(means.training).toEqual({
      data: { contentHash: 'c0ffee', trainBytes: 4_000_000, validationBytes: 400_000 },
      layers: 6,
      parameters: 1_003_072,
      flopsPerToken: { forward: 2_196_608, training: 3 * 2_196_608 },
      match: { to: 'parameters', headMlpWidth: 384, lastMlpWidth: 384, referenceParameters: 1_001_024 },
      skippedSteps: 0,
      steps: 4,
      tokens: 4 * 8 * 128,
      trainingFlops: 4 * 8 * 128 * 3 * 2_196_608,
      trunkLayers: 3,
    });
    expect(JSON.stringify(means)).not.toMatch(/seconds|perSecond|\/tmp/i);
  });

  it('says of arms that end by the clock that nobody gets them again', async () => {
    const { summary } = await run(await plan('seeds: [0]\nbudget: { minutes: 1 }'));
    expect(summary).toMatchObject({ results: { arms: [{ notReproducible: 'trained for 1 minute by the clock' }] } });
  });

  it('says lossless only where something shows it', async () => {
    const planned = await plan(
      'arms: [{ name: a, set: { model.head.horizon: 1 } }, { name: b }]\naxes: { evals: [[bits-per-byte]] }',
    );
    const { summary } = await run(planned);
    expect(summary).toMatchObject({ results: { arms: [{ lossless: true }, { lossless: false }] } });
    const failing = await plan('seeds: [0]');
    const failed = await run(failing, () => {
      throw new Error('broken');
    });
    expect(failed.summary).toMatchObject({ results: { arms: [{ lossless: false, results: {}, timings: {} }] } });
  });

  it('says not lossless if one decoder of one seed differs from greedy', async () => {
    const planned = await plan('seeds: [0, 1]');
    const laboratory = createFakeLaboratory();
    const lossy: typeof laboratory = {
      ...laboratory,
      async evaluate(experiment, options) {
        const outcomes = await laboratory.evaluate(experiment, options);
        return { ...outcomes, losslessness: { results: { lossless: experiment.seed === 0 } } };
      },
    };
    const { results } = await runAblation(planned, { host, laboratory: lossy });
    expect(results.arms[0].lossless).toBe(false);
    expect(results.arms[0].results.losslessness).toEqual({ lossless: null });
  });
});
