import { openEngine } from '@foretoken/engine';
import { expect, test } from 'vitest';
import { tinyModel } from '../training/tiny-model.fixture.ts';
import { measuredModel } from './measured-model.ts';

test('an eval that takes a weight out of the list of a model takes it from nobody else', async () => {
  const engine = await openEngine({ name: 'cpu' });
  const model = tinyModel(engine);
  const before = [...model.parameters];
  const given = measuredModel(model).parameters as Map<string, unknown>;
  expect([...given]).toEqual(before);
  given.clear();
  expect([...model.parameters]).toEqual(before);
  model.dispose();
});
