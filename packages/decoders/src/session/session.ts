// B rows, T nodes a row (the pending token and the tree).
import type { Dims, DraftPolicy, Kept, LanguageModel, Prompt, Random, Session, Tree, Verdict } from '@foretoken/core';
import { createSampler } from '@foretoken/core';
import { LAST_COMMITTED, ROOT } from '@foretoken/engine/nodes';
import { checkCount, checkKept, checkPrompt, checkTokens, checkTree, misuse } from './checks.ts';
import type { Chunk } from './chunk.ts';
import { growDrafts } from './draft.ts';
import { DraftTree } from './draft-tree.ts';
import type { HeadPlan } from './head-plan.ts';
import { type Lane, nodesOf, padded } from './lanes.ts';
import { ModelMemory } from './model-memory.ts';
import { OffsetForward } from './offset-forward.ts';
import { prefill } from './prefill.ts';
import { Row } from './row.ts';
import { TrunkForward } from './trunk-forward.ts';
import { treeVerdict } from './verdict.ts';
import { verifiedOutlook } from './verified-offsets.ts';

/** What happened last in the step under way. */
type Phase = 'committed' | 'drafted' | 'verified' | 'disposed';

/** The part of a tree that a forward reads. */
type ReadTree = Pick<Tree, 'tokens' | 'parent'>;

/** What `commit` needs of a verifying forward. */
interface Undecided {
  readonly trees: Map<number, ReadTree>;
  /** Index of each row in the forward. */
  readonly index: Map<number, number>;
  readonly T: number;
  readonly columns?: Chunk;
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
  readonly #chunk: number;
  #rows: Row[] = [];
  #nextId = 0;
  #forwards = 0;
  #phase: Phase = 'committed';
  #undecided: Undecided | undefined;

  constructor(model: LanguageModel, plan: HeadPlan, { chunk = CHUNK }: SessionOptions = {}) {
    this.#chunk = chunk;
    this.levels = plan.levels;
    this.#model = model;
    this.#plan = plan;
    this.#memory = new ModelMemory(model.engine, plan);
    this.#trunk = new TrunkForward(model, plan, this.#memory);
  }

  get rows(): readonly number[] {
    return this.#rows.map(({ id }) => id);
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
      prefill(row, prompt.tokens, this.#chunk, this.#trunk, this.#memory);
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
      checkTokens('pending', pending, this.#dims.vocabulary);
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
    const drafts = new Map(this.#rows.map((row) => [row, new DraftTree(row)]));
    const ready = [...drafts.values()].filter(({ row }) => row.hasVerdict);
    const offsets = new OffsetForward(this.#model, this.#plan, this.#memory);
    try {
      growDrafts(ready, {
        policy,
        random,
        outlook: (offset, active) =>
          this.#plan.carry === 'further'
            ? verifiedOutlook(this.#model, offset, active)
            : offsets.evaluate(offset, active),
        levels: this.levels,
        trained: this.#plan.trained,
        rows: this.#rows.length,
      });
    } finally {
      offsets.dispose();
      for (const row of this.#rows) this.#dropRead(row);
    }
    return this.#rows.map((row) => drafts.get(row)!.toTree());
  }

  async verify(trees: readonly Tree[]): Promise<Verdict[]> {
    if (this.#phase !== 'committed' && this.#phase !== 'drafted') throw this.#outOfOrder('verify');
    checkCount('verify', trees.length, this.#rows.length);
    for (const [b, { id, room }] of this.#rows.entries()) checkTree(id, trees[b], room, this.#dims.vocabulary);
    // Copies: what was read must be what is kept, whatever the caller does with its arrays meanwhile.
    const read = trees.map(({ tokens, parent }) => ({ tokens: tokens.slice(), parent: parent.slice() }));
    const undecided = this.#rows.length > 0 ? this.#forward(read) : { verdicts: [], T: 0 };
    this.#undecided = {
      trees: new Map(this.#rows.map(({ id }, b) => [id, read[b]])),
      index: new Map(this.#rows.map(({ id }, b) => [id, b])),
      ...undecided,
    };
    this.#phase = 'verified';
    return undecided.verdicts;
  }

  commit(kept: readonly Kept[]): void {
    if (this.#phase !== 'verified' || !this.#undecided) throw this.#outOfOrder('commit');
    const undecided = this.#undecided;
    checkCount('commit', kept.length, this.#rows.length);
    for (const [r, { id }] of this.#rows.entries()) {
      checkKept(id, kept[r], undecided.trees.get(id)!, this.#dims.vocabulary);
    }
    for (const [r, row] of this.#rows.entries()) this.#keep(row, kept[r], undecided);
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

  #forward(trees: readonly ReadTree[]): Pick<Undecided, 'T' | 'columns'> & { verdicts: Verdict[] } {
    const at = nodesOf(this.#rows.map((row, b) => verifyingLane(row, trees[b])));
    const tokens = this.#rows.map(({ pending }, b) => [pending, ...trees[b].tokens]);
    try {
      const { readout, columns } = this.#trunk.verify({ rows: this.rows, tokens_BT: padded(tokens, at.T), at });
      this.#forwards++;
      let firstRow = 0;
      const verdicts = this.#rows.map((row, b) => {
        firstRow += tokens[b].length;
        return treeVerdict(readout, firstRow - tokens[b].length, trees[b], row);
      });
      return { verdicts, T: at.T, columns };
    } finally {
      at.dispose();
    }
  }

  #keep(row: Row, { path, next }: Kept, { trees, index, T, columns }: Undecided): void {
    const nodes = [0];
    for (const node of path) nodes.push(node + 1);
    const { tokens } = trees.get(row.id)!;
    this.#memory.commit(row.id, nodes);
    for (const node of path) row.push(tokens[node]);
    row.push(next);
    row.hasVerdict = true;
    if (!columns) return;
    const first = index.get(row.id)! * T;
    const { hasMemory, carry, mostBack } = this.#plan;
    const isLastEnough = !hasMemory || carry === 'further';
    if (isLastEnough) row.columns.dropBefore(row.numColumns - 1 - mostBack);
    const held = isLastEnough ? nodes.slice(-1 - mostBack) : nodes;
    for (const node of held) row.columns.push({ chunk: columns, node: first + node });
  }

  /** Lets go of columns and carries that every offset has read for good. */
  #dropRead(row: Row): void {
    const { hasMemory, isUnrolled, carry, trained } = this.#plan;
    if (!hasMemory || carry === 'further' || trained === 0) return;
    const readers = isUnrolled ? [2] : Array.from({ length: trained }, (_, k) => k + 2);
    // A memory of its own that was never asked for may be yet, and would start from the first column.
    if (isUnrolled || !this.#plan.extends) {
      row.columns.dropBefore(Math.min(...readers.map((offset) => row.readBy(offset))));
    }
    row.dropReadCarries();
  }

  #free(row: Row): void {
    this.#memory.leave(row.id);
    row.release();
  }

  #endStep(): void {
    this.#memory.close();
    this.#undecided?.columns?.release();
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
  for (const above of tree.parent) {
    parent.push(above + 1);
    position.push(position[above + 1] + 1);
  }
  return { position, parent };
}
