// V vocabulary: 256 bytes, then the pairs.
import { defineTokenizer, ForetokenError, Type } from '@foretoken/core/plugin';

const NAME = 'my-plugin';

const BYTES = 256;

/** Frequent pairs of letters in English, two spaces, and what code is full of. */
const FREQUENT = ['  ', 'e ', ' t', 'th', 'he', 's ', 'in', 'er', 'an', 're', 'on', 'at', 'en', 'nd', 'or', ': ', '; '];

/**
 * Every byte is a token, and so is each pair of a list: text is read from the left, a pair before a byte.
 *
 * Any bytes come back as they were, and tokens can be decoded one at a time: what a token stands for does not depend on its
 * neighbours.
 *
 * @source name the paper, or say that it is yours
 */
export default defineTokenizer({
  name: NAME,
  description: 'Bytes, and frequent pairs of them.',
  options: Type.Object({
    pairs: Type.Array(Type.String({ pattern: '^[\\x20-\\x7e]{2}$' }), {
      uniqueItems: true,
      default: FREQUENT,
      description: 'Pairs of printable ASCII characters that are one token each.',
    }),
  }),
  create(_context, { pairs }) {
    const texts = pairs.map((pair) => Buffer.from(pair, 'latin1'));
    const tokenOf = new Map(texts.map(([first, second], i) => [first * BYTES + second, BYTES + i]));
    const vocabulary = BYTES + pairs.length;
    return {
      vocabulary,
      isBytes: false,
      encode(bytes) {
        const tokens: number[] = [];
        for (let at = 0; at < bytes.length; ) {
          const pair = at + 1 < bytes.length ? tokenOf.get(bytes[at] * BYTES + bytes[at + 1]) : undefined;
          tokens.push(pair ?? bytes[at]);
          at += pair === undefined ? 1 : 2;
        }
        return Int32Array.from(tokens);
      },
      decode: (tokens) =>
        Uint8Array.from(
          Array.from(tokens).flatMap((token) => {
            if (!Number.isInteger(token) || token < 0 || token >= vocabulary) throw unknownToken(token, vocabulary);
            return token < BYTES ? [token] : [...texts[token - BYTES]];
          }),
        ),
    };
  },
});

function unknownToken(token: number, vocabulary: number): ForetokenError {
  const rule = `a token must be an integer in [0, ${vocabulary}), was ${token}`;
  return new ForetokenError('TOKEN_UNKNOWN', `tokenizer "${NAME}": ${rule}. Check the prompt.`);
}
