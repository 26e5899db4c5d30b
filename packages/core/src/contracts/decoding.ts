// V vocabulary; "row" is a sequence being decoded, "node" a candidate token of its tree.
import type { ForetokenError } from '@foretoken/engine/errors';
import type { Tokenizer } from './data.ts';
import type { Random } from './random.ts';

/**
 * Candidate tokens of one row that continue its pending token. Node j's parent is an earlier node, or -1: the pending
 * token itself, which the last verdict chose and no forward has read yet.
 */
export interface Tree {
  /** The token id of each node. */
  readonly tokens: Int32Array;
  /** The parent of each node: an earlier node, or -1. */
  readonly parent: Int32Array;
  /**
   * The distribution each node was drawn from, over the V tokens; `chosen` where it was not drawn at all (top-k of a
   * head, prompt look-up).
   */
  readonly q: readonly (Float64Array | 'chosen')[];
}

/**
 * How the next token's distribution is made of raw logits, in this order: bias, repetition penalty, temperature, top-k,
 * top-p, min-p. All of it belongs to a row: the session applies it, so no decoder or rule needs to.
 */
export interface Sampling {
  /** Logits are divided by it; 0: the first choice is certain. Default 1. */
  readonly temperature?: number;
  /** Only the k most probable tokens, k >= 1; of a tie at the border the lowest ids. Default: all. */
  readonly topK?: number;
  /** Only the fewest most probable tokens that together have at least this probability, in (0, 1]. Default 1. */
  readonly topP?: number;
  /** Only tokens at least this share of the most probable one's probability, in [0, 1]. Default 0. */
  readonly minP?: number;
  /**
   * Logits of tokens that the row holds already, prompt included, are divided by it if positive and multiplied by it
   * if negative; > 0. Default 1.
   * @source Keskar et al. 2019, arXiv:1909.05858, sec. 4.1
   */
  readonly repetitionPenalty?: number;
  /** Added to the raw logits of these token ids; a very low number bans a token. */
  readonly bias?: { readonly [token: string]: number };
}

/** What the model itself says after each node of a verified tree; node -1 is the pending token. */
export interface Verdict {
  /** The first choice after the row's bias and repetition penalty; the lowest id of a tie. */
  argmax(node: number): number;
  /** The row's distribution over the V tokens as its {@link Sampling} makes it, in float64. */
  p(node: number): Float64Array;
  /** Raw logits of offset 1, in float32 as the engine gave them. */
  logits(node: number): Float32Array;
}

/** A path from the root of a tree and the token that follows it: the next pending token. */
export interface Kept {
  /** Nodes from a child of the pending token down, each the parent of the next; empty where no draft stays. */
  readonly path: Int32Array;
  /** The token id that follows the path. */
  readonly next: number;
}

/** `greedy`: the output equals greedy decoding's; `distribution`: it is distributed as plain sampling's; neither: lossy. */
export type Guarantee = 'greedy' | 'distribution';

/** Decides how much of a verified tree stays. */
export interface AcceptanceRule {
  /** What its output keeps, whatever was drafted; reports and commands promise no more than that. */
  readonly keeps: readonly Guarantee[];
  /**
   * Whether every node must have been drawn from a known distribution: a tree with a `chosen` node is then refused with
   * DRAFT_UNSUPPORTED. Default false.
   */
  readonly needsDrawn?: boolean;
  /**
   * Keeps a path of one row's verified tree.
   *
   * @param target - what the model says after each node of the tree; not to be written to
   * @param random - the row's own stream, the same in every run with this seed: the only randomness a rule may use
   */
  accept(tree: Tree, target: Verdict, random: Random): Kept;
}

/**
 * A request for children of a node. `sampled`: drawn from the head's distribution, as the row's {@link Sampling} makes
 * it, without replacement (each later child's q is what its elder siblings left); otherwise its top choices.
 */
export interface Growth {
  /** The node that gets children; -1: the pending token. */
  readonly node: number;
  /** How many it gets. */
  readonly children: number;
  /** Drawn, or the top choices. */
  readonly sampled: boolean;
}

/** Decides, level by level, how many drafted tokens are worth verifying now. */
export interface DraftPolicy {
  /**
   * Whether what it drafts depends on a clock, and so is not reproducible. The tokens that come out are not affected
   * where the rule keeps greedy's; tables mark the rest. Default false.
   */
  readonly isTimed?: boolean;
  /**
   * Called with an empty session before a generation starts, to measure what a policy wants to know; it leaves the
   * session empty.
   *
   * @param at - with the request's signal: once it is aborted the generation ends with INTERRUPTED however this settles,
   * so what takes long should look at it between two steps, let timers and signals have a turn, and throw
   */
  prepare?(
    session: Session,
    at: { readonly rows: number; readonly promptTokens: number; readonly signal?: AbortSignal },
  ): Promise<void>;
  /**
   * Asked once for every level of a row's draft, from 1 on, until its answer is empty: then no more in that draft. A node
   * that it gives no child has none, so what lies below is never asked about. Where tokens are drawn, whether a node gets
   * children may depend on it and what is above it, never on what they come out as: the rule `rejection` needs that.
   *
   * @param tree - what is drafted so far
   * @param frontier - nodes of the last level (-1 before the first), those that may get children
   * @param p - the head's own distribution after a frontier node: at temperature 1, without bias or penalty. Call it before grow returns
   * @returns what to draft next; empty: verify now
   */
  grow(tree: Tree, frontier: readonly number[], p: (node: number) => Float64Array, at: DraftMoment): readonly Growth[];
  /** Told what became of each row's draft, in batch order, after every verifying forward. */
  learn?(outcome: DraftOutcome): void;
  /**
   * Told of every row that is gone, once nothing more will be asked or told of it: one that ended, was aborted, failed with
   * its generation, or is read again under another id. So nothing that a policy holds of a row need outlive it.
   */
  forget?(row: number): void;
}

/** What became of one row's draft. */
export interface DraftOutcome {
  /** The row, by its id in the session. */
  readonly row: number;
  /** As it was verified: levels that the row could not emit any more are cut off. */
  readonly tree: Tree;
  /** As the rule kept it, even where the text is cut behind a stop. */
  readonly kept: Kept;
  /** Rows in the batch. */
  readonly rows: number;
}

/** What a policy is told beside the tree: which row drafts, which level is next, and how many there can be. */
export interface DraftMoment {
  /** The row that drafts. */
  readonly row: number;
  /** Level about to be drafted, from 1: the offset is one more. */
  readonly level: number;
  /** Levels this model can draft at most: up to the context where its head extends. */
  readonly levels: number;
  /** Levels of offsets that were trained; a policy stays within them unless it is told otherwise. */
  readonly trained: number;
  /** Rows in this batch. */
  readonly rows: number;
}

/** A prompt, and what its row needs of its own. */
export interface Prompt {
  /** Token ids, at least one. */
  readonly tokens: Int32Array;
  /** Default: the model's distribution as it is. */
  readonly sampling?: Sampling;
  /** Tokens to emit for this prompt at most. Default: the request's. */
  readonly maxTokens?: number;
  /** Default: the request's. */
  readonly stops?: Stops;
  /** Ends this prompt's row alone, with `finished: 'aborted'`. */
  readonly signal?: AbortSignal;
}

/** What ends a row's text early. What comes after it in a draft is cut off. */
export interface Stops {
  /** Token ids, end-of-text say; the one that came is emitted last. */
  readonly tokens?: readonly number[];
  /** Texts; the token that completes one is emitted last. They may lie across tokens, drafts and forwards. */
  readonly strings?: readonly string[];
}

/**
 * A ragged batch of rows being decoded, with their memory. Every array follows `rows`.
 *
 * The order of one step is draft, verify, commit. Between steps rows may join, leave and fork.
 */
export interface Session {
  /** Ids of the rows, in batch order. */
  readonly rows: readonly number[];
  /** Most tokens that a row may hold, its prompt included. */
  readonly context: number;
  /** Token ids are below it. */
  readonly vocabulary: number;
  /** Tokens a row may still emit before it outgrows the model's context. */
  room(row: number): number;
  /** Levels that `draft` can give at most: horizon - 1, or what the context holds where the head extends. */
  readonly levels: number;
  /**
   * Adds a row: the prompt is read but for its last token, which becomes the pending one. Of the prompt it needs
   * `tokens` and `sampling`.
   * @throws PROMPT_EMPTY, PROMPT_TOO_LONG, TOKEN_UNKNOWN, OPTIONS_INVALID for a sampling out of range
   */
  join(prompt: Prompt): number;
  /** Frees a row's memory. */
  leave(row: number): void;
  /**
   * Makes the batch consist of copies of these rows, in this order (a row may repeat), under new ids. A pending token
   * has been read by no forward yet, so each copy may have its own: that is how beams part.
   * @param pending - the copies' pending tokens; default: those of their originals
   */
  fork(from: readonly number[], pending?: readonly number[]): void;
  /** Drafts a tree for every row from what the heads know now. Empty trees before a row's first verdict. */
  draft(policy: DraftPolicy, random: (row: number) => Random): Promise<Tree[]>;
  /** One forward over each row's pending token and tree. */
  verify(trees: readonly Tree[]): Promise<Verdict[]>;
  /** Keeps each row's path, drops the rest, and makes `next` pending. */
  commit(kept: readonly Kept[]): void;
  /** Forwards of the trunk so far, prefill apart. */
  readonly forwards: number;
  /** Frees everything. */
  dispose(): void;
}

/** What a decoder is asked for. */
export interface GenerationRequest {
  /** Numbered from 0 in this order; emissions say by this number whose they are. */
  readonly prompts: readonly Prompt[];
  /** Prompts that come while others are decoded, numbered on from `prompts`. */
  readonly arriving?: AsyncIterable<Prompt>;
  /** Rows decoded at once at most; the others wait until one leaves. Default: as many as there are. */
  readonly maxRows?: number;
  /** Tokens to emit per row at most. */
  readonly maxTokens: number;
  /** What ends the text of every prompt that brings no stops of its own. */
  readonly stops?: Stops;
  /** Needed for stop strings: asked for the bytes of one token at a time. */
  readonly tokenizer?: Pick<Tokenizer, 'decode'>;
  /**
   * Tokens to go on with when a row is full: it is read again from its last `window` tokens, an integer >= 1 below the
   * context. Default: such a row ends with `finished: 'context'`.
   */
  readonly window?: number;
  /** Alternatives whose log-probabilities are given beside each token's own; 0: its own alone. Default: none at all. */
  readonly logProbabilities?: number;
  /** Decides which drafts stay. */
  readonly rule: AcceptanceRule;
  /** Decides how much is drafted. */
  readonly policy: DraftPolicy;
  /** One stream per prompt, by its index. */
  random(prompt: number): Random;
  /** Ends the whole generation, with INTERRUPTED. */
  readonly signal?: AbortSignal;
}

/** The model's own log-probability of a token, in nats, before any {@link Sampling}. */
export interface TokenLogProbability {
  /** The token that was emitted. */
  readonly token: number;
  /** Its natural logarithm of probability, at most 0. */
  readonly logProbability: number;
  /** The most probable tokens, best first, as many as were asked for. */
  readonly top: readonly { readonly token: number; readonly logProbability: number }[];
}

/** Tokens that one verifying forward gave one row. */
export interface Emission {
  /** Index of the prompt in the request. */
  readonly prompt: number;
  /** Token ids in the order of the text; empty only where nothing more comes of the row. */
  readonly tokens: Int32Array;
  /** Drafted tokens that were verified in this forward, by level: how many nodes each level had. */
  readonly proposed: readonly number[];
  /** Leading tokens of `tokens` that were drafted; the one after them, the bonus, came from the model itself. */
  readonly accepted: number;
  /** One per token, where the request asked for them. */
  readonly logProbabilities?: readonly TokenLogProbability[];
  /**
   * Set on the row's last emission. `aborted` and `failed` end one row and leave the others alone; theirs is an emission
   * of no tokens and no forward.
   */
  readonly finished?: 'length' | 'context' | 'stop' | 'aborted' | 'failed';
  /** What stopped it: a token, or a text and how many bytes of the last token lie behind its end. */
  readonly stop?: { readonly token: number } | { readonly string: string; readonly excessBytes: number };
  /** Why it failed. Only prompts that arrive fail by themselves; one of `prompts` fails the whole request before it starts. */
  readonly error?: ForetokenError;
}

/** Turns a session into text. */
export interface Decoder {
  /** Whether this decoder verifies drafts at all; `greedy` does not. */
  readonly drafts: boolean;
  /** What its output keeps where the rule does not decide that: default, what the rule keeps. */
  readonly keeps?: readonly Guarantee[];
  /**
   * Decodes every prompt of the request; rows share forwards. {@link generateRows} is the loop that most decoders write this with.
   *
   * @param session - empty, and left empty on every way out: the end, an error, an abort, a consumer that stops reading
   * @returns emissions in the order in which they come about; those of one prompt in the order of its text
   * @throws INTERRUPTED once the request's signal is aborted
   */
  generate(session: Session, request: GenerationRequest): AsyncIterable<Emission>;
}
