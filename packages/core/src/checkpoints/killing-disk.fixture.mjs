/** Calls of a file that is open. */
const OF_HANDLES = ['write', 'read', 'readFile', 'truncate', 'sync', 'stat', 'close'];

/**
 * Another disk, at one call of which this process kills itself with SIGKILL, so that nothing of it runs on.
 *
 * @param base - the disk that does what is asked
 * @param kill - `{ at, when }`: the number of the call, and whether right `before`, right `after` or, of a write, in its
 *   `middle`, when half of the bytes are written. Absent: never.
 * @returns the disk, and the names of the calls so far
 */
export function killingDisk(base, kill) {
  const calls = [];
  const meet = async (call, run, half) => {
    const isNow = calls.push(call) - 1 === kill?.at;
    if (isNow && kill.when === 'before') die();
    if (isNow && kill.when === 'middle') {
      await half();
      die();
    }
    try {
      return await run();
    } finally {
      if (isNow && kill.when === 'after') die();
    }
  };
  const disk = Object.fromEntries(
    Object.entries(base).map(([name, call]) => [
      name,
      async (...given) => {
        const found = await meet(name, () => call(...given));
        return name === 'open' ? killingHandle(found, meet) : found;
      },
    ]),
  );
  return { disk, calls };
}

function killingHandle(handle, meet) {
  return new Proxy(handle, {
    get(target, property) {
      const value = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (!OF_HANDLES.includes(property)) return value.bind(target);
      return (...given) => {
        const half = () => target.write(given[0], given[1], Math.ceil(given[2] / 2));
        return meet(property === 'stat' ? 'look' : property, () => value.apply(target, given), half);
      };
    },
  });
}

/** The signal is there before the call returns. */
const die = () => process.kill(process.pid, 'SIGKILL');
