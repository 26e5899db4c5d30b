import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatProblem, parseSource, partOf, sourceOf } from './source-map.ts';

const at = (text: string, path: (string | number)[], part?: 'key' | 'value'): string =>
  parseSource(text, 'x.yaml').describe(path, part);

describe('where a value stands', () => {
  const text = [
    'model:',
    '  head: { name: linear, "horizon": 4 }',
    'evals:',
    '  - throughput',
    '  - name: acceptance',
    'empty:',
    '',
  ].join('\n');

  test.each<[(string | number)[], 'key' | 'value', string]>([
    [[], 'value', 'x.yaml:1:1'],
    [['model'], 'key', 'x.yaml:1:1'],
    [['model'], 'value', 'x.yaml:2:3'],
    [['model', 'head'], 'value', 'x.yaml:2:9'],
    [['model', 'head', 'name'], 'value', 'x.yaml:2:17'],
    [['model', 'head', 'horizon'], 'key', 'x.yaml:2:25'],
    [['model', 'head', 'horizon'], 'value', 'x.yaml:2:36'],
    [['evals', 0], 'value', 'x.yaml:4:5'],
    [['evals', 1, 'name'], 'value', 'x.yaml:5:11'],
    [['evals', '1', 'name'], 'key', 'x.yaml:5:5'],
  ])('%j, its %s', (path, part, expected) => {
    expect(at(text, path, part)).toBe(expected);
  });

  test('what is not written is shown by the key of what is around it', () => {
    expect(at(text, ['model', 'trunk', 'width'])).toBe('x.yaml:1:1');
    expect(at(text, ['evals', 0, 'name'])).toBe('x.yaml:4:5');
    expect(at(text, ['nowhere'])).toBe('x.yaml:1:1');
  });

  test('a value that an alias puts there is shown at the alias', () => {
    expect(at('a: &x { b: 1 }\nc: *x\n', ['c'])).toBe('x.yaml:2:4');
    expect(at('a: &x { b: 1 }\nc: *x\n', ['c', 'b'])).toBe('x.yaml:1:12');
  });

  test('JSON has positions as well, tabs and all', () => {
    expect(at('{\n\t"model": {\n\t\t"horizon":\t4\n\t}\n}\n', ['model', 'horizon'])).toBe('x.yaml:3:14');
  });

  test('a problem is one line: place, path, sentence', () => {
    const source = parseSource(text, 'runs/x.yaml');
    expect(formatProblem(source, ['model', 'head', 'horizon'], 'must be >= 1, was 0.')).toBe(
      'runs/x.yaml:2:36 model.head.horizon: must be >= 1, was 0.',
    );
    expect(formatProblem(source, [], 'must be a mapping.')).toBe('runs/x.yaml:1:1: must be a mapping.');
  });

  test('a part of a source keeps its places', () => {
    const part = partOf(parseSource(text, 'x.yaml'), ['model', 'head']);
    expect(part.value).toEqual({ name: 'linear', horizon: 4 });
    expect(part.describe(['horizon'])).toBe('x.yaml:2:36');
    expect(partOf(parseSource(text, 'x.yaml'), ['no', 'where']).value).toBeUndefined();
  });

  test('data that never was a text has a name and no place', () => {
    expect(sourceOf({ a: 1 }, 'saved').describe(['a'])).toBe('saved');
    expect(sourceOf({ a: 1 }, 'saved').locate(['a'])).toBeUndefined();
  });
});

describe('what comes out of a text', () => {
  test('any JSON comes out as it went in, indented or not', () => {
    // YAML has no key longer than 1024 characters; -0 is not kept by JSON.stringify.
    const json = fc
      .jsonValue({ depthSize: 'small' })
      .filter((value) => !/__proto__|constructor|prototype|<</.test(JSON.stringify(value)));
    fc.assert(
      fc.property(json, fc.constantFrom(0, 2), (value, indent) => {
        const source = parseSource(JSON.stringify(value, null, indent), 'x.json');
        expect(source.errors).toEqual([]);
        expect(JSON.stringify(source.value)).toBe(JSON.stringify(value));
      }),
    );
  });

  test.each<[string, unknown]>([
    ['a: 1e-3', { a: 0.001 }],
    ['a: yes', { a: 'yes' }],
    ['a: 0x10', { a: 16 }],
    ['a: 2020-01-01', { a: '2020-01-01' }],
    ['a: ~\nb:', { a: null, b: null }],
    ['a: |\n  text\n', { a: 'text\n' }],
    ['"a": \'b\' # comment', { a: 'b' }],
    ['a: &x [1]\nb: [*x, *x]', { a: [1], b: [[1], [1]] }],
    ['%YAML 1.2\n---\na: 1', { a: 1 }],
    ['\uFEFFa: 1', { a: 1 }],
    ['a: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
    ['', null],
  ])('%j', (text, value) => {
    const source = parseSource(text, 'x.yaml');
    expect(source.errors).toEqual([]);
    expect(source.value).toEqual(value);
  });
});

const bomb = (levels: number): string =>
  [
    'a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: levels }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`),
  ].join('\n');

describe('a text that is refused', () => {
  test.each<[string, string, string]>([
    ['a repeated key', 'a: 1\nb: 2\na: 3', '3:1 this key is already set above; keys must be unique.'],
    ['a key repeated in another spelling', 'a: 1\n"a": 2', '2:1 this key is already set above; keys must be unique.'],
    ['__proto__', 'a:\n  __proto__: { b: 1 }', '2:3 the key "__proto__" is not allowed.'],
    ['constructor', '{"constructor": 1}', '1:2 the key "constructor" is not allowed.'],
    ['a merge key', 'a: &x { b: 1 }\nc:\n  <<: *x', '3:3 merge keys ("<<") are not supported.'],
    ['a number for a key', 'a: 1\n2: b', '2:1 keys must be strings.'],
    ['a list for a key', '? [a]\n: 1', '1:3 keys must be strings.'],
    ['infinity', 'a: 1\nb: [.inf]', '2:5 Infinity is not a value that JSON can hold; numbers must be finite.'],
    ['no number', 'a: .nan', '1:4 NaN is not a value that JSON can hold; numbers must be finite.'],
    ['a number too large', 'a: 1e999', '1:4 Infinity is not a value that JSON can hold; numbers must be finite.'],
    ['an unknown tag', 'a: !run x', '1:4 Unresolved tag: !run.'],
    ['a JavaScript tag', 'a: !!js/function "x"', '1:4 Unresolved tag: tag:yaml.org,2002:js/function.'],
    ['a binary', 'a: !!binary aGk=', '1:4 Unresolved tag: tag:yaml.org,2002:binary.'],
    ['an alias without anchor', 'a: *x', '1:4 the alias "*x" has no anchor "&x" before it.'],
    ['an alias before its anchor', 'a: *x\nb: &x 1', '1:4 the alias "*x" has no anchor "&x" before it.'],
    ['an alias inside its anchor', 'a: &x [1, *x]', '1:11 the alias "*x" has no anchor "&x" before it.'],
    ['an anchor set twice', 'a: &x 1\nb: &x 2', '2:7 the anchor "&x" is already set above.'],
    ['two documents', 'a: 1\n---\nb: 2', '2:1 only one document may be in a file ("---" starts another).'],
    ['tabs for indentation', 'a:\n\tb: 1', '2:1 Tabs are not allowed as indentation.'],
    [
      'an open bracket',
      'a: [1',
      '1:6 Flow sequence in block collection must be sufficiently indented and end with a ].',
    ],
    ['a bad escape', 'a: "\\q"', '1:5 Invalid escape sequence \\q.'],
    ['an alias bomb', bomb(9), 'a configuration may have at most 5000 values, those that aliases repeat included.'],
    ['deep brackets', '['.repeat(60_000), '1:66 nesting may be at most 64 levels deep.'],
    ['deep braces', '{a: '.repeat(16_000), 'nesting may be at most 64 levels deep.'],
    ['deep dashes', '- '.repeat(4_000), '1:131 nesting may be at most 64 levels deep.'],
    [
      'deep aliases',
      ['a0: &a0 [1]', ...Array.from({ length: 80 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]`)].join('\n'),
      'nesting may be at most 64 levels deep.',
    ],
    ['many dashes', '- '.repeat(30_000), '1:16000 a configuration may have at most 16000 words, marks and gaps.'],
    [
      'a control character',
      'a: "x\u0007"',
      '1:6 control character U+0007. Remove it, or write "\\x07" in a quoted text.',
    ],
    [
      'a huge text',
      `a: ${'x'.repeat(70_000)}`,
      '1:1 a configuration may have at most 65536 characters, this has 70003.',
    ],
  ])('%s', (_, text, expected) => {
    const source = parseSource(text, 'x.yaml');
    const [first] = source.errors;
    expect(`${first?.position.line}:${first?.position.column} ${first?.sentence}`).toContain(expected);
    expect(source.value).toBeUndefined();
  });

  test('every mistake is said, not the first alone', () => {
    const { errors } = parseSource('a: .inf\n__proto__: 1\n3: x\n', 'x.yaml');
    expect(errors.map(({ position }) => position.line)).toEqual([1, 2, 3]);
  });

  test.each([
    ['an alias bomb', bomb(9)],
    ['deep brackets', '['.repeat(60_000)],
    ['deep dashes', '- '.repeat(30_000)],
    ['a wide list', `[${'1,'.repeat(30_000)}]`],
  ])('%s is refused within a second of computing', (_, text) => {
    const before = process.cpuUsage();
    expect(parseSource(text, 'x.yaml').errors).not.toEqual([]);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(1e6);
  });

  test('any text at all gives a value or errors, and never throws', () => {
    const piece = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '&x ',
      '*x',
      '!!set ',
      '|\n',
      '? ',
      '#',
      ',',
      '\t',
      '%',
      '---\n',
      '<<',
      '.nan',
      '\0',
      '\uFEFF',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const { value, errors } = parseSource(pieces.join(''), 'x.yaml');
        expect(errors.length > 0).toBe(value === undefined);
        if (value !== undefined) expect(JSON.parse(JSON.stringify(value))).toEqual(value);
      }),
      { numRuns: 2000 },
    );
  });
});
