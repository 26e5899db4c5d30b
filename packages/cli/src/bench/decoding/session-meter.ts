import type { DraftPolicy, Kept, Prompt, Random, Session, Tree, Verdict } from '@foretoken/core';

/** A session that tells what its prompts took to read, and whether the heads were asked to draft. */
export class SessionMeter implements Session {
  readonly #session: Session;
  readonly #joined: (seconds: number) => void;
  #hasDrafted = false;

  /** @param joined - told the seconds of every prompt that was read */
  constructor(session: Session, joined: (seconds: number) => void) {
    this.#session = session;
    this.#joined = joined;
  }

  /** Whether a draft came from the heads: not every decoder's does. */
  get hasDrafted(): boolean {
    return this.#hasDrafted;
  }

  get rows(): readonly number[] {
    return this.#session.rows;
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

  room(row: number): number {
    return this.#session.room(row);
  }

  join(prompt: Prompt): number {
    const started = performance.now();
    const row = this.#session.join(prompt);
    this.#joined((performance.now() - started) / 1_000);
    return row;
  }

  leave(row: number): void {
    this.#session.leave(row);
  }

  fork(from: readonly number[], pending?: readonly number[]): void {
    this.#session.fork(from, pending);
  }

  draft(policy: DraftPolicy, random: (row: number) => Random): Promise<Tree[]> {
    this.#hasDrafted = true;
    return this.#session.draft(policy, random);
  }

  verify(trees: readonly Tree[]): Promise<Verdict[]> {
    return this.#session.verify(trees);
  }

  commit(kept: readonly Kept[]): void {
    this.#session.commit(kept);
  }

  dispose(): void {
    this.#session.dispose();
  }
}
