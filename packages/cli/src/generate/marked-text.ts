import { type Emission, type Tokenizer, Utf8Stream } from '@foretoken/core';
import type { Ansis } from 'ansis';
import { markDrafted } from '../output/mark-drafted.ts';
import { visibleText } from '../output/visible-text.ts';

/** Turns the emissions of one row into text in which drafted-and-accepted tokens can be told from the others. */
export interface MarkedText {
  /** @returns the text that is certain by now, marked */
  push(emission: Pick<Emission, 'tokens' | 'accepted' | 'stop'>): string;
  /** What was waiting for the rest of a character or of a stop. */
  end(): string;
  /** Everything so far, without marks. */
  readonly plain: string;
}

/** A byte of text, and whether a draft gave it. */
interface MarkedByte {
  readonly byte: number;
  readonly isDrafted: boolean;
}

/**
 * Marks accepted drafts by colour; where there are no colours, by brackets.
 *
 * Half a character is never written: its bytes wait for the rest and count to the part that completes it. Nor is a text
 * that stops: what may be the beginning of one waits until it is none.
 * @param stops - texts that end the row
 */
export function markText(
  tokenizer: Pick<Tokenizer, 'decode'>,
  colours: Ansis,
  stops: readonly string[] = [],
): MarkedText {
  const stream = new Utf8Stream();
  const stopBytes = stops.map((stop) => new TextEncoder().encode(stop));
  let held: MarkedByte[] = [];
  let plain = '';
  const written = (text: string, isDrafted: boolean) => {
    plain += text;
    const shown = visibleText(text, colours);
    return isDrafted ? markDrafted(shown, colours) : shown;
  };
  const release = (bytes: readonly MarkedByte[]) =>
    runsOf(bytes)
      .map(({ bytes: run, isDrafted }) => written(stream.push(run), isDrafted))
      .join('');
  return {
    push({ tokens, accepted, stop }) {
      for (const [i, token] of tokens.entries()) {
        for (const byte of tokenizer.decode([token])) held.push({ byte, isDrafted: i < accepted });
      }
      if (stop && 'string' in stop) {
        // All of the stop is still held: every beginning of it was.
        held.length -= new TextEncoder().encode(stop.string).length + stop.excessBytes;
      }
      const certain = held.length - (stop ? 0 : beginningOfStop(held, stopBytes));
      const text = release(held.slice(0, certain));
      held = held.slice(certain);
      return text;
    },
    end() {
      const text = release(held);
      held = [];
      return text + written(stream.end(), false);
    },
    get plain() {
      return plain;
    },
  };
}

/** How many of the last bytes may be the beginning of a stop: the longest end that is one. */
function beginningOfStop(held: readonly MarkedByte[], stops: readonly Uint8Array[]): number {
  const longest = Math.max(0, ...stops.map(({ length }) => length - 1));
  for (let length = Math.min(longest, held.length); length > 0; length--) {
    const from = held.length - length;
    const isBeginning = (stop: Uint8Array) => held.slice(from).every(({ byte }, i) => byte === stop[i]);
    if (stops.some(isBeginning)) return length;
  }
  return 0;
}

/** Neighbouring bytes of one kind together. */
function runsOf(bytes: readonly MarkedByte[]): { readonly bytes: Uint8Array; readonly isDrafted: boolean }[] {
  const starts = bytes.flatMap(({ isDrafted }, i) => (i === 0 || isDrafted !== bytes[i - 1].isDrafted ? [i] : []));
  return starts.map((start, i) => ({
    bytes: Uint8Array.from(bytes.slice(start, starts[i + 1]), ({ byte }) => byte),
    isDrafted: bytes[start].isDrafted,
  }));
}
