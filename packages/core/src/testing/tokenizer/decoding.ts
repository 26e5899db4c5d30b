import { isForetokenError } from '@foretoken/engine/errors';
import type { Tokenizer } from '../../contracts/data.ts';
import { createRandom } from '../../random/random.ts';
import { broken } from '../contract.ts';
import { encoded, isEqual } from './round-trip.ts';
import { difference, preview, SAMPLES } from './sample-bytes.ts';
import { makeTokenizer, type TokenizerCase, type TokenizerCheck } from './tokenizer-case.ts';

/** More ids than this are sampled: the first, the last and some between. */
const MOST_IDS = 20_000;

/** Texts that end a row are watched for token by token; a stream is shown as it comes. */
export const decodesTokenByToken: TokenizerCheck = {
  title: 'decodes any ids of its vocabulary, and several to the bytes of each, one after the other',
  run(of) {
    const tokenizer = makeTokenizer(of);
    for (const id of someIds(tokenizer.vocabulary)) bytesOf(of, tokenizer, [id]);
    for (const sample of SAMPLES) {
      const tokens = encoded(tokenizer, sample);
      if (tokens && tokens.length <= MOST_IDS) checkParts(of, tokenizer, tokens, `the tokens of ${sample.name}`);
    }
    for (let seed = 0; seed < 20; seed++) {
      const random = createRandom(seed, 'contract/ids');
      const ids = Int32Array.from({ length: 1 + random.integer(20) }, () => random.integer(tokenizer.vocabulary));
      checkParts(of, tokenizer, ids, `the ids ${preview(ids)}`);
    }
  },
};

function* someIds(vocabulary: number): Generator<number> {
  const step = Math.max(1, Math.ceil(vocabulary / MOST_IDS));
  for (let id = 0; id < vocabulary; id += step) yield id;
  yield vocabulary - 1;
}

function bytesOf(of: TokenizerCase, tokenizer: Tokenizer, ids: ArrayLike<number>): Uint8Array {
  const mend = 'A model may give any id of the vocabulary, in any order: give each its bytes, and special tokens none.';
  let bytes: unknown;
  try {
    bytes = tokenizer.decode(ids);
  } catch (cause) {
    throw broken(of, `\`decode\` threw for ${preview(ids)}: ${(cause as Error).message} ${mend}`, { cause });
  }
  if (bytes instanceof Uint8Array) return bytes;
  throw broken(
    of,
    `\`decode\` must give a Uint8Array, gave ${Object.prototype.toString.call(bytes)}. Give the bytes, no text.`,
  );
}

function checkParts(of: TokenizerCase, tokenizer: Tokenizer, tokens: Int32Array, what: string): void {
  const whole = bytesOf(of, tokenizer, tokens);
  const parts = Buffer.concat(Array.from(tokens, (token) => bytesOf(of, tokenizer, [token])));
  const halves = [tokens.subarray(0, tokens.length >> 1), tokens.subarray(tokens.length >> 1)];
  const inTwo = Buffer.concat(halves.map((half) => bytesOf(of, tokenizer, half)));
  for (const [how, bytes] of [
    ['one by one', parts],
    ['in two halves', inTwo],
  ] as const) {
    if (isEqual(bytes, whole)) continue;
    throw broken(
      of,
      `${what}, decoded ${how}, give ${difference(bytes, whole)}, where they are decoded together. A text that ends a row ` +
        'would be missed. Give each token its own bytes, also where they are half a character; trim and join nothing.',
    );
  }
}

/** Ids that no model of this vocabulary gives: a prompt of another tokenizer, or a file that is damaged. */
export const refusesUnknownIds: TokenizerCheck = {
  title: 'refuses to decode what is no id of its vocabulary, with TOKEN_UNKNOWN',
  run(of) {
    const tokenizer = makeTokenizer(of);
    for (const id of [tokenizer.vocabulary, -1, 0.5, Number.NaN]) {
      const got = codeOf(() => tokenizer.decode([0, id]));
      if (got === 'TOKEN_UNKNOWN') continue;
      throw broken(
        of,
        `\`decode\` must refuse the id ${id} with TOKEN_UNKNOWN, ${got}. ` +
          "Throw `new ForetokenError('TOKEN_UNKNOWN', ...)` with the range and what was got.",
      );
    }
  },
};

function codeOf(work: () => Uint8Array): string {
  try {
    return `and gave ${preview(work())}`;
  } catch (error) {
    return isForetokenError(error) ? error.code : `and threw "${(error as Error).message}"`;
  }
}
