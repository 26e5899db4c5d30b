/** How deep inputs are looked into: a request holds prompts, which hold tokens. */
const DEPTH = 4;

/** A part of an input with what it was. */
interface Seen {
  readonly path: string;
  isAsBefore(): boolean;
}

/**
 * Takes down what a hook is given: lists, maps, sets, typed arrays, tensors and plain objects, to a depth. Of what belongs to
 * a class, such as nodes, only its own typed arrays.
 *
 * @returns to be called when the hook is done: what it wrote to, to go on "forward ..." with, if anything
 */
export function writtenInputs(args: readonly unknown[]): () => string | undefined {
  const seen: Seen[] = [];
  for (const [index, arg] of args.entries()) takeDown(arg, `argument ${index + 1}`, DEPTH, seen);
  return () => {
    const written = seen.find((part) => !part.isAsBefore());
    return written && `must leave its inputs as they are, but wrote to ${written.path}`;
  };
}

function takeDown(value: unknown, path: string, depth: number, seen: Seen[]): void {
  if (typeof value !== 'object' || value === null || depth === 0) return;
  if (isTensor(value)) seen.push({ path, isAsBefore: sameTensor(value) });
  else if (ArrayBuffer.isView(value))
    seen.push({ path, isAsBefore: sameNumbers(value as unknown as ArrayLike<number>) });
  else if (Array.isArray(value)) {
    const before = [...value];
    const isSame = (part: unknown, index: number) => Object.is(part, before[index]);
    seen.push({ path, isAsBefore: () => value.length === before.length && value.every(isSame) });
    for (const [index, part] of value.entries()) takeDown(part, `${path}[${index}]`, depth - 1, seen);
  } else if (value instanceof Map) takeDownMap(value, path, depth, seen);
  else if (value instanceof Set) {
    const before = [...value];
    seen.push({ path, isAsBefore: () => value.size === before.length && before.every((part) => value.has(part)) });
  } else takeDownFields(value, path, depth, seen);
}

/** The weights of a model that an eval is given are one. */
function takeDownMap(value: ReadonlyMap<unknown, unknown>, path: string, depth: number, seen: Seen[]): void {
  const before = [...value];
  const isSame = ([key, part]: readonly [unknown, unknown]) => value.has(key) && Object.is(value.get(key), part);
  seen.push({ path, isAsBefore: () => value.size === before.length && before.every(isSame) });
  for (const [key, part] of before) {
    takeDown(part, `${path}.get(${typeof key === 'string' ? JSON.stringify(key) : '...'})`, depth - 1, seen);
  }
}

function takeDownFields(value: object, path: string, depth: number, seen: Seen[]): void {
  const isWhole = isPlain(value);
  for (const [key, { value: part }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    const at = `${path}.${key}`;
    const now = () => Object.getOwnPropertyDescriptor(value, key)?.value as unknown;
    if (isWhole && part !== undefined) seen.push({ path: at, isAsBefore: () => Object.is(now(), part) });
    if (isWhole || ArrayBuffer.isView(part)) takeDown(part, at, depth - 1, seen);
  }
}

/** What is known of a tensor here, where the tensor library may not be loaded. */
export interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isDisposed: boolean;
  dataSync(): ArrayLike<number>;
}

/** Whether a value is a tensor, of whatever copy of the library. */
export function isTensor(value: unknown): value is TensorLike {
  const { shape, dtype, dataSync } = (value ?? {}) as Partial<TensorLike>;
  return Array.isArray(shape) && typeof dtype === 'string' && typeof dataSync === 'function';
}

function sameTensor(tensor: TensorLike): () => boolean {
  if (tensor.isDisposed) return () => true;
  const isSame = sameNumbers(tensor.dataSync(), () => tensor.dataSync());
  return () => !tensor.isDisposed && isSame();
}

/** NaN equals itself: a step may be one that is not finite. */
function sameNumbers(numbers: ArrayLike<number>, now: () => ArrayLike<number> = () => numbers): () => boolean {
  // A typed copy of typed numbers: those of a block of logits are many.
  const before = (ArrayBuffer.isView(numbers) ? (numbers as Float32Array).slice() : Array.from(numbers)) as number[];
  return () => {
    const after = now();
    return after.length === before.length && before.every((number, index) => Object.is(number, after[index]));
  };
}

/** Whether an object is of no class. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * The first number that is not finite in the tensors that a hook gave, where there was none in those that it was given.
 * @returns undefined where there is none, or where it came in
 */
export function firstNotFinite(value: unknown, args: readonly unknown[]): string | undefined {
  const bad = notFiniteIn(value, DEPTH);
  return bad === undefined || notFiniteIn(args, DEPTH) !== undefined ? undefined : bad;
}

function notFiniteIn(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || depth === 0) return undefined;
  if (isTensor(value)) {
    if (value.isDisposed || value.dtype !== 'float32') return undefined;
    const bad = Array.from(value.dataSync()).find((number) => !Number.isFinite(number));
    return bad === undefined ? undefined : String(bad);
  }
  if (!Array.isArray(value) && !isPlain(value)) return undefined;
  for (const part of Object.values(value)) {
    const bad = notFiniteIn(part, depth - 1);
    if (bad !== undefined) return bad;
  }
  return undefined;
}
