import type { NamedDecoder } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import type { DecodingModel } from './decoding-model.ts';
import { detailedLines, speedLines } from './lines.ts';
import { detailedSpeedsOf, speedsOf } from './speeds.ts';
import type { ContenderRuns, TimedRun } from './timed-runs.ts';

const model = { engine: { name: 'native', threads: 2 } } as DecodingModel;
const decoder = (label: string, keeps: NamedDecoder['rule']['keeps'] = ['greedy']) =>
  ({ label, decoder: { drafts: label !== 'greedy' }, rule: { keeps } }) as unknown as NamedDecoder;

const timed = (seconds: number, tokens: number, forwards: number, more: Partial<TimedRun> = {}): TimedRun => ({
  ...{ prompts: 1, seconds, prefillSeconds: 0.5, tokens, forwards, proposed: [], isFromHeads: true, texts: ['1,2'] },
  ...more,
});

const greedy: ContenderRuns = {
  decoder: decoder('greedy'),
  batch: 1,
  runs: [timed(4.5, 100, 100), timed(4.5, 100, 100)],
};
const speculative: ContenderRuns = {
  decoder: decoder('speculative'),
  batch: 1,
  runs: [
    timed(2.5, 100, 50, { proposed: [50, 25], javaScriptSeconds: 0.3, sessionJavaScriptSeconds: 0.2 }),
    timed(2.5, 100, 30, { proposed: [30, 15], javaScriptSeconds: 0.1, sessionJavaScriptSeconds: 0.1 }),
  ],
};

describe('speeds', () => {
  it('take the median run of random tokens', () => {
    const runs = [timed(1, 60, 30), timed(9, 60, 30), timed(2, 60, 30)];
    expect(speedsOf(model, [{ ...greedy, runs }])).toEqual([
      { engine: 'native', threads: 2, decoder: 'greedy', batch: 1, tokensPerSecond: 30, tokensPerForward: 2 },
    ]);
  });

  it('say which output keeps neither greedy’s tokens nor the distribution', () => {
    const kept = [['greedy'], ['distribution'], []] as const;
    const contenders = kept.map((keeps) => ({ ...speculative, decoder: decoder('typical', keeps) }));
    const told = [undefined, undefined, 'lossy'];
    expect(speedsOf(model, contenders).map(({ output }) => output)).toEqual(told);
    const detailed = detailedSpeedsOf(model, contenders, { greedy: 1, past: 0, levels: [1, 1] });
    expect(detailed.map(({ output }) => output)).toEqual(told);
    for (const lines of [speedLines(speedsOf(model, contenders)), detailedLines(detailed)]) {
      expect(lines.filter((line) => line.includes('lossy'))).toEqual([lines.at(-1)]);
    }
  });

  it('stand with prefill and without, over greedy of the same batch, and as shares of the bound', () => {
    const weights = { greedy: 100, past: 7, levels: [20, 20] };
    const found = detailedSpeedsOf(model, [greedy, speculative], weights);
    // 2.5 tokens per forward; every forward drafts level 1 and half of them level 2: 130 bytes for 100.
    const bound = (2.5 * 100) / 130;
    expect(found[1]).toMatchObject({ prefillSeconds: 1, decodingSeconds: 4, tokensPerSecond: 40, prompts: 2 });
    expect(found[1].decodingTokensPerSecond).toBeCloseTo(50, 12);
    expect(found[1].overGreedy).toBeCloseTo(1.8, 12);
    expect(found[1].decodingOverGreedy).toBeCloseTo(2, 12);
    expect(found[1].bound).toBeCloseTo(bound, 12);
    expect(found[1].shareOfBound).toBeCloseTo(1.8 / bound, 12);
    expect(found[1].decodingShareOfBound).toBeCloseTo(2 / bound, 12);
    expect(found[1].javaScriptShare).toBeCloseTo(0.1, 12);
    expect(found[1].javaScriptMsPerStep).toBeCloseTo(5, 12);
    expect(found[1].sessionJavaScriptShare).toBeCloseTo(0.075, 12);
    expect(found[1].sessionJavaScriptMsPerStep).toBeCloseTo(3.75, 12);
    expect(found[0]).toMatchObject({ overGreedy: 1, decodingOverGreedy: 1, weightBytes: 100, pastBytesPerToken: 7 });
    expect(found[1].weightBytes).toBeUndefined();
    expect(found[0].bound).toBeUndefined();
    expect(found[0].javaScriptShare).toBeUndefined();
  });

  it('count the prompts whose text was greedy’s', () => {
    const runs = speculative.runs.map((run, index) => ({ ...run, texts: [index === 0 ? '1,2' : '1,3'] }));
    const [own, other] = detailedSpeedsOf(model, [greedy, { ...speculative, runs }], {
      greedy: 1,
      past: 0,
      levels: [1, 1],
    });
    expect([own.equalToGreedy, other.equalToGreedy]).toEqual([2, 1]);
  });

  it('are bound by what greedy reads where the heads draft nothing', () => {
    const runs = speculative.runs.map((run) => ({ ...run, isFromHeads: false }));
    const [, lookup] = detailedSpeedsOf(model, [greedy, { ...speculative, runs }], {
      greedy: 100,
      past: 0,
      levels: [20, 20],
    });
    expect(lookup.bound).toBeCloseTo(2.5, 12);
  });

  it('have no bound by bytes at larger batches, and nothing to compare with where greedy did not run there', () => {
    const weights = { greedy: 100, past: 0, levels: [20] };
    const four = { ...speculative, batch: 4 };
    expect(detailedSpeedsOf(model, [greedy, four], weights)[1].overGreedy).toBeUndefined();
    const both = detailedSpeedsOf(model, [{ ...greedy, batch: 4 }, four], weights);
    expect(both[1].overGreedy).toBeCloseTo(1.8, 12);
    expect(both[1].bound).toBeUndefined();
  });
});
