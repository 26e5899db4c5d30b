import { runEvals } from '@foretoken/core/evaluation';
import type { Subject } from '@foretoken/core/plugin';
import { describeEvalContract, scriptedSubject } from '@foretoken/core/testing';
import { describe, expect, it } from 'vitest';
import { type MutualInformationResults, mutualInformation } from './mutual-information.ts';

describeEvalContract(mutualInformation, 'mutual-information', { windows: 3 });

async function measure(subject: Subject, windows = 64): Promise<MutualInformationResults> {
  const measurement = mutualInformation.create({}, { windows });
  const outcomes = await runEvals(subject, [{ name: 'mutual-information', eval: measurement }]);
  return outcomes['mutual-information'].results as MutualInformationResults;
}

describe('the eval mutual-information', () => {
  it('takes the loss of two tokens apart, position by position', async () => {
    // Offset 1 loses 1 at even positions and 2 at odd ones; offset 2 always 4. Of a window of four: positions 0, 1, 2,
    // whose gains are 4 - 2, 4 - 1 and 4 - 2.
    const nats = (_tokens: Int32Array, t: number, offset: number) => (offset === 2 ? 4 : 1 + (t % 2));
    const results = await measure(scriptedSubject({ offsets: [1, 2], nats, context: 4 }), 1);
    expect(results).toMatchObject({ windows: 1, reason: null, terms: { positions: 3, second: 4 } });
    const terms = results.terms!;
    expect(terms.next).toBeCloseTo(4 / 3, 12);
    expect(terms.secondGivenNext).toBeCloseTo(5 / 3, 12);
    expect(terms.mutualInformation).toBeCloseTo(7 / 3, 12);
    expect(terms.nextGivenSecond).toBeCloseTo(-1, 12);
    expect(results.share).toBeCloseTo((2 * (7 / 3)) / (16 / 3), 12);
  });

  it('says why a model without offset 2 has no terms', async () => {
    expect(await measure(scriptedSubject({ offsets: [1, 3] }), 2)).toEqual({
      windows: 2,
      terms: null,
      share: null,
      reason: 'the model predicts offsets 1, 3, and offset 2 is needed',
    });
  });

  it('says why a text of short documents has none', async () => {
    const subject = scriptedSubject({ offsets: [1, 2] });
    const losses: Subject['losses'] = async (windows) => {
      const all = await subject.losses(windows);
      const unscored = all.windows.map((window) => ({ ...window, nats: window.nats.map((x) => x.fill(Number.NaN)) }));
      return { ...all, windows: unscored };
    };
    expect((await measure({ ...subject, losses })).reason).toMatch(/^no held-out position has two more tokens/);
  });
});
