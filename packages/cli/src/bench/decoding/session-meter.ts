import type { DraftPolicy, Prompt, Random, Session, Tree } from '@foretoken/core';
import { SessionFacade } from '@foretoken/core/plugin';
import type { Engine } from '@foretoken/engine';

/** A session that tells what its prompts took to read, and whether the heads were asked to draft. */
export class SessionMeter extends SessionFacade {
  readonly #engine: Pick<Engine, 'kernelSeconds'>;
  #prefill = { seconds: 0, kernelSeconds: 0 };
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

  override draft(policy: DraftPolicy, random: (row: number) => Random): Promise<Tree[]> {
    this.#hasDrafted = true;
    return super.draft(policy, random);
  }
}
