import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inRoot } from '../setup/paths.mjs';
import { parseComment, toMarkdown } from './comment.mjs';
import { checkPages, difference } from './pages.mjs';
import { renderReference } from './reference.mjs';

const read = (name) => readFileSync(inRoot('docs/reference', name), 'utf8');
const found = (text, pattern) => [...text.matchAll(pattern)].map(([, first]) => first);

describe('a documentation comment', () => {
  const comment = `/**
 * Draws from logits / temperature.
 *
 * Ties go to the lowest id.
 * @param logits_NV - a row for each of N;
 * float32
 * @param temperature - above 0
 * @returns ids_N
 * @throws OPTIONS_INVALID for a temperature of 0
 * @throws
 *
 * SHAPE_MISMATCH for anything else
 * @source Keskar et al. 2019, arXiv:1909.05858
 */`;

  it('falls into prose and what stands behind each tag', () => {
    expect(parseComment(comment)).toEqual({
      text: 'Draws from logits / temperature.\n\nTies go to the lowest id.',
      params: [
        { name: 'logits_NV', text: 'a row for each of N;\nfloat32' },
        { name: 'temperature', text: 'above 0' },
      ],
      returns: 'ids_N',
      throws: ['OPTIONS_INVALID for a temperature of 0', 'SHAPE_MISMATCH for anything else'],
      sources: ['Keskar et al. 2019, arXiv:1909.05858'],
    });
  });

  it('with a parameter in another form is refused', () => {
    expect(() => parseComment('/** @param x the number */')).toThrow('"@param x the number" is not');
  });

  it('shows its stars and angles as they are, and leads from links to headings', () => {
    const anchors = new Map([['Tree', 'tree']]);
    const text = 'H*d <= G*d of a {@link Tree.parent}, as `a*b` of {@link elsewhere}';
    expect(toMarkdown(text, anchors)).toBe('H\\*d \\<= G\\*d of a [`Tree.parent`](#tree), as `a*b` of `elsewhere`');
  });
});

describe('docs/reference/plugin-api.md', () => {
  const page = read('plugin-api.md');
  const headings = found(page, /^### (.+)$/gm);

  it('has what the API report has, each once', () => {
    const report = read('api/plugin.api.md');
    const declared = /^export (?:declare )?(?:abstract )?(?:interface|class|function|const|type) (\w+)/gm;
    expect([...headings].sort()).toEqual(found(report, declared).sort());
    expect(new Set(headings.map((name) => name.toLowerCase())).size).toBe(headings.length);
  });

  it('links to its own headings only', () => {
    const anchors = new Set(found(page, /^#{2,3} (.+)$/gm).map((title) => title.toLowerCase().replaceAll(' ', '-')));
    expect(found(page, /\]\(#([^)]+)\)/g).filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });

  it('holds an item of a new file only once the file has a section', () => {
    const item = { name: 'novel', kind: 'Function', fileUrlPath: 'dist/novel/novel.d.ts', members: [] };
    expect(() => renderReference([item])).toThrow(
      'novel (core/novel/novel).\nNext step: add the file to one in scripts/api/groups.mjs',
    );
  });
});

describe('the check of the API', () => {
  it('passes pages that are as they are kept, and names the lines of one that is not', () => {
    const name = 'docs/reference/api/plugin.api.md';
    const report = read('api/plugin.api.md');
    expect(() => checkPages(new Map([[name, report]]))).not.toThrow();
    const changed = report.replace('readonly maxOffset: number;', 'readonly maxOffset?: number;');
    expect(() => checkPages(new Map([[name, changed]]))).toThrow(
      /plugin\.api\.md:\n {2}- +readonly maxOffset: number;\n {2}\+ +readonly maxOffset\?: number;\n[\s\S]*raise PLUGIN_API/,
    );
  });

  it('shows the first lines of a large change and counts the others', () => {
    const lines = (prefix, count) => Array.from({ length: count }, (_, at) => `${prefix}${at}`).join('\n');
    expect(difference(lines('a', 14), lines('b', 3)).split('\n')).toHaveLength(12 + 3 + 1);
    expect(difference(lines('a', 14), lines('b', 3))).toMatch(/\n {2}and 2 lines more$/);
    expect(difference('same\nsame\nb', 'same\nb')).toBe('  - same');
    expect(difference('a\nb', 'b\na')).toBe('  the same lines in another order');
  });
});
