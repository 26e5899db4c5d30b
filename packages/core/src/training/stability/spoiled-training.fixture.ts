// A tiny training that can be spoiled from one place, and mended again. B rows, T positions, D width.
import { type Engine, type Tensor, type Tensor3D, tf } from '@foretoken/engine';
import type { Experiment } from '../../config/experiment.ts';
import type { TrainableModel } from '../../model/build-model.ts';
import { defineHead, defineTrunk } from '../../plugins/define.ts';
import type { Backward, BackwardResult } from '../backward/backward.ts';
import { backwardOf } from '../backward/backward-of.ts';
import { blocksHead, TINY_SETTINGS, tinyBatches, tinyModel, tinyTrunk } from '../tiny-model.fixture.ts';
import { Trainer, type TrainerState } from '../trainer.ts';
import type { Injection } from './injections.fixture.ts';

export const TERMS = ['offset-1', 'offset-2', 'offset-3'];
/** Where in a tensor the value is put. */
const AT = 5;

/** What a snapshot of a trainer holds: every tensor and the state. */
export interface Snapshot {
  readonly tensors: ReadonlyMap<string, Float32Array>;
  readonly state: TrainerState;
}

/** Whether the fault is there now, for whoever it is to hit. */
interface Live {
  isSpoiled: boolean;
  /** Backward calls of the current step. */
  call: number;
}

/** A trainer with weighting and schedule that learn, on a model of its own. */
export class SpoiledTraining {
  readonly trainer: Trainer;
  readonly #injection: Injection;
  readonly #live: Live = { isSpoiled: false, call: 0 };
  readonly #model: TrainableModel;
  readonly #settings: { -readonly [Key in keyof Experiment['training']]: Experiment['training'][Key] };
  #repair: () => void = () => {};

  constructor(engine: Engine, injection: Injection) {
    const { backward = 'sequential', place, of, value } = injection;
    const live = this.#live;
    this.#injection = injection;
    this.#model = tinyModel(engine, { trunk: spoiledTrunk(injection, live), head: spoiledHead(injection, live) });
    this.#settings = { ...TINY_SETTINGS, backward };
    const spoiledWeight = (term: string) => (live.isSpoiled && place === 'weighting' && of === term ? value : 1);
    this.trainer = new Trainer({
      ...{ engine, model: this.#model, settings: this.#settings, terms: TERMS },
      weighting: {
        ...(place === 'squared norm' && { needs: 'gradient-norms' as const }),
        start: () => 0,
        now: () => TERMS.map(spoiledWeight),
        learn: (state) => (state as number) + 1,
      },
      horizonSchedule: { start: () => 0, now: () => 3, learn: (state) => (state as number) + 1 },
      backward: spoiledBackward(backwardOf(backward), injection, live),
    });
  }

  /** One step on batches that follow from a number. */
  step(number: number) {
    this.#live.call = 0;
    const [, count] = this.#injection.batch ?? [1, 1];
    const { batches, dispose } = tinyBatches(...Array.from({ length: count }, (_, i) => [2 * (number + i)]));
    try {
      return this.trainer.run(batches);
    } finally {
      dispose();
    }
  }

  spoil(): void {
    this.#live.isSpoiled = true;
    const { place, of, value } = this.#injection;
    if (place === 'learning rate') {
      const { learningRate } = this.#settings;
      this.#settings.learningRate = value;
      this.#repair = () => {
        this.#settings.learningRate = learningRate;
      };
    }
    const names = { weight: `model/${of}`, moment1: `adamw.1/${of}`, moment2: `adamw.2/${of}` };
    const name = names[place as keyof typeof names];
    if (name === undefined) return;
    const good = this.snapshot();
    this.#put(good, new Map([[name, withValue(good.tensors.get(name)!, value)]]));
    this.#repair = () => this.#put({ ...this.snapshot(), tensors: good.tensors });
  }

  /** Takes the fault away. */
  repair(): void {
    this.#live.isSpoiled = false;
    this.#repair();
  }

  snapshot(): Snapshot {
    const tensors = [...this.trainer.tensors()].map(
      ([name, tensor]) => [name, Float32Array.from(tensor.dataSync())] as const,
    );
    return { tensors: new Map(tensors), state: JSON.parse(JSON.stringify(this.trainer.state())) };
  }

  restore(snapshot: Snapshot): void {
    this.#put(snapshot);
  }

  dispose(): void {
    this.trainer.dispose();
    this.#model.dispose();
  }

  #put({ tensors, state }: Snapshot, instead: ReadonlyMap<string, Float32Array> = new Map()): void {
    const shapeOf = (name: string) => this.#model.parameters.get(name.slice(name.indexOf('/') + 1))!.shape;
    this.trainer.restore(state, (name) => tf.tensor((instead.get(name) ?? tensors.get(name)!).slice(), shapeOf(name)));
  }
}

function withValue(values: Float32Array, value: number): Float32Array {
  const copy = Float32Array.from(values);
  copy[AT] = value;
  return copy;
}

const isHit = ({ batch: [bad] = [1, 1] }: Injection, live: Live) => live.isSpoiled && live.call === bad;

/** Adds the value at one place. A constant, so that gradients flow as they did. */
function spoiledActivation(hidden_BTD: Tensor3D, injection: Injection, live: Live, owner: string): Tensor3D {
  if (injection.place !== 'activation' || injection.of !== owner || !isHit(injection, live)) return hidden_BTD;
  return tf.add(hidden_BTD, tf.tensor(withValue(new Float32Array(hidden_BTD.size), injection.value), hidden_BTD.shape));
}

const spoiledTrunk = (injection: Injection, live: Live) =>
  defineTrunk({
    ...tinyTrunk,
    create(context, options) {
      const trunk = tinyTrunk.create(context, options);
      const forward: typeof trunk.forward = (...args) =>
        trunk.forward(...args).map((hidden_BTD) => spoiledActivation(hidden_BTD, injection, live, 'trunk'));
      return { ...trunk, forward };
    },
  });

const spoiledHead = (injection: Injection, live: Live) =>
  defineHead({
    ...blocksHead,
    create(context, options) {
      const head = blocksHead.create(context, options);
      const forward: typeof head.forward = (offset, inputs) =>
        spoiledActivation(head.forward(offset, inputs) as Tensor3D, injection, live, `head.${offset}`);
      return { ...head, forward };
    },
  });

/** Counts the calls of a step, and spoils what one of them gives. */
function spoiledBackward(backward: Backward, injection: Injection, live: Live): Backward {
  return (model, request) => {
    live.call++;
    const result = backward(model, request);
    if (!isHit(injection, live)) return result;
    const { place, of, value } = injection;
    if (place === 'gradient') spoilGradient(result, of, value);
    if (place === 'loss') return { ...fieldsOf(result), losses: new Map(result.losses).set(of, value) };
    if (place === 'squared norm')
      return { ...fieldsOf(result), squaredNorms: new Map(result.squaredNorms).set(of, value) };
    return result;
  };
}

const fieldsOf = ({ losses, gradients, squaredNorms }: BackwardResult) => ({ losses, gradients, squaredNorms });

function spoilGradient({ gradients }: BackwardResult, name: string, value: number): void {
  const gradient: Tensor = gradients.get(name)!;
  gradients.set(name, tf.tensor(withValue(gradient.dataSync() as Float32Array, value), gradient.shape));
  gradient.dispose();
}
