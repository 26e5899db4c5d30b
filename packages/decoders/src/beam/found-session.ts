import { type Kept, type Prompt, SessionFacade } from '@foretoken/core/plugin';

/**
 * A session of one row at a time, whose text is found before it is emitted: the shared loop joins, commits and ends the row
 * as any other's, long after the search has used up the rows of the session below.
 */
export class FoundSession extends SessionFacade {
  #open: { readonly row: number; readonly prompt: Prompt; length: number } | undefined;

  /** What the open row was joined with. */
  get prompt(): Prompt {
    return this.#open!.prompt;
  }

  override get rows(): readonly number[] {
    return this.#open ? [this.#open.row] : this.session.rows;
  }

  override room(): number {
    return this.context - this.#open!.length;
  }

  override join(prompt: Prompt): number {
    this.#open = { row: this.session.join(prompt), prompt, length: prompt.tokens.length };
    return this.#open.row;
  }

  /** Frees whatever the search has left. */
  override leave(): void {
    this.#open = undefined;
    for (const row of [...this.session.rows]) this.session.leave(row);
  }

  override commit([{ path }]: readonly Kept[]): void {
    this.#open!.length += path.length + 1;
  }
}
