import type { Seed } from '../recording.ts';
import { type Tensor, tf } from '../tensor.ts';
import { alias, kernel } from './internals.ts';

/**
 * Gradients in flight during a backward pass, by tensor. Owns all of them but the seeds, and frees each as soon as its
 * tensor's producer has been passed, unless it was asked for.
 */
export class Gradients {
  private readonly byId = new Map<number, { tensor: Tensor; owned: boolean }>();
  private readonly wrt: readonly Tensor[];
  private readonly wanted: ReadonlySet<number>;

  constructor(seeds: readonly Seed[], wrt: readonly Tensor[]) {
    this.wrt = wrt;
    this.wanted = new Set(wrt.map((tensor) => tensor.id));
    for (const { at, gradient } of seeds) this.put(at, gradient, false);
  }

  get(at: Tensor): Tensor | undefined {
    return this.byId.get(at.id)?.tensor;
  }

  /** Adds a gradient that now belongs to this object. */
  add(at: Tensor, gradient: Tensor): void {
    // Kept: the tidy scope around the backward pass must not free it.
    this.put(at, tf.keep(gradient), true);
  }

  /** Frees a tensor's gradient unless it was asked for. */
  release(at: Tensor): void {
    if (this.wanted.has(at.id)) return;
    const found = this.byId.get(at.id);
    if (found?.owned) found.tensor.dispose();
    this.byId.delete(at.id);
  }

  /** @returns one gradient per tensor of `wrt`, undefined where none came; the caller owns them */
  take(): (Tensor | undefined)[] {
    return this.wrt.map((at) => {
      const found = this.get(at);
      return found === undefined ? undefined : alias(found);
    });
  }

  /** Frees what is left. */
  dispose(): void {
    for (const { tensor, owned } of this.byId.values()) if (owned) tensor.dispose();
    this.byId.clear();
  }

  private put(at: Tensor, gradient: Tensor, owned: boolean): void {
    const before = this.byId.get(at.id);
    if (before === undefined) {
      this.byId.set(at.id, { tensor: gradient, owned });
      return;
    }
    const sum = tf.keep(kernel('Add', { a: before.tensor, b: gradient }));
    if (before.owned) before.tensor.dispose();
    if (owned) gradient.dispose();
    this.byId.set(at.id, { tensor: sum, owned: true });
  }
}
