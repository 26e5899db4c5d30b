// V vocabulary. Runs a generation to its end and one forward beyond, and counts where two of them differ.
import type {
  AcceptanceRule,
  Decoder,
  DraftPolicy,
  Emission,
  Kept,
  LanguageModel,
  Prompt,
  Random,
  Session,
  TokenLogProbability,
  Tree,
} from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { plainGreedy } from '@foretoken/core/evaluation';
import { SessionFacade } from '@foretoken/core/plugin';
import { openSession } from '../session/open-session.ts';
import { openWatched } from '../session/rollback.fixture.ts';

/** What became of one prompt. */
export interface Outcome {
  readonly tokens: readonly number[];
  readonly logProbabilities: readonly TokenLogProbability[];
  /** Raw logits of the forward after the last one; none where the context was full. */
  nextLogits_V?: Float32Array;
  /** Columns in each slot of the memory as the row left, by slot. */
  memoryLengths?: ReadonlyMap<string, number>;
  /** Drafted tokens that were kept. */
  readonly accepted: number;
}

/** Positions at which two generations differ. */
export interface Differences {
  readonly tokens: number;
  readonly logProbabilities: number;
  readonly nextLogits: number;
  readonly memoryLengths: number;
}

/** Two generations that differ nowhere. */
export const NONE: Differences = { tokens: 0, logProbabilities: 0, nextLogits: 0, memoryLengths: 0 };

export interface Generator {
  readonly decoder: Decoder;
  readonly rule: AcceptanceRule;
  readonly policy: DraftPolicy;
  /** Breaks the session on purpose. */
  readonly tamper?: (session: Session) => Session;
}

export interface Job {
  readonly prompts: readonly Prompt[];
  readonly maxTokens: number;
  readonly maxRows?: number;
}

const random = () => ({ uniform: () => 0.5 }) as Random;

/** A session in which a row that leaves stays for one forward more, to see what the model would say next. */
class LingeringSession extends SessionFacade {
  readonly outcomes = new Map<number, Pick<Outcome, 'nextLogits_V' | 'memoryLengths'>>();
  readonly #prompts: readonly Prompt[];
  readonly #lengths: (row: number) => ReadonlyMap<string, number>;
  readonly #promptOf = new Map<number, number>();
  /** Rows that have left, as far as the decoder knows. */
  readonly #lingering = new Set<number>();

  constructor(session: Session, prompts: readonly Prompt[], lengths: (row: number) => ReadonlyMap<string, number>) {
    super(session);
    this.#prompts = prompts;
    this.#lengths = lengths;
  }

  override get rows() {
    return this.session.rows.filter((row) => !this.#lingering.has(row));
  }

  override join(prompt: Prompt) {
    const row = this.session.join(prompt);
    const index = this.#prompts.indexOf(prompt);
    if (index >= 0) this.#promptOf.set(row, index);
    return row;
  }

  override leave(row: number) {
    const prompt = this.#promptOf.get(row);
    if (prompt !== undefined) this.outcomes.set(prompt, { memoryLengths: this.#lengths(row) });
    if (prompt === undefined || this.session.room(row) === 0) this.session.leave(row);
    else this.#lingering.add(row);
  }

  override fork() {
    throw new Error('a decoder that forks has no parity to show');
  }

  override async draft(policy: DraftPolicy, stream: (row: number) => Random) {
    const quiet: DraftPolicy = {
      ...policy,
      grow: (tree, frontier, p, at) => (this.#lingering.has(at.row) ? [] : policy.grow(tree, frontier, p, at)),
    };
    return this.#ofOthers(await this.session.draft(quiet, stream));
  }

  override async verify(trees: readonly Tree[]) {
    const verdicts = await this.session.verify(this.#spread(trees, emptyTree));
    for (const [index, row] of this.session.rows.entries()) {
      if (this.#lingering.has(row)) {
        const prompt = this.#promptOf.get(row)!;
        this.outcomes.set(prompt, { ...this.outcomes.get(prompt), nextLogits_V: verdicts[index].logits(-1) });
      }
    }
    return this.#ofOthers(verdicts);
  }

  override commit(kept: readonly Kept[]) {
    this.session.commit(this.#spread(kept, () => ({ path: new Int32Array(0), next: 0 })));
    for (const row of this.#lingering) this.session.leave(row);
    this.#lingering.clear();
  }

  /** The forward that the last rows stayed for. */
  async settle() {
    if (this.#lingering.size === 0) return;
    await this.verify([]);
    this.commit([]);
  }

  /** One item for each row: those given for rows that are here, in order, and others for those that linger. */
  #spread<Item>(given: readonly Item[], other: () => Item): Item[] {
    let next = 0;
    return this.session.rows.map((row) => (this.#lingering.has(row) ? other() : given[next++]));
  }

  #ofOthers<Item>(items: readonly Item[]): Item[] {
    return items.filter((_, index) => !this.#lingering.has(this.session.rows[index]));
  }
}

/** Generates, and keeps all that parity is about. */
export async function outcomesOf(
  model: LanguageModel,
  { decoder, rule, policy, tamper = (session) => session }: Generator,
  { prompts, maxTokens, maxRows }: Job,
): Promise<Outcome[]> {
  const { session, stores } = openWatched(model);
  const lengths = (row: number) => new Map([...stores].map(([slot, store]) => [slot, store.length(row)]));
  const lingering = new LingeringSession(tamper(session), prompts, lengths);
  const emissions: Emission[] = [];
  const request = { prompts, maxTokens, maxRows, rule, policy, random, logProbabilities: 2 };
  for await (const emission of decoder.generate(lingering, request)) emissions.push(emission);
  await lingering.settle();
  lingering.dispose();
  return prompts.map((_, prompt) => {
    const own = emissions.filter((emission) => emission.prompt === prompt);
    return {
      tokens: own.flatMap(({ tokens }) => [...tokens]),
      logProbabilities: own.flatMap(({ logProbabilities }) => logProbabilities!),
      accepted: own.reduce((sum, { accepted }) => sum + accepted, 0),
      ...lingering.outcomes.get(prompt),
    };
  });
}

/** The texts of greedy decoding in the fewest words, and how near each choice was to another. */
export async function plainTexts(model: LanguageModel, { prompts, maxTokens }: Job) {
  const gaps: number[] = [];
  const session = openSession(model);
  const { decoder, rule, policy } = plainGreedy((_, { topTwoGap }) => gaps.push(topTwoGap));
  const texts: number[][] = prompts.map(() => []);
  for await (const emission of decoder.generate(session, { prompts, maxTokens, rule, policy, random })) {
    texts[emission.prompt].push(...emission.tokens);
  }
  session.dispose();
  return { texts, gaps };
}

/** Where a generation differs from greedy's: from plain greedy's tokens, and from all else that `reference` has. */
export function differencesOf(
  outcomes: readonly Outcome[],
  reference: readonly Outcome[],
  texts: readonly (readonly number[])[],
): Differences {
  const sum = (count: (own: Outcome, other: Outcome, prompt: number) => number) =>
    outcomes.reduce((total, own, prompt) => total + count(own, reference[prompt], prompt), 0);
  return {
    tokens: sum((own, _, prompt) => differing(own.tokens, texts[prompt])),
    logProbabilities: sum((own, other) => differing(own.logProbabilities, other.logProbabilities)),
    nextLogits: sum((own, other) => differing(own.nextLogits_V ?? [], other.nextLogits_V ?? [])),
    memoryLengths: sum((own, other) => differingLengths(own.memoryLengths, other.memoryLengths)),
  };
}

/** Positions, to the bit and to the longer end. */
function differing(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  let count = Math.abs(a.length - b.length);
  for (let index = 0; index < Math.min(a.length, b.length); index++) if (!isSame(a[index], b[index])) count++;
  return count;
}

const isSame = (a: unknown, b: unknown): boolean =>
  typeof a === 'object' ? JSON.stringify(a) === JSON.stringify(b) : Object.is(a, b);

/** Of the slots that greedy's forwards write; what only drafts are made from may lag behind. */
function differingLengths(own?: ReadonlyMap<string, number>, reference?: ReadonlyMap<string, number>): number {
  return [...(reference ?? [])].filter(([slot, length]) => length > 0 && own?.get(slot) !== length).length;
}
