import {
  type DraftMoment,
  type DraftOutcome,
  type DraftPolicy,
  defineDraftPolicy,
  type Growth,
  nodesPerLevel,
  type Session,
  type Static,
  type Tree,
  Type,
} from '@foretoken/core/plugin';
import { chainLevels, chainOptions, checkLevels, oneChild } from '../fixed/chain.ts';
import { AcceptanceEstimate, bestLevels, expectedTokens } from './acceptance-estimate.ts';
import { measureSteps, type StepMeasurement } from './measure-steps.ts';
import { StepTimes } from './step-times.ts';

const Options = Type.Object({
  explore: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.01,
    description:
      'Share of the time that may be lost by drafting a level more or less than pays, to see whether it would.',
  }),
  memory: Type.Integer({
    minimum: 8,
    default: 128,
    description: 'Observations of a level that its running acceptance counts, in effect.',
  }),
  ...chainOptions,
});

/** Milliseconds that measuring may take, before a generation. */
const BUDGET_MS = 200;

/** Steps in a row that explore: the first pays for what an offset has not read for long, the others show its price. */
const BURST = 3;

/** A step under way, from its first question to its last outcome. */
interface StepUnderWay {
  readonly levels: number;
  readonly started: number;
  /** Seconds that the pick would take for as many tokens, where this is not the pick. */
  readonly pickSeconds?: number;
  /** Known with the first outcome. */
  seconds?: number;
  outcomes: number;
  /** Whether every row drafted all of its levels. */
  isWhole: boolean;
  /** Whether every draft had one node a level. */
  isChain: boolean;
}

/**
 * Picks the number of levels that gives the most tokens per second, by measured times of a step and a running estimate of
 * acceptance.
 *
 * All rows of a step draft alike, and the number is settled before any of its tokens is drawn: so rejection sampling keeps
 * the distribution. Serves one generation at a time; what it has learnt stays for the next.
 */
export class CostModel implements DraftPolicy {
  readonly isTimed = true;
  readonly #options: Static<typeof Options>;
  readonly #clock: () => number;
  /** A level of a tree has several nodes to verify, and takes longer for it. */
  readonly #times = { chain: new StepTimes(), tree: new StepTimes() };
  /** What the decoder makes of the levels it is given, as of the last step that had any. */
  #form: 'chain' | 'tree' = 'chain';
  readonly #acceptance: AcceptanceEstimate;
  #step: StepUnderWay | undefined;
  /** Levels of the step before: offsets beyond them have something to read first. */
  #levelsBefore = 0;
  #burst = { levels: 0, left: 0, isUp: true };
  /** Seconds of all steps so far, and what exploring has lost of them. */
  #seconds = 0;
  #lost = 0;

  /** @param clock - milliseconds, as of `performance.now` */
  constructor(options: Static<typeof Options>, clock: () => number = () => performance.now()) {
    this.#options = options;
    this.#clock = clock;
    this.#acceptance = new AcceptanceEstimate(options.memory);
  }

  async prepare(session: Session, at: Pick<StepMeasurement, 'rows' | 'promptTokens' | 'signal'>): Promise<void> {
    checkLevels('cost-model', this.#options.levels, session);
    this.#step = undefined;
    const { chain, tree } = this.#times;
    if (chain.isMeasured(at.rows) || session.levels === 0) return;
    const measured = await measureSteps(session, {
      ...at,
      levels: (at) => this.#most(at),
      clock: this.#clock,
      budgetMs: BUDGET_MS,
    });
    for (const [size, seconds] of measured) {
      // A tree takes as long as a chain at least, so each number of levels is tried before it is found too long.
      if (!chain.isMeasured(size)) for (const times of [chain, tree]) times.add(size, seconds);
    }
  }

  grow(_tree: Tree, frontier: readonly number[], _p: unknown, at: DraftMoment): Growth[] {
    if (this.#step && at.level === 1 && this.#step.outcomes > 0) this.#end(this.#step, at.rows);
    this.#step ??= this.#begin(at);
    return at.level <= this.#step.levels ? oneChild(frontier, this.#options.sampled) : [];
  }

  learn({ tree, kept, rows }: DraftOutcome): void {
    const levels = nodesPerLevel(tree).length;
    this.#acceptance.add(levels, kept.path.length);
    const step = this.#step;
    if (!step) return;
    step.seconds ??= (this.#clock() - step.started) / 1_000;
    step.isWhole &&= levels === step.levels;
    step.isChain &&= tree.tokens.length === levels;
    step.outcomes++;
    if (step.outcomes === rows) this.#end(step, rows);
  }

  #most(at: Pick<DraftMoment, 'levels' | 'trained'>): number {
    return chainLevels('cost-model', this.#options.levels, at);
  }

  #begin(at: DraftMoment): StepUnderWay {
    const most = this.#most(at);
    const seconds = this.#times[this.#form].at(at.rows);
    const begun = { started: this.#clock(), outcomes: 0, isWhole: true, isChain: true };
    if (seconds.length === 0) return { ...begun, levels: most };
    const tokens = expectedTokens(this.#acceptance.conditional(Math.min(most, seconds.length - 1)));
    const pick = bestLevels(tokens, seconds);
    const pickSeconds = (levels: number) => (seconds[pick] * tokens[levels]) / tokens[pick];
    const levels = this.#exploredLevels(pick, tokens.length - 1, (other) => seconds[other] - pickSeconds(other));
    return { ...begun, levels, ...(levels !== pick && { pickSeconds: pickSeconds(levels) }) };
  }

  /**
   * The pick, or a neighbour that is tried for some steps.
   * @param loss - seconds that a step with another number of levels should lose
   */
  #exploredLevels(pick: number, most: number, loss: (levels: number) => number): number {
    if (this.#burst.left === 0) {
      const isUp = pick === 0 || (pick < most && this.#burst.isUp);
      const levels = pick + (isUp ? 1 : -1);
      if (levels > most || !this.#mayExplore(BURST * loss(levels))) return pick;
      this.#burst = { levels, left: BURST, isUp: !isUp };
    }
    this.#burst.left--;
    return Math.min(this.#burst.levels, most);
  }

  #mayExplore(loss: number): boolean {
    const { explore } = this.#options;
    return explore > 0 && this.#lost + loss <= explore * this.#seconds;
  }

  #end({ seconds = 0, levels, pickSeconds, isWhole, isChain }: StepUnderWay, rows: number): void {
    this.#step = undefined;
    this.#seconds += seconds;
    if (pickSeconds !== undefined) this.#lost += Math.max(0, seconds - pickSeconds);
    const { chain, tree } = this.#times;
    if (levels > 0) this.#form = isChain ? 'chain' : 'tree';
    if (isWhole && levels <= this.#levelsBefore) {
      // Without a level a tree is a chain.
      const taught = levels === 0 ? [chain, tree] : [this.#times[this.#form]];
      for (const times of taught) times.observe(rows, levels, seconds);
    }
    this.#levelsBefore = isWhole ? levels : 0;
  }
}

/**
 * Draft policy by a cost model.
 *
 * @source tokens per second as expected tokens over measured seconds: Leviathan et al. 2023, arXiv:2211.17192, sec. 3.3, with
 * an acceptance of its own for each level; exploring and forgetting are ours
 */
export default defineDraftPolicy({
  name: 'cost-model',
  description: 'A chain of as many levels as give the most tokens per second, by measured times and acceptance.',
  options: Options,
  isTimed: true,
  create: (_context, options) => new CostModel(options),
});
