/**
 * Turns bytes that arrive piece by piece into text, never printing half a character: the bytes of a code point that
 * straddles two pieces wait for the rest. Invalid bytes become U+FFFD, as when the whole is decoded at once.
 */
export class Utf8Stream {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** @returns the text that is certain by now */
  push(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** Ends the text: bytes still waiting are invalid. The stream can be used again from the start. */
  end(): string {
    return this.#decoder.decode();
  }
}
