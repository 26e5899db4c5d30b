import { isForetokenError } from '@foretoken/engine/errors';
import type { Tokenizer } from '../../contracts/data.ts';
import { broken } from '../contract.ts';
import { difference, NOT_UTF8, SAMPLES, type Sample, VALID } from './sample-bytes.ts';
import { makeTokenizer, type TokenizerCase, type TokenizerCheck } from './tokenizer-case.ts';

/** Losses are told per byte of the text: a text that is changed on the way is another text. */
export const givesBytesBack: TokenizerCheck = {
  title: 'gives the bytes of any text back as they were; what is no UTF-8 it may refuse by a code, and never replaces',
  run(of) {
    const tokenizer = makeTokenizer(of);
    for (const sample of VALID) checkRoundTrip(of, sample, tokenizer.encode(sample.bytes), tokenizer);
    for (const sample of NOT_UTF8) {
      const tokens = encoded(tokenizer, sample);
      if (tokens) checkRoundTrip(of, sample, tokens, tokenizer);
    }
  },
};

/** Tokens of a sample; undefined where it is refused by a code, as what is no UTF-8 may be. */
export function encoded(tokenizer: Tokenizer, { bytes }: Sample): Int32Array | undefined {
  try {
    return tokenizer.encode(bytes);
  } catch (error) {
    if (isForetokenError(error)) return undefined;
    throw error;
  }
}

function checkRoundTrip(of: TokenizerCase, { name, bytes }: Sample, tokens: Int32Array, tokenizer: Tokenizer): void {
  const back = tokenizer.decode(tokens);
  if (isEqual(back, bytes)) return;
  throw broken(
    of,
    `${name} comes back as other bytes: ${difference(back, bytes)}. Leave out what normalizes, trims or adds (lower case, ` +
      'prefix spaces, special tokens), and spell what has no token of its own byte by byte.',
  );
}

export const isEqual = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.prototype.every.call(a, (value, i) => value === b[i]);

/** Token files are as wide as the vocabulary, and the embedding has a row for each id. */
export const staysInVocabulary: TokenizerCheck = {
  title: 'has a vocabulary of a whole number of tokens and encodes to an Int32Array of ids in it',
  run(of) {
    const tokenizer = makeTokenizer(of);
    const { vocabulary } = tokenizer;
    if (!Number.isSafeInteger(vocabulary) || vocabulary < 1) {
      throw broken(of, `\`vocabulary\` must be an integer >= 1, was ${vocabulary}. Give the number of its tokens.`);
    }
    for (const sample of SAMPLES) {
      const tokens: unknown = encoded(tokenizer, sample);
      if (tokens === undefined) continue;
      if (!(tokens instanceof Int32Array)) {
        const got = Array.isArray(tokens) ? 'a plain list' : Object.prototype.toString.call(tokens);
        throw broken(
          of,
          `\`encode\` must give an Int32Array, gave ${got} for ${sample.name}. Use \`Int32Array.from(ids)\`.`,
        );
      }
      const outside = tokens.find((token) => token < 0 || token >= vocabulary);
      if (outside === undefined) continue;
      throw broken(
        of,
        `ids must be in [0, ${vocabulary}), was ${outside} in ${sample.name}. Count special and added tokens in \`vocabulary\`.`,
      );
    }
  },
};

/** With `isBytes` a mean loss per token is told as bits per byte. */
export const tellsBytes: TokenizerCheck = {
  title: 'says `isBytes` if each byte is one token, and only then',
  run(of) {
    const tokenizer = makeTokenizer(of);
    const { isBytes, vocabulary } = tokenizer;
    if (typeof isBytes !== 'boolean') throw broken(of, `\`isBytes\` must be true or false, was ${isBytes}. Say which.`);
    const other = SAMPLES.find((sample) => {
      const tokens = encoded(tokenizer, sample);
      return tokens && tokens.length !== sample.bytes.length;
    });
    if (isBytes && other) {
      const { name, bytes } = other;
      throw broken(
        of,
        `\`isBytes\` is true, and ${name} has ${tokenizer.encode(bytes).length} tokens for ${bytes.length} bytes: losses would ` +
          'be told in bits per byte and be none. Say `isBytes: false`.',
      );
    }
    if (isBytes || other || vocabulary > 256) return;
    throw broken(of, 'every text has a token for each byte, so losses are in bits per byte: say `isBytes: true`.');
  },
};
