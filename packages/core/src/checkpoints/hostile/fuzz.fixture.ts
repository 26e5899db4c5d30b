import fc from 'fast-check';
import { expect } from 'vitest';
import { readJsonLines } from '../../files/json-lines-log.ts';
import { readSafetensors } from '../safetensors.ts';
import { fileOf, tensor } from './bad-file.fixture.ts';
import { memoryDisk } from './memory-disk.fixture.ts';

/** What reading came to: `read`, or the code and message of the error. */
async function outcomeOf<T>(reading: Promise<T>): Promise<{ value: T } | { code?: string; message: string }> {
  return reading.then(
    (value) => ({ value }),
    (error: Error & { code?: string }) => ({ code: error.code, message: error.message }),
  );
}

const read = (bytes: Buffer) => outcomeOf(readSafetensors('file', { disk: memoryDisk(bytes) }));

/** JSON text with whether a header may have it in that place. */
type Piece = readonly [text: string, isRight: boolean];

const pick = (right: readonly string[], wrong: readonly string[]): fc.Arbitrary<Piece> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...right).map((text): Piece => [text, true]) },
    { weight: 1, arbitrary: fc.constantFrom(...wrong).map((text): Piece => [text, false]) },
  );

const WRONG_VALUES = [
  'null',
  'true',
  '1',
  '"x"',
  '[]',
  '{}',
  '[[]]',
  '-1',
  '1e2',
  'NaN',
  '',
  '[',
  '}',
  '\0',
  '[0 0]',
  '[,]',
];

const NAMES = pick(
  ['"a"', '"b"', '"größe"', '"\\u0063"', '""', '"constructor"', '"\\ud83d\\ude00"', '" "'],
  ['"__proto__"', '"\\u0000"', '"\\ud800"', 'a', '"\n"', '1', '"', '"\\u007f"'],
);

/** A tensor of one element or none, whose bytes start where they are put. */
const ENTRY = fc.record({
  name: NAMES,
  dtype: pick(['"F32"', '"I32"'], ['"f32"', '"F64"', ...WRONG_VALUES]),
  shape: pick(
    ['[]', '[1]', '[ 1 , 1 ]'],
    ['[2]', '[0]', '[1.0]', '[-0]', '[1e0]', '["1"]', '[1,]', ...WRONG_VALUES.slice(0, 4)],
  ),
  extra: pick([''], [',"x":1', ',"dtype":"F32"', ',"__proto__":0', ',', '}']),
});

const METADATA = pick(
  ['', '"__metadata__":{}', '"__metadata__":{"a":"b"}', ' "__metadata__" : { "" : "\\u0000" } '],
  ['"__metadata__":{"a":1}', '"__metadata__":[]', '"__metadata__":{"a":"b","a":"b"}', '"__metadata__":{"a":"\\udead"}'],
);

/** Target 1: headers of the grammar with wrong pieces among right ones; read if and only if every piece is right. */
export const headerGrammar = fc.asyncProperty(
  fc.array(ENTRY, { maxLength: 4 }),
  METADATA,
  pick(['', ' ', '\n\t\r '], ['\0', 'x', '{}', ',', ']']),
  async (entries, metadata, tail) => {
    const tensors = entries.map(
      ({ name, dtype, shape, extra }, index) =>
        `${name[0]}:{"dtype":${dtype[0]},"shape":${shape[0]},"data_offsets":[${4 * index},${4 * index + 4}]${extra[0]}}`,
    );
    const members = [metadata[0], ...tensors].filter((text) => text !== '');
    const outcome = await read(fileOf(`{${members.join()}}${tail[0]}`, 4 * entries.length));
    const pieces = [metadata, tail, ...entries.flatMap((entry) => Object.values(entry))];
    const isOnce = new Set(entries.map(({ name }) => name[0])).size === entries.length;
    if (isOnce && pieces.every(([, isRight]) => isRight)) {
      expect(outcome).toHaveProperty('value');
      expect('value' in outcome && [...outcome.value.tensors.keys()].length).toBe(entries.length);
    } else expect(outcome).toMatchObject({ code: 'FILE_CORRUPT' });
  },
);

/** Cuts of a number of bytes into tensors of U8, in any order, with some ends moved. */
const TABLE = fc.array(fc.nat(6), { maxLength: 6 }).chain((sizes) => {
  const ends = sizes.map((_, index) => sizes.slice(0, index + 1).reduce((sum, size) => sum + size, 0));
  const spans = sizes.map((size, index) => ({ begin: ends[index] - size, end: ends[index] }));
  const moved = fc.tuple(...spans.map(() => fc.tuple(NUDGE, NUDGE)));
  return fc
    .tuple(
      moved,
      fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, -1, 5),
      fc.shuffledSubarray(
        spans.map((_, index) => index),
        { minLength: spans.length },
      ),
    )
    .map(([nudges, dataNudge, order]) => ({
      spans: order.map((index) => ({
        begin: spans[index].begin + nudges[index][0],
        end: spans[index].end + nudges[index][1],
      })),
      data: Math.max(0, (ends[ends.length - 1] ?? 0) + dataNudge),
    }));
});

const NUDGE = fc.oneof(
  { weight: 14, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 1, 2, -7, 2 ** 32, 2 ** 53) },
);

/** Target 2: tables of offsets; read if and only if each byte belongs to one tensor, counted byte by byte. */
export const offsetsTable = fc.asyncProperty(TABLE, async ({ spans, data }) => {
  const entries = spans.map(({ begin, end }, index) => {
    const shape = `[${Math.max(0, end - begin)}]`;
    return `"t${index}":${tensor(begin, end, { dtype: '"U8"', shape })}`;
  });
  const bytes = Buffer.from(Array.from({ length: data }, (_, index) => index + 1));
  const outcome = await read(fileOf(`{${entries.join()}}`, bytes));
  if (!covers(spans, data)) {
    expect(outcome).toMatchObject({ code: 'FILE_CORRUPT' });
    return;
  }
  if (!('value' in outcome)) throw new Error(`refused: ${outcome.message}`);
  for (const [index, { begin, end }] of spans.entries()) {
    expect(outcome.value.tensors.get(`t${index}`)!.data).toEqual(new Uint8Array(bytes.subarray(begin, end)));
  }
});

function covers(spans: readonly { readonly begin: number; readonly end: number }[], data: number): boolean {
  if (spans.some(({ begin, end }) => begin < 0 || end < begin || end > data)) return false;
  for (let byte = 0; byte < data; byte++) {
    if (spans.filter(({ begin, end }) => begin <= byte && byte < end).length !== 1) return false;
  }
  // A tensor without bytes lies between two others or at an end, never inside one.
  return spans.every(
    ({ begin, end }) => begin < end || !spans.some((other) => other.begin < begin && begin < other.end),
  );
}

const GOOD_LINE = fc
  .dictionary(
    fc.string({ maxLength: 4 }).filter((key) => key !== '__proto__'),
    fc.jsonValue({ maxDepth: 3 }),
  )
  .filter((row) => !JSON.stringify(row).includes('__proto__'))
  .map((row) => JSON.stringify(row));

const BAD_LINE = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '[]',
    'null',
    '1',
    '"a"',
    '{',
    '{"a":1}}',
    '{"a":NaN}',
    '{"a":1,"a":1}',
    '{"__proto__":1}',
    '\0',
  ),
  fc.constantFrom(
    '\ufeff{}',
    '{"a":[{"b":1,"\\u0062":1}]}',
    '{"\\u005f_proto__":1}',
    "{'a':1}",
    '{"a":01}',
    '{"a":"\t"}',
  ),
  fc.integer({ min: 100, max: 3000 }).map((depth) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`),
  GOOD_LINE.map((line) => line.slice(0, -1)),
);

/** Target 3: logs of good and bad lines, torn or not; the rows come back, or the first bad line is named. */
export const jsonLines = fc.asyncProperty(
  fc.array(fc.oneof({ weight: 8, arbitrary: GOOD_LINE }, { weight: 1, arbitrary: BAD_LINE.map((line) => [line]) }), {
    maxLength: 12,
  }),
  fc.constantFrom('', '{"torn":', '\0\0\0', '{"whole":"but for its end"}'),
  async (lines, torn) => {
    const text = lines.map((line) => `${Array.isArray(line) ? line[0] : line}\n`).join('') + torn;
    const outcome = await outcomeOf(readJsonLines('log', { disk: memoryDisk(Buffer.from(text)) }));
    const firstBad = lines.findIndex((line) => Array.isArray(line));
    if (firstBad < 0) expect(outcome).toEqual({ value: lines.map((line) => JSON.parse(line as string)) });
    else {
      expect(outcome).toMatchObject({ code: 'FILE_CORRUPT' });
      expect('message' in outcome && outcome.message).toContain(`log:${firstBad + 1} is not a row`);
    }
  },
);

/** Every target by name. */
export const TARGETS = {
  'the grammar of headers': headerGrammar,
  'tables of offsets': offsetsTable,
  'JSON lines': jsonLines,
};
