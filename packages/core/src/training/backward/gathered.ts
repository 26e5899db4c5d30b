import type { Engine, Tensor } from '@foretoken/engine';
import { tf } from '@foretoken/engine';
import type { LanguageModel } from '../../contracts/model.ts';
import type { BackwardRequest, BackwardResult } from './backward.ts';

/** Losses and gradients of one batch, as they come in. Owns the gradients until the result is handed out. */
export class Gathered implements BackwardResult {
  readonly losses = new Map<string, number>();
  readonly gradients = new Map<string, Tensor>();
  readonly squaredNorms?: Map<string, number>;
  /** The weights whose gradients are wanted: those that train in this step. */
  readonly weights: readonly Tensor[];
  readonly #engine: Engine;
  readonly #names: ReadonlyMap<number, string>;

  constructor(
    { engine, parameters }: Pick<LanguageModel, 'engine' | 'parameters'>,
    { norms, trains = () => true }: Pick<BackwardRequest, 'norms' | 'trains'>,
  ) {
    const trained = [...parameters].filter(([name]) => trains(name));
    this.weights = trained.map(([, weight]) => weight);
    if (norms) this.squaredNorms = new Map();
    this.#engine = engine;
    this.#names = new Map(trained.map(([name, { id }]) => [id, name]));
  }

  /** Whether a tensor is a weight that trains in this step. */
  trains(tensor: Tensor): boolean {
    return this.#names.has(tensor.id);
  }

  /**
   * Adds the gradient at a tensor, taking it over. A tensor that is no weight of the model (a readout may hold a frozen
   * or derived table), or none that trains, has no use for one.
   */
  add(at: Tensor, gradient: Tensor): void {
    const name = this.#names.get(at.id);
    if (name === undefined) gradient.dispose();
    else accumulate(this.gradients, name, gradient);
  }

  /**
   * Notes the norm of a term's gradient, if norms are wanted.
   * @param weight - what the gradients are weighted by, > 0
   * @param gradients - of the weighted loss, at tensors that together are what the norm is taken at; stay the caller's
   */
  addNorm(term: string, weight: number, gradients: readonly Tensor[]): void {
    if (!this.squaredNorms) return;
    const { ops } = this.#engine;
    // Scaled before they are squared: the square of a small weight would leave float32.
    const squared = this.#engine.tidy(
      () => ops.sumOfSquares(gradients.map((gradient) => ops.mul(gradient, 1 / weight))).dataSync()[0],
    );
    this.squaredNorms.set(term, (this.squaredNorms.get(term) ?? 0) + squared);
  }

  /** Frees the gradients, when there will be no result. */
  dispose(): void {
    for (const gradient of this.gradients.values()) gradient.dispose();
    this.gradients.clear();
  }
}

/** Lets `work` gather losses and gradients; frees them if it throws. */
export function gather(model: LanguageModel, request: BackwardRequest, work: (into: Gathered) => void): BackwardResult {
  const into = new Gathered(model, request);
  try {
    work(into);
    return into;
  } catch (error) {
    into.dispose();
    throw error;
  }
}

/** Adds a gradient to the sum under a key, taking it over. */
export function accumulate<Key>(sums: Map<Key, Tensor>, key: Key, gradient: Tensor): void {
  const before = sums.get(key);
  if (!before) {
    sums.set(key, gradient);
    return;
  }
  sums.set(key, tf.add(before, gradient));
  before.dispose();
  gradient.dispose();
}
