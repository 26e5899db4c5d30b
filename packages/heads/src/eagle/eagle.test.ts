import type { HeadContext } from '@foretoken/core/plugin';
import { describeHeadContract } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import { describeReference } from '../reference.fixture.ts';
import eagle from './eagle.ts';

// With horizon 1 there is nothing for an option to act on.
const actElsewhere = ['features', 'taps', 'featureLoss', 'detach', 'draftTokens'];

describeHeadContract(eagle, 'eagle');
describeHeadContract(eagle, 'eagle', { features: 'output', featureLoss: 10 }, { horizon: 2 });
describeHeadContract(eagle, 'eagle', { taps: [0.5, 1], featureLoss: 1, detach: false, draftTokens: [7, 0, 3] });
describeHeadContract(eagle, 'eagle', {}, { horizon: 1, actElsewhere });
describeReference(eagle, 'eagle');

test('taps beside features: output and draft tokens beyond the vocabulary are refused', () => {
  const readout = { weight_EV: { shape: [8, 11] } };
  const param = () => ({});
  const context = {
    dims: { horizon: 2, width: 8, vocabulary: 11, block: {} },
    readout,
    param,
  } as unknown as HeadContext;
  const create = (options: object) => () => eagle.create(context, { featureLoss: 0, detach: true, ...options });
  expect(create({ features: 'output', taps: [0.5] })).toThrow(
    /OPTIONS_INVALID: head "eagle": features: output reads the trunk’s output alone, but taps were given/,
  );
  const block = { attentionHeads: 2, keyValueHeads: 1, mlpWidth: 12, rotaryBase: 10_000 };
  Object.assign(context.dims, { block, layers: 2 });
  expect(create({ features: 'fused', draftTokens: [3, 11] })).toThrow(
    /OPTIONS_INVALID: head "eagle": draftTokens must be token ids below the vocabulary's 11, one was 11/,
  );
  // With horizon 1 there is no draft, but a mistake is one.
  Object.assign(context.dims, { horizon: 1 });
  expect(create({ features: 'fused', draftTokens: [3, 10] })).not.toThrow();
  expect(create({ features: 'fused', draftTokens: [3, 11] })).toThrow(
    /OPTIONS_INVALID: head "eagle": draftTokens must/,
  );
});
