// What each rule says of itself, before anything is decoded with it.
import { createRegistry, type Definition } from '@foretoken/core';
import { describe, expect, test } from 'vitest';
import distance from '../distance/distance.ts';
import exact from '../exact/exact.ts';
import rejection from '../rejection/rejection.ts';
import topK from '../top-k/top-k.ts';
import typical from '../typical/typical.ts';

type Options = Readonly<Record<string, number>>;
const RULES: readonly {
  readonly name: string;
  readonly rule: Definition<'acceptance-rule'>;
  readonly isLossy: boolean;
  readonly defaults: Options;
  /** The furthest values that are taken, and the nearest that are not. */
  readonly taken: readonly Options[];
  readonly refused: readonly Options[];
}[] = [
  { name: 'exact', rule: exact, isLossy: false, defaults: {}, taken: [], refused: [{ k: 1 }] },
  { name: 'rejection', rule: rejection, isLossy: false, defaults: {}, taken: [], refused: [{ k: 1 }] },
  {
    name: 'typical',
    rule: typical,
    isLossy: true,
    defaults: { epsilon: 0.09, delta: 0.3 },
    taken: [
      { epsilon: 1e-9, delta: 0.3 },
      { epsilon: 1, delta: 1e9 },
      { epsilon: 0.5, delta: 1e-9 },
    ],
    refused: [{ epsilon: 0 }, { epsilon: 1.001 }, { delta: 0 }],
  },
  {
    name: 'top-k',
    rule: topK,
    isLossy: true,
    defaults: { k: 2 },
    taken: [{ k: 1 }, { k: 99 }],
    refused: [{ k: 0 }, { k: 1.5 }],
  },
  {
    name: 'distance',
    rule: distance,
    isLossy: true,
    defaults: { distance: 2 },
    taken: [{ distance: 0 }, { distance: 99 }],
    refused: [{ distance: -1 }, { distance: 0.5 }],
  },
];

describe.each(RULES)('the rule "$name"', ({ name, rule, isLossy, defaults, taken, refused }) => {
  const optionsOf = (options: Options) => {
    const registry = createRegistry();
    registry.register(rule, { package: '@foretoken/decoders', version: '1.0.0', api: 1 });
    return registry.checkOptions('acceptance-rule', { name, ...options }, 'here');
  };

  test('has its defaults, and takes whatever means something', () => {
    expect(optionsOf({})).toEqual(defaults);
    for (const options of taken) expect(optionsOf(options)).toEqual(options);
  });

  test('refuses what means nothing', () => {
    for (const options of refused) {
      const [option] = Object.keys(options);
      expect(() => optionsOf(options)).toThrow(
        new RegExp(`^OPTIONS_INVALID: acceptance-rule "${name}": .*${option}.*\\(here\\)`),
      );
    }
  });

  test('says when it keeps a draft, a lossy one that it is lossy before that, and what each option does', () => {
    expect(rule.description).toMatch(isLossy ? /^Lossy: a draft is kept [^:]+.*\.$/ : /^A draft is kept .*\.$/);
    const { properties = {} } = (rule.options ?? {}) as { properties?: Record<string, { description?: string }> };
    expect(Object.keys(properties)).toEqual(Object.keys(defaults));
    for (const { description } of Object.values(properties)) expect(description).toMatch(/^[A-Z].*\.$/);
  });
});
