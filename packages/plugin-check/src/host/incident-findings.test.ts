import { expect, it } from 'vitest';
import { incidentFindings } from './incident-findings.ts';

const clock = { what: 'clock', detail: 'Date.now, a.js:1' } as const;
const random = { what: 'random', detail: 'Math.random, a.js:2' } as const;

it('makes one finding of each sort of incident, each detail once', () => {
  const found = incidentFindings([random, clock, random, { what: 'random', detail: 'x' }], ['head']);
  expect(found.map(({ severity }) => severity)).toEqual(['error', 'warning']);
  expect(found[0].sentence).toContain('(Math.random, a.js:2; x)');
});

it('only notes the clock of a plugin whose work may be timed', () => {
  expect(incidentFindings([clock], ['eval'])).toMatchObject([{ severity: 'note' }]);
  expect(incidentFindings([random], ['eval'])).toMatchObject([{ severity: 'error' }]);
});

it('lists five details and counts the others', () => {
  const many = Array.from({ length: 7 }, (_, i) => ({ what: 'global', detail: `added globalThis.x${i}` }) as const);
  const [{ sentence }] = incidentFindings(many, []);
  expect(sentence).toContain('added globalThis.x4; 2 more)');
  expect(sentence).not.toContain('x5');
});
