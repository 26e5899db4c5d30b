import { describe, expect, it } from 'vitest';
import { axisLabel, valueLabel } from './axis-label.ts';
import { visible } from './visible.ts';

describe('the label of an axis', () => {
  it('is the last key of its path, or as many as tell it from the other axes', () => {
    const label = (path: string, ...others: string[]) => axisLabel(path, 1, [path, ...others]);
    expect(label('model.head.rank')).toBe('rank=1');
    expect(label('model.head.rank', 'training.rank')).toBe('head.rank=1');
    expect(label('model.head.rank', 'other.head.rank')).toBe('model.head.rank=1');
    expect(label('a.b.c.d', 'x.c.d', 'y.b.c.d')).toBe('a.b.c.d=1');
    expect(label('b.c', 'a.b.c')).toBe('b.c=1');
    expect(label('a.b.c', 'b.c')).toBe('a.b.c=1');
    // Not by letters: "rank" is no end of "frank".
    expect(label('model.rank', 'model.frank')).toBe('rank=1');
    expect(label('seed')).toBe('seed=1');
  });
});

describe('the label of a value', () => {
  it.each([
    ['linear', 'linear'],
    ['a<b>', 'a<b>'],
    ['größe', 'größe'],
    ['', '""'],
    ['two words', '"two words"'],
    ['a,b', '"a,b"'],
    ['a=b', '"a=b"'],
    ['a(b', '"a(b"'],
    ['a)b', '"a)b"'],
    ['a[b', '"a[b"'],
    ['a]b', '"a]b"'],
    ['a{b', '"a{b"'],
    ['a}b', '"a}b"'],
    ['a"b', '"a\\"b"'],
    ['\u202ea', '"\\u{202e}a"'],
    ['a\u200b', '"a\\u{200b}"'],
  ])('of the text %j is %s', (value, label) => {
    expect(valueLabel(value)).toBe(label);
  });

  it('tells texts from the values that they read as', () => {
    expect([4, '4', true, 'true', null, 'null', -1.5, '-1.5'].map((value) => valueLabel(value))).toEqual([
      '4',
      '"4"',
      'true',
      '"true"',
      'null',
      '"null"',
      '-1.5',
      '"-1.5"',
    ]);
  });

  it('of a plugin is its name with its options, and of anything else its JSON', () => {
    expect(valueLabel({ name: 'low-rank', rank: 8 })).toBe('low-rank(rank=8)');
    expect(valueLabel({ name: 'two words', a: 'x', b: { name: 'y', c: 1 } })).toBe('"two words"(a=x b=y(c=1))');
    expect(valueLabel({ name: 'linear' })).toBe('linear');
    expect(valueLabel({ name: 3, rank: 8 })).toBe('{"name":3,"rank":8}');
    expect(valueLabel({ rank: 8 })).toBe('{"rank":8}');
    expect(valueLabel([1, 'a'])).toBe('[1,"a"]');
    expect(valueLabel(Object.assign(['x'], { name: 'list' }) as never)).toBe('["x"]');
  });
});

describe('what does not show', () => {
  it('is written out in four digits at least, and what shows is left', () => {
    expect(visible('a\nb\u2028c\u2029d\u001be')).toBe('a\\u{000a}b\\u{2028}c\\u{2029}d\\u{001b}e');
    expect(visible('\u{e0001}')).toBe('\\u{e0001}');
    expect(visible('größe 日本 <b>')).toBe('größe 日本 <b>');
  });
});
