import { coloursFor } from '../output/colours.ts';
import type { CommandContext } from '../process/context.ts';

/** A command's context that keeps what is printed and shows nothing. */
export function recordingContext({ isJson = true } = {}): CommandContext & { readonly printed: unknown[] } {
  const printed: unknown[] = [];
  return {
    printed,
    print: (text) => printed.push(text),
    printJson: (value) => printed.push(value),
    stream: (text) => printed.push(text),
    say() {},
    isJson,
    colours: coloursFor({ isTTY: false }),
    signal: new AbortController().signal,
    board: () => undefined,
    progress: () => ({ update() {}, clear() {} }),
  };
}
