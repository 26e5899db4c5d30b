import type { DraftPolicy, Kept, Prompt, Random, Session, Tree, Verdict } from '@foretoken/core';
import { SessionFacade } from '@foretoken/core/plugin';
import type { Engine } from '@foretoken/engine';

interface Spent {
  seconds: number;
  kernelSeconds: number;
}

/** A session that tells what its prompts and its steps took, and whether the heads were asked to draft. */
export class SessionMeter extends SessionFacade {
  readonly #engine: Pick<Engine, 'kernelSeconds'>;
  readonly #prefill: Spent = { seconds: 0, kernelSeconds: 0 };
  readonly #steps: Spent = { seconds: 0, kernelSeconds: 0 };
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
    return this.#steps.seconds;
  }

  /** Of that, what the engine's own code took; 0 where it does not tell. */
  get stepKernelSeconds(): number {
    return this.#steps.kernelSeconds;
  }

  /** Whether a draft came from the heads: not every decoder's does. */
  get hasDrafted(): boolean {
    return this.#hasDrafted;
  }

  override join(prompt: Prompt): number {
    const end = this.#begin(this.#prefill);
    const row = super.join(prompt);
    end();
    return row;
  }

  override async draft(policy: DraftPolicy, random: (row: number) => Random): Promise<Tree[]> {
    this.#hasDrafted = true;
    const end = this.#begin(this.#steps);
    const trees = await super.draft(policy, random);
    end();
    return trees;
  }

  override async verify(trees: readonly Tree[]): Promise<Verdict[]> {
    const end = this.#begin(this.#steps);
    const verdicts = await super.verify(trees);
    end();
    return verdicts;
  }

  override commit(kept: readonly Kept[]): void {
    const end = this.#begin(this.#steps);
    super.commit(kept);
    end();
  }

  /** @returns what adds the time that went by */
  #begin(to: Spent): () => void {
    const kernels = this.#engine.kernelSeconds() ?? 0;
    const started = performance.now();
    return () => {
      to.seconds += (performance.now() - started) / 1_000;
      to.kernelSeconds += (this.#engine.kernelSeconds() ?? 0) - kernels;
    };
  }
}
