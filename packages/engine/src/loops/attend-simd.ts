// C = G*d values of one cached node, d width of one attention head.
import { type Attender, exponentiate, LoopAttender } from './attend.ts';
import { ATTEND_WASM } from './attend-wasm.ts';

/** What this file needs of the host's WebAssembly, which the language's own types leave out. */
interface WebAssemblyHost {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

/** The functions of attend.wat; addresses and lengths in bytes. */
interface Functions {
  scores(query: number, keys: number, places: number, count: number, bytes: number, out: number): void;
  sums(weights: number, values: number, places: number, count: number, bytes: number, out: number): void;
}

const PAGE = 65536;

const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/**
 * An {@link Attender} on vectors of four float32, for attention heads whose width is a multiple of four; others go
 * through {@link LoopAttender}. The row is copied into a memory of its own, laid out as keys, values, places, scores,
 * query, sums.
 */
export class SimdAttender implements Attender {
  private readonly loops = new LoopAttender();
  private readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  private readonly functions: Functions;
  private floats: Float32Array<ArrayBuffer>;
  private row = { keys: new Float32Array(0), values: new Float32Array(0), length: 0, isCopied: false };
  private places = new Int32Array(0);
  private count = 0;
  private isListed = false;

  constructor() {
    const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyHost };
    this.memory = new WebAssembly.Memory({ initial: 1 });
    const module = new WebAssembly.Module(Buffer.from(ATTEND_WASM, 'base64'));
    this.functions = new WebAssembly.Instance(module, { host: { memory: this.memory } }).exports as Functions;
    this.floats = new Float32Array(this.memory.buffer);
  }

  load(keys: Float32Array<ArrayBuffer>, values: Float32Array<ArrayBuffer>, length: number): void {
    this.row = { keys, values, length, isCopied: false };
    this.loops.load(keys, values);
  }

  see(places: Int32Array<ArrayBuffer>, count: number): void {
    this.places = places;
    this.count = count;
    this.isListed = false;
    this.loops.see(places, count);
  }

  attend(queries: Float32Array, at: number, headStart: number, d: number, out: Float32Array): void {
    if (d % 4 !== 0) {
      this.loops.attend(queries, at, headStart, d, out);
      return;
    }
    const { count } = this;
    const { values, places, scores, query, sums } = this.prepare(d);
    this.floats.set(queries.subarray(at, at + d), query / 4);
    const head = headStart * 4;
    this.functions.scores(query, head, places, count, d * 4, scores);
    const weights = this.floats.subarray(scores / 4, scores / 4 + count);
    const total = exponentiate(weights, count, 1 / Math.sqrt(d));
    this.functions.sums(scores, values + head, places, count, d * 4, sums);
    for (let j = 0; j < d; j++) out[at + j] = this.floats[sums / 4 + j] / total;
  }

  /** Byte addresses of everything, after copying what is not in the memory yet. */
  private prepare(d: number) {
    const { row, count } = this;
    const values = aligned(row.length * 4);
    const places = 2 * values;
    const scores = places + aligned(count * 4);
    const query = scores + aligned(count * 4);
    const sums = query + d * 4;
    this.grow(sums + d * 4);
    if (!row.isCopied) {
      this.floats.set(row.keys.subarray(0, row.length), 0);
      this.floats.set(row.values.subarray(0, row.length), values / 4);
      row.isCopied = true;
    }
    if (!this.isListed) {
      const listed = new Int32Array(this.memory.buffer, places, count);
      for (let key = 0; key < count; key++) listed[key] = this.places[key] * 4;
      this.isListed = true;
    }
    return { values, places, scores, query, sums };
  }

  private grow(bytes: number): void {
    const missing = bytes - this.memory.buffer.byteLength;
    if (missing <= 0) return;
    // Growing moves nothing, but detaches every view.
    this.memory.grow(Math.ceil((missing + bytes / 4) / PAGE));
    this.floats = new Float32Array(this.memory.buffer);
  }
}
