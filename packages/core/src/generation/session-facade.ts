import type { DraftPolicy, Kept, Prompt, Session, Tree, Verdict } from '../contracts/decoding.ts';
import type { Random } from '../contracts/random.ts';

/**
 * A session in front of another: everything goes on to it as it came. Whoever measures, watches or bends a session extends
 * this and writes what is its own, so that what the contract gains later goes on by itself.
 */
export class SessionFacade implements Session {
  /** The session behind. */
  protected readonly session: Session;

  /** @param session - stays the caller's: `dispose` goes on to it */
  constructor(session: Session) {
    this.session = session;
  }

  /** {@inheritDoc Session.rows} */
  get rows(): readonly number[] {
    return this.session.rows;
  }

  /** {@inheritDoc Session.context} */
  get context(): number {
    return this.session.context;
  }

  /** {@inheritDoc Session.vocabulary} */
  get vocabulary(): number {
    return this.session.vocabulary;
  }

  /** {@inheritDoc Session.levels} */
  get levels(): number {
    return this.session.levels;
  }

  /** {@inheritDoc Session.forwards} */
  get forwards(): number {
    return this.session.forwards;
  }

  /** {@inheritDoc Session.room} */
  room(row: number): number {
    return this.session.room(row);
  }

  /** {@inheritDoc Session.join} */
  join(prompt: Prompt): number {
    return this.session.join(prompt);
  }

  /** {@inheritDoc Session.leave} */
  leave(row: number): void {
    this.session.leave(row);
  }

  /** {@inheritDoc Session.fork} */
  fork(from: readonly number[], pending?: readonly number[]): void {
    this.session.fork(from, pending);
  }

  /** {@inheritDoc Session.draft} */
  draft(policy: DraftPolicy, random: (row: number) => Random): Promise<Tree[]> {
    return this.session.draft(policy, random);
  }

  /** {@inheritDoc Session.verify} */
  verify(trees: readonly Tree[]): Promise<Verdict[]> {
    return this.session.verify(trees);
  }

  /** {@inheritDoc Session.commit} */
  commit(kept: readonly Kept[]): void {
    this.session.commit(kept);
  }

  /** {@inheritDoc Session.dispose} */
  dispose(): void {
    this.session.dispose();
  }
}
