// B rows, T nodes a row, U undecided nodes of earlier forwards, X... the shape of one recurrent state.
import type { Engine, KeyValueStore, Nodes, Tensor } from '@foretoken/engine';
import type { Memory } from '../../contracts/memory.ts';
import { scanNodes } from '../../model/scan.ts';
import { type HostTensor, toHost } from '../head/run-head.ts';

/** Recurrent states of one slot, on the host. */
interface ScanSlot {
  /** [B,X...] after each row's last committed node; the start where nothing is committed. */
  committed_BX: HostTensor;
  /** [B,U,X...] after the nodes of the forwards since. */
  undecided_BUX?: HostTensor;
}

/**
 * Memory of rows that are being decoded, as the framework keeps it for one owner: forwards append undecided nodes, a
 * commit keeps a path of each row and drops the rest. As plain as can be; its rows are all there from the start.
 */
export class DecodingMemory implements Memory {
  readonly #engine: Engine;
  readonly #rows: readonly number[];
  readonly #stores = new Map<string, KeyValueStore>();
  readonly #scans = new Map<string, ScanSlot>();
  #at: Nodes | undefined;

  /** @param numRows - rows that every forward has */
  constructor(engine: Engine, numRows: number) {
    this.#engine = engine;
    this.#rows = Array.from({ length: numRows }, (_, row) => row);
  }

  /** Says which nodes the next forward has. */
  open(at: Nodes): this {
    this.#at = at;
    return this;
  }

  kv(slot: string): KeyValueStore {
    const store = this.#stores.get(slot) ?? this.#createStore(slot);
    store.bind(this.#rows);
    return store;
  }

  scan(slot: string, start_X: Tensor, step: (state_BX: Tensor, node: number) => Tensor): Tensor {
    const { ops } = this.#engine;
    const scan = this.#scans.get(slot) ?? { committed_BX: repeated(toHost(start_X), this.#rows.length) };
    this.#scans.set(slot, scan);
    const committed_BX = this.#tensor(scan.committed_BX);
    const undecided_BUX = scan.undecided_BUX && this.#tensor(scan.undecided_BUX);
    const states_BTX = scanNodes(ops, this.#at!, { start_X, committed_BX, undecided_BUX }, step);
    scan.undecided_BUX = toHost(undecided_BUX ? ops.concat([undecided_BUX, states_BTX], 1) : states_BTX);
    return states_BTX;
  }

  /** Keeps undecided nodes of every row, in order, and drops the others. */
  commit(paths: readonly (readonly number[])[]): void {
    for (const store of this.#stores.values()) for (const row of this.#rows) store.commit(row, paths[row]);
    for (const scan of this.#scans.values()) {
      for (const row of this.#rows) keepState(scan, row, paths[row].at(-1));
      scan.undecided_BUX = undefined;
    }
  }

  dispose(): void {
    for (const store of this.#stores.values()) store.dispose();
    this.#stores.clear();
    this.#scans.clear();
  }

  #createStore(slot: string): KeyValueStore {
    const store = this.#engine.createKeyValueStore(slot);
    for (const row of this.#rows) store.join(row);
    this.#stores.set(slot, store);
    return store;
  }

  #tensor({ values, shape }: HostTensor): Tensor {
    return this.#engine.ops.constant(values, shape);
  }
}

function repeated({ values, shape }: HostTensor, times: number): HostTensor {
  const all = new Float32Array(times * values.length);
  for (let row = 0; row < times; row++) all.set(values, row * values.length);
  return { shape: [times, ...shape], values: all };
}

/** Makes the state after an undecided node the committed one of a row. */
function keepState({ committed_BX, undecided_BUX }: ScanSlot, row: number, node: number | undefined): void {
  if (node === undefined || !undecided_BUX) return;
  const [B, U] = undecided_BUX.shape;
  const size = undecided_BUX.values.length / (B * U);
  const from = (row * U + node) * size;
  committed_BX.values.set(undecided_BUX.values.subarray(from, from + size), row * size);
}
