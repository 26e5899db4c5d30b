import { stripVTControlCharacters } from 'node:util';
import { Ansis } from 'ansis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../output/display-width.ts';
import { boardLines } from './board-lines.ts';
import { RunState } from './run-state.ts';
import { equalSizes, planOf, Script } from './running-plan.fixture.ts';

/** Two arms against a baseline: one ahead by 0.5 in every seed but for chance, one with a single pair. */
function halfWay(names = ['n=1', 'n=4 parallel', 'n=4 low-rank']) {
  const plan = planOf(names, [0, 1, 2]);
  const script: Script = new Script(plan, (event) => state.see(event));
  const state: RunState = new RunState({ plan, workers: 2, sizes: equalSizes(plan, 100), now: script.now });
  script.planned();
  for (const [seed, bits] of [2, 2.25, 2.5].entries()) script.cell(names[0], seed, bits);
  for (const [seed, bits] of [2.5, 2.85, 2.9].entries()) script.cell(names[1], seed, bits);
  script.cell(names[2], 0, 2.75);
  const training = script.start('train', names[2], 1);
  script.progress(training, 0, 1400);
  script.ms += 5_000;
  script.progress(training, 700, 1400, { perSecond: 140, secondsLeft: 5, loss: 3.25, tokensPerSecond: 10_906.4 });
  script.start('train', names[2], 2);
  return state;
}

const lines = (state: RunState, columns: number, more: Partial<Parameters<typeof boardLines>[1]> = {}) =>
  boardLines(state, { columns, rows: 23, colours: new Ansis(0), isStopping: false, ...more });

describe('the board of an ablation', () => {
  it('shows cells, rates, time left and the verdicts of the pairs so far', () => {
    expect(lines(halfWay(), 110)).toEqual([
      // 1.5 trainings of 10 s and two measurements of 2 s, by two workers.
      '7/9 cells done · 2 running · 0 left · 1:29 so far · about 9.5 s left',
      '  train n=4 low-rank, seed 1  ██████░░░░░░   50%  700/1,400 steps  10,906 tokens/s  loss 3.250  5.0 s left',
      '  train n=4 low-rank, seed 2',
      'so far, against n=1 in bits per byte (not final)',
      '  n=4 parallel  2.750  +0.500 ± 0.248  3 of 3 pairs  worse',
      '  n=4 low-rank  2.750  +0.750          1 of 3 pairs  too few seeds',
    ]);
  });

  it('leaves out what matters least on 80 columns, and names give way on 40', () => {
    expect(lines(halfWay(), 79)[1]).toBe(
      '  train n=4 low-rank, seed 1  ██████░░░░░░   50%  10,906 tokens/s  loss 3.250',
    );
    expect(lines(halfWay(), 30)[1]).toBe('  train n=4 low-rank, s…   50%');
    expect(lines(halfWay(), 39)).toEqual([
      '7/9 cells done · about 9.5 s left',
      '  train n=4 low-rank, seed 1   50%',
      '  train n=4 low-rank, seed 2',
      'so far, against n=1 (not final)',
      '  n=4 parallel  3/3  worse',
      '  n=4 low-rank  1/3  too few seeds',
    ]);
  });

  it('is coloured whole words at a time, and only where there are colours', () => {
    const coloured = lines(halfWay(), 110, { colours: new Ansis(1) });
    expect(coloured.map((line) => stripVTControlCharacters(line))).toEqual(lines(halfWay(), 110));
    expect(coloured[4]).toContain('\u001b[31mworse\u001b[39m');
    expect(lines(halfWay(), 110).join('')).not.toContain('\u001b');
  });

  it('says that it is stopping, and keeps to the rows there are', () => {
    expect(lines(halfWay(), 79, { isStopping: true })[0]).toMatch(/^7\/9 cells done · stopping: trainings save/);
    expect(lines(halfWay(), 79, { rows: 5 })).toEqual([
      expect.stringContaining('7/9 cells'),
      expect.stringContaining('seed 1'),
      '  and 1 more',
      expect.stringContaining('so far'),
      '  and 2 more',
    ]);
    expect(lines(halfWay(), 79, { rows: 1 })).toHaveLength(1);
  });

  it('shows no verdict before there is a pair, and no time before there is a rate', () => {
    const plan = planOf(['n=1', 'a'], [0]);
    const state = new RunState({ plan, workers: 1, sizes: equalSizes(plan, 1), now: () => 0 });
    expect(lines(state, 79)).toEqual(['0/2 cells done · 0 running · 2 left · 0.0 s so far']);
  });

  it('keeps to its columns and obeys no name, whatever the names', () => {
    const names = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), {
      ...{ minLength: 3, maxLength: 3 },
    });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 120 }), (arms, columns) => {
        for (const line of lines(halfWay(arms), columns)) {
          expect(displayWidth(line)).toBeLessThanOrEqual(columns);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
      { numRuns: 12 },
    );
  });
});
