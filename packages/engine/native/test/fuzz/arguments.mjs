// Arguments as plain data that can be printed, shrunk and made again: what is likely, and rubbish of every kind.
import fc from 'fast-check';

const small = fc.integer({ min: 0, max: 5 });
const odd = fc.constantFrom(
  -1,
  0.5,
  -0,
  NaN,
  Infinity,
  -Infinity,
  1e-310,
  64,
  300,
  1e6,
  2 ** 20 + 1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 32 + 1,
  2 ** 40,
  2 ** 47,
  2 ** 52 + 3,
  2 ** 53,
  2 ** 63,
  1e300,
);
const number = fc.oneof(
  { weight: 12, arbitrary: small },
  { weight: 1, arbitrary: odd },
  { weight: 1, arbitrary: fc.double() },
);

/** Sizes whose products vanish or leave every type of integer. */
const edge = fc
  .constantFrom(0, 0, 0, 1, 1, 2, 3, 2 ** 16, 2 ** 20, 2 ** 30, 2 ** 31 - 1, 2 ** 31 - 1)
  .map((value) => ({ is: 'number', value: String(value) }));

const rubbish = fc.oneof(
  odd.map((value) => ({ is: 'number', value: String(value) })),
  fc
    .constantFrom(
      'undefined',
      'null',
      'true',
      'false',
      'symbol',
      'bigint',
      'function',
      'class',
      'object',
      'throwing',
      'proxy',
      'array',
      'date',
      'buffer',
      'view',
      'external',
      'detached',
      'shrunk',
      'growing',
      'shared',
      'longString',
      'promise',
      'frozen',
      'otherArray',
    )
    .map((value) => ({ is: value })),
  fc.string({ maxLength: 12 }).map((value) => ({ is: 'string', value })),
);

const index = fc.integer({ min: 0, max: 40 });
const handle = fc.oneof(
  { weight: 12, arbitrary: index.map((at) => ({ is: 'handle', at })) },
  { weight: 2, arbitrary: index.map((at) => ({ is: 'stale', at })) },
  { weight: 1, arbitrary: index.map((at) => ({ is: 'near', at })) },
  { weight: 1, arbitrary: fc.constant({ is: 'number', value: '0' }) },
);
const length = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(64, 700) },
);
const entries = fc.constantFrom('zeros', 'chain', 'down', 'random', 'large');
const values = (type) =>
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ is: fc.constant('values'), type: fc.constant(type), length, entries }) },
    {
      weight: 1,
      arbitrary: fc.record({
        is: fc.constantFrom('shared', 'shrunk', 'growing', 'detached'),
        type: fc.constant(type),
        length,
      }),
    },
  );

const LIKELY = {
  handle,
  number: number.map((value) => ({ is: 'number', value: Object.is(value, -0) ? '-0' : String(value) })),
  boolean: fc.boolean().map((value) => ({ is: String(value) })),
  string: fc.constantFrom('avx2', 'avx512', 'neon', 'scalar', 'slot', '').map((value) => ({ is: 'string', value })),
  store: fc.integer({ min: 0, max: 3 }).map((at) => ({ is: 'store', at })),
  int32s: values('Int32Array'),
  float64s: fc.oneof(
    values('Float64Array'),
    fc.array(index, { maxLength: 9 }).map((at) => ({ is: 'handles', at })),
  ),
  values: fc.constantFrom('Float32Array', 'Int32Array', 'Uint8Array').chain(values),
  other: fc.constantFrom({ is: 'class' }, { is: 'function' }, { is: 'throwingClass' }),
};

const argumentOf = (kind) => fc.oneof({ weight: 14, arbitrary: LIKELY[kind] }, { weight: 1, arbitrary: rubbish });

/**
 * One call of a function: arguments of its own kinds or not, sometimes too few or too many. One that is `mended` is tried
 * again after each refusal, with what the refusal asks for, until it is let in: so that deep calls are reached, too.
 */
export function callOf(name, parameters) {
  const exact = fc.tuple(...parameters.map(({ kind }) => argumentOf(kind)));
  const edges = fc.tuple(...parameters.map(({ kind }) => (kind === 'number' ? edge : argumentOf(kind))));
  const shorter = exact.chain((all) => fc.nat({ max: all.length }).map((count) => all.slice(0, count)));
  const longer = fc
    .tuple(exact, fc.array(rubbish, { minLength: 1, maxLength: 8 }))
    .map(([all, more]) => [...all, ...more]);
  const wild = fc.array(rubbish, { maxLength: parameters.length + 1 });
  return fc.record({
    name: fc.constant(name),
    given: fc.oneof(
      { weight: 16, arbitrary: exact },
      { weight: 3, arbitrary: edges },
      { weight: 1, arbitrary: shorter },
      { weight: 1, arbitrary: longer },
      { weight: 1, arbitrary: wild },
    ),
    mended: fc.integer({ min: 0, max: 3 }).map((value) => value > 0),
    seed: fc.nat({ max: 1000 }),
  });
}
