import { createRandom } from '@foretoken/core';
import { makeBatch } from '@foretoken/core/training';
import { expect, test } from 'vitest';
import { tokensAhead } from './tokens-ahead.ts';

test('tokens ahead of every position are those of its document, to the last token behind the window', () => {
  const random = createRandom(0, 'tokens-ahead');
  for (let trial = 0; trial < 200; trial++) {
    const [T, maxOffset, B] = [1 + random.integer(6), 1 + random.integer(4), 1 + random.integer(2)];
    const rows = Array.from({ length: B }, () => {
      let document = 0;
      return {
        tokens: Int32Array.from({ length: T + maxOffset }, () => random.integer(9)),
        document: Int32Array.from({ length: T + maxOffset }, () => {
          if (random.uniform() < 0.2) document++;
          return document;
        }),
      };
    });
    const batch = makeBatch({ count: B, read: (row) => rows[row] }, [...rows.keys()], { context: T, maxOffset });
    const text = tokensAhead((offset) => batch.target(offset), { T, maxOffset });
    for (let n = 0; n < B * T; n++) {
      const { tokens, document } = rows[Math.floor(n / T)];
      const t = n % T;
      const following = Array.from(tokens.slice(t + 1)).filter((_, i) => document[t + 1 + i] === document[t]);
      expect(Array.from({ length: text.count(n) }, (_, i) => text.token(n, i + 1))).toEqual(following);
    }
  }
});
