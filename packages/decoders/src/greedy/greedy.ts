import { defineDecoder } from '@foretoken/core/plugin';
import { oneToken } from './one-token.ts';

/** One forward a token, no draft, the model's first choice. Asks neither rule nor policy. */
export default defineDecoder({
  name: 'greedy',
  description: 'One forward a token, no draft, the model’s first choice.',
  create: () => ({ drafts: false, keeps: ['greedy'], generate: oneToken((verdict) => verdict.argmax(-1)) }),
});
