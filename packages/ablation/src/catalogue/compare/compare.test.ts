import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCatalogue } from '../catalogue.ts';
import { emptyFolder, type MadeArms, writeAblationFolder, writeRunFolder } from '../run-folders.fixture.ts';
import { compareSides } from './compare.ts';
import { findSide } from './operand.ts';

async function entriesOf(folder: string) {
  const catalogue = await openCatalogue(path.join(folder, 'index.sqlite'));
  await catalogue.rebuild([folder]);
  const entries = await catalogue.select();
  await catalogue.close();
  return entries;
}

async function armsOf(arms: MadeArms) {
  const folder = emptyFolder();
  writeAblationFolder(folder, arms);
  const entries = await entriesOf(folder);
  const [a, b] = await Promise.all(Object.keys(arms).map((arm) => findSide(arm, entries)));
  return { a, b };
}

describe('two runs side by side', () => {
  it('show what differs in configuration and results, and nothing else', async () => {
    const folder = emptyFolder();
    writeRunFolder(path.join(folder, 'a'), { loss: 2.5 });
    writeRunFolder(path.join(folder, 'b'), { loss: 2, head: 'linear' });
    const entries = await entriesOf(folder);
    const [a, b] = await Promise.all(['a', 'b'].map((name) => findSide(path.join(folder, name), entries)));
    const { config, results, timings, verdicts } = compareSides(a, b);
    expect(config).toEqual([{ path: 'model.head.name', a: 'parallel', b: 'linear' }]);
    expect(results[0]).toEqual({ path: 'metrics.loss', a: 2.5, b: 2, difference: -0.5 });
    expect(results.map(({ path: name }) => name)).toContain('metrics.validation.0');
    expect([timings, verdicts]).toEqual([[], []]);
  });
});

describe('two arms side by side', () => {
  it('are means over seeds with a verdict paired by seed', async () => {
    const { a, b } = await armsOf({ n1: [2, 2.5, 3, 3.5], n2: [1.5, 2.1, 2.4, 3] });
    const { config, results, verdicts } = compareSides(a, b);
    expect(config).toEqual([{ path: 'model.head.horizon', a: 1, b: 2, difference: 1 }]);
    expect(results.find(({ path: name }) => name === 'bits-per-byte.bitsPerByte')).toEqual({
      ...{ path: 'bits-per-byte.bitsPerByte', a: 2.75, b: 2.25, difference: -0.5 },
    });
    // Differences -.5, -.4, -.6, -.5: mean -.5, sd .0816497, error .0408248, t = -12.2474 with 3 degrees of freedom;
    // 97.5% quantile of t(3) is 3.182446, p = 0.001171 (scipy.stats.ttest_rel).
    const [verdict] = verdicts;
    expect(verdict).toMatchObject({ path: 'bits-per-byte.bitsPerByte', verdict: 'better', pairs: 4, comparisons: 1 });
    expect(verdict.interval?.low).toBeCloseTo(-0.5 - 3.182446 * 0.0408248, 5);
    expect(verdict.p).toBeCloseTo(0.00117, 4);
  });

  it('have a verdict without a direction on any other metric, corrected for their number', async () => {
    const { a, b } = await armsOf({ n1: [2, 2.5, 3, 3.5], n2: [1.5, 2.1, 2.4, 3] });
    const [steps, last] = compareSides(a, b, [
      { part: 'results', key: 'training.steps' },
      { part: 'results', key: 'bits-per-byte.perOffset.1' },
    ]).verdicts;
    expect(steps.verdict).toBe('no difference shown');
    expect(last.verdict).toBe('lower');
    expect(last.adjustedP).toBeCloseTo(2 * 0.00117, 4);
    const [alone] = compareSides(a, b, [{ part: 'results', key: 'bits-per-byte.perOffset.1' }]).verdicts;
    expect(last.smallestEffect!).toBeGreaterThan(alone.smallestEffect!);
  });

  it('leave out the pair of a seed that failed, and say when too few are left', async () => {
    const { a, b } = await armsOf({ n1: [2, undefined, 3], n2: [1, 1, 1] });
    expect(compareSides(a, b).verdicts[0]).toMatchObject({ verdict: 'too few seeds', pairs: 2, plannedPairs: 3 });
  });
});

describe('the sides of a comparison', () => {
  it('may be the start of a cell id or the name of a run; unknown and ambiguous ones are refused', async () => {
    const folder = emptyFolder();
    const [one, two] = ['one', 'two'].map((name) => path.join(folder, name));
    for (const ablation of [one, two]) {
      writeRunFolder(path.join(ablation, 'run'), { name: 'alike' });
      writeAblationFolder(path.join(ablation, 'ablation'), { n1: [1, 2] });
    }
    writeRunFolder(path.join(folder, 'three'), { name: 'alone' });
    const entries = await entriesOf(folder);
    expect((await findSide('alone', entries)).entries[0].folder).toBe(path.join(folder, 'three'));
    await expect(findSide('n1', entries)).rejects.toThrow('--ablation');
    await expect(findSide('alike', entries)).rejects.toThrow('by its folder');
    await expect(findSide('n3', entries)).rejects.toThrow('Arms: "n1"');
    const inOne = { ablation: path.join(one, 'ablation') };
    expect((await findSide('n1', entries, inOne)).entries).toHaveLength(2);
    expect((await findSide('00000001', entries, inOne)).entries).toHaveLength(1);
  });
});
