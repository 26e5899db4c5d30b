import type { Prompt } from '../contracts/decoding.ts';

/** Prompts taken between two steps at most, so that a source that never pauses leaves rows under way their turn. */
const MOST_AT_ONCE = 64;

/** Prompts that come while others are decoded: taken as they come, waited for only on request. */
export class Arrivals {
  readonly #iterator: AsyncIterator<Prompt> | undefined;
  #inbox: Prompt[] = [];
  /** How many more may be asked for. */
  #places = 0;
  #isAsking = false;
  #isEnded: boolean;
  #failure: { readonly cause: unknown } | undefined;
  #wake = () => {};

  constructor(source: AsyncIterable<Prompt> | undefined) {
    this.#iterator = source?.[Symbol.asyncIterator]();
    this.#isEnded = !source;
  }

  /**
   * Whether nothing more will come.
   *
   * @throws what the source threw, once everything that it gave before has been taken
   */
  get isOver(): boolean {
    if (this.#inbox.length > 0 || !this.#isEnded) return false;
    if (this.#failure) throw this.#failure.cause;
    return true;
  }

  /** Asks for as many prompts as there are places, one after the other, without waiting for them. */
  ask(places: number): void {
    this.#places = Math.min(places, MOST_AT_ONCE) - this.#inbox.length;
    this.#next();
  }

  /** What has come since. */
  take(): Prompt[] {
    const taken = this.#inbox;
    this.#inbox = [];
    return taken;
  }

  /** Waits for the next prompt, the end of the source, or the signal. */
  async wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#inbox.length > 0 || this.#isEnded || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal?.addEventListener('abort', this.#wake);
    });
    signal?.removeEventListener('abort', this.#wake);
  }

  /** Tells the source that no more is wanted. It is not waited for: it may never answer. */
  close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    // Whoever reads no more does not care how the source ends, nor whether it can.
    attempt(() => this.#iterator?.return?.()).catch(() => {});
  }

  #next(): void {
    if (this.#isAsking || this.#isEnded || this.#places <= 0) return;
    this.#isAsking = true;
    attempt(() => this.#iterator!.next())
      .then(
        ({ done, value }) =>
          () =>
            done ? this.#end() : void this.#inbox.push(value),
      )
      .catch((cause) => () => this.#end({ cause }))
      .then((note) => this.#answered(note));
  }

  #answered(note: () => void): void {
    this.#isAsking = false;
    this.#places--;
    note();
    this.#wake();
    this.#next();
  }

  #end(failure?: { readonly cause: unknown }): void {
    this.#isEnded = true;
    this.#failure = failure;
  }
}

/** A call to a source, which may be nothing that keeps to the rules: whatever it throws or gives, the answer is a promise. */
async function attempt<Result>(call: () => Result): Promise<Awaited<Result>> {
  return await call();
}
