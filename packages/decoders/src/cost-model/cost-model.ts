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
import { JoiningCost } from './joining-cost.ts';
import { type Choice, LevelChoice, type Outlook } from './level-choice.ts';
import { measureSteps, type StepMeasurement } from './measure-steps.ts';
import { StepTimes } from './step-times.ts';
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

/** Milliseconds that measuring may take, before a generation. */
const BUDGET_MS = 400;
/** Steps for which a pick holds: thinking it over costs as much as a small model's layer. Trials end with their step. */
const PICK_STEPS = 4;
/** How far times may be off at first, as standard deviations of their logarithms: measured ones, guesses beyond, and a tree's. */
const SPREAD = { measured: 0.1, guessed: 0.3, tree: 0.5 };

/** What the decoder makes of the levels it is given. */
type Form = 'chain' | 'tree';

/** A step under way, from its first question to its last outcome. */
interface StepUnderWay {
  /** Absent where nothing was measured. */
  readonly choice: Choice | undefined;
  readonly levels: number;
  readonly started: number;
  /** Known with the first outcome. */
  seconds?: number;
  outcomes: number;
  tokens: number;
  /** Whether every row drafted all of its levels. */
  isWhole: boolean;
  /** Whether every draft had one node a level. */
  isChain: boolean;
  /** Rows that had not drafted before: their offsets read the whole prompt first. */
  newcomers: number;
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
  /** By form and measured batch size. A level of a tree has several nodes to verify, and takes longer for it. */
  readonly #corrections = new Map<string, TimeCorrections>();
  readonly #acceptance: AcceptanceEstimate;
  readonly #choice: LevelChoice;
  /** As of the last step that had any levels. */
  #form: Form = 'chain';
  #step: StepUnderWay | undefined;
  #steps = 0;
  /** The choice that holds, since which step, and for how many rows and levels it was made. */
  #held: { readonly choice: Choice; readonly since: number; readonly rows: number; readonly most: number } | undefined;
  /** The corrections asked for last, and for what: every step asks for the same. */
  #recent: { readonly form: Form; readonly rows: number; readonly corrections: TimeCorrections } | undefined;
  /** Levels of the step before: offsets beyond them have something to read first. */
  #levelsBefore = 0;
  /** Rows up to this id have drafted before. */
  #newest = -1;
  readonly #joining = new JoiningCost();

  /** @param clock - milliseconds, as of `performance.now` */
  constructor(options: Static<typeof Options>, clock: () => number = () => performance.now()) {
    this.#options = options;
    this.#clock = clock;
    this.#acceptance = new AcceptanceEstimate(options.memory);
    this.#choice = new LevelChoice(options.explore);
  }

  async prepare(session: Session, at: Pick<StepMeasurement, 'rows' | 'promptTokens' | 'signal'>): Promise<void> {
    checkLevels('cost-model', this.#options.levels, session);
    this.#step = undefined;
    this.#held = undefined;
    this.#recent = undefined;
    this.#newest = -1;
    if (this.#times.isMeasured(at.rows) || session.levels === 0) return;
    const measured = await measureSteps(session, {
      ...at,
      levels: (at) => this.#most(at),
      clock: this.#clock,
      budgetMs: BUDGET_MS,
    });
    for (const [size, seconds] of measured.seconds) {
      if (!this.#times.isMeasured(size)) this.#times.add(size, seconds, measured.levels);
    }
  }

  grow(_tree: Tree, frontier: readonly number[], _p: unknown, at: DraftMoment): Growth[] {
    if (this.#step && at.level === 1 && this.#step.outcomes > 0) this.#end(this.#step, at.rows);
    this.#step ??= this.#begin(at);
    if (at.row > this.#newest) {
      this.#newest = at.row;
      this.#step.newcomers++;
    }
    return at.level <= this.#step.levels ? oneChild(frontier, this.#options.sampled) : [];
  }

  learn({ tree, kept, rows }: DraftOutcome): void {
    const levels = tree.tokens.length === 0 ? 0 : nodesPerLevel(tree).length;
    this.#acceptance.add(levels, kept.path.length);
    const step = this.#step;
    if (!step) return;
    step.seconds ??= (this.#clock() - step.started) / 1_000;
    step.isWhole &&= levels === step.levels;
    step.isChain &&= tree.tokens.length === levels;
    step.outcomes++;
    step.tokens += kept.path.length + 1;
    if (step.outcomes === rows) this.#end(step, rows);
  }

  #most(at: Pick<DraftMoment, 'levels' | 'trained'>): number {
    return chainLevels('cost-model', this.#options.levels, at);
  }

  #begin(at: DraftMoment): StepUnderWay {
    const started = this.#clock();
    const most = this.#most(at);
    const choice = this.#choose(at.rows, most);
    const levels = choice?.levels ?? most;
    return { choice, levels, started, outcomes: 0, tokens: 0, isWhole: true, isChain: true, newcomers: 0 };
  }

  /** @returns nothing where nothing was measured */
  #choose(rows: number, most: number): Choice | undefined {
    const held = this.#held;
    const passed = held ? this.#steps - held.since : 1;
    const isHeld = held && !held.choice.isTrial && passed < PICK_STEPS && held.rows === rows && held.most === most;
    if (isHeld) return held.choice;
    const outlook = this.#outlook(rows, most);
    if (!outlook) return undefined;
    const choice = this.#choice.next(outlook, passed);
    this.#held = { choice, since: this.#steps, rows, most };
    return choice;
  }

  /** @returns nothing where nothing was measured */
  #outlook(rows: number, levels: number): Outlook | undefined {
    const measured = this.#times.at(rows);
    if (measured.length === 0) return undefined;
    const most = Math.min(levels, measured.length - 1);
    const corrections = this.#correctionsOf(this.#form, rows);
    const shares = this.#acceptance.conditional(most);
    const tokens = expectedTokens(shares);
    return {
      rows,
      tokens,
      seconds: tokens.map(
        (own, level) => measured[level] * corrections.factor(level) + this.#joining.perStep(level, rows * own),
      ),
      mostTokens: (known) => {
        const highest = this.#acceptance.highest(most);
        return expectedTokens(shares.map((share, index) => (index < known ? share : highest[index])));
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
    const key = `${form} ${nearest}`;
    const known = this.#corrections.get(key);
    if (known) return known;
    const deepest = this.#times.deepest(nearest);
    const ofChain = (level: number) => (level <= deepest ? SPREAD.measured : SPREAD.guessed);
    const fresh = new TimeCorrections(
      this.#times.at(nearest).map((_, level) => (form === 'tree' && level > 0 ? SPREAD.tree : ofChain(level))),
    );
    this.#corrections.set(key, fresh);
    return fresh;
  }

  #end(step: StepUnderWay, rows: number): void {
    const { choice, seconds = 0, levels, isWhole, isChain, newcomers } = step;
    this.#step = undefined;
    this.#steps++;
    this.#acceptance.pass();
    if (choice) this.#choice.taken(choice, seconds);
    if (levels > 0) this.#form = isChain ? 'chain' : 'tree';
    const measured = this.#times.at(rows)[levels];
    // A clock may be too coarse for a step.
    if (isWhole && seconds > 0 && measured !== undefined) {
      const corrections = this.#correctionsOf(this.#form, rows);
      this.#joining.observe(levels, newcomers, step.tokens, seconds - measured * corrections.settledFactor(levels));
      // What a step took that had to catch up says nothing of the next one's.
      const isCaughtUp = levels === 0 || (newcomers === 0 && levels <= this.#levelsBefore);
      if (isCaughtUp) corrections.observe(levels, seconds / measured, this.#steps);
    }
    this.#levelsBefore = isWhole ? levels : 0;
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
