import { ForetokenError } from '../errors.ts';
import type { KeyValueStore } from '../key-values.ts';
import type { Addon, StoreHandle } from './addon.ts';

/** Keys and values of one attention layer in the addon's own layout. */
export class NativeKeyValueStore implements KeyValueStore {
  readonly slot: string;
  readonly handle: StoreHandle;
  /** What calls on several stores name it by. */
  readonly number: number;
  private readonly addon: Addon;
  /** What the addon was told last; empty where it must be told again. */
  private bound: readonly number[] = [];

  constructor(addon: Addon, slot: string) {
    this.slot = slot;
    this.addon = addon;
    this.handle = addon.createStore(slot);
    this.number = addon.storeNumber(this.handle);
  }

  join(row: number): void {
    this.addon.storeJoin(this.handle, row);
  }

  leave(row: number): void {
    this.bound = [];
    this.addon.storeLeave(this.handle, row);
  }

  fork(from: number, to: number): void {
    this.addon.storeFork(this.handle, from, to);
  }

  bind(rows: readonly number[]): void {
    let b = 0;
    while (b < rows.length && rows[b] === this.bound[b]) b++;
    if (b > 0 && b === rows.length && b === this.bound.length) return;
    this.bound = [];
    this.addon.storeBind(this.handle, new Float64Array(rows));
    this.bound = rows.slice();
  }

  commit(row: number, path: readonly number[]): void {
    this.addon.storeCommit(this.handle, row, new Int32Array(path));
  }

  length(row: number): number {
    return this.addon.storeLength(this.handle, row);
  }

  undecided(row: number): number {
    return this.addon.storeUndecided(this.handle, row);
  }

  dispose(): void {
    this.bound = [];
    this.addon.storeClear(this.handle);
  }
}

/** @throws ENGINE_MISUSE for a store that another engine made */
export function ownStore(operation: string, store: KeyValueStore): NativeKeyValueStore {
  if (store instanceof NativeKeyValueStore) return store;
  const fault = `${operation}: key/value store "${store.slot}" was made by another engine. Open the store on the engine that runs.`;
  throw new ForetokenError('ENGINE_MISUSE', fault);
}
