import type { Ansis } from 'ansis';
import { coloursFor } from '../output/colours.ts';
import { createLiveRegion, isDrawable, type LiveRegion } from '../output/live-region.ts';
import { createProgress, type Progress } from '../output/progress.ts';
import { listenForInterrupts } from './interrupt.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly debug?: boolean;
}

/** What a command may use of the process it runs in. */
export interface CommandContext {
  /** Results: stdout, one line unless the text has more. Nothing else goes there. */
  print(text: string): void;
  /** The one object or array of `--json`. */
  printJson(value: unknown): void;
  /** Results as they come, without a line's end. */
  stream(text: string): void;
  /** Everything that is not a result: stderr. */
  say(text: string): void;
  readonly isJson: boolean;
  /** For stdout. */
  readonly colours: Ansis;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  progress(): Progress;
  /** Lines of stderr that are drawn in place, and their colours; undefined where it is no terminal. */
  board(): (LiveRegion & { readonly colours: Ansis }) | undefined;
}

/** Opens the context of one command; `close` gives the signals back. */
export function openContext(options: GlobalOptions): CommandContext & { close(): void } {
  const shown: Pick<Progress, 'clear'>[] = [];
  const say = (text: string) => {
    for (const progress of shown) progress.clear();
    process.stderr.write(`${text}\n`);
  };
  const write = (text: string) => {
    for (const progress of shown) progress.clear();
    process.stdout.write(text);
  };
  const interrupts = listenForInterrupts(() => say('Stopping; once more to end at once.'), { on: process });
  return {
    print: (text) => write(`${text}\n`),
    printJson: (value) => write(`${JSON.stringify(value)}\n`),
    stream: write,
    say,
    isJson: options.json === true,
    colours: coloursFor(process.stdout),
    signal: interrupts.signal,
    progress() {
      const progress = createProgress(process.stderr);
      shown.push(progress);
      return progress;
    },
    board() {
      if (!isDrawable(process.stderr)) return undefined;
      const region = { ...createLiveRegion(process.stderr), colours: coloursFor(process.stderr) };
      shown.push(region);
      return region;
    },
    close() {
      for (const progress of shown) progress.clear();
      interrupts.stop();
    },
  };
}
