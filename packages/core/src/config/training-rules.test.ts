import { expect, test } from 'vitest';
import { fakeBuiltIns, refused } from './built-ins.fixture.ts';
import { resolveExperiment } from './resolve.ts';
import { parseSource } from './source-map.ts';

const registry = fakeBuiltIns();
const resolve = (training: string, model = '{}') =>
  resolveExperiment(
    parseSource(`data: { dataset: none }\nmodel: ${model}\ntraining: ${training}\n`, 'x.yaml'),
    registry,
  );

test.each([
  [
    '{ groups: { trunk: { rate: 0 }, readout: { rate: 0 }, head: { rate: 0 } } }',
    ['x.yaml:3:21 training.groups: every group has rate 0, so that nothing trains. Give one a rate above 0.'],
  ],
  [
    '{ groups: { trunk: { rate: 0 }, readout: { start: 2 }, head: { start: 5 } } }',
    ['x.yaml:3:21 training.groups: nothing trains before step 2. Let one group that trains start at 0.'],
  ],
  [
    '{ steps: 10, groups: { trunk: { start: 10 }, readout: { start: 11 } } }',
    [
      'x.yaml:3:50 training.groups.trunk.start: must be < training.steps (10), was 10: it would never train. Write rate: 0 to freeze it.',
      'x.yaml:3:74 training.groups.readout.start: must be < training.steps (10), was 11: it would never train. Write rate: 0 to freeze it.',
    ],
  ],
])('%s is refused', (training, problems) => {
  expect(refused(() => resolve(training))).toMatchObject({ code: 'CONFIG_CONFLICT', problems });
});

test.each([
  '{ groups: { trunk: { rate: 0 }, readout: { rate: 0 } } }',
  '{ groups: { trunk: { rate: 0, start: 999 } } }',
  '{ steps: 10, groups: { trunk: { start: 9 }, readout: { start: 9 } } }',
])('%s is taken', (training) => {
  expect(refused(() => resolve(training)).code).toBe('none');
});

test('a single offset has nobody to teach', () => {
  expect(refused(() => resolve('{ distil: {} }', '{ head: { horizon: 1 } }'))).toMatchObject({
    code: 'CONFIG_CONFLICT',
    problems: [
      'x.yaml:3:21 training.distil: needs offsets beyond the first, which is the teacher; model.head.horizon was 1. Raise it, or leave this out.',
    ],
  });
});
