import type { DraftPolicy, Kept, Prompt, Random, Session, Tree, Verdict } from '@foretoken/core/plugin';

/**
 * A session of one row at a time, whose text is found before it is emitted: the shared loop joins, commits and ends the row
 * as any other's, long after the search has used up the rows of the session below.
 */
export class FoundSession implements Session {
  readonly #session: Session;
  #open: { readonly row: number; readonly prompt: Prompt; length: number } | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** What the open row was joined with. */
  get prompt(): Prompt {
    return this.#open!.prompt;
  }

  get rows(): readonly number[] {
    return this.#open ? [this.#open.row] : this.#session.rows;
  }

  get context(): number {
    return this.#session.context;
  }

  get vocabulary(): number {
    return this.#session.vocabulary;
  }

  get levels(): number {
    return this.#session.levels;
  }

  get forwards(): number {
    return this.#session.forwards;
  }

  room(): number {
    return this.context - this.#open!.length;
  }

  join(prompt: Prompt): number {
    this.#open = { row: this.#session.join(prompt), prompt, length: prompt.tokens.length };
    return this.#open.row;
  }

  /** Frees whatever the search has left. */
  leave(): void {
    this.#open = undefined;
    for (const row of [...this.#session.rows]) this.#session.leave(row);
  }

  commit([{ path }]: readonly Kept[]): void {
    this.#open!.length += path.length + 1;
  }

  fork(from: readonly number[], pending?: readonly number[]): void {
    this.#session.fork(from, pending);
  }

  draft(policy: DraftPolicy, random: (row: number) => Random): Promise<Tree[]> {
    return this.#session.draft(policy, random);
  }

  verify(trees: readonly Tree[]): Promise<Verdict[]> {
    return this.#session.verify(trees);
  }

  dispose(): void {
    this.#session.dispose();
  }
}
