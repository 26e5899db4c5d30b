import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ForetokenError, Host } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { readProgress } from '../plan/plan-progress.ts';
import { folderWith, planningHost, planOf } from '../plan/planning.fixture.ts';
import type { AblationEvent } from '../run/events.ts';
import { createFakeLaboratory } from '../run/laboratory.fixture.ts';
import { runAblation } from '../run/run-ablation.ts';

const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 2, validateEvery: 1 }';
const matrix = 'arms: [{ name: n1, set: { model.head.horizon: 1 } }, { name: n3, set: { model.head.horizon: 3 } }]';
const grown = matrix.replace(']', ', { name: n4, set: { model.head.horizon: 4 } }]');

/** A host whose package of heads has this code. */
async function hostWith(heads: string) {
  const folder = await folderWith({ 'package.json': '{}', 'head.js': heads });
  return planningHost({ directories: { '@foretoken/heads': folder } });
}

async function run(plan: AblationPlan, { directory }: { directory: string } = plan) {
  const laboratory = createFakeLaboratory();
  const events: AblationEvent[] = [];
  const host = { clock: () => 0 } as unknown as Host;
  const onEvent = (event: AblationEvent) => events.push(event);
  const summary = await runAblation({ ...plan, directory }, { host, laboratory, onEvent });
  const trainings = laboratory.calls.filter((call) => call.startsWith('train'));
  return { summary, planned: events[0] as Extract<AblationEvent, { type: 'planned' }>, trainings };
}

const refusal = (plan: AblationPlan, folder: AblationPlan): Promise<ForetokenError> =>
  run(plan, folder).then(
    () => Promise.reject(new Error('it was not refused')),
    (error: ForetokenError) => error,
  );

const recordFile = ({ directory }: AblationPlan, id: string) => path.join(directory, 'cells', id, 'cell.json');

describe('a cell whose code changed', () => {
  it('is stale: said with the package, run anew, kept on disk, and no part of the results', async () => {
    const before = await planOf(matrix, { base, host: await hostWith('1') });
    await run(before);
    const kept = await readFile(recordFile(before, before.cells[0].id), 'utf8');
    const after = { ...(await planOf(matrix, { base, host: await hostWith('2') })), directory: before.directory };
    const progress = await readProgress(after);
    expect([...progress.cells.values()]).toEqual(['stale', 'stale']);
    const changed = ['@foretoken/heads (same version, other contents)'];
    expect(progress.stale).toEqual({ cells: 2, changed });

    const { planned, trainings, summary } = await run(after);
    // Of each cell a training, what it measures, and what it times.
    expect(planned).toMatchObject({ reused: 0, stale: { cells: 2, changed }, tasks: 6 });
    expect(trainings).toHaveLength(2);
    expect(await readFile(recordFile(before, before.cells[0].id), 'utf8')).toBe(kept);
    const ids = summary.results.arms.flatMap(({ cells }) => cells.map(({ id }) => id));
    expect(ids).toEqual(after.cells.map(({ id }) => id));
    expect(ids).not.toContain(before.cells[0].id);

    const again = await run(after);
    expect(again.planned).toMatchObject({ reused: 2, stale: { cells: 0, changed: [] }, tasks: 0 });
    const back = await run(before);
    expect([back.planned.reused, back.trainings]).toEqual([2, []]);
  });

  it('says versions and the engine too, and of several generations the nearest', async () => {
    const first = await planOf(matrix, {
      base,
      host: planningHost({
        fingerprint: 'sse',
        versions: { '@foretoken/heads': '1.0.0', '@foretoken/trunks': '1.0.0' },
      }),
    });
    await run(first);
    const versions = { '@foretoken/heads': '2.0.0', '@foretoken/trunks': '1.0.0' };
    await run(await planOf(matrix, { base, host: planningHost({ fingerprint: 'sse', versions }) }), first);
    const newest = { ...versions, '@foretoken/trunks': '2.0.0' };
    const third = await planOf(matrix, { base, host: planningHost({ fingerprint: 'avx', versions: newest }) });
    const { stale } = await readProgress({ ...third, directory: first.directory });
    expect(stale.changed).toEqual(['@foretoken/trunks (1.0.0, now 2.0.0)', 'the engine (sse, now avx)']);
  });

  it('is not what a cell is that nobody asked before, or that has another name now', async () => {
    const before = await planOf(matrix, { base, host: await hostWith('1') });
    await run(before);
    const other = `${matrix.replaceAll('name: n', 'name: arm')}\nseeds: [0, 7]`;
    const after = await planOf(other, { base: `name: renamed\n${base}`, host: await hostWith('2') });
    const { stale } = await readProgress({ ...after, directory: before.directory });
    expect(stale.cells).toBe(2);
  });
});

describe('a record that was edited by hand', () => {
  it.each([
    ['a number', (text: string) => text.replace('"parameters": 1', '"parameters": 2')],
    ['its hash taken away', (text: string) => text.replace(/,\s*"contentHash": "[0-9a-f]{64}"\n/, '\n')],
    ['its code', (text: string) => text.replace(/("@foretoken\/engine": ")[0-9a-f]{24}/, '$1000000000000000000000000')],
  ])('is refused by name, with the way on: %s', async (_, edit) => {
    const plan = await planOf(matrix, { base });
    await run(plan);
    const file = recordFile(plan, plan.cells[1].id);
    const text = await readFile(file, 'utf8');
    await writeFile(file, edit(text));
    expect(await readFile(file, 'utf8')).not.toBe(text);
    const { code, message } = await refusal(plan, plan);
    expect(code).toBe('FILE_CORRUPT');
    expect(message).toContain(`${file} was changed after it was written`);
    expect(message).toContain('remove it to run the cell again');
    await writeFile(file, JSON.stringify(JSON.parse(text)));
    expect((await run(plan)).trainings).toEqual([]);
  });

  it('stops nobody who does not use it', async () => {
    const plan = await planOf(matrix, { base });
    await run(plan);
    await writeFile(recordFile(plan, plan.cells[1].id), 'broken');
    const other = await planOf(matrix.replace('horizon: 1 ', 'horizon: 2 '), { base });
    const n2 = { ...other, arms: ['n1'], cells: [other.cells[0]], trainings: [other.trainings[0]] };
    expect((await run(n2, plan)).trainings).toHaveLength(1);
  });
});

describe('a folder of a newer release', () => {
  it.each([
    ['its plan', (plan: AblationPlan) => path.join(plan.directory, 'ablation.json')],
    ['a cell of the plan', (plan: AblationPlan) => recordFile(plan, plan.cells[0].id)],
    ['a cell of another plan', (plan: AblationPlan) => recordFile(plan, plan.cells[1].id)],
  ])('is refused with the fix, and left as it is: %s', async (_, fileOf) => {
    const plan = await planOf(matrix, { base });
    await run(plan);
    const file = fileOf(plan);
    const newer = (await readFile(file, 'utf8')).replace('"formatVersion": 2', '"formatVersion": 3');
    await writeFile(file, newer);
    const wanted = await planOf(matrix.replace('horizon: 3 } }', 'horizon: 3 } }'), { base });
    const one = { ...wanted, arms: ['n1'], cells: [wanted.cells[0]], trainings: [wanted.trainings[0]] };
    const { code, message } = await refusal(one, plan);
    expect(code).toBe('FORMAT_VERSION');
    expect(message).toContain(`${file} has formatVersion 3; this release reads 2. A newer Foretoken wrote it`);
    expect(await readFile(file, 'utf8')).toBe(newer);
  });
});

describe('a matrix with a larger maxOffset', () => {
  it('is refused with the reason, before anything is written', async () => {
    const plan = await planOf(matrix, { base });
    await run(plan);
    const record = await readFile(path.join(plan.directory, 'ablation.json'), 'utf8');
    const { code, message } = await refusal(await planOf(grown, { base }), plan);
    expect(code).toBe('RUN_MISMATCH');
    expect(message).toMatch(/leaves out the last 3 targets .*this matrix would leave out 4.*Use another "output"/);
    await expect(readProgress({ ...(await planOf(grown, { base })), directory: plan.directory })).rejects.toThrow(
      message,
    );
    expect(await readFile(path.join(plan.directory, 'ablation.json'), 'utf8')).toBe(record);
  });

  it('is taken where the base left room for it, and uses again what is done', async () => {
    const roomy = `${base}\nmodel: { maxOffset: 4 }`;
    const plan = await planOf(matrix, { base: roomy });
    await run(plan);
    const { planned, trainings } = await run(await planOf(grown, { base: roomy }), plan);
    expect([planned.reused, trainings]).toEqual([2, ['train parallel/4/0']]);
  });

  it('is taken where nothing there could be used, and where such results are there already', async () => {
    const old = await planOf(matrix, { base, host: await hostWith('1') });
    await run(old);
    const large = await planOf(grown, { base, host: await hostWith('2') });
    expect((await run(large, old)).trainings).toHaveLength(3);
    expect((await run(await planOf(matrix, { base, host: await hostWith('2') }), old)).trainings).toHaveLength(2);
    const more = await planOf(`${grown}\nseeds: [0, 4]`, { base, host: await hostWith('2') });
    expect((await run(more, old)).trainings).toHaveLength(3);
    const other = await planOf(`${grown}\nseeds: [5]`, { base, host: await hostWith('2') });
    expect((await run(other, old)).trainings).toHaveLength(3);
  });
});
