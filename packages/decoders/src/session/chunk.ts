// N nodes of a forward (its B rows times the T nodes of a row), X... the shape of one value, E readout input width.
import type { EngineOps, Tensor, Tensor3D } from '@foretoken/engine';

/**
 * Tensors that a forward left behind, values as [N, X...] and hidden states as [B,T,E], freed when nobody holds them any more.
 *
 * Rows point into chunks instead of owning copies, so that keeping what a forward computed costs no operation; what is
 * needed later is gathered then, in one go.
 */
export class Chunk {
  readonly values_NX: readonly Tensor[];
  readonly #states: ReadonlyMap<number, Tensor3D> | undefined;
  #holders = 1;

  /**
   * The caller is the first holder.
   * @param values_NX - taken over
   * @param states - hidden states of offsets that ran in the forward, by offset; taken over
   */
  constructor(values_NX: readonly Tensor[], states?: ReadonlyMap<number, Tensor3D>) {
    this.values_NX = values_NX;
    this.#states = states;
  }

  /** What an offset said after every node; it must have run in the forward. */
  statesOf(offset: number): Tensor3D {
    return this.#states!.get(offset)!;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    this.#holders--;
    if (this.#holders > 0) return;
    for (const value of this.values_NX) value.dispose();
    if (this.#states) for (const hidden_BTE of this.#states.values()) hidden_BTE.dispose();
  }
}

/** One node of a chunk. */
export interface Place {
  readonly chunk: Chunk;
  readonly node: number;
}

/** The chunk that these places are, node by node; undefined where they pick, mix or reorder. */
export function wholeChunk(places: readonly (Place | undefined)[]): Chunk | undefined {
  const chunk = places[0]?.chunk;
  if (chunk?.values_NX[0]?.shape[0] !== places.length) return undefined;
  for (let index = 0; index < places.length; index++) {
    const place = places[index];
    if (place?.chunk !== chunk || place.node !== index) return undefined;
  }
  return chunk;
}

/**
 * The values at some places, side by side. Call it in a tidy scope; the result may be the chunk's own tensors.
 *
 * @param places - at least one defined; an undefined one is padding and gets the values of any place
 * @param value - which of a chunk's tensors
 * @returns [places.length, X...]
 */
export function gather(ops: EngineOps, places: readonly (Place | undefined)[], value = 0): Tensor {
  const whole = wholeChunk(places);
  if (whole) return whole.values_NX[value];
  const some = places.find((place) => place)!;
  const [tensors, rows]: [Tensor[], number[]] = [[], []];
  for (const place of places) {
    const { chunk, node } = place ?? some;
    tensors.push(chunk.values_NX[value]);
    rows.push(node);
  }
  return ops.pickRows(tensors, rows);
}

/** Where the columns of one row lie, from the first that somebody still needs to the last that was read. */
export class ColumnPlaces {
  #first = 0;
  #places: Place[] = [];

  /** Holds the place's chunk until the column is dropped. */
  push(place: Place): void {
    place.chunk.hold();
    this.#places.push(place);
  }

  at(column: number): Place {
    const place = this.#places[column - this.#first];
    if (!place) throw new Error(`column ${column} is not kept: ${this.#places.length} are, from ${this.#first}`);
    return place;
  }

  /** Drops the columns before this one; beyond the last one, the next pushed is this one. */
  dropBefore(column: number): void {
    if (column <= this.#first) return;
    // One by one: mostly one or a few, for which a `splice` would take longer.
    for (; this.#first < column && this.#places.length > 0; this.#first++) this.#places.shift()!.chunk.release();
    this.#first = column;
  }

  copy(): ColumnPlaces {
    const copy = new ColumnPlaces();
    copy.#first = this.#first;
    for (const place of this.#places) copy.push(place);
    return copy;
  }

  clear(): void {
    this.dropBefore(this.#first + this.#places.length);
  }
}
