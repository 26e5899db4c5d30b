// What training shows a weighting or a schedule, made up: losses, norms and acceptance of every size, terms that sit out.
import type { Json } from '../../contracts/json.ts';
import type { Random } from '../../contracts/random.ts';
import { offsetOfTerm } from '../../contracts/term.ts';
import type { Moment, Observed } from '../../contracts/training.ts';
import { createRandom } from '../../random/random.ts';
import { type Made, type StatefulKind, said } from './stateful-case.ts';

/** How a made-up training goes. */
export const MOODS = ['falling', 'zero', 'large', 'tiny', 'jumping', 'idle'] as const;
export type Mood = (typeof MOODS)[number];

/** A training without a model. */
export interface Script {
  readonly kind: StatefulKind;
  readonly terms: readonly string[];
  readonly horizon: number;
  readonly mood: Mood;
  readonly steps: number;
  /** Default 0. */
  readonly seed?: number;
}

/** One step of a training: what the plugin said, and what it was shown. */
export interface PlayedStep {
  readonly at: Moment;
  /** Before the step. */
  readonly state: Json;
  /** What `now` gave. */
  readonly value: unknown;
  readonly seen: Observed;
}

/** What a step is compared by: value and state. */
export const sayStep = ({ value, state }: PlayedStep): string => said([value, state]);

/** Stands in between two steps. @returns what goes on, with the state that it goes on from */
export type Between = (plugin: Made, state: Json, step: number) => readonly [Made, Json];

/**
 * Plays a training as the trainer does: `now`, then what the step shows, given that value, then `learn`.
 *
 * A term of weight 0 sits out, and so does an offset beyond the horizon; it shows what it last showed.
 * @yields every step, and at the end one with what is known after the last, at which nothing is learnt
 */
export function* play(
  made: Made,
  script: Script,
  between: Between = (plugin, state) => [plugin, state],
): Generator<PlayedStep> {
  const { terms, steps } = script;
  const show = showing(script);
  let plugin = made;
  let state = plugin.start(terms);
  for (let step = 0; step <= steps; step++) {
    [plugin, state] = between(plugin, state, step);
    const at = { step: Math.min(step, steps - 1), steps };
    const value = plugin.now(state, at);
    const seen = show(plugin, value, at);
    yield { at, state, value, seen };
    if (step < steps && plugin.learn) state = plugin.learn(state, seen, at);
  }
}

/** What the steps of a script show, in order. */
function showing(script: Script): (plugin: Made, value: unknown, at: Moment) => Observed {
  const { terms, mood, seed = 0 } = script;
  const random = createRandom(seed, `contract/training/${mood}`);
  let last = { losses: terms.map(() => 0), gradientNorms: terms.map(() => 0) };
  return (plugin, value, at) => {
    // As many draws whatever the value is: two plugins that differ meet the same training.
    const isOn = terms.map(() => random.uniform() >= (mood === 'idle' ? 0.5 : 0.05));
    const losses = terms.map(() => lossOf(mood, random, at));
    const norms = terms.map(() => normOf(mood, random));
    const rates = Array.from({ length: script.horizon }, () => random.uniform());
    const active = terms.map((term, k) => isOn[k] && trains(script, value, { term, k, at }));
    const kept = (old: readonly number[], shown: readonly number[]) =>
      old.map((before, k) => (active[k] ? shown[k] : before));
    last = { losses: kept(last.losses, losses), gradientNorms: kept(last.gradientNorms, norms) };
    const acceptance = acceptanceIn(script, plugin, { value, at, rates });
    return {
      losses: last.losses,
      active,
      ...(plugin.needs === 'gradient-norms' && { gradientNorms: last.gradientNorms }),
      ...(acceptance && { acceptance }),
    };
  };
}

/** Whether a term can take part in a step, by what the plugin said of it. */
function trains(
  { kind, horizon }: Script,
  value: unknown,
  { term, k, at }: { term: string; k: number; at: Moment },
): boolean {
  const offset = offsetOfTerm(term) ?? 1;
  if (kind === 'horizon-schedule') return offset <= (value as number);
  // A weighting runs beside a schedule: here one that grows to the full horizon by half of the run.
  const now = 1 + Math.floor((2 * at.step * horizon) / at.steps);
  return offset <= now && (value as readonly number[])?.[k] > 0;
}

function lossOf(mood: Mood, random: Random, { step }: Moment): number {
  const share = random.uniform();
  const falling = (5 * (0.5 + share)) / (1 + step / 4);
  const jumps = [0, 1e-12, 0.3, 1, 8, 1e4];
  const losses = { falling, zero: 0, large: 1e4 * share, tiny: 1e-12 * share, idle: falling };
  return mood === 'jumping' ? jumps[Math.floor(share * jumps.length)] : losses[mood];
}

function normOf(mood: Mood, random: Random): number {
  const share = random.uniform();
  const jumps = [0, 1e-12, 0.3, 1, 1e8];
  const norms = { falling: 0.1 + share, zero: 0, large: 1e8 * share, tiny: 1e-12 * share, idle: share };
  return mood === 'jumping' ? jumps[Math.floor(share * jumps.length)] : norms[mood];
}

/** As the trainer measures it, after every so many steps; in an idle training nothing could be observed of some offsets. */
function acceptanceIn(
  { kind, mood }: Script,
  { acceptanceEvery }: Made,
  { value, at, rates }: { readonly value: unknown; readonly at: Moment; readonly rates: readonly number[] },
): readonly (number | null)[] | undefined {
  const every = kind === 'weighting' ? 3 : acceptanceEvery;
  if (every === undefined || (at.step + 1) % every !== 0) return undefined;
  const numOffsets = kind === 'weighting' ? rates.length : Math.min(rates.length, Number(value));
  const rateOf = { falling: (rate: number) => rate, large: () => 1, jumping: (rate: number) => Math.round(rate) };
  return rates.slice(0, numOffsets).map((rate) => {
    if (mood === 'idle' && rate < 0.4) return null;
    return mood in rateOf ? rateOf[mood as keyof typeof rateOf](rate) : 0;
  });
}
