// V vocabulary. A hypothesis is a text that grows; a beam is one that is still being read.
import { emptyTree, indicesOfLargest, type Session, type StopWatch, type Verdict } from '@foretoken/core/plugin';

/** A text, as its last token and what came before. */
export interface Hypothesis {
  readonly token: number;
  readonly before: Hypothesis | undefined;
  readonly length: number;
  /** Sum of the log-probabilities of its tokens, in float64. */
  readonly logProbability: number;
  /** Raw logits that its last token was taken from, where they are asked for. */
  readonly logits_V: Float32Array | undefined;
}

/** How a text is looked for. */
export interface BeamSettings {
  /** Texts that are read on at once, >= 1. */
  readonly width: number;
  /** A finished text's score is its log-probability over its length to this power. */
  readonly lengthPenalty: number;
  /** Tokens of a text at most, >= 1. */
  readonly maxTokens: number;
  readonly hasLogits: boolean;
  /** Whether to end with what there is. */
  isAborted(): boolean;
  /** Lets timers and signals have a turn from time to time. */
  breathe(): Promise<void>;
}

interface Beam {
  readonly text: Hypothesis | undefined;
  readonly watch: StopWatch;
}

/** A token that may follow a beam. */
interface Candidate {
  readonly from: number;
  readonly token: number;
  readonly logProbability: number;
}

/**
 * Beam search from one row that the session has, and leaves it without rows.
 *
 * After each forward the continuations of all beams are taken in the order of their log-probabilities (of a tie the
 * earlier beam, then the lower id): one that a stop or the length ends is finished, the others are the next beams until
 * there are `width`. It ends when no beam can outscore the best finished text any more.
 *
 * @param watch - sees what ends a text; of the row as it is now
 * @returns the finished text of the highest score, of a tie the first
 */
export async function beamSearch(session: Session, watch: StopWatch, settings: BeamSettings): Promise<Hypothesis> {
  let beams: readonly Beam[] = [{ text: undefined, watch }];
  const best = new Best(settings);
  for (;;) {
    const verdicts = await session.verify(beams.map(emptyTree));
    const next = nextBeams(beams, verdicts, settings, best);
    session.commit(verdicts.map((verdict) => ({ path: new Int32Array(0), next: verdict.argmax(-1) })));
    const rows = session.rows;
    beams = next.map(({ beam }) => beam);
    const isOver = beams.length === 0 || settings.isAborted() || best.isBeyond(beams);
    if (isOver) return leaveWith(session, best.text ?? beams[0].text!);
    session.fork(
      next.map(({ from }) => rows[from]),
      beams.map(({ text }) => text!.token),
    );
    await settings.breathe();
  }
}

function leaveWith(session: Session, text: Hypothesis): Hypothesis {
  for (const row of [...session.rows]) session.leave(row);
  return text;
}

/** The finished text of the highest score so far. */
class Best {
  readonly #settings: BeamSettings;
  #score = Number.NEGATIVE_INFINITY;
  text: Hypothesis | undefined;

  constructor(settings: BeamSettings) {
    this.#settings = settings;
  }

  offer(text: Hypothesis): void {
    const score = this.#scoreOf(text, text.length);
    if (this.text && score <= this.#score) return;
    this.#score = score;
    this.text = text;
  }

  /**
   * Whether no continuation of these beams can score higher. Log-probabilities only fall; a text that loses nothing more
   * scores best at its longest, or at its next length where the penalty is negative.
   */
  isBeyond(beams: readonly Beam[]): boolean {
    if (!this.text) return false;
    const { lengthPenalty, maxTokens } = this.#settings;
    return beams.every(
      ({ text }) => this.#scoreOf(text!, lengthPenalty > 0 ? maxTokens : text!.length + 1) <= this.#score,
    );
  }

  #scoreOf({ logProbability }: Hypothesis, length: number): number {
    return logProbability / length ** this.#settings.lengthPenalty;
  }
}

/** @returns the texts that are read on, and which beam each continues; offers those that are finished */
function nextBeams(
  beams: readonly Beam[],
  verdicts: readonly Verdict[],
  settings: BeamSettings,
  best: Best,
): { readonly beam: Beam; readonly from: number }[] {
  const { width, maxTokens, hasLogits } = settings;
  const next: { readonly beam: Beam; readonly from: number }[] = [];
  const logits = hasLogits ? verdicts.map((verdict) => verdict.logits(-1)) : [];
  for (const { from, token, logProbability } of inOrder(beams, verdicts, width)) {
    const { text: before, watch } = beams[from];
    const length = (before?.length ?? 0) + 1;
    const text: Hypothesis = { token, before, length, logProbability, logits_V: logits[from] };
    const goesOn = watch.copy();
    if (goesOn.push(token) || length === maxTokens) best.offer(text);
    else if (next.push({ beam: { text, watch: goesOn }, from }) === width) break;
  }
  return next;
}

/** Every token that may follow every beam, the most probable text first. */
function* inOrder(beams: readonly Beam[], verdicts: readonly Verdict[], width: number): Generator<Candidate> {
  const queues = verdicts.map((verdict, from) => candidatesOf(beams[from], verdict, from, width));
  const heads = queues.map((queue) => queue.next().value);
  for (;;) {
    let first = -1;
    for (const [from, candidate] of heads.entries()) {
      if (candidate && (first < 0 || candidate.logProbability > heads[first]!.logProbability)) first = from;
    }
    if (first < 0) return;
    yield heads[first]!;
    heads[first] = queues[first].next().value;
  }
}

/** A beam's tokens, most probable first; they are sorted as far as they are asked for. */
function* candidatesOf({ text }: Beam, verdict: Verdict, from: number, width: number): Generator<Candidate, undefined> {
  const p_V = verdict.p(-1);
  let given = 0;
  for (let count = width; given < p_V.length; count *= 4) {
    const tokens = indicesOfLargest(p_V, count);
    for (const token of tokens.slice(given)) {
      // What the row's sampling rules out follows nothing.
      if (p_V[token] === 0) return;
      yield { from, token, logProbability: (text?.logProbability ?? 0) + Math.log(p_V[token]) };
    }
    given = tokens.length;
  }
}
