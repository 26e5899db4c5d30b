// B rows, T nodes a row (the pending token and the tree).
import type { Dims, DraftPolicy, Kept, LanguageModel, Prompt, Random, Session, Tree, Verdict } from '@foretoken/core';
import { createSampler } from '@foretoken/core';
import { LAST_COMMITTED, ROOT } from '@foretoken/engine/nodes';
import { checkCount, checkKept, checkPrompt, checkTokens, checkTree, misuse } from './checks.ts';
import { growDrafts } from './draft.ts';
import { type DraftInputs, dropRead, keepInputs } from './draft-inputs.ts';
import { DraftTree } from './draft-tree.ts';
import type { HeadPlan } from './head-plan.ts';
import { type Lane, nodesOf } from './lanes.ts';
import { levelReadouts } from './level-readouts.ts';
import { ModelMemory } from './model-memory.ts';
import { OffsetForward } from './offset-forward.ts';
import { offsetsAlong } from './offsets-along.ts';
import { Outlooks, readColumns } from './outlooks.ts';
import { prefill } from './prefill.ts';
import { Row } from './row.ts';
import { TrunkForward } from './trunk-forward.ts';
import { treeVerdict } from './verdict.ts';

/** What happened last in the step under way. */
type Phase = 'committed' | 'drafted' | 'verified' | 'disposed';

/** The part of a tree that a forward reads. */
type ReadTree = Pick<Tree, 'tokens' | 'parent'>;

/** What `commit` needs of a verifying forward. */
interface Undecided {
  /** What the forward read, in the order of its rows. */
  readonly trees: readonly ReadTree[];
  readonly T: number;
  readonly inputs?: DraftInputs;
}

/** What came of a verifying forward. */
interface Read extends Pick<Undecided, 'T' | 'inputs'> {
  readonly verdicts: Verdict[];
}

/** How a session works, whatever it gives. */
export interface SessionOptions {
  /**
   * Columns that one forward reads of a prompt at most: more of them are read faster and take more memory for a moment.
   * Default 64.
   */
  readonly chunk?: number;
}

/** Columns that one forward reads of a prompt at most, where nothing else is said. */
const CHUNK = 64;

/** The session over one model. See {@link Session}. */
export class DecodingSession implements Session {
  readonly levels: number;
  readonly #model: LanguageModel;
  readonly #plan: HeadPlan;
  readonly #memory: ModelMemory;
  readonly #trunk: TrunkForward;
  readonly #offsets: OffsetForward;
  readonly #outlooks: Outlooks;
  readonly #chunk: number;
  #rows: Row[] = [];
  #nextId = 0;
  #forwards = 0;
  #phase: Phase = 'committed';
  /** Deepest level that the last step drafted: the next draft is likely to ask for as many. */
  #levelsInUse = 0;
  #undecided: Undecided | undefined;

  constructor(model: LanguageModel, plan: HeadPlan, { chunk = CHUNK }: SessionOptions = {}) {
    this.#chunk = chunk;
    this.levels = plan.levels;
    this.#model = model;
    this.#plan = plan;
    this.#memory = new ModelMemory(model.engine, plan);
    this.#trunk = new TrunkForward(model, plan, this.#memory);
    this.#offsets = new OffsetForward(model, plan, this.#memory);
    const readoutsOf = levelReadouts(model, plan);
    this.#outlooks = new Outlooks(plan, (from, to, drafts) =>
      plan.further === 'along'
        ? readColumns(plan, readoutsOf(from, to), drafts)
        : this.#offsets.evaluate(readoutsOf(from, to), drafts),
    );
  }

  get rows(): readonly number[] {
    const ids: number[] = [];
    for (const { id } of this.#rows) ids.push(id);
    return ids;
  }

  get context(): number {
    return this.#dims.context;
  }

  get vocabulary(): number {
    return this.#dims.vocabulary;
  }

  get forwards(): number {
    return this.#forwards;
  }

  room(row: number): number {
    return this.#row(row).room;
  }

  join(prompt: Prompt): number {
    this.#between('join');
    checkPrompt(prompt, this.#dims);
    const { context, vocabulary } = this.#dims;
    const sampler = prompt.sampling && createSampler(prompt.sampling, vocabulary);
    const row = new Row(this.#nextId++, context, sampler);
    this.#memory.join(row.id);
    try {
      const parts = { plan: this.#plan, trunk: this.#trunk, memory: this.#memory };
      prefill(row, prompt.tokens, parts, { chunk: this.#chunk, levels: this.#levelsInUse });
    } catch (error) {
      this.#free(row);
      throw error;
    }
    this.#rows.push(row);
    return row.id;
  }

  leave(id: number): void {
    const row = this.#row(id);
    this.#rows = this.#rows.filter((other) => other !== row);
    this.#free(row);
    if (this.#rows.length === 0) this.#endStep();
  }

  fork(from: readonly number[], pending?: readonly number[]): void {
    this.#between('fork');
    const originals = from.map((id) => this.#row(id));
    if (pending) {
      checkCount('pending', pending.length, from.length);
      checkTokens(() => 'pending', pending, this.#dims.vocabulary);
    }
    const copies = originals.map((original, index) => {
      const copy = original.fork(this.#nextId++);
      copy.pending = pending?.[index] ?? original.pending;
      this.#memory.fork(original.id, copy.id);
      return copy;
    });
    for (const row of this.#rows) this.#free(row);
    this.#rows = copies;
  }

  async draft(policy: DraftPolicy, random: (row: number) => Random): Promise<Tree[]> {
    this.#between('draft');
    // From here on final columns of the heads may have read the pending token: only a verdict may follow.
    this.#phase = 'drafted';
    const [drafts, ready]: DraftTree[][] = [[], []];
    for (const row of this.#rows) {
      const draft = new DraftTree(row);
      drafts.push(draft);
      if (row.hasVerdict) ready.push(draft);
    }
    const outlooks = this.#outlooks;
    outlooks.begin(this.#levelsInUse);
    try {
      const { trained } = this.#plan;
      growDrafts(ready, { policy, random, outlooks, levels: this.levels, trained, rows: this.#rows.length });
    } finally {
      this.#offsets.endDraft();
      outlooks.end();
      for (const row of this.#rows) dropRead(row, this.#plan);
    }
    // Where no row could draft, nothing is known of what the next ones will.
    if (ready.length > 0) this.#levelsInUse = outlooks.deepest;
    const trees: Tree[] = [];
    for (const draft of drafts) trees.push(draft.toTree());
    return trees;
  }

  async verify(trees: readonly Tree[]): Promise<Verdict[]> {
    if (this.#phase !== 'committed' && this.#phase !== 'drafted') throw this.#outOfOrder('verify');
    checkCount('verify', trees.length, this.#rows.length);
    const read: ReadTree[] = [];
    for (let b = 0; b < trees.length; b++) {
      const { id, room } = this.#rows[b];
      checkTree(id, trees[b], room, this.#dims.vocabulary);
      // Copies: what was read must be what is kept, whatever the caller does with its arrays meanwhile.
      read.push({ tokens: trees[b].tokens.slice(), parent: trees[b].parent.slice() });
    }
    if (this.#phase === 'committed') this.#levelsInUse = 0;
    const { verdicts, T, inputs } =
      this.#rows.length > 0 ? this.#forward(read) : { verdicts: [], T: 0, inputs: undefined };
    for (let b = 0; b < this.#rows.length; b++) this.#rows[b].lane = b;
    this.#undecided = { trees: read, T, inputs };
    this.#phase = 'verified';
    return verdicts;
  }

  commit(kept: readonly Kept[]): void {
    if (this.#phase !== 'verified' || !this.#undecided) throw this.#outOfOrder('commit');
    const undecided = this.#undecided;
    checkCount('commit', kept.length, this.#rows.length);
    for (let r = 0; r < kept.length; r++) {
      const { id, lane } = this.#rows[r];
      checkKept(id, kept[r], undecided.trees[lane], this.#dims.vocabulary);
    }
    for (let r = 0; r < kept.length; r++) this.#keep(this.#rows[r], kept[r], undecided);
    this.#endStep();
  }

  dispose(): void {
    for (const row of this.#rows) this.#free(row);
    this.#rows = [];
    this.#endStep();
    this.#memory.dispose();
    this.#phase = 'disposed';
  }

  get #dims(): Dims {
    return this.#model.dims;
  }

  #forward(trees: readonly ReadTree[]): Read {
    const lanes: Lane[] = [];
    for (let b = 0; b < trees.length; b++) lanes.push(verifyingLane(this.#rows[b], trees[b]));
    const at = nodesOf(lanes);
    const tokens_BT = new Int32Array(at.B * at.T);
    for (let b = 0; b < trees.length; b++) {
      tokens_BT[b * at.T] = this.#rows[b].pending;
      tokens_BT.set(trees[b].tokens, b * at.T + 1);
    }
    try {
      const along = offsetsAlong(this.#plan, 0);
      const { readout, inputs } = this.#trunk.verify({ rows: this.rows, tokens_BT, at, along });
      this.#forwards++;
      const verdicts: Verdict[] = [];
      for (let b = 0, firstRow = 0; b < trees.length; firstRow += at.length_B[b++]) {
        verdicts.push(treeVerdict(readout, firstRow, trees[b], this.#rows[b]));
      }
      return { verdicts, T: at.T, inputs };
    } finally {
      at.dispose();
    }
  }

  #keep(row: Row, { path, next }: Kept, { trees, T, inputs }: Undecided): void {
    const tree = trees[row.lane];
    const nodes = [0];
    for (const node of path) nodes.push(node + 1);
    this.#memory.commit(row.id, nodes);
    for (const node of path) row.push(tree.tokens[node]);
    row.push(next);
    row.hasVerdict = true;
    if (inputs) keepInputs(row, this.#plan, inputs, { nodes, first: row.lane * T, end: row.numColumns });
  }

  #free(row: Row): void {
    this.#memory.leave(row.id);
    row.release();
  }

  #endStep(): void {
    this.#memory.close();
    this.#undecided?.inputs?.columns?.release();
    this.#undecided?.inputs?.carry?.release();
    this.#undecided = undefined;
    if (this.#phase !== 'disposed') this.#phase = 'committed';
  }

  #row(id: number): Row {
    const row = this.#rows.find((other) => other.id === id);
    if (!row) throw misuse(`there is no row ${id}; the rows are [${this.rows}]`);
    return row;
  }

  #between(call: string): void {
    if (this.#phase !== 'committed') throw this.#outOfOrder(call);
  }

  #outOfOrder(call: string): Error {
    const rule: Record<Phase, string> = {
      committed: 'verify comes before commit',
      drafted: 'after draft comes verify',
      verified: 'after verify comes commit',
      disposed: 'it has been disposed',
    };
    return misuse(`${call} was called out of order: ${rule[this.#phase]}; between steps rows may join, leave and fork`);
  }
}

/** The pending token as node 0, then the tree. */
function verifyingLane({ numColumns }: Row, tree: ReadTree): Lane {
  const position = [numColumns];
  const parent = [numColumns > 0 ? LAST_COMMITTED : ROOT];
  for (let node = 0; node < tree.parent.length; node++) {
    const above = tree.parent[node] + 1;
    parent.push(above);
    position.push(position[above] + 1);
  }
  return { position, parent };
}
