import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeTokenizerContract } from '../testing/describe-tokenizer-contract.ts';
import { bytesTokenizer } from './bytes-tokenizer.ts';
import { tokenizerOf } from './create-dataset.fixture.ts';

describeTokenizerContract(bytesTokenizer, 'bytes');

const tokenizer = tokenizerOf(bytesTokenizer);

describe('the tokenizer "bytes"', () => {
  it('makes each byte the token of its value', () => {
    expect([...tokenizer.encode(Buffer.from('aß'))]).toEqual([97, 195, 159]);
    expect(tokenizer.vocabulary).toBe(256);
    expect(tokenizer.isBytes).toBe(true);
  });

  it('gives back any bytes as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(tokenizer.decode(tokenizer.encode(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each([256, -1, 1.5, Number.NaN])('refuses to decode the token %s', (token) => {
    expect(() => tokenizer.decode([97, token])).toThrow(/TOKEN_UNKNOWN: tokenizer "bytes": .*\[0, 256\)/);
  });
});
