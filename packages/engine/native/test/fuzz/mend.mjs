// Turns a refusal into the next try: each says which argument it wants changed, and to what.

/** Values of an argument that is made to measure. */
const MOST = 1e5;

/** What refusals of one argument ask for, in their own words; each gives the argument's new value. */
const RULES = [
  [/a buffer of (\d+) values/, ({ world, wanted, seed }) => world.keepFilled(wanted, seed)],
  [/^a buffer of (\d+) bytes/, ({ world, wanted }) => world.keepBytes(wanted)],
  [/an? (?:Float32Array|typed array).* of (\d+) bytes/, ({ wanted }) => new Uint8Array(wanted)],
  [/a Float32Array of (\d+) values/, ({ wanted }) => new Float32Array(wanted)],
  [
    /buffers of whole rows of (\d+) values/,
    ({ world, wanted, value }) => value.map(() => world.keepFilled(3 * wanted)),
  ],
  [/a row for each handle/, ({ given }) => int32s(given[1].length, (at) => at % 3)],
  [/one position a node/, ({ sizes }) => int32s(area(sizes, 'B', 'T'), (at) => at % 4)],
  [/one parent a node/, ({ sizes, seed }) => int32s(area(sizes, 'B', 'T'), (at) => parent(at % sizes.T, seed))],
  [/one length a row/, ({ sizes }) => int32s(area(sizes, 'B'), () => sizes.T)],
  [/lengths in/, ({ value, sizes }) => value.map((length) => Math.min(Math.max(length, 0), sizes.T))],
  [/one target a row/, ({ sizes }) => int32s(area(sizes, 'R'), (row) => (row % (sizes.V + 1)) - 1)],
  [
    /one number a row/,
    ({ sizes }) =>
      Float64Array.from(
        int32s(Math.min(area(sizes, 'N'), MOST), () => 0),
        () => 0.4,
      ),
  ],
  [/one width a handle/, ({ given }) => int32s(given[1].length, (at) => (at + 1) % 3)],
  [/widths from 0 on/, ({ value }) => value.map((width) => Math.abs(width) % 5)],
  [
    /indices in \[0, (\d+)\)/,
    ({ value, wanted }) => (wanted === 0 ? value.slice(0, 0) : value.map((index) => Math.abs(index) % wanted)),
  ],
  [/targets below (\d+)/, ({ value, wanted }) => value.map((target) => Math.min(target, wanted - 1))],
  [
    /matrices of the widths/,
    ({ world, given, sizes }) =>
      Float64Array.from(given[2], (width) => world.keepBytes(sizes.rows * width * widthOf(sizes.type))),
  ],
  [/tensors of (\d+) values/, ({ world, wanted, value }) => value.map(() => world.keepFilled(wanted))],
  [/one handle or more/, ({ world }) => Float64Array.of(world.keepFilled(2))],
  [
    /four handles a slot|slots of one size/,
    ({ world, seed }) => Float64Array.from({ length: 4 * (seed % 3) }, () => world.keepFilled(6)),
  ],
  [
    /a value for each key/,
    ({ world, seed }) => Float64Array.from({ length: 2 * (seed % 3) }, () => world.keepFilled(6)),
  ],
  [/seven numbers/, () => Float64Array.of(0.01, 0.9, 0.95, 1e-8, 0.1, 1, 1)],
  [/sizes and steps|sizes from 0|steps that stay|a step of 0 or 1/, axesOf],
  [/a known type/, ({ seed }) => seed % 3],
  [/float32 or int32/, ({ seed }) => seed % 2],
  [/a known reduction/, ({ seed }) => seed % 7],
  [/a known operation/, ({ seed }) => seed % 20],
  [/a multiple of the number of/, ({ sizes }) => Math.max(1, sizes.G)],
  [/within the row/, ({ sizes }) => Math.max(0, sizes.width - sizes.begin)],
  [/the first count/, ({ sizes }) => sizes.aCount],
  [/at most the width/, ({ sizes }) => sizes.width],
  [/a divisor|1 where no axis|1 where a bias/, () => 1],
  [/even/, ({ value }) => value + 1],
  [/numbers of (key\/value )?stores|a store for each layer/, storesOf],
  [/an end for each row/, ({ given }) => int32s(given[1].length, () => 0)],
  [/rows, each once/, ({ value }) => Float64Array.from(new Set(value))],
  [/ends in order/, ({ value }) => int32s(value.length, () => 0)],
  [
    /H, G, d and F|sizes that leave|one even width/,
    ({ seed }) => Int32Array.of(...LAYER, ...(seed % 2 === 0 ? LAYER : [])),
  ],
  [/nine handles a layer|weights of the layer/, layerWeights],
  [/a key\/value store/, ({ world }) => world.stores[0]],
  [/true or false/, () => false],
  [/an instruction set|a string/, () => 'scalar'],
  [/an? Int32Array/, () => Int32Array.of(0)],
  [/an? Float64Array/, () => new Float64Array(0)],
  [/1 or more|1 thread|an integer|a number|given/, ({ seed }) => 1 + (seed % 3)],
];

/** H, G, d and F. */
const LAYER = [2, 1, 2, 3];

/** Numbers of as many stores as there are layers; two where none are. */
function storesOf({ name, world, given }) {
  const count = name === 'storesLayers' ? Math.floor((given[3]?.length ?? 4) / LAYER.length) : 2;
  return Float64Array.from(world.stores.slice(0, count), (store) => world.addon.storeNumber(store));
}

/** Weights of every layer, for any width that is not too large. */
function layerWeights({ world, given, sizes }) {
  const D = Number(sizes.D);
  if (!(D >= 1 && D <= 64)) return undefined;
  const [H, G, d, F] = LAYER;
  const counts = [D, D * H * d, D * G * d, D * G * d, D * H * d, D, D * F, D * F, D * F];
  const layers = Math.floor((given[3]?.length ?? 0) / LAYER.length);
  return Float64Array.from({ length: 9 * layers }, (_, at) => world.keepFilled(counts[at % 9]));
}

const widthOf = (type) => (type === 2 ? 1 : 4);
const int32s = (length, entry) => (length > MOST ? undefined : Int32Array.from({ length }, (_, at) => entry(at)));
const area = (sizes, ...names) => names.reduce((product, name) => product * Math.max(0, Number(sizes[name]) || 0), 1);
const parent = (node, seed) => (seed % 3 === 0 ? node - 1 : seed % 3 === 1 ? (node % 4) - 1 : -1 - (node % 2));

/** Two axes of up to three places, whole, transposed or repeated, and buffers that they fit into. */
function axesOf({ name, world, given, parameters, seed }) {
  for (const [index, { kind }] of parameters.entries()) if (kind === 'handle') given[index] = world.keepFilled(24);
  if (name === 'pad') given[4] = 24;
  const start = parameters.findIndex((parameter) => parameter.name === 'start');
  if (start >= 0) given[start] = seed % 3;
  const steps = [
    [3, 1],
    [1, 3],
    [0, 1],
    [3, 0],
  ];
  const [first, second] = [steps[seed % 4], steps[Math.floor(seed / 4) % 4]];
  const broadcast = (pair) => (pair[1] === 3 ? [3, 1] : pair);
  const whole = name === 'binaryOver' ? [...broadcast(first), ...broadcast(second)] : name === 'pad' ? [3, 1] : first;
  return Int32Array.of(2, 3, ...whole);
}

/** What refusals ask for that name no argument. */
const OTHERS = [
  [/freed or never was/, revive],
  [/(\d+) rows are bound/, (call, wanted) => put(call, indexOf(call, 'B'), wanted)],
  [/is not defined on type/, (call) => put(call, indexOf(call, 'type'), 0)],
  [
    /the index value|Invalid indices/,
    ({ world, given, parameters }) => {
      const index = parameters.findIndex(({ name }) => name === 'indices');
      return index >= 0 && world.clear(given[index]);
    },
  ],
];

/** Live buffers in place of all that are not. */
function revive(call) {
  let isChanged = false;
  for (const [index, { kind }] of call.parameters.entries()) {
    if (kind !== 'handle' || call.world.live.includes(call.given[index])) continue;
    isChanged = put(call, index, call.world.keepFilled(1));
  }
  return isChanged;
}

/**
 * Changes the arguments as a refusal asks.
 * @param {{ name: string, given: unknown[], parameters: { name: string, kind: string }[], world: object, seed: number }} call
 * @returns {boolean} whether there is anything to try
 */
export function mend({ message }, call) {
  for (const [pattern, change] of OTHERS) {
    const found = message.match(pattern);
    if (found !== null) return change(call, Number(found[1]));
  }
  const [, position, rule] = message.match(/argument (\d+) must be (.*)\. Mend the caller\.$/s) ?? [];
  if (position === undefined) return false;
  const index = Number(position) - 1;
  const sizes = Object.fromEntries(call.parameters.map(({ name }, at) => [name, call.given[at]]));
  for (const [pattern, change] of RULES) {
    const found = rule.match(pattern);
    if (found === null) continue;
    const wanted = Number(found[1]);
    if (wanted > MOST) return false;
    return put(call, index, change({ ...call, sizes, wanted, seed: call.seed + index, value: call.given[index] }));
  }
  return false;
}

const indexOf = ({ parameters }, wanted) => parameters.findIndex(({ name }) => name === wanted);

function put({ given }, index, value) {
  if (index < 0 || value === undefined) return false;
  while (given.length < index) given.push(undefined);
  given[index] = value;
  return true;
}
