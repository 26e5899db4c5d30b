// As enumeration.test.ts, over whole trees of three levels and three children.

import { afterOneStep, ancestral, randomTables } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import rejection from '../rejection/rejection.ts';
import { largestGap } from './chi-square.fixture.ts';
import { LARGE_SETTINGS, levels } from './settings.fixture.ts';

const rule = rejection.create({}, {});

const named = LARGE_SETTINGS.map((one) => [one.name, one] as const);

test.each(named)('rejection gives the distribution of plain sampling: %s', (_, { shape, vocabulary }) => {
  const tables = randomTables(vocabulary, 1, { zeros: 0.1, support: 3 });
  const length = levels(shape) + 1;
  expect(largestGap(afterOneStep({ tables, shape, rule }, length), ancestral(tables, length))).toBeLessThan(1e-12);
});
