import type { Json } from './json.ts';

/** When something is asked for. */
export interface Moment {
  /** Steps finished before this one, from 0. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
}

/** What a step showed; `losses`, `active` and `gradientNorms` follow the terms of `start`. */
export interface Observed {
  /** Mean loss per valid target, in nats, unweighted; for a term that sat out this step the last value seen, at first 0. */
  readonly losses: readonly number[];
  /**
   * Which terms took part in this step: fewer than all while the horizon is short, where a term weighs 0, or where no
   * document of the step goes on far enough for a target.
   */
  readonly active: readonly boolean[];
  /**
   * Norms of the gradients of the unweighted losses, whatever their weights; present if asked for. Taken at the trunk's
   * states where each offset starts from them alone; at each offset's own hidden state where a carry, or objectives of the
   * head's own, tie the offsets together. For a term that sat out the last norm seen, at first 0.
   */
  readonly gradientNorms?: readonly number[];
  /**
   * Label-match acceptance on the step's first batch, before the step moved any weight; present in the steps that
   * {@link HorizonSchedule.acceptanceEvery} names. [i - 1] belongs to offset i, up to this step's horizon; null where the
   * head has no such offset or nothing could be observed. Offset 1: the share of positions where its first choice is the
   * text's. Further offsets: marginal, the share of verifying forwards that keep the draft and all before it.
   */
  readonly acceptance?: readonly (number | null)[];
}

/**
 * Something that changes as training goes. Its state is JSON and goes into the checkpoint, so that a resumed run ends
 * in the same bits. `now` is read before the backward pass, `learn` after an applied step only.
 */
export interface Stateful<State extends Json, Value> {
  /**
   * The state before the first step.
   *
   * @param terms - names of the loss terms, in the order that every list about them follows
   */
  start(terms: readonly string[]): State;
  /** What holds in this step; a pure function of its arguments. */
  now(state: State, at: Moment): Value;
  /** The state after a step that was applied; a pure function of its arguments, which it does not write to. */
  learn?(state: State, seen: Observed, at: Moment): State;
}

/**
 * Weights of the n losses, one per term: finite and >= 0.
 *
 * A term of weight 0 sits the step out, as one of an offset beyond the horizon does: no loss, no gradient, and no decay or
 * momentum for parameters that it alone reaches. A weighting that needs its loss gives it some weight.
 */
export interface Weighting<State extends Json = Json> extends Stateful<State, readonly number[]> {
  /** Asks for {@link Observed.gradientNorms}; refused before the first step where the backward pass shows only their sum. */
  readonly needs?: 'gradient-norms';
}

/**
 * The horizon of this step: an integer from 1 to the configured horizon. Offsets up to it train; one between two offsets
 * of a head with gaps trains those below it.
 */
export interface HorizonSchedule<State extends Json = Json> extends Stateful<State, number> {
  /** After every so many steps {@link Observed.acceptance} is measured, by one forward pass more. Default: never. */
  readonly acceptanceEvery?: number;
}

/** What a horizon schedule is made for. */
export interface HorizonScheduleContext {
  /** The configured horizon. */
  readonly horizon: number;
  /**
   * FLOPs per token of an offset with its readout, over those of a one-token forward: trunk, offset 1 and its readout.
   * Counted, never timed, when first asked for: ask in `now` or `learn`, not in `create`, where there is no model yet.
   * @returns 0 for an offset that the head does not predict
   */
  costRatio(offset: number): number;
}
