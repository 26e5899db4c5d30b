/** A service of the application's own: what its screens would show of a training. */
export class LossBoard {
  /** Losses of each step by offset, in nats per token. */
  readonly steps: (readonly number[])[] = [];

  show(losses: readonly number[]): void {
    this.steps.push(losses);
  }
}
