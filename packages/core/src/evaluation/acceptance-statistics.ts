import { ForetokenError } from '@foretoken/engine/errors';
import type { Emission } from '../contracts/decoding.ts';

/**
 * Every acceptance number, by one definition, wherever drafts are counted: against the model's own choices in decoding
 * and against the text in label match. Index i - 1 of an array is level i, the draft of offset i + 1.
 *
 * A *forward* is one verifying forward of one row. It *observes* level i if it verified a draft there and had room to
 * keep it: a level that was not drafted, or that a stop or the limit on tokens cut off, is unobserved and never counts
 * as rejected.
 * @source the split of unobserved from rejected and of marginal from conditional: ours
 */
export type AcceptanceStatistics = {
  readonly forwards: number;
  /** Tokens emitted after prefill: accepted drafts and bonus tokens. */
  readonly tokens: number;
  /** Of those, the ones that came from the model itself: one a forward, unless a stop or the limit on tokens cut it off. */
  readonly bonus: number;
  /** tokens / forwards, the bonus token counted; 0 without forwards. */
  readonly tokensPerForward: number;
  /** Forwards that observed the level. */
  readonly proposed: readonly number[];
  /** Forwards that kept at least this many drafts. */
  readonly accepted: readonly number[];
  /** forwards - proposed. */
  readonly unobserved: readonly number[];
  /** accepted / proposed; null where nothing was proposed. */
  readonly marginal: readonly (number | null)[];
  /** Of the forwards that observed this level and kept the one before, the share that kept this one; null if none did. */
  readonly conditional: readonly (number | null)[];
  /** Drafted tokens verified at the level: more than `proposed` where a draft is a tree. */
  readonly nodes: readonly number[];
  /** [k]: forwards that kept exactly k drafts, from 0 to the number of levels. */
  readonly acceptedLengths: readonly number[];
};

/** The same of one row alone; its arrays are as long as those of all rows together. */
export type RowAcceptance = AcceptanceStatistics & {
  /** Index of its prompt in decoding, of its window in label match. */
  readonly row: number;
};

/** The schema of acceptance wherever it is written: all rows together, per level, and each row. */
export type Acceptance = AcceptanceStatistics & { readonly rows: readonly RowAcceptance[] };

/** What one verifying forward did to one row. */
export interface VerifiedForward {
  /** Drafted tokens verified, by level. */
  readonly proposed: readonly number[];
  /** Leading drafts kept. */
  readonly accepted: number;
  /** Tokens emitted: those kept and, unless cut off, the bonus. */
  readonly tokens: number;
  /** Tokens that the row might still emit before this forward. Default: no limit. */
  readonly room?: number;
}

/**
 * Counts verifying forwards.
 *
 * @param levels - least length of the arrays, so that levels nobody proposed show as unobserved
 * @throws PLUGIN_INVALID if a forward keeps a draft that it did not propose, or emits other tokens than those kept and
 * a bonus
 */
export function acceptanceStatistics(forwards: Iterable<VerifiedForward>, levels = 0): AcceptanceStatistics {
  const counts: Counts = { forwards: 0, tokens: 0, bonus: 0, levels: [], acceptedLengths: [0] };
  growTo(counts, levels);
  for (const forward of forwards) count(counts, checked(forward));
  const column = <Value>(value: (level: LevelCounts) => Value) => counts.levels.map(value);
  return {
    forwards: counts.forwards,
    tokens: counts.tokens,
    bonus: counts.bonus,
    tokensPerForward: ratio(counts.tokens, counts.forwards) ?? 0,
    proposed: column(({ proposed }) => proposed),
    accepted: column(({ accepted }) => accepted),
    unobserved: column(({ proposed }) => counts.forwards - proposed),
    marginal: column(({ accepted, proposed }) => ratio(accepted, proposed)),
    conditional: column(({ accepted, reached }) => ratio(accepted, reached)),
    nodes: column(({ nodes }) => nodes),
    acceptedLengths: counts.acceptedLengths,
  };
}

/** Statistics of several rows, and of each. @throws PLUGIN_INVALID as {@link acceptanceStatistics} */
export function acceptanceByRow(forwards: ReadonlyMap<number, readonly VerifiedForward[]>, levels: number): Acceptance {
  const all = acceptanceStatistics([...forwards.values()].flat(), levels);
  const rows = [...forwards]
    .sort(([a], [b]) => a - b)
    .map(([row, own]) => ({ row, ...acceptanceStatistics(own, all.proposed.length) }));
  return { ...all, rows };
}

/** What a decoder was asked for, as far as counting goes. */
export interface EmissionLimits {
  /**
   * Tokens that a prompt's row might emit, one number for all or by prompt: it tells a draft that was cut off from one that
   * was rejected.
   */
  readonly maxTokens: number | ((prompt: number) => number);
  /** Levels that the model can draft. */
  readonly levels: number;
}

/**
 * Acceptance of a decoder's emissions: each is one verifying forward of its prompt's row, but for those of no forward that
 * end an aborted or failed row. A draft that the rule kept counts as accepted, whether it was the model's first choice or
 * not; drafts behind a stop are unobserved.
 *
 * @throws PLUGIN_INVALID if an emission contradicts itself
 */
export function emittedAcceptance(emissions: Iterable<Emission>, { maxTokens, levels }: EmissionLimits): Acceptance {
  const limit = typeof maxTokens === 'number' ? () => maxTokens : maxTokens;
  const forwards = new Map<number, VerifiedForward[]>();
  const emitted = new Map<number, number>();
  for (const emission of emissions) {
    const { prompt, tokens } = emission;
    const own = forwards.get(prompt) ?? [];
    forwards.set(prompt, own);
    if (hasNoForward(emission)) continue;
    const before = emitted.get(prompt) ?? 0;
    emitted.set(prompt, before + tokens.length);
    own.push(verifiedForward(emission, limit(prompt) - before));
  }
  return acceptanceByRow(forwards, levels);
}

const hasNoForward = ({ finished, tokens, proposed }: Emission): boolean =>
  (finished === 'aborted' || finished === 'failed') && tokens.length === 0 && proposed.length === 0;

function verifiedForward({ tokens, proposed, accepted, finished }: Emission, left: number): VerifiedForward {
  // A row that the context ended had room for just what it emitted last; so had one that a stop cut inside its draft.
  const isCut = finished === 'context' || (finished === 'stop' && tokens.length === accepted);
  return { proposed, accepted, tokens: tokens.length, room: isCut ? Math.min(tokens.length, left) : left };
}

interface LevelCounts {
  proposed: number;
  accepted: number;
  /** Observed here, and the level before was kept. */
  reached: number;
  nodes: number;
}

interface Counts {
  forwards: number;
  tokens: number;
  bonus: number;
  readonly levels: LevelCounts[];
  readonly acceptedLengths: number[];
}

function count(counts: Counts, { proposed, accepted, tokens, room = Number.POSITIVE_INFINITY }: VerifiedForward): void {
  counts.forwards++;
  counts.tokens += tokens;
  counts.bonus += tokens - accepted;
  growTo(counts, proposed.findLastIndex((nodes) => nodes > 0) + 1);
  counts.acceptedLengths[accepted]++;
  for (const [index, level] of counts.levels.entries()) {
    level.nodes += proposed[index] ?? 0;
    const number = index + 1;
    if (!proposed[index] || number > room) continue;
    level.proposed++;
    if (accepted >= number - 1) level.reached++;
    if (accepted >= number) level.accepted++;
  }
}

function growTo(counts: Counts, levels: number): void {
  while (counts.levels.length < levels) {
    counts.levels.push({ proposed: 0, accepted: 0, reached: 0, nodes: 0 });
    counts.acceptedLengths.push(0);
  }
}

function checked(forward: VerifiedForward): VerifiedForward {
  const { proposed, accepted, tokens, room = Number.POSITIVE_INFINITY } = forward;
  const kept = proposed.slice(0, accepted);
  const bonus = tokens - accepted;
  const isCut = bonus === 0 && tokens > 0 && tokens >= room;
  if (kept.length < accepted || kept.some((nodes) => nodes < 1) || tokens > room || (bonus !== 1 && !isCut)) {
    throw new ForetokenError(
      'PLUGIN_INVALID',
      'decoder: an emission must hold the drafts it accepted, each of a level it proposed, and one bonus token unless a ' +
        `stop or the limit on tokens cut it off; was ${tokens} tokens, ${accepted} accepted, proposed [${proposed}], room ${room}.`,
    );
  }
  return forward;
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
