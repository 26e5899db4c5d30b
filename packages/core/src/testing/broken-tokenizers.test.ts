// Tokenizers that are wrong on purpose, each in one way: the check that is meant for it catches it, and says why.
import { expect, test } from 'vitest';
import type { Tokenizer } from '../contracts/data.ts';
import { type Definition, defineTokenizer, ForetokenError, Type } from '../plugin.ts';
import { failureOf, failuresIn } from './contract-failures.fixture.ts';
import { decodesTokenByToken, refusesUnknownIds } from './tokenizer/decoding.ts';
import { encodesTheSame, keepsToItsOwn } from './tokenizer/repeats.ts';
import { givesBytesBack, staysInVocabulary, tellsBytes } from './tokenizer/round-trip.ts';
import { tokenizerContract } from './tokenizer/tokenizer-checks.ts';

/** Token 256 is "th", or another pair; all others are bytes. */
const pairs = (pair: string): Tokenizer => {
  const [first, second] = new TextEncoder().encode(pair);
  return {
    vocabulary: 257,
    isBytes: false,
    encode(bytes) {
      const tokens: number[] = [];
      for (let i = 0; i < bytes.length; i++) {
        if (bytes[i] === first && bytes[i + 1] === second) tokens.push(256 + 0 * i++);
        else tokens.push(bytes[i]);
      }
      return Int32Array.from(tokens);
    },
    decode(tokens) {
      const bytes = Array.from(tokens).flatMap((token) => {
        if (!Number.isInteger(token) || token < 0 || token > 256) {
          throw new ForetokenError('TOKEN_UNKNOWN', `tokenizer "pairs": a token must be in [0, 257), was ${token}.`);
        }
        return token === 256 ? [first, second] : [token];
      });
      return Uint8Array.from(bytes);
    },
  };
};

/** The tokenizer that keeps the contract, but for what replaces its parts. */
const tokenizer = (name: string, part: (good: Tokenizer) => Partial<Tokenizer> = () => ({})): Definition<'tokenizer'> =>
  defineTokenizer({
    name,
    options: Type.Object({ pair: Type.Enum(['th', 'he'], { default: 'th' }) }),
    create: (_, { pair }) => {
      const good = pairs(pair);
      return { ...good, ...part(good) };
    },
  });

const asText = (change: (text: string) => string) => (bytes: Uint8Array) =>
  new TextEncoder().encode(change(new TextDecoder().decode(bytes)));

test('the tokenizer that the others are made of keeps the contract', async () => {
  expect([...(await failuresIn(tokenizerContract, tokenizer('good'), {}, {}))]).toEqual([]);
});

test('a tokenizer may refuse what is no UTF-8', async () => {
  const strict = tokenizer('strict', ({ encode }) => ({
    encode(bytes) {
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      } catch (cause) {
        throw new ForetokenError('DATA_INVALID', 'tokenizer "strict": a text must be UTF-8. Convert it.', { cause });
      }
      return encode(bytes);
    },
  }));
  expect([...(await failuresIn(tokenizerContract, strict, {}, {}))]).toEqual([]);
});

let callsOfTheModule = 0;

test.each<[what: string, part: (good: Tokenizer) => Partial<Tokenizer>, title: string, message: RegExp]>([
  [
    'lowers its letters',
    ({ encode }) => ({ encode: (bytes) => encode(asText((text) => text.toLowerCase())(bytes)) }),
    givesBytesBack.title,
    /English text comes back as other bytes: \[116, 104, 101, .* in place of \[84, 104, 101, .* from byte 0 on\. Leave out/,
  ],
  [
    'composes its letters',
    ({ encode }) => ({ encode: (bytes) => encode(asText((text) => text.normalize('NFC'))(bytes)) }),
    givesBytesBack.title,
    /letters before and after they are put together comes back as other bytes/,
  ],
  [
    'puts a replacement character for what is no UTF-8',
    ({ encode }) => ({ encode: (bytes) => encode(asText((text) => text)(bytes)) }),
    givesBytesBack.title,
    /a byte order mark comes back|all 256 bytes comes back/,
  ],
  [
    'adds a token at the end of each text',
    ({ encode, decode }) => ({
      vocabulary: 258,
      encode: (bytes) => Int32Array.from([...encode(bytes), 10]),
      decode: (tokens) => decode(Array.from(tokens).filter((token) => token !== 257)),
    }),
    givesBytesBack.title,
    /an empty text comes back as other bytes: \[10\] in place of \[\] from byte 0 on\./,
  ],
  [
    'forgets its last token when it counts',
    () => ({ vocabulary: 256 }),
    staysInVocabulary.title,
    /ids must be in \[0, 256\), was 256 in .*\. Count special and added tokens/,
  ],
  [
    'has half a token',
    () => ({ vocabulary: 256.5 }),
    staysInVocabulary.title,
    /`vocabulary` must be an integer >= 1, was 256\.5/,
  ],
  [
    'encodes to a plain list',
    ({ encode }) => ({ encode: (bytes) => [...encode(bytes)] as never }),
    staysInVocabulary.title,
    /`encode` must give an Int32Array, gave a plain list for an empty text/,
  ],
  [
    'takes pairs for bytes',
    () => ({ isBytes: true }),
    tellsBytes.title,
    /`isBytes` is true, and English text has \d+ tokens for \d+ bytes/,
  ],
  [
    'does not say that its tokens are bytes',
    () => ({ vocabulary: 256, encode: (bytes) => Int32Array.from(bytes) }),
    tellsBytes.title,
    /so losses are in bits per byte: say `isBytes: true`/,
  ],
  [
    'trims what it decodes',
    ({ decode }) => ({ decode: (tokens) => asText((text) => text.trimStart())(decode(tokens)) }),
    decodesTokenByToken.title,
    /decoded one by one, give .* together\. A text that ends a row would be missed/,
  ],
  [
    'decodes whole characters alone',
    ({ decode }) => ({ decode: (tokens) => asText((text) => text)(decode(tokens)) }),
    decodesTokenByToken.title,
    /decoded one by one, give \[239, 191, 189/,
  ],
  [
    'has no bytes for its last token',
    ({ decode }) => ({
      decode: (tokens) => {
        if (Array.from(tokens).includes(256)) throw new TypeError('no such merge');
        return decode(tokens);
      },
    }),
    decodesTokenByToken.title,
    /`decode` threw for \[256\]: no such merge/,
  ],
  [
    'decodes to a text',
    ({ decode }) => ({ decode: (tokens) => new TextDecoder().decode(decode(tokens)) as never }),
    decodesTokenByToken.title,
    /`decode` must give a Uint8Array, gave \[object String\]/,
  ],
  [
    'decodes unknown ids to something',
    () => ({ decode: (tokens) => Uint8Array.from(tokens) }),
    refusesUnknownIds.title,
    /must refuse the id 257 with TOKEN_UNKNOWN, and gave \[0, 1\]/,
  ],
  [
    'falls over at unknown ids',
    () => ({
      decode(tokens) {
        for (const token of Array.from(tokens)) if (!(token >= 0)) throw new RangeError('bad token');
        return Uint8Array.from(Array.from(tokens).filter((token) => token < 256));
      },
    }),
    refusesUnknownIds.title,
    /must refuse the id 257 with TOKEN_UNKNOWN, and gave \[0\]/,
  ],
  [
    'drops pairs by chance',
    ({ encode }) => ({ encode: (bytes) => (Math.random() < 0.5 ? Int32Array.from(bytes) : encode(bytes)) }),
    encodesTheSame.title,
    /is \[.*\] at one call and \[.*\] at another/,
  ],
  [
    'learns its pairs from what came before',
    ({ encode }) => ({
      encode: (bytes) => (callsOfTheModule++ > 1 ? encode(bytes) : Int32Array.from([...bytes, ...bytes])),
    }),
    encodesTheSame.title,
    /one letter is \[97\] at one call and \[97, 97\] at another/,
  ],
  [
    'turns its input around',
    ({ encode }) => ({ encode: (bytes) => encode(bytes.reverse()).reverse() }),
    keepsToItsOwn.title,
    /`encode` wrote into the bytes of/,
  ],
  [
    'reads the whole buffer of a view',
    ({ encode }) => ({ encode: (bytes) => encode(new Uint8Array(bytes.buffer)) }),
    keepsToItsOwn.title,
    /has other tokens, .*, as a view of a longer array\. Mind `byteOffset`/,
  ],
  [
    'gives the same memory at every call',
    ({ encode }) => {
      const memory = new Int32Array(200_000);
      return {
        encode(bytes) {
          const tokens = encode(bytes);
          memory.set(tokens);
          return memory.subarray(0, tokens.length);
        },
      };
    },
    keepsToItsOwn.title,
    /what it gave changed with the next call/,
  ],
  [
    'decodes typed arrays alone',
    ({ decode }) => ({ decode: (tokens) => decode(Array.isArray(tokens) ? [] : tokens) }),
    keepsToItsOwn.title,
    /the tokens of one letter decode to something else as Array/,
  ],
])('a tokenizer that %s is caught', async (_what, part, title, message) => {
  callsOfTheModule = 0;
  const failure = await failureOf(tokenizerContract, title, tokenizer('broken', part));
  expect(failure).toMatch(/^tokenizer "broken": /);
  expect(failure).toMatch(message);
});

test('an option that is read nowhere, and one that makes it fall over, are caught', async () => {
  const idle = defineTokenizer({
    name: 'idle',
    options: Type.Object({ pair: Type.Enum(['th', 'he'], { default: 'th' }) }),
    create: () => pairs('th'),
  });
  expect([...(await failuresIn(tokenizerContract, idle, {}, {})).values()]).toEqual([
    expect.stringMatching(/option "pair" changes neither vocabulary nor the tokens .*describeTokenizerContract\(/),
  ]);
  const fragile = defineTokenizer({
    name: 'fragile',
    options: Type.Object({ pair: Type.Enum(['th', 'he'], { default: 'th' }) }),
    create: (_, { pair }) => ({ th: () => pairs(pair) })[pair as 'th'](),
  });
  const failed = await failuresIn(tokenizerContract, fragile, {}, {});
  expect([...failed.values()][0]).toMatch(/it with option "pair" "he" throws ".*is not a function/);
});
