import { expect, it } from 'vitest';
import { findingsOf } from './finding.ts';

it.each([
  ['was 3. Mend the plugin, or report it to its author.', 'was 3. Mend it.'],
  ['returned 3. Mend it, or report it to the author of @acme/heads.', 'returned 3. Mend it.'],
  ['failed: no GPU. Report it to its author.', 'failed: no GPU. Mend it.'],
  ['threw "x". Check its options; if they are right, report it to the author of demo.', 'threw "x". Mend it.'],
  [
    'leads to ./a.js, which is not a file. Build the package.',
    'leads to ./a.js, which is not a file. Build the package.',
  ],
])('a finding speaks to the author of the package: %s', (sentence, said) => {
  expect(findingsOf('host')('error', 'demo', sentence)).toEqual({
    ...{ section: 'host', severity: 'error', where: 'demo', sentence: said },
  });
});
