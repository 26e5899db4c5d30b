// Everything that calls of one run may refer to: live and freed buffers, stores; and the values that descriptions stand for.
import { createRequire } from 'node:module';

const FLOATS = [0, 1, 2, 3, 4, 5, 6, 8, 12, 16, 24];

/** A value whose every conversion throws. */
const throwing = () => ({
  valueOf() {
    throw new Error('valueOf');
  },
  toString() {
    throw new Error('toString');
  },
  [Symbol.toPrimitive]() {
    throw new Error('toPrimitive');
  },
});

/** An external that belongs to Node itself. */
function foreignExternal() {
  const { Pipe, constants } = process.binding('pipe_wrap');
  return new Pipe(constants.SOCKET)._externalStream;
}

const TYPES = { Float32Array, Int32Array, Uint8Array, Float64Array };

/** Numbers from a seed, in [0, 1). */
function numbersFrom(seed) {
  let state = seed + 1;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

export class World {
  constructor(addon) {
    this.addon = addon;
    this.live = FLOATS.map((count) => this.filled(count));
    this.live.push(addon.create(3));
    const freed = this.filled(4);
    addon.free(freed);
    this.stale = [freed];
    this.stores = ['first', 'second'].map((slot) => addon.createStore(slot));
    for (const store of this.stores) {
      for (let row = 0; row < 3; row++) addon.storeJoin(store, row);
      addon.storeBind(store, Float64Array.of(0, 1));
    }
  }

  /** A buffer of float32 whose bits are also odd integers. */
  filled(count, seed = count) {
    const handle = this.addon.create(4 * count);
    const next = numbersFrom(seed);
    const values = Int32Array.from(
      { length: count },
      () => [1, -1, 7, 2 ** 30, -(2 ** 31), 0x7fc00001][Math.floor(next() * 6)],
    );
    const floats = Float32Array.from(values, () => next() * 4 - 2);
    this.addon.write(handle, next() < 0.3 ? values : floats);
    return handle;
  }

  /** A buffer that is freed at the end. */
  keepFilled(count, seed) {
    const handle = this.filled(count, seed);
    this.live.push(handle);
    return handle;
  }

  /** A buffer of bytes, each 0 or 1, a hundred thousand at most, that is freed at the end. */
  keepBytes(wanted) {
    const count = Math.min(wanted, 1e5);
    const handle = this.addon.create(count);
    this.addon.write(
      handle,
      Uint8Array.from({ length: count }, (_, at) => at & 1),
    );
    this.live.push(handle);
    return handle;
  }

  /** Writes zeros over a buffer. @returns {boolean} whether it is one */
  clear(handle) {
    for (const size of [...FLOATS, ...Array.from({ length: 400 }, (_, at) => at)]) {
      try {
        this.addon.write(handle, new Int32Array(size));
        return true;
      } catch {
        // Of another size.
      }
    }
    return false;
  }

  /** Notes what a call gave, to free it at the end. */
  keep(name, result) {
    if (name === 'createStore') this.stores.push(result);
    for (const one of [result].flat()) if (typeof one === 'number' && one >= 2 ** 32) this.live.push(one);
  }

  /** Frees all that is left. */
  end() {
    for (const handle of this.live) {
      try {
        this.addon.free(handle);
      } catch {
        // The run has freed it itself.
      }
    }
    for (const store of this.stores) this.addon.storeClear(store);
  }

  /** The value that a description stands for. */
  make(described, seed = 0) {
    const { is } = described;
    const at = (list) => list[described.at % list.length];
    switch (is) {
      case 'number':
        return Number(described.value);
      case 'string':
        return described.value;
      case 'handle':
        return at(this.live);
      case 'stale':
        return at(this.stale);
      case 'near':
        return at(this.live) + [1, -1, 2 ** 32, 0.5, -(2 ** 32)][seed % 5];
      case 'handles':
        return Float64Array.from(described.at, (index) => this.live[index % this.live.length]);
      case 'store':
        return at(this.stores);
      case 'values':
        return this.values(described, seed);
      default:
        return is in MEMORIES ? MEMORIES[is](described) : RUBBISH[is]();
    }
  }

  values({ type, length, entries }, seed) {
    const next = numbersFrom(seed);
    const entry = {
      zeros: () => 0,
      chain: (index) => index - 1,
      down: (index) => length - index,
      random: () => Math.floor(next() * 9) - 3,
      large: () => (next() - 0.5) * 2 ** 33,
    }[entries];
    return TYPES[type].from({ length }, (_, index) => entry(index));
  }
}

/** Views over memory that can move, shrink or change under another thread. */
const MEMORIES = {
  detached({ type = 'Int32Array', length = 4 }) {
    const view = new TYPES[type](length);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    return view;
  },
  shrunk({ type = 'Int32Array', length = 4 }) {
    const memory = new ArrayBuffer(8 * length + 8, { maxByteLength: 16 * length + 16 });
    const view = new TYPES[type](memory, 8, Math.floor(length / 2));
    memory.resize(4);
    return view;
  },
  growing({ type = 'Int32Array', length = 4 }) {
    const memory = new ArrayBuffer(8, { maxByteLength: 8 * length + 8 });
    const view = new TYPES[type](memory);
    memory.resize(8 * length);
    return view;
  },
  shared: ({ type = 'Int32Array', length = 4 }) => new TYPES[type](new SharedArrayBuffer(8 * length), 0, length),
};

const RUBBISH = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  false: () => false,
  symbol: () => Symbol('x'),
  bigint: () => 5n,
  function: () => () => 5,
  class: () => Error,
  throwingClass: () =>
    class {
      constructor() {
        throw new TypeError('constructor');
      }
    },
  object: () => ({ length: 3, 0: 1, 1: 2, 2: 3 }),
  throwing,
  proxy: () =>
    new Proxy(new Int32Array(4), {
      get() {
        throw new Error('proxy');
      },
    }),
  array: () => [1, 2, 3],
  date: () => new Date(0),
  buffer: () => Buffer.alloc(16),
  view: () => new DataView(new ArrayBuffer(16)),
  external: foreignExternal,
  longString: () => 'x'.repeat(5000),
  promise: () => Promise.resolve(1),
  frozen: () => Object.freeze({}),
  otherArray: () => new BigInt64Array(4),
};

/** Loads an addon and gives it the project's own error. */
export function loadFrom(file, errorClass) {
  const addon = createRequire(import.meta.url)(file);
  addon.setErrorClass(errorClass);
  return addon;
}
