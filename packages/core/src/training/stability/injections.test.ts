import { type Engine, openEngine } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EngineOfTest, INJECTIONS, type Injection } from './injections.fixture.ts';
import { type Snapshot, SpoiledTraining } from './spoiled-training.fixture.ts';

/** Every tensor as bytes: NaN compares by its bits. */
const bits = ({ tensors }: Snapshot) =>
  Object.fromEntries([...tensors].map(([name, values]) => [name, Buffer.from(values.buffer).toString('hex')]));

const titleOf = ({ place, of, value, backward = 'sequential', batch: [bad, all] = [1, 1] }: Injection) =>
  `${place} of ${of} = ${value}, ${backward}, batch ${bad} of ${all}`;

function optionsOf(on: EngineOfTest) {
  return on === 'native bfloat16' ? ({ name: 'native', precision: 'bfloat16' } as const) : ({ name: on } as const);
}

test('there are sixty of them', () => {
  expect(INJECTIONS).toHaveLength(60);
  expect(new Set(INJECTIONS.map((each) => `${titleOf(each)} ${each.on}`)).size).toBe(60);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1])(
  'a weighting that gives %d is refused by code, and nothing moves, counters included',
  async (value) => {
    const engine = await openEngine({ name: 'cpu' });
    const training = new SpoiledTraining(engine, { place: 'weighting', of: 'offset-2', value, says: /./ });
    training.step(0);
    const before = training.snapshot();
    training.spoil();
    expect(() => training.step(1)).toThrow(/^WEIGHTS_INVALID: weighting "uniform": .* 3 finite numbers >= 0/);
    expect(training.snapshot()).toEqual(before);
    training.repair();
    expect(training.step(1).skipped).toBe(false);
    training.dispose();
  },
);

describe.each<EngineOfTest>(['cpu', 'wasm', 'native', 'native bfloat16'])('a bad step on %s', (on) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(optionsOf(on));
  });
  afterAll(() => expect(engine.memory().numTensors).toBe(0));
  const here = INJECTIONS.filter((each) => (each.on ?? 'cpu') === on).map((each) => [titleOf(each), each] as const);

  test.each(here)('moves counters and no bit of anything else: %s', (_, injection) => {
    const training = new SpoiledTraining(engine, injection);
    training.step(0);
    const good = training.snapshot();
    training.spoil();
    const before = training.snapshot();
    const report = training.step(1);
    expect(report.skipped).toBe(true);
    expect(report.notFinite?.[0]).toMatch(injection.says);
    const after = training.snapshot();
    expect(bits(after)).toEqual(bits(before));
    const { breakdown, ...state } = after.state;
    expect(state).toEqual({ ...good.state, step: 2, skippedSteps: 1, skippedInARow: 1 });
    expect(breakdown).toEqual(expect.objectContaining({ step: 2, what: report.notFinite }));

    training.repair();
    expect(training.step(2).skipped).toBe(false);
    const twin = new SpoiledTraining(engine, injection);
    twin.restore({ ...good, state: { ...good.state, step: 2, skippedSteps: 1 } });
    twin.step(2);
    const [mended, undisturbed] = [training.snapshot(), twin.snapshot()];
    expect(bits(mended)).toEqual(bits(undisturbed));
    expect(bits(mended)).not.toEqual(bits(good));
    expect(mended.state).toEqual(undisturbed.state);
    for (const each of [training, twin]) each.dispose();
  });
});
