import type { DraftPolicy, Kept, Prompt, Session, Tree, Verdict } from '../contracts/decoding.ts';
import type { Random } from '../contracts/random.ts';

/**
 * A session in front of another: everything goes on to it as it came. Whoever measures, watches or bends a session extends
 * this and writes what is its own, so that what the contract gains later goes on by itself.
 */
export class SessionFacade implements Session {
  protected readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  get rows(): readonly number[] {
    return this.session.rows;
  }

  get context(): number {
    return this.session.context;
  }

  get vocabulary(): number {
    return this.session.vocabulary;
  }

  get levels(): number {
    return this.session.levels;
  }

  get forwards(): number {
    return this.session.forwards;
  }

  room(row: number): number {
    return this.session.room(row);
  }

  join(prompt: Prompt): number {
    return this.session.join(prompt);
  }

  leave(row: number): void {
    this.session.leave(row);
  }

  fork(from: readonly number[], pending?: readonly number[]): void {
    this.session.fork(from, pending);
  }

  draft(policy: DraftPolicy, random: (row: number) => Random): Promise<Tree[]> {
    return this.session.draft(policy, random);
  }

  verify(trees: readonly Tree[]): Promise<Verdict[]> {
    return this.session.verify(trees);
  }

  commit(kept: readonly Kept[]): void {
    this.session.commit(kept);
  }

  dispose(): void {
    this.session.dispose();
  }
}
