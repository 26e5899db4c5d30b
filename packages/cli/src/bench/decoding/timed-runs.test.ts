import type { Emission, NamedDecoder } from '@foretoken/core';
import { expect, it } from 'vitest';
import type { Work } from '../../output/progress.ts';
import type { CommandContext } from '../../process/context.ts';
import type { DecodingModel } from './decoding-model.ts';

/** A decoder of so many steps a run, each with a draft or each without. */
function decoderOf(label: string, steps: number, proposed: readonly number[], isTimed = false) {
  let runs = 0;
  const decoder = {
    async *generate(): AsyncGenerator<Emission> {
      runs++;
      for (let step = 0; step < steps; step++) yield { prompt: 0, tokens: Int32Array.of(1), proposed, accepted: 0 };
    },
  };
  return { named: { label, decoder, policy: { isTimed } } as unknown as NamedDecoder, runs: () => runs };
}

// Greedy decoding makes many steps a run and drafting few: counted together, greedy's would pass for the other's.
it('warms up steps with drafts and without apart, each as long as it is asked to', async () => {
  // A copy of the module: steps are counted for the process, in which other files may have run before.
  const copy = './timed-runs.ts?alone';
  const { inTurns }: typeof import('./timed-runs.ts') = await import(copy);
  const shown: Work[] = [];
  const context = {
    signal: new AbortController().signal,
    progress: () => ({ update: (work: Work) => shown.push(work), clear: () => {} }),
  };
  const model = { engine: { kernelSeconds: () => 0 }, openSession: () => ({ dispose: () => {} }), seed: 1 };
  const decoders = [
    decoderOf('greedy', 10, []),
    decoderOf('speculative', 2, [1, 1]),
    decoderOf('cost-model', 1, [1], true),
  ];
  const schedule = { groups: () => [[{ tokens: Int32Array.of(1) }]], maxTokens: 10, warmUpSteps: 20 };
  const contenders = decoders.map(({ named }) => ({ decoder: named, batch: 1 }));
  const results = await inTurns(
    context as unknown as CommandContext,
    model as unknown as DecodingModel,
    contenders,
    schedule,
  );
  // 20 plain steps take two runs; 20 with drafts seven of 2 + 1; a timed policy makes ten of its own. Each then runs once.
  expect(decoders.map(({ runs }) => runs())).toEqual([2 + 1, 7 + 1, 10 + 1]);
  expect(results.map(({ runs }) => runs.map(({ forwards, proposed }) => ({ forwards, proposed })))).toEqual([
    [{ forwards: 10, proposed: [] }],
    [{ forwards: 2, proposed: [2, 2] }],
    [{ forwards: 1, proposed: [1] }],
  ]);
  // How many runs there will be is known a round at a time: all three, twice, then two until the seventh, then one.
  const totals = [3, 3, 3, 6, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14, 16, 16, 17, 18, 19];
  expect(shown.map(({ label, done, total }) => `${label} ${done}/${total}`)).toEqual([
    ...totals.map((total, index) => `warming up ${index + 1}/${total}`),
    ...['1/3', '2/3', '3/3'].map((runs) => `decoding ${runs}`),
  ]);
});
