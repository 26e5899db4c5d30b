import type { DraftPolicy, Kept, Prompt, Random, Session, Tree, Verdict } from '@foretoken/core';
import type { Engine } from '@foretoken/engine';

/** A session that tells what its prompts took to read, and whether the heads were asked to draft. */
export class SessionMeter implements Session {
  readonly #session: Session;
  readonly #engine: Pick<Engine, 'kernelSeconds'>;
  #prefill = { seconds: 0, kernelSeconds: 0 };
  #hasDrafted = false;

  constructor(session: Session, engine: Pick<Engine, 'kernelSeconds'>) {
    this.#session = session;
    this.#engine = engine;
  }

  /** What reading prompts took. */
  get prefillSeconds(): number {
    return this.#prefill.seconds;
  }

  /** Of that, what the engine's own code took; 0 where it does not tell. */
  get prefillKernelSeconds(): number {
    return this.#prefill.kernelSeconds;
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
    const kernels = this.#engine.kernelSeconds() ?? 0;
    const started = performance.now();
    const row = this.#session.join(prompt);
    const { seconds, kernelSeconds } = this.#prefill;
    this.#prefill = {
      seconds: seconds + (performance.now() - started) / 1_000,
      kernelSeconds: kernelSeconds + (this.#engine.kernelSeconds() ?? 0) - kernels,
    };
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
