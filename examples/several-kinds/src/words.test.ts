import { describeTokenizerContract } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import words from './words.ts';

describeTokenizerContract(words, 'words');
describeTokenizerContract(words, 'words', { words: [' the', 'the', ' der'] });

test('takes the longest word that fits, and spells the rest', () => {
  const { encode, decode } = words.create({}, { words: [' a', ' an'] });
  const tokens = encode(Buffer.from('b an ax'));
  expect([...tokens]).toEqual([98, 257, 256, 120]);
  expect(Buffer.from(decode(tokens)).toString()).toBe('b an ax');
});
