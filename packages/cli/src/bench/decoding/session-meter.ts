import type { DraftPolicy, Kept, Prompt, Random, Session, Tree, Verdict } from '@foretoken/core';
import { SessionFacade } from '@foretoken/core/plugin';
import type { Engine } from '@foretoken/engine';

/** A session that tells what its prompts and its steps took, and whether the heads were asked to draft. */
export class SessionMeter extends SessionFacade {
  readonly #engine: Pick<Engine, 'kernelSeconds'>;
  #prefill = { seconds: 0, kernelSeconds: 0 };
  #stepMs = 0;
  #hasDrafted = false;

  constructor(session: Session, engine: Pick<Engine, 'kernelSeconds'>) {
    super(session);
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

  /** What drafting, verifying and committing took, the policy's questions included. */
  get stepSeconds(): number {
    return this.#stepMs / 1_000;
  }

  /** Whether a draft came from the heads: not every decoder's does. */
  get hasDrafted(): boolean {
    return this.#hasDrafted;
  }

  override join(prompt: Prompt): number {
    const kernels = this.#engine.kernelSeconds() ?? 0;
    const started = performance.now();
    const row = super.join(prompt);
    const { seconds, kernelSeconds } = this.#prefill;
    this.#prefill = {
      seconds: seconds + (performance.now() - started) / 1_000,
      kernelSeconds: kernelSeconds + (this.#engine.kernelSeconds() ?? 0) - kernels,
    };
    return row;
  }

  override async draft(policy: DraftPolicy, random: (row: number) => Random): Promise<Tree[]> {
    this.#hasDrafted = true;
    const started = performance.now();
    try {
      return await super.draft(policy, random);
    } finally {
      this.#stepMs += performance.now() - started;
    }
  }

  override async verify(trees: readonly Tree[]): Promise<Verdict[]> {
    const started = performance.now();
    try {
      return await super.verify(trees);
    } finally {
      this.#stepMs += performance.now() - started;
    }
  }

  override commit(kept: readonly Kept[]): void {
    const started = performance.now();
    try {
      super.commit(kept);
    } finally {
      this.#stepMs += performance.now() - started;
    }
  }
}
