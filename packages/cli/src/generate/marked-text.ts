import { type Tokenizer, Utf8Stream } from '@foretoken/core';
import type { Ansis } from 'ansis';
import { markDrafted } from '../output/mark-drafted.ts';

/** Turns emissions into text in which drafted-and-accepted tokens can be told from the others. */
export interface MarkedText {
  /** @returns the text that is certain by now, marked */
  push(emission: { readonly tokens: Int32Array; readonly accepted: number }): string;
  /** What was waiting for the rest of a character. */
  end(): string;
  /** Everything so far, without marks. */
  readonly plain: string;
}

/**
 * Marks accepted drafts by colour; where there are no colours, by brackets.
 *
 * Half a character is never written: its bytes wait for the rest and count to the part that completes it.
 */
export function markText(tokenizer: Pick<Tokenizer, 'decode'>, colours: Ansis): MarkedText {
  const stream = new Utf8Stream();
  let plain = '';
  const decode = (tokens: Int32Array) => {
    const text = stream.push(tokenizer.decode(tokens));
    plain += text;
    return text;
  };
  return {
    push({ tokens, accepted }) {
      const drafted = decode(tokens.subarray(0, accepted));
      const own = decode(tokens.subarray(accepted));
      return markDrafted(drafted, colours) + own;
    },
    end() {
      const rest = stream.end();
      plain += rest;
      return rest;
    },
    get plain() {
      return plain;
    },
  };
}
