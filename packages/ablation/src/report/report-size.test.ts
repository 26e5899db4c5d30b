import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import type { Json } from '@foretoken/core';
import { expect, test } from 'vitest';
import type { AblationResults, ArmResults } from '../results/results.ts';
import type { PlanRecord } from '../results/write-results.ts';
import { ablationPaths } from '../run/ablation-store.ts';
import { ablationFolder, fourArms } from './ablation-folder.fixture.ts';
import { writeReport } from './write-report.ts';

const MOST_SECONDS = 10;
const MOST_BYTES = 5_000_000;

/** Steps that every training is made as long as: a curve of a real run. */
const STEPS = 2000;

/** An ablation of four arms, blown up: arms over and over, each with bits of its own. */
async function manyArms(count: number, seeds: number): Promise<string> {
  const list = Array.from({ length: seeds }, (_, i) => i).join(', ');
  const folder = await ablationFolder(fourArms.replace('seeds: [0, 1]', `seeds: [${list}]`));
  const paths = ablationPaths(folder);
  const plan = JSON.parse(await readFile(paths.plan, 'utf8')) as PlanRecord & { formatVersion: number };
  const results = JSON.parse(await readFile(paths.results, 'utf8')) as AblationResults & { formatVersion: number };
  for (const key of new Set(plan.cells.map(({ trainingKey }) => trainingKey))) await lengthen(paths.training(key));
  const named = Array.from({ length: count }, (_, i) => ({ name: `arm number ${i}`, of: results.arms[i % 4], i }));
  const cells = named.flatMap(({ name, of, i }) =>
    plan.cells.filter(({ arm }) => arm === of.name).map((cell) => ({ ...cell, arm: name, id: `${cell.id}${i}` })),
  );
  const arms = named.map(({ name, of, i }) => ({ ...moved(of, i / 1000), name }));
  await writeFile(paths.plan, JSON.stringify({ ...plan, arms: named.map(({ name }) => name), cells }));
  await writeFile(paths.results, JSON.stringify({ ...results, arms }));
  return folder;
}

/** Adds lines to a metrics file up to {@link STEPS}. */
async function lengthen(directory: string): Promise<void> {
  const file = `${directory}/metrics.jsonl`;
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const last = JSON.parse(lines[lines.length - 1]) as { [key: string]: Json };
  const more = Array.from({ length: STEPS - lines.length }, (_, i) => ({ ...last, step: lines.length + i + 1 }));
  await appendFile(file, more.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** The same arm with other bits, in every seed and in the mean. */
function moved(arm: ArmResults, by: number): ArmResults {
  const part = (results: ArmResults['results']): ArmResults['results'] => {
    const bits = results['bits-per-byte'] as { readonly perOffset: readonly number[] };
    const perOffset = bits.perOffset.map((value) => value + by);
    return { ...results, 'bits-per-byte': { ...bits, perOffset } };
  };
  const cells = arm.cells.map((cell) => (cell.status === 'done' ? { ...cell, results: part(cell.results) } : cell));
  return { ...arm, cells, results: part(arm.results) };
}

test.each([
  [200, 5],
  [1000, 1],
])(
  '1,000 cells, %d arms with %d seeds, are a page of at most 5 MB within 10 seconds of computing',
  async (count, seeds) => {
    const folder = await manyArms(count, seeds);
    const before = process.cpuUsage();
    const { html } = await writeReport(folder);
    // Of the processor, so that what else runs on the machine does not count.
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    const { size } = await stat(html);
    const page = await readFile(html, 'utf8');
    expect(page.match(/id="config-\d+"/g)).toHaveLength(count);
    expect(page).toContain(`Drawn: the baseline and the 11 arms with the lowest bits per byte of ${count}.`);
    process.stderr.write(
      `report of ${count} x ${seeds} cells: ${seconds.toFixed(1)} s, ${(size / 1e6).toFixed(2)} MB\n`,
    );
    expect(seconds).toBeLessThan(MOST_SECONDS);
    expect(size).toBeLessThan(MOST_BYTES);
  },
  300_000,
);
