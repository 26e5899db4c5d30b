import { parseSource } from '@foretoken/core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AblationFile } from '../matrix/ablation-file.ts';
import type { ResolvedCell } from '../matrix/resolve-arms.ts';
import { planOf, problemsOf } from '../plan/planning.fixture.ts';
import { readPruning } from './read-pruning.ts';

const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 2800, validateEvery: 100 }';
const arms = 'axes: { model.head: [parallel, linear, low-rank], model.head.horizon: [2, 4] }\nseeds: [0, 1, 2]\n';

const refused = (lines: string, rest = arms) => problemsOf(rest + lines, base);

/** Planned once: what a file says of pruning is read beside its cells. */
let cells: readonly ResolvedCell[];
beforeAll(async () => {
  cells = (await planOf(arms, { base })).cells;
});

function read(lines: string) {
  const source = parseSource(lines, 'ablation.yaml');
  return readPruning({ source, file: source.value as unknown as AblationFile }, cells);
}

describe('pruning', () => {
  it.each([
    ['halving: {}', { rule: 'halving', rungs: [0.25, 0.5], keep: 0.5 }],
    ['halving: { factor: 3 }', { rule: 'halving', rungs: [1 / 9, 1 / 3], keep: 1 / 3 }],
    ['halving: { first: 0.1, factor: 3 }', { rule: 'halving', rungs: [0.1, 0.1 * 3, 0.1 * 3 * 3], keep: 1 / 3 }],
    ['halving: { rungs: [0.1, 0.6], keep: 0.3 }', { rule: 'halving', rungs: [0.1, 0.6], keep: 0.3 }],
    ['halving: { rungs: [0.5] }', { rule: 'halving', rungs: [0.5], keep: 0.5 }],
    ['paired: {}', { rule: 'paired', rungs: [0.25, 0.5, 0.75], alpha: 0.05 }],
    ['paired: { rungs: [0.5], alpha: 0.1 }', { rule: 'paired', rungs: [0.5], alpha: 0.1 }],
  ])('%s is complete in the plan', (lines, expected) => {
    const pruning = read(`pruning: { ${lines} }`).pruning!;
    expect({ ...pruning, rungs: pruning.rungs.map((rung) => rung.toFixed(12)) }).toEqual({
      ...expected,
      rungs: expected.rungs.map((rung) => rung.toFixed(12)),
    });
  });

  it('changes no cell: what is done with or without it is the same', async () => {
    const [plain, pruned] = [await planOf(arms, { base }), await planOf(`${arms}pruning: { halving: {} }`, { base })];
    expect(plain.pruning).toBeUndefined();
    expect(pruned.pruning).toEqual({ rule: 'halving', rungs: [0.25, 0.5], keep: 0.5 });
    expect(pruned.cells.map(({ id }) => id)).toEqual(plain.cells.map(({ id }) => id));
  });

  it.each([
    ['pruning: {}', '1:10 pruning: must be one of halving and paired, had neither.'],
    ['pruning: { halving: {}, paired: {} }', '1:10 pruning: must be one of halving and paired, had both.'],
    [
      'pruning: { halving: { rungs: [700] } }',
      '1:31 pruning.halving.rungs.0: must be a share of each arm’s own steps, above 0 and below 1, was 700.',
    ],
    [
      'pruning: { paired: { rungs: [0, 0.5] } }',
      '1:30 pruning.paired.rungs.0: must be a share of each arm’s own steps, above 0 and below 1, was 0.',
    ],
    [
      'pruning: { paired: { rungs: [0.5, 0.25] } }',
      '1:35 pruning.paired.rungs.1: must be more than the rung before it, 0.5, was 0.25.',
    ],
    [
      'pruning: { halving: { first: 1 } }',
      '1:30 pruning.halving.first: must be a share of each arm’s own steps, above 0 and below 1, was 1.',
    ],
    [
      'pruning: { halving: { rungs: [0.5], factor: 2 } }',
      '1:45 pruning.halving.factor: says the rungs, which "rungs" says too. Remove one of them.',
    ],
    [
      'pruning: { halving: { rungs: [0.11, 0.12], keep: 0.5 } }',
      '1:37 pruning.halving.rungs.1: comes to step 400 of "head=parallel, horizon=2", as rung 0.11 does: it validates every 100 of its 2800 steps. Lower training.validateEvery, or give other rungs.',
    ],
    [
      'pruning: { halving: { rungs: [0.25, 0.99] } }',
      '1:37 pruning.halving.rungs.1: comes to step 2800 of "head=parallel, horizon=2", the last: it validates every 100 of its 2800 steps. Lower training.validateEvery, or give other rungs.',
    ],
    [
      'pruning: { halving: { keep: 0.9 } }',
      '1:21 pruning.halving: stops nothing: of 5 arms beside the baseline, a share of 0.9, rounded up, is all.',
    ],
  ])('%s is refused', (lines, problem) => {
    expect(read(lines).problems).toEqual([`ablation.yaml:${problem}`]);
  });

  it.each([
    '{ halving: { keep: 1 } }',
    '{ halving: { factor: 1 } }',
    '{ paired: { alpha: 0.7 } }',
    '{ asha: {} }',
    '{ halving: { rungs: [] } }',
  ])('%s breaks the schema, at its place', async (lines) => {
    const [problem, ...more] = await refused(`pruning: ${lines}`);
    expect(problem).toMatch(/^ablation\.yaml:7:\d+ pruning/);
    expect(more).toEqual([]);
  });

  it('is refused where nothing could be stopped, or nothing compared', async () => {
    const two = 'axes: { model.head.horizon: [1, 2] }\n';
    expect(await refused('pruning: { halving: {} }', two)).toEqual([
      'ablation.yaml:6:21 pruning.halving: stops nothing: of 1 arm beside the baseline, a share of 0.5, rounded up, is all.',
    ]);
    expect(await refused('pruning: { paired: {} }', two)).toEqual([
      'ablation.yaml:6:20 pruning.paired: takes at least 3 seeds, as every verdict does; there is 1.',
    ]);
    const drafts = 'axes: { decoders: [{ g: greedy }, { g: greedy, s: speculative }] }\nseeds: [0, 1, 2]\n';
    expect(await refused('pruning: { paired: {} }', drafts)).toEqual([
      'ablation.yaml:7:20 pruning.paired: stops nothing: no arm is trained in another way than the baseline, which is never stopped.',
    ]);
    const windows = 'axes: { training.validationWindows: [4, 8, 16] }\n';
    expect(await refused('pruning: { halving: {} }', windows)).toEqual([
      'ablation.yaml:6:21 pruning.halving: compares held-out losses per token, which takes the same data.dataset, data.tokenizer and ' +
        'training.validationWindows; "validationWindows=8" has others than "validationWindows=4".',
    ]);
  });

  it('looks at each arm at shares of its own steps', async () => {
    const lines = 'axes: { training.batch: [8, 4, 2] }\nmatch: tokens\npruning: { halving: { rungs: [0.25] } }';
    const { cells, pruning } = await planOf(lines, { base });
    expect(cells.map(({ experiment }) => experiment.training.steps)).toEqual([2800, 5600, 11_200]);
    expect(pruning?.rungs).toEqual([0.25]);
  });
});
