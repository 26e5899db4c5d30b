import { createHash } from 'node:crypto';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Random, RandomState } from '../contracts/random.ts';

/**
 * Opens the stream of random numbers that belongs to one use.
 *
 * The stream follows from (seed, name) alone, so that a new use never disturbs an old one.
 * @param seed - a safe integer, the run's
 * @param name - what the numbers are for, unique in the run
 * @source state: SHA-256 of `foretoken random 1`, seed and name, ours; generator: xoshiro128** 1.1, Blackman & Vigna 2018
 */
export function createRandom(seed: number, name: string): Random {
  return streamFrom(seedState(seed, name));
}

/**
 * Continues a stream from what {@link Random.state} gave.
 * @throws FILE_CORRUPT if it is not four 32-bit integers, one of them not zero
 */
export function restoreRandom(state: RandomState): Random {
  const isWord = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
  if (!Array.isArray(state) || state.length !== 4 || !state.every(isWord) || state.every((word) => word === 0)) {
    throw new ForetokenError(
      'FILE_CORRUPT',
      `a random state must be four integers in [0, 2^32), not all 0, was ${JSON.stringify(state)}. Use an earlier checkpoint.`,
    );
  }
  return streamFrom(state);
}

/**
 * 128 bits that follow from (seed, name) alone: the state of a stream, the keys of a permutation.
 * @param seed - a safe integer
 */
export function seedState(seed: number, name: string): RandomState {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed must be a safe integer, was ${seed}`);
  const digest = createHash('sha256')
    .update(JSON.stringify(['foretoken random 1', seed, name]))
    .digest();
  const word = (index: number) => digest.readUInt32LE(index * 4);
  const state: RandomState = [word(0), word(1), word(2), word(3)];
  return state.every((part) => part === 0) ? [1, 0, 0, 0] : state;
}

function streamFrom(start: RandomState): Random {
  // Signed, because unsigned words of 2^31 and more are floating-point numbers to V8.
  const words = Int32Array.from(start, (word) => word | 0);
  const uniform = () => uint53(words) / 2 ** 53;
  return {
    uniform,
    // Box-Muller without keeping the second half, so that the four words are the whole state.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    integer: (below) => integer(words, below),
    state: () => [words[0] >>> 0, words[1] >>> 0, words[2] >>> 0, words[3] >>> 0],
  };
}

/** Every value equally often: draws from the incomplete last round of `below` are thrown away. */
function integer(words: Int32Array, below: number): number {
  if (!Number.isSafeInteger(below) || below < 1) {
    throw new RangeError(`integer(below) needs a safe integer >= 1, was ${below}`);
  }
  const rounds = 2 ** 53 - (2 ** 53 % below);
  for (;;) {
    const drawn = uint53(words);
    if (drawn < rounds) return drawn % below;
  }
}

function uint53(words: Int32Array): number {
  const high = next(words) >>> 5;
  return high * 2 ** 26 + (next(words) >>> 6);
}

function next(words: Int32Array): number {
  const result = Math.imul(rotateLeft(Math.imul(words[1], 5), 7), 9);
  const shifted = words[1] << 9;
  words[2] ^= words[0];
  words[3] ^= words[1];
  words[1] ^= words[2];
  words[0] ^= words[3];
  words[2] ^= shifted;
  words[3] = rotateLeft(words[3], 11);
  return result >>> 0;
}

const rotateLeft = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));
