import { Composer, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair } from 'yaml';
import type { Json } from '../contracts/json.ts';
import type { Path } from '../plugins/problems.ts';
import { type Fail, MAX_CHARACTERS, MAX_DEPTH, MAX_ERRORS, parseYaml } from './parse-yaml.ts';

/** A place in a text, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A mistake in the text itself, before any schema looks at it. */
export interface SourceError {
  readonly position: Position;
  readonly sentence: string;
}

/** Where an entry stands: its key (for an entry of a list, its value), and its value. */
export interface Place {
  readonly key: Position;
  readonly value: Position;
}

/** A text read: its data with the place of each value, or what is wrong with it. */
export interface ReadText {
  readonly value: Json | undefined;
  readonly errors: readonly SourceError[];
  /** The place of exactly this value, if it is written down. */
  placeOf(path: Path): Place | undefined;
}

/** Values after aliases are expanded: an alias bomb stops here. */
const MAX_VALUES = 5_000;

const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype'];

/**
 * Reads YAML 1.2 or JSON (which is YAML).
 *
 * Only JSON's data model comes out: no dates, binary, merge keys or tags; keys are strings; numbers are finite. Refused
 * besides: repeated keys, aliases that multiply beyond reason, nesting beyond 64, control characters, `__proto__` and its like.
 * Whatever the text, that takes a fraction of 100 ms of computing.
 */
export function readYaml(text: string): ReadText {
  const lines = linesOf(text);
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const found = new Map<string, Offsets>();
  const errors: SourceError[] = [];
  const fail: Fail = (offset, sentence) => {
    if (errors.length < MAX_ERRORS) errors.push({ position: at(offset), sentence });
  };
  const root = compose(text, fail);
  const reader = { budget: MAX_VALUES, found, fail, anchors: new Map<string, Node>() };
  const value = errors.length === 0 ? read(reader, root, [], 0) : undefined;
  const placeOf = (path: Path): Place | undefined => {
    const offsets = found.get(keyOf(path));
    return offsets && { key: at(offsets.key), value: at(offsets.value) };
  };
  return { value: errors.length === 0 ? value : undefined, errors, placeOf };
}

/** Where its lines begin, as far as one looks into it. */
function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  if (text.length > MAX_CHARACTERS) return lines;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return lines;
}

interface Offsets {
  readonly key: number;
  readonly value: number;
}

const keyOf = (path: Path): string => JSON.stringify(path.map(String));

/** From text to a tree of nodes, refusing what could exhaust the parser. */
function compose(text: string, fail: Fail): Node | null {
  const tokens = parseYaml(text, fail);
  if (!tokens) return null;
  // Keys are compared in `readMap`: here, every key would be compared with all before it.
  const composer = new Composer({ uniqueKeys: false, strict: true, resolveKnownTags: false });
  const documents = withoutStacks(() => [...composer.compose(tokens, true, text.length)]);
  for (const document of documents) {
    for (const { pos, message } of [...document.errors, ...document.warnings]) fail(pos[0], sentenceOf(message));
  }
  if (documents.length > 1) fail(documents[1].range[0], 'only one document may be in a file ("---" starts another).');
  return documents[0]?.contents ?? null;
}

/** Of a mistake in a text nobody asks which call found it, and ten thousand mistakes would take long to say so. */
function withoutStacks<T>(work: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const sentenceOf = (message: string): string => `${message.split('\n')[0].replace(/[.:]$/, '')}.`;

interface Reader {
  /** Values that may still be made. */
  budget: number;
  readonly found: Map<string, Offsets>;
  readonly anchors: Map<string, Node>;
  fail(offset: number, sentence: string): void;
}

const offsetOf = (node: unknown): number => (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0;

/** A node as JSON, noting where each value stands. */
function read(reader: Reader, node: Node | null, path: Path, keyOffset: number): Json {
  const offset = node ? offsetOf(node) : keyOffset;
  reader.found.set(keyOf(path), { key: path.length === 0 ? offset : keyOffset, value: offset });
  if (--reader.budget <= 0 || path.length > MAX_DEPTH) {
    if (reader.budget === 0)
      reader.fail(
        keyOffset,
        `a configuration may have at most ${MAX_VALUES} values, those that aliases repeat included.`,
      );
    else if (path.length > MAX_DEPTH) reader.fail(keyOffset, `nesting may be at most ${MAX_DEPTH} levels deep.`);
    return null;
  }
  if (node === null) return null;
  if (isAlias(node)) return readAlias(reader, node, path, keyOffset);
  const value = readContent(reader, node, path);
  const { anchor } = node as { anchor?: string };
  if (anchor === undefined) return value;
  const other = reader.anchors.get(anchor);
  if (other && other !== node) reader.fail(offset, `the anchor "&${anchor}" is already set above.`);
  // Known only from here on, so that an alias inside its own anchor is refused rather than followed for ever.
  reader.anchors.set(anchor, node);
  return value;
}

function readContent(reader: Reader, node: Node, path: Path): Json {
  if (isScalar(node)) return readScalar(reader, node.value, offsetOf(node));
  if (isMap(node)) return readMap(reader, node.items, path);
  if (!isSeq(node)) return null;
  return node.items.map((item, i) => read(reader, item as Node | null, [...path, i], offsetOf(item)));
}

function readAlias(reader: Reader, node: { source: string } & Node, path: Path, keyOffset: number): Json {
  const target = reader.anchors.get(node.source);
  if (!target) {
    reader.fail(offsetOf(node), `the alias "*${node.source}" has no anchor "&${node.source}" before it.`);
    return null;
  }
  const value = read(reader, target, path, keyOffset);
  const place = reader.found.get(keyOf(path));
  if (place) reader.found.set(keyOf(path), { ...place, value: offsetOf(node) });
  return value;
}

function readScalar(reader: Reader, value: unknown, offset: number): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  reader.fail(offset, `${String(value)} is not a value that JSON can hold; numbers must be finite.`);
  return null;
}

function readMap(reader: Reader, items: readonly Pair[], path: Path): Json {
  const entries = new Map<string, Json>();
  for (const { key, value } of items) {
    const offset = offsetOf(key);
    const name = isScalar(key) ? key.value : undefined;
    if (typeof name !== 'string' || name === '<<') {
      reader.fail(offset, name === '<<' ? 'merge keys ("<<") are not supported.' : 'keys must be strings.');
    } else if (FORBIDDEN_KEYS.includes(name)) {
      reader.fail(offset, `the key "${name}" is not allowed.`);
    } else if (entries.has(name)) {
      reader.fail(offset, 'this key is already set above; keys must be unique.');
    } else {
      entries.set(name, read(reader, value as Node | null, [...path, name], offset));
    }
  }
  return Object.fromEntries(entries);
}
