/** What a process takes chance and time from, in place of the real ones. */
interface World {
  /** In [0, 1). */
  random(): number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Two worlds in which nothing that chance or a clock had a say in comes out the same. */
export const WORLDS = [
  { seed: 1, startMs: 1.6e12, stepMs: 1 },
  { seed: 2, startMs: 1.7e12, stepMs: 7.25 },
];

/**
 * Runs `work` in one of the {@link WORLDS}: its clock goes on with every look at it, and what is drawn follows from its
 * seed. Timers stay as they are.
 *
 * @returns what `work` gives, once it is settled and the real world is back
 */
export async function inWorld<T>(
  { seed, startMs, stepMs }: (typeof WORLDS)[number],
  work: () => T,
): Promise<Awaited<T>> {
  let now = startMs;
  let drawn = seed;
  const restore = replaceWorld({
    now: () => {
      now += stepMs;
      return now;
    },
    random: () => {
      drawn = (Math.imul(drawn, 1_664_525) + 1_013_904_223) >>> 0;
      return drawn / 2 ** 32;
    },
  });
  try {
    return await work();
  } finally {
    restore();
  }
}

/**
 * Runs `work`, which must be synchronous: nothing else may run meanwhile.
 *
 * @returns names of what it took chance or time from
 */
export function chanceAndTimeIn(work: () => void): readonly string[] {
  const used = new Set<string>();
  const restore = replaceWorld({ random: () => 0.5, now: () => 1.6e12 }, (name) => used.add(name));
  try {
    work();
  } finally {
    restore();
  }
  return [...used];
}

/** @returns what puts the real world back */
function replaceWorld({ random, now }: World, onUse: (name: string) => void = () => {}): () => void {
  const used = <T>(name: string, value: () => T) => {
    return (): T => {
      onUse(name);
      return value();
    };
  };
  const nanoseconds = () => BigInt(Math.round(now() * 1e6));
  const restores = [
    replaced(Math, 'random', used('Math.random', random)),
    replaced(performance, 'now', used('performance.now', now)),
    replaced(process.hrtime, 'bigint', used('process.hrtime', nanoseconds)),
    replaced(globalThis, 'Date', dateAt(used('Date', now))),
  ];
  return () => {
    for (const restore of restores.reverse()) restore();
  };
}

function dateAt(now: () => number): DateConstructor {
  return new Proxy(Date, {
    apply: (RealDate) => new RealDate(now()).toString(),
    construct: (RealDate, given, made) => Reflect.construct(RealDate, given.length > 0 ? given : [now()], made) as Date,
    get: (RealDate, name) => (name === 'now' ? now : Reflect.get(RealDate, name)),
  });
}

function replaced<Owner extends object>(owner: Owner, name: keyof Owner & string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, {
    value,
    configurable: true,
    writable: true,
    enumerable: before?.enumerable ?? true,
  });
  return () => {
    if (before) Object.defineProperty(owner, name, before);
    else Reflect.deleteProperty(owner, name);
  };
}
