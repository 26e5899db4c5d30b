import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, splitDocuments } from './split.ts';

const candidate = (id: string, group = id, sha256 = `hash of ${id}`): Candidate => ({ id, group, sha256, bytes: 1 });
const names = (text: string) => [...text].map((name) => candidate(name));

function heldOut(candidates: readonly Candidate[], validation: number, salt = ''): string {
  const { documents } = splitDocuments(candidates, { validation, salt });
  return documents.flatMap(({ id, split }) => (split === 'validation' ? [id] : [])).join('');
}

describe('a split', () => {
  it('holds out the groups whose hash lies below the share', () => {
    // The first 48 bits of SHA-256 of ["salt","group"] over 2^48, by Python's hashlib.
    expect(heldOut(names('abcdefghij'), 0.5)).toBe('abij');
    expect(heldOut(names('abcdefghij'), 0.5, 's')).toBe('abhi');
  });

  it('moves no document when others are added', () => {
    const two = fc.tuple(
      fc.uniqueArray(fc.string(), { maxLength: 20 }),
      fc.uniqueArray(fc.string(), { maxLength: 20 }),
    );
    fc.assert(
      fc.property(two, ([before, added]) => {
        // Enough fixed groups that neither side is ever empty.
        const base = [...names('abcdefghij'), ...before.map((name) => candidate(`x${name}`))];
        const grown = [...base, ...added.map((name) => candidate(`y${name}`))];
        const sideOf = (from: readonly Candidate[]) =>
          new Map(splitDocuments(from, { validation: 0.3, salt: '' }).documents.map(({ id, split }) => [id, split]));
        const later = sideOf(grown);
        for (const [id, side] of sideOf(base)) expect(later.get(id)).toBe(side);
      }),
    );
  });

  it('never tears a group apart and never leaves a side empty', () => {
    const many = fc.array(fc.tuple(fc.uuid(), fc.nat(6)), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(many, fc.double({ min: 0.001, max: 0.999, noNaN: true }), (pairs, validation) => {
        fc.pre(new Set(pairs.map(([, group]) => group)).size > 1);
        const candidates = pairs.map(([id, group]) => candidate(id, `group ${group}`));
        const { documents } = splitDocuments(candidates, { validation, salt: '' });
        const groupOf = new Map(candidates.map(({ id, group }) => [id, group]));
        const groups = (side: string) =>
          new Set(documents.filter(({ split }) => split === side).map(({ id }) => groupOf.get(id)));
        expect(groups('train').size).toBeGreaterThan(0);
        expect(groups('validation').size).toBeGreaterThan(0);
        expect([...groups('train')].some((group) => groups('validation').has(group))).toBe(false);
        expect(documents).toHaveLength(new Set(pairs.map(([id]) => id)).size);
      }),
    );
  });

  it('holds out the share that it is asked for, over many groups', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => candidate(`document ${index}`));
    const { documents } = splitDocuments(many, { validation: 0.2, salt: '' });
    const share = documents.filter(({ split }) => split === 'validation').length / many.length;
    expect(Math.abs(share - 0.2)).toBeLessThan(5 * Math.sqrt((0.2 * 0.8) / many.length));
  });

  it('keeps the lexically first of equal documents and says which one the others equal', () => {
    const same = 'one content';
    const given = [candidate('c', 'c', same), candidate('B', 'B', same), candidate('a'), candidate('b', 'b', same)];
    const { documents, skipped } = splitDocuments(given, { validation: 0.5, salt: '' });
    expect(documents.map(({ id }) => id)).toEqual(['B', 'a']);
    expect(skipped).toEqual([
      { id: 'b', reason: 'same content as B' },
      { id: 'c', reason: 'same content as B' },
    ]);
  });

  it.each([
    [[], /DATA_EMPTY: .*no document is left/],
    [[candidate('a', 'one'), candidate('b', 'one')], /DATA_EMPTY: .*all are in the one group "one" \(2 documents/],
    [
      [candidate('a', 'a', 'same'), candidate('b', 'b', 'same')],
      /DATA_EMPTY: .*\(1 documents; left out: 1 same content\)/,
    ],
  ])('of fewer than two groups is refused', (candidates, message) => {
    expect(() => splitDocuments(candidates, { validation: 0.5, salt: '' })).toThrow(message);
  });
});
