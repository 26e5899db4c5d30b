import { expect, test } from 'vitest';
import { describeParityControls } from './parity-controls.fixture.ts';
import { unknownVariants } from './parity-subjects.fixture.ts';

describeParityControls(4);

test('options to vary are those of built-ins', () => {
  expect(unknownVariants()).toEqual([]);
});
