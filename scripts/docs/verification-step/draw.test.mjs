import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inRoot } from '../../setup/paths.mjs';
import { verificationStep } from './draw.mjs';

const tokens = (svg, kind) =>
  [...svg.matchAll(new RegExp(`class="${kind}" stroke-width="1.5"/><text[^>]*>([^<]*)<`, 'g'))].map(
    ([, token]) => token,
  );

test('the picture in docs/ is the one that is drawn', () => {
  const committed = readFileSync(inRoot('docs/images/verification-step.svg'), 'utf8');
  expect(committed, 'draw it anew: node scripts/verification-step.mjs').toBe(verificationStep());
});

test('drafts are kept up to the first that is not the model’s choice, whose place the bonus takes', () => {
  const step = {
    committed: ['a'],
    pending: 'b',
    drafts: ['c', 'd', 'e'],
    choices: ['c', 'x', 'e', 'f'],
    next: ['1', '2', '3'],
  };
  const svg = verificationStep(step);
  expect(tokens(svg, 'gone')).toEqual(['d', 'e']);
  expect(tokens(svg, 'bonus')).toEqual(['x']);
  // Once where it is accepted, once in the next step.
  expect(tokens(svg, 'kept')).toEqual(['c', 'c']);
  expect(tokens(svg, 'pending')).toEqual(['b', 'x']);
  expect(svg).toContain('2 tokens from one forward');
});

test('text in it never becomes markup', () => {
  const step = { committed: ['<'], pending: '&', drafts: ['"', 'd', 'e'], choices: ['>', 'x', 'e', 'f'], next: [] };
  const svg = verificationStep(step);
  for (const entity of ['&lt;', '&amp;', '&quot;', '&gt;']) expect(svg).toContain(`>${entity}<`);
});
