import { seedState } from './random.ts';

const ROUNDS = 8;

/**
 * A pseudo-random order of 0 .. size - 1 in constant memory: a function that gives the value at each place.
 *
 * It follows from (size, seed, name) alone, so that a place in an order of any length is one integer.
 * @param size - a safe integer in [1, 2^52]
 * @returns a bijection of [0, size) onto itself
 * @source a balanced Feistel network walked until it lands inside: Black & Rogaway 2002, "Ciphers with arbitrary finite domains"
 */
export function permutation(size: number, seed: number, name: string): (place: number) => number {
  if (!Number.isSafeInteger(size) || size < 1 || size > 2 ** 52) {
    throw new RangeError(`a permutation needs a size in [1, 2^52], was ${size}`);
  }
  const halfBits = Math.max(1, Math.ceil(Math.log2(size) / 2));
  // Rounding of log2 must not lose the last value.
  const half = 2 ** (4 ** halfBits < size ? halfBits + 1 : halfBits);
  const keys = Array.from({ length: ROUNDS }, (_, round) => seedState(seed, `permutation ${size} ${round} ${name}`)[0]);
  return (place) => {
    if (!Number.isInteger(place) || place < 0 || place >= size) {
      throw new RangeError(`a place must be an integer in [0, ${size}), was ${place}`);
    }
    let value = encrypt(place, half, keys);
    while (value >= size) value = encrypt(value, half, keys);
    return value;
  };
}

function encrypt(value: number, half: number, keys: readonly number[]): number {
  let left = Math.floor(value / half);
  let right = value % half;
  for (const key of keys) {
    const next = (left ^ (mix(right ^ key) % half)) >>> 0;
    left = right;
    right = next;
  }
  return left * half + right;
}

/** A 32-bit mixer in which every input bit reaches every output bit. @source MurmurHash3's fmix32, Appleby */
function mix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
