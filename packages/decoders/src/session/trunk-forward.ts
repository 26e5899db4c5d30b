// B rows, T nodes a row, N = B*T, M nodes whose logits are wanted, D width, E readout input width, V vocabulary.
import type { LanguageModel, OffsetOutput } from '@foretoken/core';
import { asOffsetOutput } from '@foretoken/core/model';
import type { Nodes, Tensor, Tensor2D, Tensor3D } from '@foretoken/engine';
import { Chunk } from './chunk.ts';
import type { HeadPlan } from './head-plan.ts';
import type { ModelMemory } from './model-memory.ts';
import { ReadoutRows } from './readout-rows.ts';

/** Tokens that the trunk reads in one forward. */
export interface Reading {
  readonly rows: readonly number[];
  readonly tokens_BT: Int32Array;
  readonly at: Nodes;
}

/** What a verifying forward gives. */
export interface Verified {
  /** Logits of offset 1 after every real node: row by row, without padding. */
  readonly readout: ReadoutRows;
  /** What drafting needs of each node, padding included; the caller is its holder. Absent where nothing is drafted. */
  readonly columns?: Chunk;
}

/**
 * Forwards of the trunk and of the offsets that verify.
 *
 * Memory is left open with undecided nodes: the caller commits and closes it.
 */
export class TrunkForward {
  readonly #model: LanguageModel;
  readonly #plan: HeadPlan;
  readonly #memory: ModelMemory;

  constructor(model: LanguageModel, plan: HeadPlan, memory: ModelMemory) {
    this.#model = model;
    this.#plan = plan;
    this.#memory = memory;
  }

  /** Reads tokens of a prompt: memory, and columns where an offset with memory has yet to read them. */
  read(reading: Reading): Chunk | undefined {
    const { hasMemory, carry, mostBack } = this.#plan;
    return this.#guarded(() => {
      const { columns } = this.#model.engine.tidy(() => {
        const taps = this.#trunk(reading);
        const outputs = hasMemory ? this.#offsets(taps, reading) : new Map<number, OffsetOutput>();
        const isNeeded = (hasMemory && carry !== 'further') || mostBack > 0;
        return { columns: isNeeded ? this.#columns(taps, outputs) : [], states: this.#memory.states() };
      });
      return columns.length > 0 ? new Chunk(columns) : undefined;
    });
  }

  /** Reads candidate tokens and says what the model makes of them. */
  verify(reading: Reading): Verified {
    const { engine, dims } = this.#model;
    const readout = this.#model.readout(1);
    return this.#guarded(() => {
      const { logits_MV, columns } = engine.tidy(() => {
        const taps = this.#trunk(reading);
        const outputs = this.#offsets(taps, reading);
        const hidden_ME = this.#realNodes(outputs.get(1)!.hidden_BTE, reading.at);
        return {
          logits_MV: engine.ops.readoutLogits(hidden_ME, readout),
          columns: this.#columns(taps, outputs),
          states: this.#memory.states(),
        };
      });
      const values = logits_MV.dataSync<'float32'>();
      const rows = new ReadoutRows(values, readout, dims.vocabulary, {
        offset: 1,
        rowOf: (node) => rowOf(reading, node),
      });
      logits_MV.dispose();
      return { readout: rows, ...(columns.length > 0 && { columns: new Chunk(columns) }) };
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

  #offsets(trunk: [Tensor3D, ...Tensor3D[]], { rows, at }: Reading): Map<number, OffsetOutput> {
    const outputs = new Map<number, OffsetOutput>();
    let carry_BTC: Tensor3D | undefined;
    for (const offset of this.#plan.verifying) {
      const memory = this.#memory.openOffset(offset, rows, at);
      const output = asOffsetOutput(this.#model.head.forward(offset, { trunk, carry_BTC, ahead: [], at, memory }));
      outputs.set(offset, output);
      if (this.#plan.carry) carry_BTC = output.carry_BTC;
    }
    return outputs;
  }

  /** Per node, what drafting starts from: all taps and offset 1's carry, or what the further offsets said already. */
  #columns(taps: readonly Tensor3D[], outputs: ReadonlyMap<number, OffsetOutput>): Tensor[] {
    const { levels, carry } = this.#plan;
    if (levels < 1) return [];
    if (carry === 'further') {
      return Array.from({ length: levels }, (_, k) => this.#flat(outputs.get(k + 2)!.hidden_BTE));
    }
    const carries = carry === 'nearer' && outputs.has(1) ? [outputs.get(1)!.carry_BTC] : [];
    return [...taps, ...carries].map((x_BTX) => this.#flat(x_BTX));
  }

  #realNodes(hidden_BTE: Tensor3D, { B, T, length_B }: Nodes): Tensor2D {
    const hidden_NE = this.#flat(hidden_BTE);
    if (length_B.every((length) => length === T)) return hidden_NE;
    const real: number[] = [];
    for (let b = 0; b < B; b++) for (let t = 0; t < length_B[b]; t++) real.push(b * T + t);
    return this.#model.engine.ops.gatherRows(hidden_NE, real);
  }

  #flat(x_BTX: Tensor3D): Tensor2D {
    const [B, T, X] = x_BTX.shape;
    return this.#model.engine.ops.reshape<Tensor2D>(x_BTX, [B * T, X]);
  }
}

/** @param node - number among the real ones, row by row */
function rowOf({ rows, at: { length_B } }: Reading, node: number): number {
  let b = 0;
  for (let left = node; left >= length_B[b]; b++) left -= length_B[b];
  return rows[b];
}
