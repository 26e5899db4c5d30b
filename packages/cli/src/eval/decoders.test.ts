import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';

/** Every built-in decoder, and what it says its output is. */
const decoders = {
  greedy: ['{ name: greedy }', 'greedy'],
  sample: ['{ name: sample }', 'same distribution'],
  beam: ['{ name: beam, width: 2 }', 'lossy'],
  speculative: ['{ name: speculative }', 'greedy'],
  penalized: ['{ name: speculative, sampling: { repetitionPenalty: 1.3, bias: { "32": -2 } } }', 'greedy'],
  certain: ['{ name: speculative, rule: rejection, sampling: { temperature: 0, repetitionPenalty: 1.2 } }', 'greedy'],
  drawn: ['{ name: tree, rule: rejection, sampling: { temperature: 0.7, topP: 0.9 } }', 'same distribution'],
  tree: ['{ name: tree }', 'greedy'],
  lookup: ['{ name: prompt-lookup }', 'greedy'],
  blockwise: ['{ name: blockwise }', 'greedy'],
  block: ['{ name: blockwise, minimumBlock: 2 }', 'lossy'],
  typical: ['{ name: speculative, rule: typical }', 'lossy'],
  timed: ['{ name: speculative, policy: cost-model }', 'greedy'],
} as const;
const draftless = ['greedy', 'sample', 'beam'];

interface Counted {
  readonly output: string;
  readonly forwards: number;
  readonly tokens: number;
  readonly rows: readonly { readonly forwards: number; readonly tokens: number }[];
}

test('every decoder is counted by one schema, called what it is, and judged by what it claims', async () => {
  const cwd = tinyExperiment();
  try {
    const each = Object.entries(decoders).map(([label, [ref]]) => `${label}: ${ref}`);
    const measured = '{ name: acceptance, prompts: 2, promptTokens: 4, maxTokens: 12, windows: 2 }';
    const compared = '{ name: losslessness, prompts: 2, promptTokens: 4, maxTokens: 12 }';
    const evals = ['--set', `evals=[${measured}, ${compared}]`];
    const trained = ['train', 'tiny.json', '--set', `decoders={ ${each.join(', ')} }`, ...evals];
    expect(await runBin(trained, { cwd })).toMatchObject({ code: 0 });
    const { evals: found } = JSON.parse((await runBin(['eval', 'runs/tiny', '--json'], { cwd })).stdout);
    const { acceptance, losslessness } = found;
    expect(acceptance.results).toMatchObject({ timed: ['timed'], skipped: [] });
    expect(Object.keys(acceptance.timings.decoders)).toEqual(['timed']);
    const counted: Record<string, Counted> = { ...acceptance.results.decoders, ...acceptance.timings.decoders };
    for (const [label, [, output]] of Object.entries(decoders)) {
      const { rows, ...all } = counted[label];
      expect({ label, output: all.output, tokens: all.tokens }).toEqual({ label, output, tokens: 24 });
      expect(rows.map(({ tokens }) => tokens)).toEqual([12, 12]);
      expect(rows.reduce((sum, { forwards }) => sum + forwards, 0)).toBe(all.forwards);
      const lossless = { greedy: true, 'same distribution': null, lossy: false }[output];
      const judged = losslessness.results.decoders[label];
      if (draftless.includes(label)) expect(judged).toBeUndefined();
      else expect({ label, ...judged }).toMatchObject({ label, output, lossless });
    }
    expect(losslessness.results.lossless).toBe(false);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});
