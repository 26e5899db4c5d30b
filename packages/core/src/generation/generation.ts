import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import type { Emission, GenerationRequest, Kept, Session } from '../contracts/decoding.ts';
import { saidMaker } from '../plugins/guarded/made-by.ts';
import { Arrivals } from './arrivals.ts';
import { checkSteps } from './check-steps.ts';
import { EventLoopTurns } from './event-loop.ts';
import { type GeneratingRow, type NumberedPrompt, OpenRow, type RowStep } from './generating-row.ts';
import { errorOf, requestedPromptFaults } from './request-checks.ts';

/** Drafts, verifies and chooses for all rows of the session, in batch order; commits nothing. */
export type Step = (rows: readonly GeneratingRow[]) => Promise<readonly RowStep[]>;

/** A generation under way: the prompts that wait, the rows that run, in the session's order. */
export class Generation {
  readonly #session: Session;
  readonly #request: GenerationRequest;
  readonly #arrivals: Arrivals;
  readonly #turns = new EventLoopTurns();
  #waiting: NumberedPrompt[];
  #numPrompts: number;
  #rows: OpenRow[] = [];

  constructor(session: Session, request: GenerationRequest) {
    this.#session = session;
    this.#request = request;
    this.#arrivals = new Arrivals(request.arriving);
    this.#waiting = request.prompts.map((prompt, index) => ({ prompt, index }));
    this.#numPrompts = request.prompts.length;
  }

  get isIdle(): boolean {
    return this.#rows.length === 0;
  }

  /** @throws what the source of arriving prompts threw, once nothing else is left to do */
  get isOver(): boolean {
    return this.isIdle && this.#waiting.length === 0 && this.#arrivals.isOver;
  }

  /**
   * Whether {@link admit} would do nothing, so that a step costs no promise for it: nobody waits or may come, nobody was aborted,
   * and the event loop has had its turn.
   */
  get hasNothingToAdmit(): boolean {
    if (this.#waiting.length > 0 || this.#turns.isDue || this.#request.signal?.aborted) return false;
    return !this.#request.arriving && !this.#rows.some(({ signal }) => signal?.aborted);
  }

  /** Lets the policy measure what it wants to know, while the session is empty. */
  async prepare(): Promise<void> {
    const { prompts, arriving, maxRows, policy, signal } = this.#request;
    await this.#turns.breathe();
    this.#throwIfAborted();
    if (!policy.prepare || this.isOver) return;
    const most = maxRows ?? Number.POSITIVE_INFINITY;
    const rows = arriving && maxRows ? maxRows : Math.max(1, Math.min(most, prompts.length));
    const promptTokens = prompts.reduce((most, { tokens }) => Math.max(most, tokens.length), 1);
    try {
      await policy.prepare(this.#session, { rows, promptTokens, ...(signal && { signal }) });
    } finally {
      // However it ended: what an abort made of it is not what went wrong.
      this.#throwIfAborted();
    }
    if (this.#session.rows.length === 0) return;
    throw new ForetokenError(
      'PLUGIN_INVALID',
      `${saidMaker(policy, 'draft policy')}: prepare must leave the session empty, but left rows [${this.#session.rows}].`,
    );
  }

  /** Ends what was aborted, takes what has come, and joins what waits. @returns what ended without a forward */
  async admit(): Promise<Emission[]> {
    this.#arrivals.ask(this.#places - this.#waiting.length);
    await this.#turns.breathe();
    this.#throwIfAborted();
    const ended = this.#dropAborted();
    for (const prompt of this.#arrivals.take()) {
      const numbered = { prompt, index: this.#numPrompts++ };
      const error = errorOf(
        `generate: prompt ${numbered.index}`,
        requestedPromptFaults(prompt, this.#request, this.#session),
      );
      if (error) ended.push(this.#ending(numbered.index, { finished: 'failed', error }));
      else this.#waiting.push(numbered);
    }
    while (this.#places > 0 && this.#waiting.length > 0) {
      ended.push(...this.#join(this.#waiting.shift()!));
      await this.#turns.take();
      this.#throwIfAborted();
    }
    return ended;
  }

  /** One step of all rows: commits it, and lets those leave that it ends. */
  async advance(step: Step): Promise<Emission[]> {
    const rows = this.#rows;
    const steps = await step(rows);
    checkSteps(steps, rows.length, this.#request.rule);
    // Loops, as in all that runs once a step: a list of `map` is of another kind for V8 once its caller was compiled, and what
    // was compiled for such lists before is thrown away.
    const emissions: Emission[] = [];
    const kept: Kept[] = [];
    for (let index = 0; index < rows.length; index++) {
      emissions.push(rows[index].take(steps[index]));
      kept.push(steps[index].kept);
    }
    this.#session.commit(kept);
    this.#tellPolicy(rows, steps);
    for (let index = 0; index < rows.length; index++) if (emissions[index].finished) this.#leave(rows[index].row);
    const isAnyOver = emissions.some(({ finished }) => finished);
    this.#rows = this.#slide(isAnyOver ? rows.filter((_, index) => !emissions[index].finished) : rows);
    return emissions;
  }

  #tellPolicy(rows: readonly OpenRow[], steps: readonly RowStep[]): void {
    const { policy } = this.#request;
    if (!policy.learn) return;
    for (let index = 0; index < rows.length; index++) {
      const { tree, kept } = steps[index];
      policy.learn({ row: rows[index].row, tree, kept, rows: rows.length });
    }
  }

  /** Waits, with no row under way, until a prompt comes, none will any more, or the request is aborted. */
  async arrival(): Promise<void> {
    // Places asked for before may have gone to prompts that failed or were aborted since.
    this.#arrivals.ask(this.#places);
    await this.#arrivals.wait(this.#request.signal);
  }

  /** Frees every row, on whatever way out. */
  close(): void {
    const rows = [...this.#session.rows];
    for (const row of rows) this.#session.leave(row);
    for (const row of rows) this.#request.policy.forget?.(row);
    this.#arrivals.close();
  }

  get #places(): number {
    return (this.#request.maxRows ?? Number.POSITIVE_INFINITY) - this.#rows.length;
  }

  /** Reads full rows again. @returns the rows in the session's new order: who joins again goes to the end */
  #slide(rows: OpenRow[]): OpenRow[] {
    if (!rows.some(({ left }) => left === 0)) return rows;
    const full = rows.filter(({ left }) => left === 0);
    for (const open of full) {
      this.#request.policy.forget?.(open.row);
      open.slide();
    }
    return [...rows.filter((row) => !full.includes(row)), ...full];
  }

  #join(numbered: NumberedPrompt): Emission[] {
    if (numbered.prompt.signal?.aborted) return [this.#ending(numbered.index, { finished: 'aborted' })];
    try {
      // Another list: who kept the one of an earlier step sees who came since.
      this.#rows = [...this.#rows, new OpenRow(this.#session, this.#request, numbered)];
      return [];
    } catch (error) {
      const hasArrived = numbered.index >= this.#request.prompts.length;
      if (!hasArrived || !isForetokenError(error)) throw error;
      return [this.#ending(numbered.index, { finished: 'failed', error })];
    }
  }

  #dropAborted(): Emission[] {
    const ended: Emission[] = [];
    const isAborted = ({ signal }: { readonly signal?: AbortSignal }) => signal?.aborted ?? false;
    if (!this.#rows.some(isAborted) && !this.#waiting.some(({ prompt }) => isAborted(prompt))) return ended;
    for (const { prompt, row } of this.#rows.filter(isAborted)) {
      this.#leave(row);
      ended.push(this.#ending(prompt, { finished: 'aborted' }));
    }
    this.#rows = this.#rows.filter((open) => !isAborted(open));
    for (const { index } of this.#waiting.filter(({ prompt }) => isAborted(prompt))) {
      ended.push(this.#ending(index, { finished: 'aborted' }));
    }
    this.#waiting = this.#waiting.filter(({ prompt }) => !isAborted(prompt));
    return ended;
  }

  #leave(row: number): void {
    this.#request.policy.forget?.(row);
    this.#session.leave(row);
  }

  #ending(prompt: number, how: Pick<Emission, 'finished' | 'error'>): Emission {
    const isAsked = this.#request.logProbabilities !== undefined;
    const nothing = { tokens: new Int32Array(0), proposed: [], accepted: 0, ...(isAsked && { logProbabilities: [] }) };
    return { prompt, ...nothing, ...how };
  }

  #throwIfAborted(): void {
    const { signal } = this.#request;
    if (!signal?.aborted) return;
    throw new ForetokenError(
      'INTERRUPTED',
      'generate: stopped on request between two steps; all rows are freed. Start it again to generate the rest.',
      {
        cause: signal.reason,
      },
    );
  }
}
