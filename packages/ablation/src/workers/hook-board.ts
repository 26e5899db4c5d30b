import { type Hook, type HookWatch, saidHook } from '@foretoken/core';
import { BOARD } from './heartbeat.ts';

/** What is looked for in the process while hooks run. */
export interface Misdeeds {
  /** A hook is being entered. @param isClose - whether to look at what takes time to look at */
  begin(hook: Hook, isClose: boolean): void;
  /** A hook is being left. @returns what it did, to go on "forward ..." with, if anything */
  end(hook: Hook): string | undefined;
}

/** What a {@link HookBoard} needs to know and tells. */
export interface BoardOptions {
  /** Shared with the watchdog; see {@link BOARD}. */
  readonly cells: Int32Array;
  /** Whether a hook is of a package that does not come with Foretoken. */
  isForeign(hook: Hook): boolean;
  /** Told once of every hook, in the words of {@link saidHook}, before its id shows. Ids start at 1; 0 is no hook. */
  onNew(id: number, text: string): void;
}

interface Known {
  readonly id: number;
  readonly isForeign: boolean;
  calls: number;
}

/**
 * Which hook this process is in, for the thread that beats: that one sees it whatever the main thread is busy with.
 *
 * Hooks that answer at once nest; those that answer later may end in any order, so what is open is a list.
 */
export class HookBoard implements HookWatch {
  readonly #options: BoardOptions;
  readonly #open: Hook[] = [];
  readonly #byText = new Map<string, Known>();
  readonly #byHook = new WeakMap<Hook, Known>();
  readonly #sources = new Map<string, string>();
  #misdeeds: Misdeeds | undefined;

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** The hook that the process is in. */
  get current(): Hook | undefined {
    return this.#open[this.#open.length - 1];
  }

  /** Foreign packages whose hooks were entered so far, as `name@version`, by their folders. */
  get sources(): ReadonlyMap<string, string> {
    return this.#sources;
  }

  /** From now on hooks of foreign packages are looked at. */
  lookFor(misdeeds: Misdeeds): void {
    this.#misdeeds = misdeeds;
  }

  enter(hook: Hook): void {
    const { cells } = this.#options;
    const known = this.#knownOf(hook);
    known.calls += 1;
    this.#open.push(hook);
    cells[BOARD.current] = known.id;
    if (!known.isForeign) return;
    cells[BOARD.last] = known.id;
    this.#misdeeds?.begin(hook, isPowerOfTwo(known.calls));
  }

  leave(hook: Hook): string | undefined {
    const at = this.#open.lastIndexOf(hook);
    if (at >= 0) this.#open.splice(at, 1);
    const now = this.current;
    this.#options.cells[BOARD.current] = now ? this.#knownOf(now).id : 0;
    return this.#knownOf(hook).isForeign ? this.#misdeeds?.end(hook) : undefined;
  }

  /** The first call, the second, the fourth and so on: what misbehaves once in a while is met, and a long run costs nothing. */
  inspects(hook: Hook): boolean {
    const { isForeign, calls } = this.#knownOf(hook);
    return isForeign && isPowerOfTwo(calls);
  }

  #knownOf(hook: Hook): Known {
    return this.#byHook.get(hook) ?? this.#added(hook);
  }

  /** Every model and decoder that is made has hooks of its own; they count as one by their name. */
  #added(hook: Hook): Known {
    const text = saidHook(hook);
    let known = this.#byText.get(text);
    if (!known) {
      known = { id: this.#byText.size + 1, isForeign: this.#options.isForeign(hook), calls: 0 };
      this.#byText.set(text, known);
      this.#options.onNew(known.id, text);
      const { directory, package: from, version } = hook.source;
      if (known.isForeign && directory !== undefined) this.#sources.set(directory, `${from}@${version}`);
    }
    this.#byHook.set(hook, known);
    return known;
  }
}

const isPowerOfTwo = (count: number): boolean => (count & (count - 1)) === 0;
