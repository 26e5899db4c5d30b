import { defineDecoder, drawIndex } from '@foretoken/core/plugin';
import { oneToken } from '../greedy/one-token.ts';

/** One forward a token, no draft, drawn from the row's own distribution. Asks neither rule nor policy. */
export default defineDecoder({
  name: 'sample',
  description: 'One forward a token, no draft, drawn from the model’s distribution as the prompt’s sampling makes it.',
  create: () => ({
    drafts: false,
    keeps: ['distribution'],
    generate: oneToken((verdict, { random }) => drawIndex(verdict.p(-1), random.uniform())),
  }),
});
