import type { Json } from './json.ts';

/** When something is asked for. */
export interface Moment {
  /** Steps finished before this one, from 0. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
}

/** What a step showed; all arrays follow the terms of `start`. */
export interface Observed {
  /** Mean loss per valid target, in nats, unweighted; for a term that sat out this step the last value seen, at first 0. */
  readonly losses: readonly number[];
  /** Which terms took part in this step: fewer than all while the horizon is short. */
  readonly active: readonly boolean[];
  /** Norms of the gradients of the unweighted losses; present if asked for. */
  readonly gradientNorms?: readonly number[];
  /** Label-match acceptance per offset on this batch, where measured. */
  readonly acceptance?: readonly number[];
}

/**
 * Something that changes as training goes. Its state is JSON and goes into the checkpoint, so that a resumed run ends
 * in the same bits. `now` is read before the backward pass, `learn` after an applied step only.
 */
export interface Stateful<State extends Json, Value> {
  start(terms: readonly string[]): State;
  now(state: State, at: Moment): Value;
  learn?(state: State, seen: Observed, at: Moment): State;
}

/** Weights of the n losses, one per term: finite and >= 0. */
export interface Weighting<State extends Json = Json> extends Stateful<State, readonly number[]> {
  readonly needs?: 'gradient-norms';
}

/** The horizon of this step: an integer from 1 to the configured horizon. */
export type HorizonSchedule<State extends Json = Json> = Stateful<State, number>;
