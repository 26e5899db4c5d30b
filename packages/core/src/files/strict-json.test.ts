import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFault, parseStrictJson, quoted } from './strict-json.ts';

const keyOf = (text: string) => /the key (".*") twice/.exec(jsonFault(text) ?? '')?.[1];

describe('a key that is there twice', () => {
  it.each([
    ['{"a":1,"a":2}', '"a"'],
    ['{"a":1,"b":{"c":1,"c":2}}', '"c"'],
    ['{"a":{"b":1},"a":2}', '"a"'],
    ['[{"a":1},{"b":1,"b":2}]', '"b"'],
    ['{"\\u0061":1,"a":2}', '"a"'],
    ['{"a\\"b":1 , "a\\"b" : 2}', '"a\\"b"'],
    ['{"x":["a:","a:"],"y":1,"y":2}', '"y"'],
  ])('is found in %s', (text, key) => {
    expect(keyOf(text)).toBe(key);
    expect(() => parseStrictJson(text)).toThrow(`the key ${key} twice`);
  });

  it.each(['{"a":{"a":{"a":1}}}', '{"a":"a","b":"a"}', '["a","a"]', '{"a":":{\\\\","b":1}', '"a"', '{}', '1'])(
    'is not found in %s',
    (text) => {
      expect(jsonFault(text)).toBeUndefined();
    },
  );

  it('is found in anything that JSON.stringify writes once it is added, and before not', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.string(),
          { minKeys: 1 },
        ),
        fc.constantFrom(undefined, 2),
        (value, indent) => {
          const text = JSON.stringify(value, null, indent);
          expect(parseStrictJson(text)).toEqual(JSON.parse(text));
          const key = Object.keys(value)[0];
          expect(() => parseStrictJson(`${text.slice(0, -1)},${JSON.stringify(key)}:0}`)).toThrow('twice');
        },
      ),
    );
  });
});

describe('strict JSON', () => {
  it('gives what JSON.parse gives, for every value without the key __proto__', () => {
    const value = fc.jsonValue().filter((one) => !JSON.stringify(one).includes('__proto__'));
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1), (one, indent) => {
        const text = JSON.stringify(one, null, indent);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['{"__proto__":{"polluted":1}}', '{"a":[{"\\u005f_proto__":{"polluted":1}}]}'])('has no %s', (text) => {
    expect(() => parseStrictJson(text)).toThrow('"__proto__" is not allowed');
  });

  it('may say __proto__ in a text that is no key', () => {
    expect(parseStrictJson('{"a":"__proto__"}')).toEqual({ a: '__proto__' });
  });

  it('nests as deep as it may and no deeper, and a million levels are refused before they are made', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseStrictJson(nested(100))).toHaveLength(1);
    expect(() => parseStrictJson(nested(101))).toThrow('nests deeper than 100 levels');
    expect(() => parseStrictJson(nested(4), { deepest: 3 })).toThrow('nests deeper than 3 levels');
    expect(() => parseStrictJson(nested(1_000_000))).toThrow('nests deeper than 100 levels');
    expect(() => parseStrictJson(`{"a":${'{"a":'.repeat(1_000_000)}`)).toThrow('nests deeper than 100 levels');
  });

  it('has as many keys in one object as it may and no more', () => {
    expect(jsonFault('{"a":{"a":1,"b":2},"b":{"a":1}}', { mostKeys: 2 })).toBeUndefined();
    expect(jsonFault('{"a":{"a":1,"b":2,"c":3}}', { mostKeys: 2 })).toBe('it has an object with more than 2 keys');
  });

  it('has as many brackets, commas and colons as it may and no more', () => {
    expect(jsonFault('[{"a:,[{":1,"b":[]}]', { mostMarks: 6 })).toBeUndefined();
    for (const more of ['[{"a":1,"b":[[]]}]', '[{"a":1,"b":[]},1]', '[{"a":1,"b":{"c":[]}}]']) {
      expect(jsonFault(more, { mostMarks: 6 })).toBe('it has more than 6 brackets, commas and colons');
      expect(() => parseStrictJson(more.padEnd(2 ** 16), { mostMarks: 6 })).toThrow('more than 6 brackets');
    }
  });

  it.each(['', '{', '"a', '{"a', '{"a\\', '{"a":', '{"\\x":1}', '"\\', '{"a"::1}', ':', ']', 'NaN', '\ufeff{}'])(
    'that is none, %j, is refused by reason',
    (text) => {
      expect(() => parseStrictJson(text)).toThrow(/JSON/);
    },
  );

  it('is refused without what a terminal would obey', () => {
    const text = '{"a":\u001b[2J\u009b2J\u202e}';
    expect(() => parseStrictJson(text)).toThrow('\\u001b[2J\\u009b2J\\u202e');
    expect(quoted('\u007fa"')).toBe('"\\u007fa\\""');
    expect(quoted('x'.repeat(1000))).toBe(`"${'x'.repeat(100)}"...`);
  });
});
