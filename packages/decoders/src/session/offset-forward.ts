// B rows, T nodes a row, N = B*T, M nodes that are asked about, C carry width, E readout input width.
import type { LanguageModel, OffsetOutput } from '@foretoken/core';
import { asOffsetOutput } from '@foretoken/core/model';
import type { Nodes, Tensor, Tensor2D, Tensor3D } from '@foretoken/engine';
import { Chunk, gather, type Place, wholeChunk } from './chunk.ts';
import type { DraftTree } from './draft-tree.ts';
import type { HeadPlan } from './head-plan.ts';
import { nodesOf } from './lanes.ts';
import type { LevelReadouts, StateRows } from './level-readouts.ts';
import type { ModelMemory } from './model-memory.ts';
import { carryPlace, finalColumns, finalLane, type OffsetLane, offsetLane } from './offset-lane.ts';
import { type AskedNode, askedNodes, type OffsetOutlook, outlooksOf } from './outlooks.ts';
import type { Row } from './row.ts';

type Taps = [Tensor3D, ...Tensor3D[]];

/** What offsets read at the nodes of some lanes. */
interface LaneInput {
  /** By lane: its row, its first position and its nodes. */
  readonly key: readonly number[];
  readonly at: Nodes;
  /** [B,T,D] each, on the values of `taps`. */
  readonly trunk: Taps;
  readonly taps: Chunk;
}

/** Offsets that run at the same nodes, each after the one whose carry it reads. */
interface Run {
  readonly offsets: readonly number[];
  readonly lanes: readonly OffsetLane[];
  /** What is read out of them, if anything. */
  readonly readouts?: LevelReadouts;
  readonly asked?: readonly AskedNode[];
}

interface RunResult {
  /** Empty where nothing is read out. */
  readonly logits: readonly Float32Array[];
  /** Per lane, the place of each drafted node's carry; empty where nobody reads it. */
  readonly carries: readonly ReadonlyMap<number, Place>[];
}

/** Tokens at one distance ahead of the nodes of a forward, on the host and as a tensor. */
interface AheadTokens {
  readonly tokens_BT: Int32Array;
  readonly ids_BT: Tensor2D;
}

/** Columns that one row reads at once while it catches up. */
const CHUNK = 64;
/** Unread columns beyond which a row catches up by itself, lest the others be padded to its length. */
const MOST_UNREAD = 16;

/**
 * Runs offsets beyond the first on the columns kept since they last ran: all that a draft is likely to ask for in one go, or
 * one alone. {@link endDraft} ends each draft.
 */
export class OffsetForward {
  readonly #model: LanguageModel;
  readonly #plan: HeadPlan;
  readonly #memory: ModelMemory;
  #held: Chunk[] = [];
  #input: LaneInput | undefined;
  /** Tokens ahead of the columns that ran last, by distance: the next level's are mostly these and one more. */
  #ahead: AheadTokens[] = [];

  constructor(model: LanguageModel, plan: HeadPlan, memory: ModelMemory) {
    this.#model = model;
    this.#plan = plan;
    this.#memory = memory;
  }

  /** What the head says of some levels after the frontiers of some drafts; of several only where offsets run together. */
  evaluate(readouts: LevelReadouts, drafts: readonly DraftTree[]): OffsetOutlook[] {
    const { offsets } = readouts;
    if (this.#plan.hasMemory && !this.#hangs(offsets[0])) this.#catchUp(offsets, drafts);
    const lanes: OffsetLane[] = [];
    for (const draft of drafts) lanes.push(offsetLane(this.#plan, offsets[0], draft));
    const asked = askedNodes(this.#plan, drafts);
    const { logits, carries } = this.#run({ offsets, lanes, readouts, asked });
    for (let b = 0; b < carries.length; b++) drafts[b].carries = carries[b];
    return outlooksOf(this.#plan, readouts.read(logits, asked), asked);
  }

  /** Lets go of what one draft left. */
  endDraft(): void {
    this.#dropInput();
    this.#dropAhead();
    this.#memory.dropUndecided();
    if (this.#held.length === 0) return;
    for (const chunk of this.#held) chunk.release();
    this.#held = [];
  }

  /** Whether an offset's nodes hang below drafted ones, undecided until the draft ends. */
  #hangs(offset: number): boolean {
    return this.#plan.isUnrolled && offset > 2;
  }

  /**
   * Lets offsets that are to run together begin at one column, and rows that are far behind read alone all but the last
   * column they need.
   */
  #catchUp(offsets: readonly number[], drafts: readonly DraftTree[]): void {
    const [first] = offsets;
    for (const offset of offsets) {
      const behind = drafts.filter(({ row }) => row.readBy(offset) < row.readBy(first));
      if (behind.length === 0) continue;
      const end = ({ row }: DraftTree) => row.readBy(first);
      this.#readAlone([offset], behind, end);
      const lanes = behind.map((draft) => finalLane(draft, offset, end(draft))).filter(({ numFinal }) => numFinal > 0);
      if (lanes.length > 0) this.#run({ offsets: [offset], lanes });
    }
    this.#readAlone(offsets, drafts, ({ row }) => finalColumns(this.#plan, first, row.numColumns) - 1);
  }

  /** Lets each row that is far behind read alone, up to `endOf`. */
  #readAlone(offsets: readonly number[], drafts: readonly DraftTree[], endOf: (draft: DraftTree) => number): void {
    const most = drafts.length === 1 ? CHUNK : MOST_UNREAD;
    const [first] = offsets;
    for (const draft of drafts) {
      const end = endOf(draft);
      const { row } = draft;
      if (end - row.readBy(first) < most) continue;
      while (row.readBy(first) < end) {
        this.#run({ offsets, lanes: [finalLane(draft, first, Math.min(end, row.readBy(first) + CHUNK))] });
      }
    }
  }

  #run({ offsets, lanes, readouts, asked = [] }: Run): RunResult {
    const input = this.#inputOf(lanes);
    const { at } = input;
    try {
      let logits: Float32Array[] = [];
      let carry: Tensor[] = [];
      this.#model.engine.tidy(() => {
        const outputs = this.#outputs(offsets, lanes, input);
        const last = offsets[offsets.length - 1];
        const states = (offset: number, back: number) => this.#states(outputs.get(offset)!, back, lanes, asked);
        if (readouts) logits = readouts.logits(states);
        if (this.#hasReader(last)) carry = [this.#flat(outputs.get(last)!.carry_BTC)];
        const stays: Tensor[] = [...carry, ...this.#memory.states()];
        for (const { ids_BT } of this.#ahead) stays.push(ids_BT);
        return stays;
      });
      return { logits, carries: this.#keep(offsets, lanes, at, carry) };
    } catch (error) {
      // Some went with the scope that failed; a policy may yet ask again.
      this.#dropAhead();
      this.#memory.rollback();
      throw error;
    }
  }

  #outputs(
    offsets: readonly number[],
    lanes: readonly OffsetLane[],
    { at, trunk }: LaneInput,
  ): Map<number, OffsetOutput> {
    const rows: number[] = [];
    for (const { draft } of lanes) rows.push(draft.row.id);
    const ahead = this.#aheadOf(offsets[0], lanes, at);
    let carry_BTC = this.#plan.carry && this.#unflat(this.#carries(offsets[0], lanes, at), at);
    const outputs = new Map<number, OffsetOutput>();
    for (const offset of offsets) {
      const memory = this.#memory.openOffset(offset, rows, at);
      const output = asOffsetOutput(this.#model.head.forward(offset, { trunk, carry_BTC, ahead, at, memory }));
      if (this.#plan.carry) carry_BTC = output.carry_BTC;
      outputs.set(offset, output);
    }
    return outputs;
  }

  /** Where an offset's states lie after the nodes that are asked about, or so many columns before them. */
  #states(
    { hidden_BTE }: OffsetOutput,
    back: number,
    lanes: readonly OffsetLane[],
    asked: readonly AskedNode[],
  ): StateRows {
    const [, T] = hidden_BTE.shape;
    let b = 0;
    const [states_M, rows_M]: [Tensor3D[], number[]] = [[], []];
    for (const { draft, node } of asked) {
      while (lanes[b].draft !== draft) b++;
      states_M.push(hidden_BTE);
      // In a text too young for a look back, the first column's guess: worth little, and verified like any other.
      rows_M.push(b * T + Math.max(0, lanes[b].treeNode.lastIndexOf(node) - back));
    }
    return { states_M, rows_M };
  }

  #carries(offset: number, lanes: readonly OffsetLane[], at: Nodes): Tensor {
    const places = placesOf(lanes, at.T, (lane, index) => carryPlace(this.#plan, offset, lane, index));
    return gather(this.#model.engine.ops, places);
  }

  /** Tokens ahead of each node, nearest first. They outlive the level: this object frees them. */
  #aheadOf(offset: number, lanes: readonly OffsetLane[], { B, T }: Nodes): Tensor2D[] {
    const ids: Tensor2D[] = [];
    if (!this.#plan.ahead) return ids;
    for (let distance = 1; distance < offset; distance++) {
      const tokens_BT = new Int32Array(B * T);
      for (let b = 0; b < lanes.length; b++) {
        const { draft, column, treeNode } = lanes[b];
        for (let t = 0; t < column.length; t++) tokens_BT[b * T + t] = draft.tokenAt(column[t] + distance, treeNode[t]);
      }
      ids.push(this.#idsOf(distance, tokens_BT, [B, T]));
    }
    return ids;
  }

  #idsOf(distance: number, tokens_BT: Int32Array, shape: readonly [number, number]): Tensor2D {
    const known = this.#ahead[distance - 1];
    if (known && isSame(known, tokens_BT, shape)) return known.ids_BT;
    known?.ids_BT.dispose();
    const ids_BT = this.#model.engine.ops.constant<Tensor2D>(tokens_BT, shape);
    this.#ahead[distance - 1] = { tokens_BT, ids_BT };
    return ids_BT;
  }

  #dropAhead(): void {
    for (const { ids_BT } of this.#ahead) ids_BT.dispose();
    this.#ahead = [];
  }

  /** Nodes and taps of some lanes; the same for every offset that runs at the same columns. */
  #inputOf(lanes: readonly OffsetLane[]): LaneInput {
    const { engine } = this.#model;
    const key: number[] = [];
    for (const { draft, position } of lanes) key.push(draft.row.id, position[0], position.length);
    // Lanes that hang below drafted nodes may differ in their parents alone.
    const isWholeKey = !this.#plan.ahead || !this.#plan.hasMemory;
    if (this.#input && isWholeKey && areEqual(this.#input.key, key)) return this.#input;
    this.#dropInput();
    const at = nodesOf(lanes);
    const places = placesOf(lanes, at.T, ({ draft, column }, index) => draft.row.columns.at(column[index]));
    const pick = () => {
      const picked: Tensor[] = [];
      for (let tap = 0; tap < this.#plan.taps.length; tap++) picked.push(gather(engine.ops, places, tap));
      return picked;
    };
    const taps = wholeChunk(places)?.hold() ?? new Chunk(engine.tidy(pick));
    const trunk = engine.tidy(() => {
      const values: Tensor3D[] = [];
      for (let tap = 0; tap < this.#plan.taps.length; tap++) values.push(this.#unflat(taps.values_NX[tap], at));
      return values as Taps;
    });
    this.#input = { key, at, trunk, taps };
    return this.#input;
  }

  #dropInput(): void {
    if (!this.#input) return;
    const { at, trunk, taps } = this.#input;
    at.dispose();
    for (const x_BTD of trunk) x_BTD.dispose();
    taps.release();
    this.#input = undefined;
  }

  /**
   * Commits what is final, and leaves undecided what hangs below drafted nodes.
   * @param carry - of the last offset, if it is read: the others' have been
   * @returns per lane, where each node's carry lies: the last one of those that end with the same drafted token
   */
  #keep(
    offsets: readonly number[],
    lanes: readonly OffsetLane[],
    { T }: Nodes,
    carry: readonly Tensor[],
  ): ReadonlyMap<number, Place>[] {
    const last = offsets[offsets.length - 1];
    const chunk = carry.length > 0 ? new Chunk(carry) : undefined;
    if (chunk) this.#held.push(chunk);
    const carries: ReadonlyMap<number, Place>[] = [];
    for (let b = 0; b < lanes.length; b++) {
      const { draft, treeNode, numFinal } = lanes[b];
      if (this.#hangs(last)) draft.hang(treeNode);
      else if (this.#plan.hasMemory) this.#readForGood(offsets, draft.row, numFinal);
      if (!chunk) continue;
      const places = treeNode.map((_, index) => ({ chunk, node: b * T + index }));
      carries.push(new Map(places.map((place, index) => [treeNode[index], place])));
      // Of an unrolled memory the last column's is all that is read again, and within this draft.
      if (!this.#plan.hasMemory || this.#plan.isUnrolled) continue;
      for (const place of places.slice(0, numFinal)) draft.row.carriesOf(last).push(place);
    }
    if (this.#hangs(last)) this.#memory.suspend();
    else this.#memory.close();
    return carries;
  }

  /** Commits the first columns of a row's lane. */
  #readForGood(offsets: readonly number[], row: Row, columns: number): void {
    const nodes: number[] = [];
    for (let node = 0; node < columns; node++) nodes.push(node);
    this.#memory.commit(row.id, nodes);
    for (const offset of offsets) row.setReadBy(offset, row.readBy(offset) + columns);
  }

  /** Whether another offset that can draft reads this one's carry. */
  #hasReader(offset: number): boolean {
    return this.#plan.carry === 'nearer' && offset <= this.#plan.levels;
  }

  #unflat(x_NX: Tensor, { B, T }: Nodes): Tensor3D {
    return this.#model.engine.ops.reshape<Tensor3D>(x_NX, [B, T, ...x_NX.shape.slice(1)]);
  }

  #flat(x_BTX: Tensor3D): Tensor2D {
    const [B, T, X] = x_BTX.shape;
    return this.#model.engine.ops.reshape<Tensor2D>(x_BTX, [B * T, X]);
  }
}

function areEqual(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

function isSame({ tokens_BT, ids_BT }: AheadTokens, others_BT: Int32Array, [B, T]: readonly [number, number]): boolean {
  return ids_BT.shape[0] === B && ids_BT.shape[1] === T && areEqual(tokens_BT, others_BT);
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
