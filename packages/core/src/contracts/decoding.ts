// V vocabulary; "row" is a sequence being decoded, "node" a candidate token of its tree.
import type { Random } from './random.ts';

/**
 * Candidate tokens of one row that continue its pending token. Node j's parent is an earlier node, or -1: the pending
 * token itself, which the last verdict chose and no forward has read yet.
 */
export interface Tree {
  readonly tokens: Int32Array;
  readonly parent: Int32Array;
  /**
   * The distribution each node was drawn from, over the V tokens; `chosen` where it was not drawn at all (top-k of a
   * head, prompt look-up).
   */
  readonly q: readonly (Float64Array | 'chosen')[];
}

/** What the model itself says after each node of a verified tree; node -1 is the pending token. */
export interface Verdict {
  /** The model's first choice; the lowest id of a tie. */
  argmax(node: number): number;
  /** The model's distribution over the V tokens, in float64. */
  p(node: number): Float64Array;
  /** Raw logits of offset 1, in float32 as the engine gave them. */
  logits(node: number): Float32Array;
}

/** A path from the root of a tree and the token that follows it: the next pending token. */
export interface Kept {
  readonly path: Int32Array;
  readonly next: number;
}

/** Decides how much of a verified tree stays. */
export interface AcceptanceRule {
  /** `greedy`: the output equals greedy decoding's; `distribution`: it is distributed as plain sampling's; neither: lossy. */
  readonly keeps: readonly ('greedy' | 'distribution')[];
  accept(tree: Tree, target: Verdict, random: Random): Kept;
}

/** A request for children of a node; `sampled`: drawn from the head's distribution instead of its top choices. */
export interface Growth {
  readonly node: number;
  readonly children: number;
  readonly sampled: boolean;
}

/** Decides, level by level, how many drafted tokens are worth verifying now. */
export interface DraftPolicy {
  /**
   * @param tree - what is drafted so far
   * @param frontier - nodes of the last level (-1 before the first), those that may get children
   * @param p - the head's distribution after a frontier node
   * @returns what to draft next; empty: verify now
   */
  grow(tree: Tree, frontier: readonly number[], p: (node: number) => Float64Array, at: DraftMoment): readonly Growth[];
}

export interface DraftMoment {
  /** Level about to be drafted, from 1: the offset is one more. */
  readonly level: number;
  /** Levels this model can draft at most: up to the context where its head extends. */
  readonly levels: number;
  /** Levels of offsets that were trained; a policy stays within them unless it is told otherwise. */
  readonly trained: number;
  /** Rows in this batch. */
  readonly rows: number;
}

/** A prompt: token ids, at least one. */
export interface Prompt {
  readonly tokens: Int32Array;
}

/**
 * A ragged batch of rows being decoded, with their memory. Every array follows `rows`.
 *
 * The order of one step is draft, verify, commit. Between steps rows may join, leave and fork.
 */
export interface Session {
  /** Ids of the rows, in batch order. */
  readonly rows: readonly number[];
  /** Tokens a row may still emit before it outgrows the model's context. */
  room(row: number): number;
  /** Levels that `draft` can give at most: horizon - 1, or what the context holds where the head extends. */
  readonly levels: number;
  /**
   * Adds a row: the prompt is read but for its last token, which becomes the pending one.
   * @throws PROMPT_EMPTY, PROMPT_TOO_LONG, TOKEN_UNKNOWN
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
  readonly prompts: readonly Prompt[];
  /** Tokens to emit per row at most. */
  readonly maxTokens: number;
  readonly rule: AcceptanceRule;
  readonly policy: DraftPolicy;
  /** One stream per prompt, by its index. */
  random(prompt: number): Random;
  readonly signal?: AbortSignal;
}

/** Tokens that one verifying forward gave one row. */
export interface Emission {
  /** Index of the prompt in the request. */
  readonly prompt: number;
  readonly tokens: Int32Array;
  /** Drafted tokens that were verified in this forward, by level: how many nodes each level had. */
  readonly proposed: readonly number[];
  /** Leading tokens of `tokens` that were drafted; the one after them, the bonus, came from the model itself. */
  readonly accepted: number;
  /** Set on the row's last emission. */
  readonly finished?: 'length' | 'context';
}

/** Turns a session into text. */
export interface Decoder {
  /** Whether this decoder verifies drafts at all; `greedy` does not. */
  readonly drafts: boolean;
  generate(session: Session, request: GenerationRequest): AsyncIterable<Emission>;
}
