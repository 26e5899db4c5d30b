import { ForetokenError } from '../errors.ts';
import type { TfjsBackend } from './internals.ts';

const HEAP_LIMIT = 2 ** 32;

/** The heap grows by signed steps: a larger one would shrink it. */
const BUFFER_LIMIT = 2 ** 31;

/** What the allocator may add to a request. */
const MARGIN = 2 ** 20;

const isGuarded = Symbol.for('foretoken.guarded');

/**
 * Makes a full wasm heap an error.
 *
 * A failed allocation gives address 0, to which tfjs' wasm backend then writes as to any other, and one that would
 * reach past 4 GiB wraps around to the start of the heap. Both are refused before anything is written; so is, once the
 * heap has grown, a buffer that would not fit behind it, although freed space might hold it.
 */
export function guardHeap({ wasm }: TfjsBackend): void {
  if (wasm === undefined || isGuarded in wasm._malloc) return;
  const allocate = wasm._malloc;
  const guarded = (bytes: number): number => {
    const fits = bytes < BUFFER_LIMIT && wasm.HEAPU8.length + bytes + MARGIN < HEAP_LIMIT;
    const address = fits ? allocate(bytes) : 0;
    if (address !== 0 || bytes === 0) return address;
    const rule = 'the wasm heap holds 4 GiB in all and less than 2 GiB a tensor';
    throw new ForetokenError(
      'OUT_OF_MEMORY',
      `${rule}; no room for ${(bytes / 2 ** 20).toFixed(0)} MiB more. Use a smaller batch, context or model, or another engine.`,
    );
  };
  wasm._malloc = Object.assign(guarded, { [isGuarded]: true });
}
