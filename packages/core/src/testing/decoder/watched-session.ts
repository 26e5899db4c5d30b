import { ForetokenError } from '@foretoken/engine/errors';
import type { DraftPolicy, Kept, Prompt, Tree, Verdict } from '../../contracts/decoding.ts';
import type { Random } from '../../contracts/random.ts';
import { SessionFacade } from '../../generation/session-facade.ts';
import { emptyTree, isPath, levelsOf, treeFault } from '../../generation/tree.ts';
import { type ScriptedModel, type ScriptedSession, scriptedSession } from '../scripted-session.ts';

/** What one forward gave one row. */
export interface Committed {
  readonly tree: Tree;
  readonly kept: Kept;
}

/** What a session saw of a row. */
export interface SeenRow {
  readonly prompt: Prompt;
  readonly committed: Committed[];
}

/**
 * A scripted session that is as strict as one over a model: draft, verify, commit, in this order, each tree whole and
 * within the row's room, no draft before a row's first verdict. It keeps what it saw.
 */
export class WatchedSession extends SessionFacade {
  /** Every row that ever joined. */
  readonly seen = new Map<number, SeenRow>();
  /** Most rows at once. */
  mostRows = 0;
  hasForked = false;
  /** Nodes of all trees that were verified. */
  verifiedNodes = 0;
  /** Called before each forward. */
  onVerify: (forwards: number) => void = () => {};
  #phase: 'committed' | 'drafted' | 'verified' = 'committed';
  #verified: readonly Tree[] = [];
  readonly #hasVerdict = new Set<number>();
  readonly #scripted: ScriptedSession;

  constructor(model: ScriptedModel) {
    const scripted = scriptedSession(model);
    super(scripted);
    this.#scripted = scripted;
  }

  get disposed(): boolean {
    return this.#scripted.disposed;
  }

  override join(prompt: Prompt): number {
    this.#between('join');
    const row = this.session.join(prompt);
    this.seen.set(row, { prompt, committed: [] });
    this.mostRows = Math.max(this.mostRows, this.rows.length);
    return row;
  }

  override leave(row: number): void {
    if (!this.rows.includes(row)) throw misuse(`there is no row ${row} to leave; the rows are [${this.rows}]`);
    this.session.leave(row);
    if (this.rows.length === 0) this.#phase = 'committed';
  }

  override fork(from: readonly number[], pending?: readonly number[]): void {
    this.#between('fork');
    this.hasForked = true;
    this.session.fork(from, pending);
  }

  override async draft(policy: DraftPolicy, random: (row: number) => Random): Promise<Tree[]> {
    this.#between('draft');
    this.#phase = 'drafted';
    const isReady = (row: number) => this.#hasVerdict.has(row) && this.room(row) > 1;
    const quiet: DraftPolicy = {
      grow: (tree, frontier, p, at) =>
        isReady(at.row) && at.level < this.room(at.row) ? policy.grow(tree, frontier, p, at) : [],
    };
    const trees = await this.session.draft(quiet, random);
    return trees.map((tree, index) => (isReady(this.rows[index]) ? tree : emptyTree()));
  }

  override async verify(trees: readonly Tree[]): Promise<Verdict[]> {
    if (this.#phase === 'verified')
      throw misuse('verify was called after verify; what was verified is committed first');
    if (trees.length !== this.rows.length) {
      throw misuse(`verify takes a tree for each of the ${this.rows.length} rows, got ${trees.length}`);
    }
    for (const [index, tree] of trees.entries()) {
      const fault = treeFault(tree) ?? this.#outside(tree, this.rows[index]);
      if (fault) throw misuse(`the tree of row ${this.rows[index]} is none: ${fault}`);
      this.verifiedNodes += tree.tokens.length;
    }
    this.onVerify(this.forwards + 1);
    const verdicts = await this.session.verify(trees);
    this.#phase = 'verified';
    this.#verified = trees.map(({ tokens, parent, q }) => ({
      tokens: tokens.slice(),
      parent: parent.slice(),
      q: [...q],
    }));
    return verdicts;
  }

  override commit(kept: readonly Kept[]): void {
    if (this.#phase !== 'verified') throw misuse('commit was called before verify');
    for (const [index, row] of this.rows.entries()) {
      const { path, next } = kept[index];
      const isToken = Number.isInteger(next) && next >= 0 && next < this.vocabulary;
      if (!isPath(this.#verified[index], path) || !isToken) {
        throw misuse(`row ${row} keeps [${path}] and ${next}, which is no path of its tree and a token`);
      }
      this.seen.get(row)?.committed.push({ tree: this.#verified[index], kept: { path: path.slice(), next } });
      this.#hasVerdict.add(row);
    }
    this.session.commit(kept);
    this.#phase = 'committed';
  }

  #outside(tree: Tree, row: number): string | undefined {
    const stranger = tree.tokens.find((token) => token < 0 || token >= this.vocabulary);
    if (stranger !== undefined) return `token ${stranger} is not in the vocabulary`;
    const levels = Math.max(0, ...levelsOf(tree));
    return levels < this.room(row)
      ? undefined
      : `it has ${levels} levels, and the row room for ${this.room(row)} tokens`;
  }

  #between(call: string): void {
    if (this.#phase !== 'committed')
      throw misuse(`${call} was called in the middle of a step: draft, verify, commit come first`);
  }
}

const misuse = (fault: string) => new ForetokenError('SESSION_MISUSE', `session: ${fault}. Mend the decoder.`);
