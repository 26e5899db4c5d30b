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
import { AcceptanceEstimate, expectedTokens } from './acceptance-estimate.ts';
import { LevelChoice, type Outlook } from './level-choice.ts';
import { measureSteps, type StepMeasurement } from './measure-steps.ts';
import { ReadingCost } from './reading-cost.ts';
import { StepTimes } from './step-times.ts';
import { Stretch } from './stretch.ts';
import { TimeCorrections } from './time-corrections.ts';

const Options = Type.Object({
  explore: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.01,
    description:
      'Share of the time that may be lost by trials of more or fewer levels than pay, to see whether they would.',
  }),
  memory: Type.Integer({
    minimum: 8,
    default: 256,
    description: 'Observations of a level that its running acceptance counts, in effect.',
  }),
  ...chainOptions,
});

/** Milliseconds that measuring may take before a generation, the first time and once more when code is compiled. */
const BUDGET_MS = { cold: 400, compiled: 800 };
/**
 * How far times may be off at first, as standard deviations of their logarithms: measured ones, guesses beyond, and a tree's;
 * and what all steps take alike, of one without levels, where code was not compiled yet when they were measured, and where it was.
 */
const SPREAD = { measured: 0.15, guessed: 0.3, tree: 0.5, cold: 0.4, compiled: 0.1 };

/** Steps after which V8 has compiled what a step runs, and times are measured once more. */
const COMPILED_STEPS = 512;

const FORMS = ['chain', 'tree'] as const;
/** What the decoder makes of the levels it is given. */
type Form = (typeof FORMS)[number];

const correctionsKey = (form: Form, rows: number) => `${form} ${rows}`;

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
  /** By form and measured batch size. A level of a tree has several nodes to verify, and takes longer for it. */
  readonly #corrections = new Map<string, TimeCorrections>();
  readonly #acceptance: AcceptanceEstimate;
  readonly #choice: LevelChoice;
  readonly #reading = new ReadingCost();
  /** As of the last steps that had any levels. */
  #form: Form = 'chain';
  #stretch: Stretch | undefined;
  #steps = 0;
  /** By batch size, the steps before it was measured. */
  readonly #measuredAt = new Map<number, number>();
  /** The corrections asked for last, and for what: every stretch asks for the same. */
  #recent: { readonly form: Form; readonly rows: number; readonly corrections: TimeCorrections } | undefined;
  /** Levels of the steps before. */
  #levelsBefore = 0;
  /** Rows up to this id have drafted before. */
  #newest = -1;

  /** @param clock - milliseconds, as of `performance.now` */
  constructor(options: Static<typeof Options>, clock: () => number = () => performance.now()) {
    this.#options = options;
    this.#clock = clock;
    this.#acceptance = new AcceptanceEstimate(options.memory);
    this.#choice = new LevelChoice(options.explore);
  }

  async prepare(session: Session, at: Pick<StepMeasurement, 'rows' | 'promptTokens' | 'signal'>): Promise<void> {
    checkLevels('cost-model', this.#options.levels, session);
    if (this.#stretch) this.#end(this.#stretch);
    this.#stretch = undefined;
    this.#levelsBefore = 0;
    this.#recent = undefined;
    this.#newest = -1;
    this.#reading.begin(session.levels, { rows: at.rows, prompt: at.promptTokens, context: session.context });
    if (session.levels === 0 || !this.#isDue(at.rows)) return;
    const measured = await measureSteps(session, {
      ...at,
      levels: (at) => this.#most(at),
      clock: this.#clock,
      budgetMs: this.#isCompiled ? BUDGET_MS.compiled : BUDGET_MS.cold,
    });
    for (const [size, seconds] of measured.seconds) {
      if (!this.#isDue(size)) continue;
      this.#times.add(size, seconds, measured.levels);
      this.#measuredAt.set(size, this.#steps);
      for (const form of FORMS) this.#corrections.delete(correctionsKey(form, size));
    }
    this.#reading.measured(measured.reading.seconds, measured.reading.tokens);
  }

  /** Whether a batch size was not measured yet, or only before the code of a step was compiled. */
  #isDue(rows: number): boolean {
    const at = this.#measuredAt.get(rows);
    return at === undefined || (at < COMPILED_STEPS && this.#isCompiled);
  }

  get #isCompiled(): boolean {
    return this.#steps >= COMPILED_STEPS;
  }

  grow(_tree: Tree, frontier: readonly number[], _p: unknown, at: DraftMoment): Growth[] {
    let stretch = this.#stretch;
    const goesOn = stretch?.isUnderWay ? at.level > 1 || !stretch.hasOutcomes : stretch?.isQuiet(at.rows);
    if (!stretch || !goesOn) stretch = this.#begin(at);
    if (at.row > this.#newest) {
      this.#newest = at.row;
      stretch.join();
    }
    return at.level <= stretch.start.levels ? oneChild(frontier, this.#options.sampled) : [];
  }

  learn({ tree, kept, rows }: DraftOutcome): void {
    const stretch = this.#stretch;
    const nodes = tree.tokens.length;
    if (nodes === 0 && stretch && !stretch.isUnderWay && stretch.isQuiet(rows)) {
      stretch.count();
      return;
    }
    const levels = nodes === 0 ? 0 : nodesPerLevel(tree).length;
    this.#acceptance.add(levels, kept.path.length);
    if (!stretch?.isUnderWay) return;
    const outcomes = stretch.add({ levels, nodes, tokens: kept.path.length + 1 }, this.#clock);
    if (outcomes === rows) stretch.end();
  }

  #most(at: Pick<DraftMoment, 'levels' | 'trained'>): number {
    return chainLevels('cost-model', this.#options.levels, at);
  }

  /** A step begins, and a stretch of steps where the one before is over. */
  #begin(at: DraftMoment): Stretch {
    if (this.#stretch?.isUnderWay) this.#stretch.end();
    const most = this.#most(at);
    if (!this.#stretch?.goesOn(at.rows, most)) {
      if (this.#stretch) this.#end(this.#stretch);
      // Rows come in the order in which they joined.
      if (at.row > this.#newest) this.#reading.leave();
      this.#stretch = this.#next(at.rows, most);
    }
    this.#stretch.begin(this.#clock());
    return this.#stretch;
  }

  #next(rows: number, most: number): Stretch {
    const outlook = this.#outlook(rows, most);
    const choice = outlook && this.#choice.next(outlook);
    const levels = choice?.levels ?? most;
    const corrections = choice && this.#correctionsOf(this.#form, rows);
    return new Stretch({
      ...{ choice, levels, rows, most },
      steps: choice?.steps ?? 1,
      measured: this.#times.at(rows)[levels],
      expected: corrections?.factor(levels) ?? 1,
      mostFactor: corrections?.most(levels) ?? 1,
      before: this.#levelsBefore,
    });
  }

  /** @returns nothing where nothing was measured */
  #outlook(rows: number, levels: number): Outlook | undefined {
    const measured = this.#times.at(rows);
    if (measured.length === 0) return undefined;
    const most = Math.min(levels, measured.length - 1);
    const corrections = this.#correctionsOf(this.#form, rows);
    const shares = this.#acceptance.conditional(most);
    const tokens = expectedTokens(shares);
    const seconds: number[] = [];
    const behind: number[] = [];
    for (let level = 0; level <= most; level++) {
      const own = measured[level] * corrections.factor(level);
      seconds.push(own + this.#reading.perStep(level, rows * tokens[level]));
      behind.push(this.#reading.behind(level));
    }
    return {
      ...{ rows, tokens, seconds, behind },
      mostTokens: (known) => {
        const highest = this.#acceptance.highest(most);
        for (let index = 0; index < known; index++) highest[index] = shares[index];
        return expectedTokens(highest);
      },
      spread: (level, other) => corrections.spread(level, other, this.#steps),
    };
  }

  /** Those of the measured batch size that is nearest by its ratio. */
  #correctionsOf(form: Form, rows: number): TimeCorrections {
    if (this.#recent?.form !== form || this.#recent.rows !== rows) {
      this.#recent = { form, rows, corrections: this.#nearestCorrections(form, rows) };
    }
    return this.#recent.corrections;
  }

  #nearestCorrections(form: Form, rows: number): TimeCorrections {
    const apart = (size: number) => Math.abs(Math.log(size / rows));
    const nearest = this.#times.sizes.reduce((best, size) => (apart(size) < apart(best) ? size : best));
    const key = correctionsKey(form, nearest);
    const known = this.#corrections.get(key);
    if (known) return known;
    const deepest = this.#times.deepest(nearest);
    const ofChain = (level: number) => (level <= deepest ? SPREAD.measured : SPREAD.guessed);
    const seconds = this.#times.at(nearest);
    const overhead = this.#measuredAt.get(nearest)! < COMPILED_STEPS ? SPREAD.cold : SPREAD.compiled;
    const fresh = new TimeCorrections(
      seconds.map((_, level) => (form === 'tree' && level > 0 ? SPREAD.tree : ofChain(level))),
      seconds.map((own) => (overhead * seconds[0]) / own),
    );
    this.#corrections.set(key, fresh);
    return fresh;
  }

  /** Takes in what a stretch took. */
  #end(stretch: Stretch): void {
    const { choice, levels, rows } = stretch.start;
    const { newcomers, tokens, excess } = stretch;
    if (stretch.steps === 0) return;
    this.#steps += stretch.steps;
    this.#acceptance.pass(stretch.steps);
    if (choice) this.#choice.taken(choice, stretch.steps, stretch.seconds);
    if (levels > 0) this.#form = stretch.isChain ? 'chain' : 'tree';
    this.#levelsBefore = stretch.isWhole ? levels : 0;
    this.#reading.observe({ levels, newcomers, tokens, excess });
    if (stretch.timed === 0) return;
    const corrections = this.#correctionsOf(this.#form, rows);
    corrections.observe(levels, stretch.factors / stretch.timed, stretch.timed, this.#steps);
  }
}

/**
 * Draft policy by a cost model.
 *
 * @source tokens per second as expected tokens over measured seconds: Leviathan et al. 2023, arXiv:2211.17192, sec. 3.3, with
 * an acceptance of its own for each level; corrections by Kalman 1960; trials of what could win are ours
 */
export default defineDraftPolicy({
  name: 'cost-model',
  description: 'A chain of as many levels as give the most tokens per second, by measured times and acceptance.',
  options: Options,
  isTimed: true,
  create: (_context, options) => new CostModel(options),
});
