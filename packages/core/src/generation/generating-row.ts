import type { Emission, GenerationRequest, Kept, Prompt, Session, Tree, Verdict } from '../contracts/decoding.ts';
import type { Random } from '../contracts/random.ts';
import { keptLogProbabilities } from './log-probabilities.ts';
import { type Stop, StopWatch } from './stops.ts';
import { nodesPerLevel } from './tree.ts';

/** One row of a generation under way; the same object from its prompt to its end. */
export interface GeneratingRow {
  /** Its id in the session: another one once it was read again from its last tokens. */
  readonly row: number;
  /** Index of its prompt. */
  readonly prompt: number;
  /** Tokens it may emit at most before it ends or its context is full; a draft of `left - 1` levels is the most of use. */
  readonly left: number;
  /** The row's own stream. */
  readonly random: Random;
  /** Its prompt and everything emitted since. It grows in place: copy what must stay. */
  readonly text: readonly number[];
}

/** What a step gave one row. */
export interface RowStep {
  /** What was verified, or an empty tree. */
  readonly tree: Tree;
  /** Asked for logits alone, and only where the request wants log-probabilities. */
  readonly verdict: Pick<Verdict, 'logits'>;
  /** What of it stays, and the token that follows. */
  readonly kept: Kept;
}

/** A step of which a forward said everything. */
export interface VerifiedStep extends RowStep {
  /** What the forward said after each node. */
  readonly verdict: Verdict;
}

/** A prompt and its index. */
export interface NumberedPrompt {
  readonly index: number;
  readonly prompt: Prompt;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A row as the loop holds it. */
export class OpenRow implements GeneratingRow {
  readonly prompt: number;
  readonly random: Random;
  readonly text: number[];
  readonly signal: AbortSignal | undefined;
  #row: number;
  /** Tokens that the request still allows. */
  #wanted: number;
  readonly #session: Session;
  readonly #request: GenerationRequest;
  readonly #own: Prompt;
  readonly #stops: StopWatch;

  /** Joins the session. @throws what `join` throws */
  constructor(session: Session, request: GenerationRequest, { index, prompt }: NumberedPrompt) {
    this.prompt = index;
    this.random = request.random(index);
    this.text = [...prompt.tokens];
    this.signal = prompt.signal;
    this.#wanted = prompt.maxTokens ?? request.maxTokens;
    this.#session = session;
    this.#request = request;
    this.#own = prompt;
    this.#stops = new StopWatch(prompt.stops ?? request.stops, request.tokenizer);
    this.#row = session.join(prompt);
  }

  get row(): number {
    return this.#row;
  }

  get left(): number {
    return Math.min(this.#wanted, this.#session.room(this.#row));
  }

  /** Takes what a verified step gave, cut where the row ends; called before the session commits it. */
  take({ tree, verdict, kept }: RowStep): Emission {
    const { path, next } = kept;
    const isFull = path.length + 1 >= this.#session.room(this.#row) && this.#request.window === undefined;
    const most = Math.min(path.length + 1, this.#wanted);
    let tokens = new Int32Array(most);
    let stop: Stop | undefined;
    // Up to what stops the row, and no more than it may emit.
    for (let index = 0; index < most && !stop; index++) {
      const token = index < path.length ? tree.tokens[path[index]] : next;
      tokens[index] = token;
      this.text.push(token);
      stop = this.#stops.push(token);
      if (stop && index + 1 < most) tokens = tokens.slice(0, index + 1);
    }
    this.#wanted -= tokens.length;
    const accepted = Math.min(path.length, tokens.length);
    // No spreads: it is made for every row of every step.
    const emission: Writable<Emission> = { prompt: this.prompt, tokens, proposed: nodesPerLevel(tree), accepted };
    const { logProbabilities: alternatives } = this.#request;
    if (alternatives !== undefined) {
      emission.logProbabilities = keptLogProbabilities(verdict, kept, tokens, alternatives);
    }
    const finished = stop ? 'stop' : this.#wanted === 0 ? 'length' : isFull ? 'context' : undefined;
    if (finished) emission.finished = finished;
    if (stop) emission.stop = stop;
    return emission;
  }

  /** Reads the row again from its last tokens, under another id. */
  slide(): void {
    this.#session.leave(this.#row);
    const tokens = Int32Array.from(this.text.slice(-this.#request.window!));
    this.#row = this.#session.join({ ...this.#own, tokens });
  }
}
