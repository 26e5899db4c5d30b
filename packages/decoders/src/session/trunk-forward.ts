// B rows, T nodes a row, N = B*T, M nodes whose logits are wanted, D width, E readout input width, V vocabulary.
import type { LanguageModel, OffsetOutput } from '@foretoken/core';
import { asOffsetOutput } from '@foretoken/core/model';
import type { Nodes, Readout, ReadoutRequest, Tensor, Tensor2D, Tensor3D } from '@foretoken/engine';
import { Chunk } from './chunk.ts';
import type { DraftInputs } from './draft-inputs.ts';
import type { HeadPlan } from './head-plan.ts';
import type { ModelMemory } from './model-memory.ts';
import { ReadoutRows } from './readout-rows.ts';

/** Tokens that the trunk reads in one forward. */
export interface Reading {
  readonly rows: readonly number[];
  readonly tokens_BT: Int32Array;
  readonly at: Nodes;
  /** Offsets that run in it, in this order. */
  readonly along: readonly number[];
}

/** What a verifying forward gives. */
export interface Verified {
  /** Logits of offset 1 after every real node: row by row, without padding. */
  readonly readout: ReadoutRows;
  /** What drafting needs of each node, padding included; the caller is its chunks' holder. */
  readonly inputs: DraftInputs;
}

/** Tensors that a forward leaves for drafting. */
interface LeftTensors {
  readonly taps: Tensor[];
  /** One, or none where no offset reads it. */
  readonly carry: Tensor[];
  /** By offset of those that draft. */
  readonly hidden: Tensor3D[];
}

const NOTHING_LEFT: LeftTensors = { taps: [], carry: [], hidden: [] };

/**
 * Forwards of the trunk and of the offsets that run along.
 *
 * Memory is left open with undecided nodes: the caller commits and closes it.
 */
export class TrunkForward {
  readonly #model: LanguageModel;
  readonly #plan: HeadPlan;
  readonly #memory: ModelMemory;
  /** Offsets that draft what they say in the forward itself. With gaps, offsets beyond one run too: nearer ones read their carry. */
  readonly #drafting: readonly number[];

  constructor(model: LanguageModel, plan: HeadPlan, memory: ModelMemory) {
    this.#model = model;
    this.#plan = plan;
    this.#memory = memory;
    this.#drafting =
      plan.further === 'along' ? plan.everyOffset.filter((offset) => offset > 1 && offset <= plan.levels + 1) : [];
  }

  /** Reads tokens of a prompt: memory, and columns where an offset has yet to read them. */
  read(reading: Reading): DraftInputs {
    const { hasMemory, further, mostBack } = this.#plan;
    return this.#guarded(() => {
      const left = this.#model.engine.tidy(() => {
        const taps = this.#trunk(reading);
        const outputs = hasMemory ? this.#offsets(taps, reading) : new Map<number, OffsetOutput>();
        const isNeeded = (hasMemory && further !== 'along') || mostBack > 0;
        return { ...(isNeeded ? this.#left(taps, outputs) : NOTHING_LEFT), states: this.#memory.states() };
      });
      return this.#inputs(reading.along, left);
    });
  }

  /** Reads candidate tokens and says what the model makes of them. */
  verify(reading: Reading): Verified {
    const { engine, dims } = this.#model;
    const readout = this.#model.readout(1);
    return this.#guarded(() => {
      let values: Float32Array;
      let left = NOTHING_LEFT;
      // What stays is named in a list: a search for it would cost more than the list.
      engine.tidy(() => {
        const taps = this.#trunk(reading);
        const outputs = this.#offsets(taps, reading);
        const { hidden_BTE } = outputs.get(1)!;
        [values] = engine.ops.hostLogits([realNodes(hidden_BTE, reading.at, readout)]);
        left = this.#left(taps, outputs);
        return [...left.taps, ...left.carry, ...left.hidden, ...this.#memory.states()];
      });
      const origin = (node: number) => ({ offset: 1, row: rowOf(reading, node) });
      const rows = new ReadoutRows(values!, readout, dims.vocabulary, origin);
      return { readout: rows, inputs: this.#inputs(reading.along, left) };
    });
  }

  #guarded<T>(forward: () => T): T {
    try {
      return forward();
    } catch (error) {
      this.#memory.rollback();
      throw error;
    }
  }

  #trunk({ rows, tokens_BT, at }: Reading): [Tensor3D, ...Tensor3D[]] {
    const { engine, trunk } = this.#model;
    const x_BTD = trunk.embed(engine.ops.constant<Tensor2D>(tokens_BT, [at.B, at.T]));
    return trunk.forward(x_BTD, at, this.#memory.openTrunk(rows, at), this.#plan.taps) as [Tensor3D, ...Tensor3D[]];
  }

  #offsets(trunk: [Tensor3D, ...Tensor3D[]], { rows, at, along }: Reading): Map<number, OffsetOutput> {
    const outputs = new Map<number, OffsetOutput>();
    let carry_BTC: Tensor3D | undefined;
    for (const offset of along) {
      const memory = this.#memory.openOffset(offset, rows, at);
      const output = asOffsetOutput(this.#model.head.forward(offset, { trunk, carry_BTC, ahead: [], at, memory }));
      outputs.set(offset, output);
      if (this.#plan.carry) carry_BTC = output.carry_BTC;
    }
    return outputs;
  }

  #left(taps: readonly Tensor3D[], outputs: ReadonlyMap<number, OffsetOutput>): LeftTensors {
    const { levels, carry, further } = this.#plan;
    if (levels < 1) return NOTHING_LEFT;
    const last = carry === 'nearer' ? [...outputs].at(-1) : undefined;
    return {
      taps: further === 'along' ? [] : this.#flatAll(taps),
      carry: last && last[0] <= levels ? [this.#flat(last[1].carry_BTC)] : [],
      hidden: this.#drafting.map((offset) => outputs.get(offset)!.hidden_BTE),
    };
  }

  #inputs(along: readonly number[], { taps, carry, hidden }: LeftTensors): DraftInputs {
    const columns = taps.length + hidden.length > 0 ? new Chunk(taps, this.#statesOf(hidden)) : undefined;
    return { along, columns, carry: carry.length > 0 ? new Chunk(carry) : undefined };
  }

  #statesOf(hidden: readonly Tensor3D[]): ReadonlyMap<number, Tensor3D> | undefined {
    if (hidden.length === 0) return undefined;
    return new Map(hidden.map((hidden_BTE, index) => [this.#drafting[index], hidden_BTE]));
  }

  #flatAll(taps: readonly Tensor3D[]): Tensor2D[] {
    const flat: Tensor2D[] = [];
    for (const x_BTD of taps) flat.push(this.#flat(x_BTD));
    return flat;
  }

  #flat(x_BTX: Tensor3D): Tensor2D {
    const [B, T, X] = x_BTX.shape;
    return this.#model.engine.ops.reshape<Tensor2D>(x_BTX, [B * T, X]);
  }
}

/** The nodes that are no padding, row by row. */
function realNodes(hidden_BTE: Tensor3D, { B, T, length_B }: Nodes, readout: Readout): ReadoutRequest {
  const [states_M, rows_M]: [Tensor3D[], number[]] = [[], []];
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < length_B[b]; t++) {
      states_M.push(hidden_BTE);
      rows_M.push(b * T + t);
    }
  }
  return { states_M, rows_M, readout };
}

/** @param node - number among the real ones, row by row */
function rowOf({ rows, at: { length_B } }: Reading, node: number): number {
  let b = 0;
  for (let left = node; left >= length_B[b]; b++) left -= length_B[b];
  return rows[b];
}
