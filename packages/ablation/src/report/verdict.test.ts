import type { Json } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import type { ArmResults } from '../results/results.ts';
import { costColumns } from './cost-table.ts';
import { type VerdictRow, verdictRows } from './verdict.ts';
import { verdictSentences } from './verdict-sentence.ts';
import { verdictColumns } from './verdict-table.ts';

type Values = { bits: number; degenerate?: boolean };

/** One arm whose results and timings are those of an n = 2 model, with these bits per seed; undefined: the seed failed. */
function armOf(
  name: string,
  seeds: readonly (Values | undefined)[],
  mean: number,
  rest: Partial<ArmResults> = {},
): ArmResults {
  const results = (bits: number, degenerate: boolean | null): { [name: string]: Json } => ({
    'bits-per-byte': { unit: 'bits per byte', offsets: [1, 2], perOffset: [bits, bits + 1], bigram: 4 },
    acceptance: {
      decoders: {
        greedy: { proposed: [], tokensPerForward: 1 },
        speculative: { proposed: [10], tokensPerForward: 1.75, repetition: { degenerate } },
      },
      labelMatch: { tokensPerForward: 1.25 },
    },
    training: {
      parameters: 7_361_280,
      ...{ steps: 200, tokens: 409_600, trainingFlops: 3e12, match: { to: 'flops' } },
      flopsPerToken: { forward: 2.5e6, training: 7.5e6 },
    },
  });
  return {
    name,
    cells: seeds.map((values, seed) =>
      values
        ? {
            id: `${seed}`,
            seed,
            status: 'done',
            results: results(values.bits, values.degenerate ?? false),
            timings: {},
          }
        : { id: `${seed}`, seed, status: 'failed', error: { code: 'X', message: 'x' } },
    ),
    results: results(mean, null),
    timings: {
      training: { peakBytes: 5e7 },
      throughput: { baseline: 'greedy', decoders: { greedy: { ratio: 1 }, speculative: { ratio: 1.5 } } },
    },
    lossless: true,
    ...rest,
  };
}

/** What the cost table says of an arm, by heading. */
const costOf = (row: VerdictRow) => Object.fromEntries(costColumns.map(({ heading, cell }) => [heading, cell(row)]));

const texts = (rows: readonly VerdictRow[]) => rows.map((row) => verdictColumns(rows).map(({ cell }) => cell(row)));

describe('verdictRows', () => {
  it('mark training FLOPs that are an upper bound, and no others', () => {
    const [exact, bounded] = [armOf('exact', [{ bits: 3 }], 3), armOf('bounded', [{ bits: 3 }], 3)];
    const training = { ...(bounded.results.training as object), isTrainingFlopsUpperBound: true };
    const rows = verdictRows({ arms: [exact, { ...bounded, results: { ...bounded.results, training } }] });
    expect(costOf(rows[0])).toMatchObject({ 'FLOPs/token training': '7.500 M', 'training FLOPs': '3.000 T' });
    expect(costOf(rows[1])).toMatchObject({
      ...{ 'FLOPs/token forward': '2.500 M', 'FLOPs/token training': '≤ 7.500 M', 'training FLOPs': '≤ 3.000 T' },
    });
  });

  it('give the time of training in seconds', () => {
    const arm = armOf('a', [{ bits: 3 }], 3);
    const timed = (seconds?: number) => {
      const training: { readonly [name: string]: number } = seconds === undefined ? {} : { seconds };
      return { ...arm, timings: { training } };
    };
    const rows = verdictRows({ arms: [timed(12.5), timed(99.94), timed(99.96), timed(5400.4), timed()] });
    expect(rows.map((row) => costOf(row)['training time'])).toEqual(['12.5 s', '99.9 s', '100 s', '5,400 s', '–']);
  });

  it('says of every arm what the table shows', () => {
    const rows = verdictRows({ arms: [armOf('a', [{ bits: 3 }], 3), armOf('b', [{ bits: 2.875 }], 2.875)] });
    expect(rows[1]).toEqual({
      arm: 'b',
      isBaseline: false,
      ...{ match: 'flops', parameters: 7_361_280, steps: 200, tokens: 409_600, peakBytes: 5e7 },
      ...{ forwardFlops: 2.5e6, trainingFlopsPerToken: 7.5e6, trainingFlops: 3e12 },
      bitsPerByte: 2.875,
      bitsPerByteDelta: -0.125,
      comparison: { verdict: 'too few seeds', pairs: 1, plannedPairs: 1, comparisons: 1, difference: -0.125 },
      bigram: 4,
      unit: 'bits per byte',
      labelMatchTokensPerForward: 1.25,
      decoder: 'speculative',
      tokensPerForward: 1.75,
      isDegenerate: false,
      speedOverGreedy: 1.5,
      lossless: true,
      outputs: { speculative: 'yes' },
      seeds: 1,
      failedSeeds: 0,
    });
    expect(texts(rows)).toEqual([
      ['a', '7,361,280', '3.000', 'baseline', '–', '4.000', '1.25', '1.75', '1.50×', 'yes'],
      ['b', '7,361,280', '2.875', '−0.125', 'too few seeds (1 pair)', '4.000', '1.25', '1.75', '1.50×', 'yes'],
    ]);
  });

  it('compares over the seeds that both arms finished', () => {
    const baseline = armOf('a', [{ bits: 3 }, { bits: 5 }, undefined], 4);
    const arm = armOf('b', [{ bits: 3.5 }, undefined, { bits: 1 }], 2.25);
    expect(verdictRows({ arms: [baseline, arm] })[1]).toMatchObject({ bitsPerByteDelta: 0.5, failedSeeds: 1 });
    const nothingShared = armOf('c', [undefined, undefined, { bits: 1 }], 1);
    expect(verdictRows({ arms: [baseline, nothingShared] })[1].bitsPerByteDelta).toBeUndefined();
  });

  it('gives verdicts on the bits of every seed, corrected for the number of arms', () => {
    const bits = (values: readonly number[]) => values.map((value) => ({ bits: value }));
    const arms = [
      armOf('base', bits([3, 3.1, 3.2, 3.3, 3.4]), 3.2),
      armOf('low', bits([2.9, 3.01, 3.09, 3.21, 3.3]), 3.102),
      armOf('same', bits([3.1, 3, 3.3, 3.2, 3.4]), 3.2),
      armOf('high', bits([4, 4.1, 4.21, 4.3, 4.4]), 4.202),
      armOf('broken', [{ bits: 2 }, { bits: 2.1 }, undefined, undefined, undefined], 2.05),
    ];
    const rows = verdictRows({ arms });
    expect(rows.map(({ comparison }) => comparison?.verdict)).toEqual([
      ...[undefined, 'better', 'no difference shown', 'worse', 'too few seeds'],
    ]);
    const columns = verdictColumns(rows);
    const [delta] = columns.flatMap(({ heading }, i) => (heading === 'Δ' ? [i] : []));
    expect(columns.slice(delta, delta + 4).map(({ heading }) => heading)).toEqual(['Δ', 'verdict', 'p', 'effect']);
    const cells = texts(rows).map((row) => row.slice(delta, delta + 4));
    // By scipy: four times the p of low is 5.05e-5, half its interval .0104; same has p = 1. By statsmodels: five pairs whose
    // differences have a standard deviation of .1 see .2477 at the level .05 / 4.
    expect(cells[0]).toEqual(['baseline', '–', '–', '–']);
    expect(cells[1].slice(0, 3)).toEqual(['−0.098 ± 0.010', 'better', '< 0.0001']);
    expect(cells[2][1]).toMatch(/^no difference shown \(could have seen ≥ 0\.25\)$/);
    expect(cells[2][2]).toBe('1.000');
    expect(cells[3][1]).toBe('worse');
    expect(cells[4]).toEqual(['−1.000', 'too few seeds (2 of 5 pairs)', '–', '–']);
  });

  it('calls an arm degenerate if the guard says so in any seed', () => {
    const rows = verdictRows({ arms: [armOf('a', [{ bits: 3 }, { bits: 3, degenerate: true }], 3)] });
    expect(rows[0].isDegenerate).toBe(true);
    expect(texts(rows)[0][6]).toBe('1.75 degenerate');
  });

  it('leaves out what was not measured, and shows a dash', () => {
    const rows = verdictRows({ arms: [armOf('a', [undefined], 0, { results: {}, timings: {}, lossless: false })] });
    expect(texts(rows)).toEqual([['a (1 of 1 seed failed)', '–', '–', 'baseline', '–', '–', '–', '–', 'NO']]);
  });

  it('shows tokens per forward and no speed for an arm that drafts nothing', () => {
    const arm = armOf('a', [{ bits: 3 }], 3);
    const results = { ...arm.results, acceptance: { decoders: { greedy: { proposed: [], tokensPerForward: 1 } } } };
    expect(verdictRows({ arms: [{ ...arm, results }] })[0]).toMatchObject({
      decoder: undefined,
      tokensPerForward: 1,
      speedOverGreedy: undefined,
    });
  });
});

describe('verdictSentences', () => {
  const row = (arm: string, values: Partial<VerdictRow> = {}): VerdictRow => ({
    ...verdictRows({ arms: [armOf(arm, [{ bits: 3 }], 3)] })[0],
    isBaseline: false,
    ...values,
  });
  const said = (...rows: VerdictRow[]) => verdictSentences(rows).join(' ');
  const onePair = { verdict: 'too few seeds', pairs: 1, plannedPairs: 1, comparisons: 1, difference: -0.1 } as const;

  it('name the best arm with its difference, the bigram, what drafts pay, and how little one seed shows', () => {
    const text = said(
      row('base', { isBaseline: true }),
      row('new', { bitsPerByte: 2.9, bitsPerByteDelta: -0.1, comparison: onePair, speedOverGreedy: 2 }),
    );
    expect(text).toBe(
      'Lowest bits per byte at offset 1: new, 2.900 (−0.100 against the baseline; the lowest of 2 arms, picked on the text ' +
        'that it is measured on); a bigram model has 4.000. ' +
        'Drafts pay most for new: 2.00× the speed of its own greedy decoding, the fastest of 2 arms as measured. ' +
        'Every speculative output equals greedy’s. One seed: a difference here may be chance.',
    );
  });

  it('name every arm whose size is more than one per cent from the baseline’s', () => {
    const sized = (arm: string, parameters: number) => row(arm, { match: 'parameters', parameters });
    const base = { ...sized('base', 1000), isBaseline: true };
    const text = said(base, sized('more', 1020), sized('near', 1009), sized('less', 950));
    expect(text).toContain('Parameters do not match: more has +2.0%, less has −5.0% against the baseline.');
    expect(said(base, sized('near', 1009))).not.toContain('match');
  });

  it('name what was to be matched and is not, and nothing else', () => {
    const base = row('base', { isBaseline: true, match: 'none', parameters: 1000, tokens: 500, trainingFlops: 2000 });
    const arm = (values: Partial<VerdictRow>) => said(base, { ...base, isBaseline: false, arm: 'new', ...values });
    expect(arm({ match: 'flops', trainingFlops: 2100, parameters: 1500, tokens: 300 })).toContain(
      ' Training FLOPs do not match: new has +5.0% against the baseline. ',
    );
    expect(arm({ match: 'tokens', tokens: 480 })).toContain(
      ' Training tokens do not match: new has −4.0% against the baseline. ',
    );
    expect(arm({ match: 'flops', parameters: 1500, tokens: 300 })).not.toContain('match');
    expect(arm({ match: 'tokens', parameters: 1500, trainingFlops: 300 })).not.toContain('match');
    expect(arm({ match: 'none', parameters: 1500 })).toContain('Parameters do not match: new has +50.0%');
  });

  it('name arms whose FLOPs are matched as an upper bound only', () => {
    const values = { match: 'flops', trainingFlops: 2000 } as const;
    const base = row('base', { ...values, isBaseline: true });
    const learning = row('learning', { ...values, isTrainingFlopsUpperBound: true });
    expect(said(base, row('planned', values), learning)).toContain(
      ' Training FLOPs are matched as an upper bound only, under a horizon schedule that learns: learning. ',
    );
    expect(said(base, row('planned', values))).not.toContain('upper bound');
    expect(said(base, { ...learning, match: 'tokens' })).not.toContain('upper bound');
  });

  it('say that nothing beats the baseline, the bigram or greedy where nothing does', () => {
    const text = said(
      row('base', { isBaseline: true, bitsPerByte: 5, speedOverGreedy: 0.5, seeds: 2 }),
      row('new', { bitsPerByte: 6, speedOverGreedy: 0.75, seeds: 2 }),
    );
    expect(text).toMatch(/^No arm has lower bits per byte at offset 1 than the baseline base: 5\.000\./);
    expect(text).toContain('A bigram model has 4.000: no arm is trained far enough to beat it.');
    expect(text).toContain('Drafts pay for no arm; new comes closest, at 0.75× the speed');
  });

  it('warn of repetition, of outputs that differ, and of failures', () => {
    const text = said(
      row('a', { isDegenerate: true, speedOverGreedy: 9, seeds: 2, failedSeeds: 1 }),
      row('b', { lossless: false, outputs: { speculative: 'NO', tree: 'yes' } }),
      row('c', { lossless: false, outputs: {} }),
    );
    expect(text).toMatch(/Drafts pay most for b: 1\.50×/);
    expect(text).toContain('Degenerate: a generated text that repeats itself');
    expect(text).toContain('Not shown to equal greedy decoding: b (speculative), c.');
    expect(text).toContain('1 of 4 cells failed.');
  });

  it('call a speed lossy that a lossy rule reached, in the table too', () => {
    const fast = row('fast', { lossless: false, outputs: { speculative: 'lossy' } });
    expect(said(fast)).toContain('1.50× the speed of its own greedy decoding, by a lossy rule.');
    expect(texts([fast])[0].slice(-2)).toEqual(['1.50× lossy', 'lossy']);
  });

  it('claim nothing about what was not measured', () => {
    const nothing = { bitsPerByte: undefined, speedOverGreedy: undefined, decoder: undefined };
    expect(said(row('a', nothing))).toBe('No arm has been measured in bits per byte.');
  });
});

describe('arms that end by the clock', () => {
  const clock = { notReproducible: 'trained for 3 minutes by the clock' };
  const said = (first: Partial<ArmResults>, second: Partial<ArmResults>) =>
    verdictSentences(
      verdictRows({ arms: [armOf('a', [{ bits: 2 }], 2, first), armOf('b', [{ bits: 1 }], 1, second)] }),
    ).filter((sentence) => sentence.startsWith('Not reproducible'));

  it('are said to be not reproducible, all together or by name', () => {
    const rest = 'trained for 3 minutes by the clock; another run, above all on another machine, gives other numbers.';
    expect(said(clock, clock)).toEqual([`Not reproducible: all arms ${rest}`]);
    expect(said({}, clock)).toEqual([`Not reproducible: b ${rest}`]);
    expect(said({}, {})).toEqual([]);
  });
});
