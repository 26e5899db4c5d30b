import { defineTokenizer, ForetokenError, Type } from '@foretoken/core/plugin';

/** Ids below are bytes, so that whatever is no listed word can be spelt. */
const BYTES = 256;

/** Listed words are one token each, the longest that fits first; all else is bytes. */
export default defineTokenizer({
  name: 'words',
  description: 'Listed words are one token each, all else is bytes.',
  options: Type.Object({
    words: Type.Array(Type.String({ minLength: 1 }), {
      uniqueItems: true,
      default: [' the', ' and', ' of'],
      description: 'What is one token, with the space before it.',
    }),
  }),
  create(_context, { words }) {
    const spelt = words.map((word) => new TextEncoder().encode(word));
    const longestFirst = [...spelt.keys()].sort((a, b) => spelt[b].length - spelt[a].length);
    const vocabulary = BYTES + words.length;
    return {
      vocabulary,
      isBytes: words.length === 0,
      encode(bytes) {
        const tokens: number[] = [];
        for (let at = 0; at < bytes.length; ) {
          const word = longestFirst.find((index) => spelt[index].every((byte, i) => bytes[at + i] === byte));
          tokens.push(word === undefined ? bytes[at] : BYTES + word);
          at += word === undefined ? 1 : spelt[word].length;
        }
        return Int32Array.from(tokens);
      },
      decode(tokens) {
        const parts = Array.from(tokens, (token) => {
          if (Number.isInteger(token) && token >= 0 && token < vocabulary) {
            return token < BYTES ? Uint8Array.of(token) : spelt[token - BYTES];
          }
          const rule = `tokenizer "words": a token must be in [0, ${vocabulary}), was ${token}.`;
          throw new ForetokenError('TOKEN_UNKNOWN', `${rule} Use prompts of the same list of words.`);
        });
        return Uint8Array.from(parts.flatMap((part) => [...part]));
      },
    };
  },
});
