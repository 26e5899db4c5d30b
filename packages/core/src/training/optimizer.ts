import { type Engine, type Tensor, tf } from '@foretoken/engine';
import type { Experiment } from '../config/experiment.ts';
import type { ParameterStore } from '../model/parameter-store.ts';

interface Moments {
  readonly moment1: Tensor;
  readonly moment2: Tensor;
  /** Updates this parameter has had: the bias correction. A head that sits steps out keeps its own count. */
  readonly steps: number;
}

/** What the gradients of one step are applied with. */
interface Update {
  readonly learningRate: number;
  /** Multiplies the gradients first: the clipping. */
  readonly gradientScale: number;
  /** Multiplies the learning rate of a parameter. Default 1. */
  rateOf?(parameter: string): number;
}

/**
 * AdamW over named parameters. State goes by parameter name, so a parameter without a gradient in a step keeps its
 * weights and moments to the bit and moves nobody else's. Matrices decay, vectors (norm gains) do not.
 *
 * @source Loshchilov & Hutter 2019, arXiv:1711.05101; rates as in Gloeckle et al. 2024, table S13
 */
export class AdamW {
  readonly #engine: Engine;
  readonly #options: Pick<Experiment['training'], 'beta1' | 'beta2' | 'epsilon' | 'weightDecay'>;
  readonly #moments = new Map<string, Moments>();

  constructor(engine: Engine, options: Pick<Experiment['training'], 'beta1' | 'beta2' | 'epsilon' | 'weightDecay'>) {
    this.#engine = engine;
    this.#options = options;
  }

  /**
   * One update of every parameter that has a gradient.
   * @param gradients - by parameter name; stay the caller's
   */
  apply(
    store: ParameterStore,
    gradients: ReadonlyMap<string, Tensor>,
    { learningRate, gradientScale, rateOf = () => 1 }: Update,
  ): void {
    for (const [settings, names] of this.#alike(store, gradients, rateOf)) {
      const slots = names.map((name) => {
        const { moment1, moment2 } = this.#momentsOf(name, gradients.get(name)!);
        return { weight: store.tensors.get(name)!, gradient: gradients.get(name)!, moment1, moment2 };
      });
      const { beta1, beta2, epsilon } = this.#options;
      const updated = this.#engine.ops.adamw(slots, {
        learningRate: learningRate * settings.rate,
        beta1,
        beta2,
        epsilon,
        weightDecay: settings.decays ? this.#options.weightDecay : 0,
        step: settings.step,
        gradientScale,
      });
      for (const [i, name] of names.entries()) {
        const { weight, moment1, moment2 } = updated[i];
        store.replace(name, weight);
        this.#set(name, { moment1, moment2, steps: settings.step });
      }
    }
  }

  /** Every moment by what a diagnosis calls it; they stay this optimizer's. */
  moments(): [string, Tensor][] {
    return [...this.#moments].flatMap(([name, { moment1, moment2 }]): [string, Tensor][] => [
      [`AdamW's first moment of "${name}"`, moment1],
      [`AdamW's second moment of "${name}"`, moment2],
    ]);
  }

  /** Tensors of the state by name, for a checkpoint; they stay this optimizer's. */
  tensors(): Map<string, Tensor> {
    const tensors = new Map<string, Tensor>();
    for (const [name, { moment1, moment2 }] of this.#moments) {
      tensors.set(`adamw.1/${name}`, moment1);
      tensors.set(`adamw.2/${name}`, moment2);
    }
    return tensors;
  }

  /** Update counts by parameter name, for a checkpoint. */
  steps(): Record<string, number> {
    return Object.fromEntries([...this.#moments].map(([name, { steps }]) => [name, steps]));
  }

  /** Puts back the state of one parameter, taking the tensors over. */
  restore(name: string, moment1: Tensor, moment2: Tensor, steps: number): void {
    this.#set(name, { moment1, moment2, steps });
  }

  /** Frees the state. */
  dispose(): void {
    for (const name of [...this.#moments.keys()]) this.#free(name);
    this.#moments.clear();
  }

  /** Parameters that share one call of the fused update: same step count, same decay, same rate. */
  #alike(store: ParameterStore, gradients: ReadonlyMap<string, Tensor>, rateOf: (parameter: string) => number) {
    const groups = new Map<string, [{ step: number; decays: boolean; rate: number }, string[]]>();
    for (const [name, tensor] of store.tensors) {
      if (!gradients.has(name)) continue;
      const step = (this.#moments.get(name)?.steps ?? 0) + 1;
      const settings = { step, decays: tensor.rank > 1, rate: rateOf(name) };
      const key = `${settings.step} ${settings.decays} ${settings.rate}`;
      const group = groups.get(key);
      if (group) group[1].push(name);
      else groups.set(key, [settings, [name]]);
    }
    return groups.values();
  }

  #momentsOf(name: string, gradient: Tensor): Moments {
    const moments = this.#moments.get(name);
    if (moments) return moments;
    const fresh = { moment1: tf.zerosLike(gradient), moment2: tf.zerosLike(gradient), steps: 0 };
    this.#moments.set(name, fresh);
    return fresh;
  }

  #set(name: string, moments: Moments): void {
    this.#free(name);
    this.#moments.set(name, moments);
  }

  #free(name: string): void {
    const moments = this.#moments.get(name);
    moments?.moment1.dispose();
    moments?.moment2.dispose();
  }
}
