import { ForetokenError } from '@foretoken/engine/errors';
import { defineTokenizer } from '../plugins/define.ts';

/** The tokenizer whose tokens are bytes: nothing to learn, nothing unknown, losses in bits per byte as they are. */
export const bytesTokenizer = defineTokenizer({
  name: 'bytes',
  description: 'Every byte is a token; vocabulary 256.',
  create: () => ({
    vocabulary: 256,
    isBytes: true,
    encode: (bytes) => Int32Array.from(bytes),
    decode: (tokens) => Uint8Array.from(tokens, checkedByte),
  }),
});

function checkedByte(token: number): number {
  if (Number.isInteger(token) && token >= 0 && token < 256) return token;
  throw new ForetokenError(
    'TOKEN_UNKNOWN',
    `tokenizer "bytes": a token must be in [0, 256), was ${token}. Give it byte values alone.`,
  );
}
