import {
  type DraftMoment,
  type DraftOutcome,
  type DraftPolicy,
  defineDraftPolicy,
  type Growth,
  type Session,
  type Static,
  type Tree,
  Type,
} from '@foretoken/core/plugin';
import { chainLevels, chainOptions, checkLevels, oneChild } from '../fixed/chain.ts';
import { AcceptanceEstimate, bestLevels, expectedTokens } from './acceptance-estimate.ts';
import { measureSteps } from './measure-steps.ts';
import { StepTimes } from './step-times.ts';

const Options = Type.Object({
  explore: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.01,
    description: 'Share of the time that may go into drafting one level more than pays, to see whether it would.',
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

/** A step under way, from its first question to its first outcome. */
interface StepUnderWay {
  readonly levels: number;
  readonly started: number;
  /** Seconds that the pick would take; NaN where there is none yet. */
  readonly pickSeconds: number;
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
  readonly #times = new StepTimes();
  readonly #acceptance: AcceptanceEstimate;
  #step: StepUnderWay | undefined;
  /** Seconds of all steps so far, and what exploring has cost of them. */
  #seconds = 0;
  #explored = 0;

  /** @param clock - milliseconds, as of `performance.now` */
  constructor(options: Static<typeof Options>, clock: () => number = () => performance.now()) {
    this.#options = options;
    this.#clock = clock;
    this.#acceptance = new AcceptanceEstimate(options.memory);
  }

  async prepare(session: Session, { rows, promptTokens }: { rows: number; promptTokens: number }): Promise<void> {
    checkLevels('cost-model', this.#options.levels, session);
    this.#step = undefined;
    if (this.#times.sizes.includes(rows) || session.levels === 0) return;
    const measured = await measureSteps(session, {
      rows,
      promptTokens,
      levels: (at) => this.#most(at),
      clock: this.#clock,
      budgetMs: BUDGET_MS,
    });
    for (const [size, seconds] of measured) if (!this.#times.sizes.includes(size)) this.#times.add(size, seconds);
  }

  grow(_tree: Tree, frontier: readonly number[], _p: unknown, at: DraftMoment): Growth[] {
    this.#step ??= this.#begin(at);
    return at.level <= this.#step.levels ? oneChild(frontier, this.#options.sampled) : [];
  }

  learn({ tree, kept, isLast }: DraftOutcome): void {
    if (this.#step) this.#end(this.#step);
    this.#step = undefined;
    // What ends a row may have cut its draft: that is no rejection.
    if (!isLast) this.#acceptance.add(tree.tokens.length, kept.path.length);
  }

  #most(at: Pick<DraftMoment, 'levels' | 'trained'>): number {
    return chainLevels('cost-model', this.#options.levels, at);
  }

  #begin(at: DraftMoment): StepUnderWay {
    const most = this.#most(at);
    const seconds = this.#times.at(at.rows);
    const started = this.#clock();
    if (seconds.length === 0) return { started, levels: most, pickSeconds: Number.NaN };
    const pick = bestLevels(expectedTokens(this.#acceptance.conditional(most)), seconds);
    const levels = pick < most && this.#mayExplore(seconds[pick + 1] - seconds[pick]) ? pick + 1 : pick;
    return { started, levels, pickSeconds: levels > pick ? seconds[pick] : Number.NaN };
  }

  #mayExplore(moreSeconds: number): boolean {
    return this.#explored + Math.max(0, moreSeconds) <= this.#options.explore * this.#seconds;
  }

  #end({ started, pickSeconds }: StepUnderWay): void {
    const seconds = (this.#clock() - started) / 1_000;
    this.#seconds += seconds;
    // An offset that has not run for long first reads what was kept since: that is part of the price.
    if (!Number.isNaN(pickSeconds)) this.#explored += Math.max(0, seconds - pickSeconds);
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
  create: (_context, options) => new CostModel(options),
});
