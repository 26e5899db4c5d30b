import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repeatedKey } from './repeated-key.ts';

describe('repeatedKey', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"b":{"c":1,"c":2}}', 'c'],
    ['[{"a":1},{"b":1,"b":2}]', 'b'],
    ['{"\\u0061":1,"a":2}', 'a'],
    ['{"a\\"b":1 , "a\\"b" : 2}', 'a"b'],
    ['{"x":["a:","a:"],"__proto__":1,"__proto__":2}', '__proto__'],
  ])('finds the one of %s', (text, key) => {
    expect(repeatedKey(text)).toBe(key);
  });

  it.each(['{"a":{"a":{"a":1}}}', '{"a":"a","b":"a"}', '["a","a"]', '{"a":":{\\\\","b":1}', '"a"', '{}', '1'])(
    'finds none in %s',
    (text) => {
      expect(repeatedKey(text)).toBeUndefined();
    },
  );

  it('finds none in anything that JSON.stringify writes, and the one that is added to it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value) => {
        const text = JSON.stringify(value);
        expect(repeatedKey(text)).toBeUndefined();
        const key = Object.keys(value)[0];
        expect(repeatedKey(`${text.slice(0, -1)},${JSON.stringify(key)}:0}`)).toBe(key);
      }),
    );
  });
});
