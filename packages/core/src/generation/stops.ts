import type { Tokenizer } from '../contracts/data.ts';
import type { Emission, Stops } from '../contracts/decoding.ts';

/** What stopped a row. */
export type Stop = NonNullable<Emission['stop']>;

/** Watches what one row emits for the tokens and texts that end it. The prompt is no part of what it watches. */
export class StopWatch {
  readonly #tokens: ReadonlySet<number>;
  readonly #strings: readonly { readonly string: string; readonly bytes: Uint8Array }[];
  readonly #tokenizer: Pick<Tokenizer, 'decode'> | undefined;
  readonly #longestTail: number;
  readonly #stops: Stops;
  /** The last bytes emitted, as many as may be the beginning of a text that stops. */
  #tail: Buffer = Buffer.alloc(0);

  /** @param tokenizer - gives the bytes of a token; needed where there are strings */
  constructor(stops: Stops = {}, tokenizer?: Pick<Tokenizer, 'decode'>) {
    const { tokens = [], strings = [] } = stops;
    this.#stops = stops;
    this.#tokens = new Set(tokens);
    this.#strings = strings.map((string) => ({ string, bytes: new TextEncoder().encode(string) }));
    this.#tokenizer = tokenizer;
    this.#longestTail = Math.max(0, ...this.#strings.map(({ bytes }) => bytes.length - 1));
  }

  /** The watch of another row that was the same until now. */
  copy(): StopWatch {
    const copy = new StopWatch(this.#stops, this.#tokenizer);
    copy.#tail = this.#tail;
    return copy;
  }

  /** Takes the next token. @returns what it stops; of several texts the one that ends first, of those the longest */
  push(token: number): Stop | undefined {
    if (this.#tokens.has(token)) return { token };
    if (this.#strings.length === 0) return undefined;
    const text = Buffer.concat([this.#tail, this.#tokenizer!.decode([token])]);
    const known = this.#tail.length;
    this.#tail = text.subarray(Math.max(0, text.length - this.#longestTail));
    let found: { readonly string: string; readonly start: number; readonly end: number } | undefined;
    for (const { string, bytes } of this.#strings) {
      // What ended within the tail would have stopped the row then.
      const start = text.indexOf(bytes, Math.max(0, known - bytes.length + 1));
      const end = start + bytes.length;
      if (start < 0 || (found && (end > found.end || (end === found.end && start >= found.start)))) continue;
      found = { string, start, end };
    }
    return found && { string: found.string, excessBytes: text.length - found.end };
  }
}
