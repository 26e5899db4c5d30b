// B rows, T nodes a row, N = B*T, M nodes whose logits are wanted, D width, C carry width, E readout input width.
import type { LanguageModel, OffsetInput } from '@foretoken/core';
import { asOffsetOutput } from '@foretoken/core/model';
import type { Nodes, Tensor, Tensor2D, Tensor3D } from '@foretoken/engine';
import { Chunk, gather, type Place, wholeChunk } from './chunk.ts';
import type { DraftTree } from './draft-tree.ts';
import { type HeadPlan, sourceOf } from './head-plan.ts';
import { nodesOf, padded, widest } from './lanes.ts';
import type { ModelMemory } from './model-memory.ts';
import { carryPlace, finalColumns, finalLane, type OffsetLane, offsetLane } from './offset-lane.ts';
import { ReadoutRows } from './readout-rows.ts';

/** What an offset says after each frontier node of some drafts. */
export interface OffsetOutlook {
  readonly readout: ReadoutRows;
  /** Row of the readout that belongs to a frontier node. */
  rowOf(draft: DraftTree, node: number): number;
}

/** What an offset reads at the nodes of some lanes. */
interface LaneInput {
  readonly key: string;
  readonly at: Nodes;
  readonly taps: Chunk;
}

interface LaneResult {
  /** Absent where no node was asked for. */
  readonly readout?: ReadoutRows;
  /** Per lane, the place of each drafted node's carry. */
  readonly carries: readonly ReadonlyMap<number, Place>[];
}

/** Columns that one row reads at once while it catches up. */
const CHUNK = 64;
/** Unread columns beyond which a row catches up by itself, lest the others be padded to its length. */
const MOST_UNREAD = 16;

/**
 * Runs offsets beyond the first that did not run along with the trunk, on the columns kept since they last ran.
 *
 * Made for one draft; {@link dispose} ends it.
 */
export class OffsetForward {
  readonly #model: LanguageModel;
  readonly #plan: HeadPlan;
  readonly #memory: ModelMemory;
  readonly #everyone: readonly DraftTree[];
  readonly #held: Chunk[] = [];
  #input: LaneInput | undefined;

  /** @param everyone - drafts of all rows of the batch, whether they can grow or not */
  constructor(model: LanguageModel, plan: HeadPlan, memory: ModelMemory, everyone: readonly DraftTree[]) {
    this.#model = model;
    this.#plan = plan;
    this.#memory = memory;
    this.#everyone = everyone;
  }

  /** What the head says of a level after the frontiers of some drafts. */
  evaluate(level: number, drafts: readonly DraftTree[]): OffsetOutlook {
    const { offset, back } = sourceOf(this.#plan, level);
    const behind = this.#othersBehind(offset, drafts);
    if (this.#plan.hasMemory && !this.#hangs(offset)) this.#catchUp(offset, [...drafts, ...behind]);
    const lanes = [...drafts, ...behind].map((draft) => offsetLane(this.#plan, offset, draft, back));
    const { nodes, rowOf } = this.#answers(lanes, drafts.length);
    const { readout, carries } = this.#run(offset, lanes, nodes);
    for (const [b, draft] of drafts.entries()) draft.carries = carries[b];
    return { readout: readout!, rowOf: (draft, node) => rowOf.get(draft)!.get(this.#plan.ahead ? node : -1)! };
  }

  dispose(): void {
    this.#dropInput();
    for (const chunk of this.#held) chunk.release();
    this.#held.length = 0;
    this.#memory.dropUndecided();
  }

  /** Whether an offset's nodes hang below drafted ones, undecided until the draft ends. */
  #hangs(offset: number): boolean {
    return this.#plan.isUnrolled && offset > 2;
  }

  /**
   * Which nodes of the forward answer for the frontiers, and whose is which; one a row where nobody reads ahead.
   * @param asking - leading lanes that are asked about
   */
  #answers(
    lanes: readonly OffsetLane[],
    asking: number,
  ): { nodes: number[]; rowOf: Map<DraftTree, Map<number, number>> } {
    const T = widest(lanes);
    const nodes: number[] = [];
    const rowOf = new Map<DraftTree, Map<number, number>>();
    for (let b = 0; b < asking; b++) {
      const { draft, treeNode } = lanes[b];
      const asked = this.#plan.ahead ? draft.frontier : [-1];
      rowOf.set(draft, new Map(asked.map((node) => [node, nodes.push(b * T + treeNode.lastIndexOf(node)) - 1])));
    }
    return { nodes, rowOf };
  }

  /**
   * Rows that ask for nothing now, but without which the offset could not run along with the trunk from here on: it does so
   * for all rows or for none.
   */
  #othersBehind(offset: number, drafts: readonly DraftTree[]): readonly DraftTree[] {
    const { along, hasMemory } = this.#plan;
    if (along !== 'used' || !hasMemory) return [];
    return this.#everyone.filter((draft) => {
      return !drafts.includes(draft) && draft.row.readBy(offset) < draft.row.numColumns;
    });
  }

  /** Lets rows that are far behind read alone all but the last column they need. */
  #catchUp(offset: number, drafts: readonly DraftTree[]): void {
    const most = drafts.length === 1 ? CHUNK : MOST_UNREAD;
    for (const draft of drafts) {
      const end = finalColumns(this.#plan, offset, draft.row.numColumns) - 1;
      if (end - draft.row.readBy(offset) < most) continue;
      while (draft.row.readBy(offset) < end) {
        this.#run(offset, [finalLane(draft, offset, Math.min(end, draft.row.readBy(offset) + CHUNK))], []);
      }
    }
  }

  /** @param answers - nodes of the forward, over all lanes, whose logits are wanted */
  #run(offset: number, lanes: readonly OffsetLane[], answers: readonly number[]): LaneResult {
    const { engine, dims } = this.#model;
    const { at, taps } = this.#inputOf(lanes);
    const readout = this.#model.readout(offset);
    try {
      const { logits, carry } = engine.tidy(() => {
        const { hidden_BTE, carry_BTC } = this.#head(offset, lanes, at, taps);
        return {
          logits: answers.length > 0 ? [engine.ops.readoutLogits(this.#pick(hidden_BTE, answers), readout)] : [],
          carry: this.#hasReader(offset) ? [this.#flat(carry_BTC)] : [],
          states: this.#memory.states(),
        };
      });
      const carries = this.#keep(offset, lanes, at, carry);
      const values = logits[0]?.dataSync<'float32'>();
      logits[0]?.dispose();
      const origin = (index: number) => ({ offset, row: lanes[Math.floor(answers[index] / at.T)].draft.row.id });
      return { carries, ...(values && { readout: new ReadoutRows(values, readout, dims.vocabulary, origin) }) };
    } catch (error) {
      this.#memory.rollback();
      throw error;
    }
  }

  #head(offset: number, lanes: readonly OffsetLane[], at: Nodes, taps: Chunk) {
    const { ops } = this.#model.engine;
    const { carry, taps: shares } = this.#plan;
    const unflat = (x_NX: Tensor) => ops.reshape<Tensor3D>(x_NX, [at.B, at.T, ...x_NX.shape.slice(1)]);
    const input: OffsetInput = {
      trunk: taps.values_NX.slice(0, shares.length).map(unflat) as [Tensor3D, ...Tensor3D[]],
      carry_BTC: carry ? unflat(this.#carries(offset, lanes, at)) : undefined,
      ahead: this.#ahead(offset, lanes, at),
      at,
      memory: this.#memory.openOffset(
        offset,
        lanes.map(({ draft }) => draft.row.id),
        at,
      ),
    };
    return asOffsetOutput(this.#model.head.forward(offset, input));
  }

  #carries(offset: number, lanes: readonly OffsetLane[], at: Nodes): Tensor {
    const places = placesOf(lanes, at.T, (lane, index) => carryPlace(this.#plan, offset, lane, index));
    return gather(this.#model.engine.ops, places);
  }

  #ahead(offset: number, lanes: readonly OffsetLane[], { B, T }: Nodes): Tensor2D[] {
    if (!this.#plan.ahead) return [];
    return Array.from({ length: offset - 1 }, (_, j) => {
      const tokens = lanes.map(({ draft, column, treeNode }) =>
        column.map((at, index) => draft.tokenAt(at + j + 1, treeNode[index])),
      );
      return this.#model.engine.ops.constant<Tensor2D>(padded(tokens, T), [B, T]);
    });
  }

  /** Nodes and taps of some lanes; the same for every offset that runs at the same columns. */
  #inputOf(lanes: readonly OffsetLane[]): LaneInput {
    const { engine } = this.#model;
    const key = lanes.map(({ draft, position }) => `${draft.row.id}:${position[0]}+${position.length}`).join(' ');
    // Lanes that hang below drafted nodes may differ in their parents alone.
    const isWholeKey = !this.#plan.ahead || !this.#plan.hasMemory;
    if (this.#input?.key === key && isWholeKey) return this.#input;
    this.#dropInput();
    const at = nodesOf(lanes);
    const places = placesOf(lanes, at.T, ({ draft, column }, index) => draft.row.columns.at(column[index]));
    const pick = () => this.#plan.taps.map((_, tap) => gather(engine.ops, places, tap));
    this.#input = { key, at, taps: wholeChunk(places)?.hold() ?? new Chunk(engine.tidy(pick)) };
    return this.#input;
  }

  #dropInput(): void {
    this.#input?.at.dispose();
    this.#input?.taps.release();
    this.#input = undefined;
  }

  /**
   * Commits what is final, and leaves undecided what hangs below drafted nodes.
   * @returns per lane, where each node's carry lies: the last one of those that end with the same drafted token
   */
  #keep(offset: number, lanes: readonly OffsetLane[], { T }: Nodes, carry: readonly Tensor[]): Map<number, Place>[] {
    const chunk = carry.length > 0 ? new Chunk(carry) : undefined;
    if (chunk) this.#held.push(chunk);
    const carries = lanes.map(({ draft, treeNode, numFinal }, b) => {
      const places = chunk ? treeNode.map((_, index) => ({ chunk, node: b * T + index })) : [];
      if (this.#hangs(offset)) draft.hang(treeNode);
      else if (this.#plan.hasMemory) {
        this.#memory.commit(draft.row.id, [...treeNode.keys()].slice(0, numFinal));
        draft.row.setReadBy(offset, draft.row.readBy(offset) + numFinal);
        // Of an unrolled memory the last column's is all that is read again, and within this draft.
        const kept = this.#plan.isUnrolled ? [] : places.slice(0, numFinal);
        for (const place of kept) draft.row.carriesOf(offset).push(place);
      }
      return new Map(places.map((place, index) => [treeNode[index], place]));
    });
    if (this.#hangs(offset)) this.#memory.suspend();
    else this.#memory.close();
    return carries;
  }

  /** Whether another offset that can draft reads this one's carry. */
  #hasReader(offset: number): boolean {
    return this.#plan.carry === 'nearer' && offset <= this.#plan.levels;
  }

  #pick(hidden_BTE: Tensor3D, nodes_M: readonly number[]): Tensor2D {
    const hidden_NE = this.#flat(hidden_BTE);
    return nodes_M.length === hidden_NE.shape[0] ? hidden_NE : this.#model.engine.ops.gatherRows(hidden_NE, nodes_M);
  }

  #flat(x_BTX: Tensor3D): Tensor2D {
    const [B, T, X] = x_BTX.shape;
    return this.#model.engine.ops.reshape<Tensor2D>(x_BTX, [B * T, X]);
  }
}

function placesOf(
  lanes: readonly OffsetLane[],
  T: number,
  place: (lane: OffsetLane, index: number) => Place,
): (Place | undefined)[] {
  const places: (Place | undefined)[] = [];
  for (const lane of lanes) {
    for (let index = 0; index < T; index++) places.push(index < lane.parent.length ? place(lane, index) : undefined);
  }
  return places;
}
