/** What code can reach beside the tensors that it is given, in the words of a report. */
export const CAPABILITIES = {
  files: 'reads or writes files',
  network: 'opens connections',
  processes: 'starts processes or threads',
  process: 'reads or changes the process that it runs in',
  'code from text': 'runs code that is made as it runs',
  randomness: 'draws random numbers that no seed of a run determines',
  clock: 'reads a clock',
  'native code': 'loads compiled code',
} as const;

export type Capability = keyof typeof CAPABILITIES;

const MODULES: Readonly<Record<string, Capability>> = {
  fs: 'files',
  'fs/promises': 'files',
  sqlite: 'files',
  net: 'network',
  http: 'network',
  http2: 'network',
  https: 'network',
  dgram: 'network',
  tls: 'network',
  dns: 'network',
  'dns/promises': 'network',
  inspector: 'process',
  child_process: 'processes',
  cluster: 'processes',
  worker_threads: 'processes',
  process: 'process',
  v8: 'process',
  vm: 'code from text',
  wasi: 'native code',
  perf_hooks: 'clock',
};

/** What draws, of all that crypto offers. */
const DRAWS =
  'getRandomValues|randomUUID|randomBytes|randomInt|pseudoRandomBytes|randomFill(Sync)?|' +
  'generateKey(Sync|Pair|PairSync)?|generatePrime(Sync)?';

const GLOBALS: readonly (readonly [RegExp, Capability])[] = [
  [/^(fetch|new WebSocket|new XMLHttpRequest|new EventSource)$/, 'network'],
  [/^(new Worker|new SharedWorker)$/, 'processes'],
  [/^process\.(dlopen|binding)$/, 'native code'],
  [/^process\.(hrtime|uptime)$/, 'clock'],
  [/^process\.\w+$/, 'process'],
  [/^(eval|Function|new Function)$/, 'code from text'],
  [/^WebAssembly\.\w+$/, 'native code'],
  [/^Math\.random$/, 'randomness'],
  // Of `node:crypto` and the global `crypto`: hashes follow from what they are given.
  [new RegExp(`^(node:)?crypto\\.(\\w+\\.)*(${DRAWS})$`), 'randomness'],
  [/^(Date|new Date|Date\.now|performance\.now)$/, 'clock'],
];

/**
 * What an import of a module of Node's own gives.
 * @param name - with or without `node:`
 * @param names - what is imported of it, where that is listed
 */
export const capabilityOfModule = (name: string, names: readonly string[]): Capability | undefined => {
  const own = name.replace(/^node:/, '');
  if (Object.hasOwn(MODULES, own)) return MODULES[own];
  return own === 'crypto' && names.some((one) => capabilityOf(`crypto.${one}`) === 'randomness')
    ? 'randomness'
    : undefined;
};

/** What an expression over global names gives. @param written - `Math.random`, `new Function`, `node:crypto.randomInt` */
export const capabilityOf = (written: string): Capability | undefined =>
  GLOBALS.find(([pattern]) => pattern.test(written))?.[1];
