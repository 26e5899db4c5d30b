// What is said of arms that were stopped: in the table, the sentences, the page, the text, and the index of runs.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openCatalogue } from '../catalogue/catalogue.ts';
import { parseFilter } from '../catalogue/filter.ts';
import { readFinished, sealFinished } from '../finished/seal.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { matrixOf, planRace, race } from '../pruning/pruned-runs.fixture.ts';
import { readPlanRecord, readResults } from '../results/write-results.ts';
import { ablationPaths } from '../run/ablation-store.ts';
import { headline } from './headline.ts';
import { readLearningCurves } from './learning-curves.ts';
import { prunedWords, pruningSentences } from './pruning-words.ts';
import { type ArmPruned, type VerdictRow, verdictRows } from './verdict.ts';
import { comparisonSentences } from './verdict-comparison.ts';
import { verdictSentences } from './verdict-sentence.ts';
import { verdictColumns } from './verdict-table.ts';
import { writeReport } from './write-report.ts';

let plan: AblationPlan;
let rows: VerdictRow[];
beforeAll(async () => {
  plan = await planRace(matrixOf([1, 2, 3, 4], 'halving: { rungs: [0.25, 0.5] }'));
  // Horizon 4 is left at step 2, horizon 3 at step 4, where it is better than the baseline.
  await race(plan, (horizon, _, step) => (horizon === 1 ? 5 : horizon === 4 ? 5.125 : step + 0.01 * horizon));
  rows = verdictRows(await readResults(ablationPaths(plan.directory)));
});

const cell = (row: VerdictRow, heading: string): string =>
  verdictColumns(rows)
    .find((column) => column.heading === heading)!
    .cell(row);

describe('an arm that was pruned', () => {
  it('has the place in the table where it stopped, and no other number', () => {
    expect(rows.map((row) => cell(row, 'verdict'))).toEqual([
      '–',
      'too few seeds (1 pair)',
      'pruned at step 4 of 8: better by 0.970 bits, others by more',
      'pruned at step 2 of 8: worse by 0.125 bits',
    ]);
    for (const heading of ['parameters', 'bits/byte', 'Δ', 'lossless']) expect(cell(rows[3], heading)).toBe('–');
    expect(rows.map(({ failedSeeds }) => failedSeeds)).toEqual([0, 0, 0, 0]);
  });

  it('is counted as pruned in the headline, and as a comparison in every p', () => {
    expect(headline(rows)).toBe(
      '3 arms against the baseline horizon=1, in bits per byte: 1 with too few seeds for a verdict, 2 pruned.',
    );
    expect(rows[1].comparison?.comparisons).toBe(3);
  });

  it('is named with where it stopped, and the others with how they were selected', () => {
    const sentences = verdictSentences(rows);
    expect(sentences).toEqual(expect.arrayContaining(pruningSentences(rows)));
    // What was not measured is neither lossless nor shown not to be.
    expect(sentences).toContain('Not shown to equal greedy decoding: horizon=2.');
    const [pruned, selection] = pruningSentences(rows);
    expect(pruned).toBe(
      'Pruned by held-out bits on the way: horizon=3 (step 4 of 8: better by 0.970 bits, others by more), horizon=4 (step 2 of ' +
        '8: worse by 0.125 bits).',
    );
    expect(selection).toMatch(
      /^Selection: the arms that went on were the best at every rung, .* flatter them; .* validation, on the held-out text/,
    );
    expect(pruningSentences(rows.map(({ pruned: _, ...row }) => row))).toEqual([]);
  });

  it('is not among the arms with too few seeds, which it has none of', () => {
    const several = rows.map((row) => ({ ...row, seeds: 3 }));
    expect(comparisonSentences(several)).toEqual([
      expect.stringMatching(/^Too few seeds for a verdict, which takes 3 pairs: horizon=2 \([^)]*\)\.$/),
    ]);
  });

  it('of the paired rule is selected by another rule, and says so', () => {
    const paired = rows.map((row) =>
      row.pruned ? { ...row, pruned: { ...row.pruned, rule: 'paired' as const } } : row,
    );
    expect(pruningSentences(paired)[1]).toMatch(
      /^Selection: the arms that went on did not look clearly worse at any rung/,
    );
  });

  it('without the baseline’s loss is said to be stopped for its place alone', () => {
    const { difference: _, ...unknown } = rows[3].pruned!;
    expect(prunedWords(unknown as ArmPruned)).toBe(
      'pruned at step 2 of 8: place 3 of 3 beside the baseline, of which the best 2 went on',
    );
  });

  it('has a curve to its rung and no further, though an earlier matrix trained it on', async () => {
    const paths = ablationPaths(plan.directory);
    const lastStep = async (ends?: ReadonlyMap<string, number>) => {
      const { training } = await readLearningCurves(paths, await readPlanRecord(paths), ['horizon=1'], ends);
      return training.at(-1)!.step;
    };
    expect(await lastStep()).toBe(8);
    expect(await lastStep(new Map([['horizon=1', 4]]))).toBe(4);
  });

  it('stands in the page and in the text, each with why', async () => {
    const { html, markdown } = await writeReport(plan.directory);
    const [page, text] = [await readFile(html, 'utf8'), await readFile(markdown, 'utf8')];
    expect(page).toContain(
      '<span class="verdict-word">pruned <small>at step 2 of 8: worse by 0.125 bits</small></span>',
    );
    expect(page).toContain('<h2 id="pruned">Pruned arms</h2>');
    expect(page).toContain('A pruned arm ends at its rung.');
    expect(text).toContain('## Pruned arms');
    expect(text).toContain(
      '| horizon=4 | 1 of 2 | 2 of 8 | +0.125 | place 3 of 3 beside the baseline, of which the best 2 went on |',
    );
    expect(await writeReport(plan.directory)).toEqual({ html, markdown });
    expect(await readFile(html, 'utf8')).toBe(page);
  });

  it('is pruned in the index of runs, with what it had there', async () => {
    const catalogue = await openCatalogue(path.join(plan.directory, '..', 'index.sqlite'));
    await catalogue.rebuild([plan.directory]);
    const found = await catalogue.select({ where: [parseFilter('status=pruned')], sort: 'pruned.step' });
    expect(
      found.map(({ facts }) => [
        facts.run.get('arm'),
        facts.results.get('pruned.step'),
        facts.results.get('pruned.bits'),
      ]),
    ).toEqual([
      ['horizon=4', 2, 5.125],
      ['horizon=3', 4, 4.03],
    ]);
    expect(found[0].facts.run.has('error')).toBe(false);
    await catalogue.close();
  });

  it('keeps a finished matrix finished', async () => {
    await writeReport(plan.directory);
    const inputs = { files: {}, packages: {}, machine: '' };
    await sealFinished({ ...plan, inputs });
    const seal = JSON.parse(await readFile(path.join(plan.directory, 'finished.json'), 'utf8'));
    const ofCells = Object.keys(seal.outputs).filter((name) => name.startsWith('cells/'));
    expect(ofCells.map((name) => path.basename(name)).sort()).toEqual([
      'cell.json',
      'cell.json',
      'pruned.json',
      'pruned.json',
    ]);
    // Of another machine: what the seal says of this one is not asked for here.
    expect(await readFinished(plan.file)).toBeUndefined();
  });
});
