import { createHash } from 'node:crypto';
import { createRandom } from '../../random/random.ts';
import { MemoryDisk, type Node, type Operation, overwrite, ROOT, resize } from './memory-disk.fixture.ts';

/** What may have become of one operation that was not synced: the first is what the program meant, the second that it is lost. */
type Axis = { readonly options: readonly Fate[] };

/** What a fate does to the nodes. */
type Fate = (nodes: Map<number, Node>) => void;

/** How many states of one crash are looked at. */
export interface Thoroughness {
  /** All states of a crash that has no more than these. */
  readonly exhaustiveUpTo: number;
  /** Of any other: as many drawn, beside all with one or two operations lost or one of another fate. */
  readonly numDrawn: number;
  readonly seed: number;
  /** Crashes before as many operations are left out: nothing that matters has happened yet. */
  readonly from?: number;
}

/** One thing that a disk could hold after power was lost. */
export interface CrashState {
  /** Operations done by then. */
  readonly at: number;
  /** What the program had been promised. */
  readonly promises: readonly string[];
  readonly disk: MemoryDisk;
}

/**
 * Every state that a crash could leave, at every moment of a trace, each once.
 *
 * As little as POSIX lets one rely on: of a file, what was written and cut since its last sync is there, lost, there by half,
 * zeros or other bytes of that length, each independent of all others and of the file's size; of a folder, every name that
 * changed since its last sync has any of the values it had, independent of all other names. A sync makes durable what came
 * before in that file or folder alone: the name of a file is its folder's matter.
 */
export function* crashStates(journal: readonly Operation[], thoroughness: Thoroughness): Iterable<CrashState> {
  const seen = new Set<string>();
  for (let at = thoroughness.from ?? startOf(journal); at <= journal.length; at++) {
    const done = journal.slice(0, at);
    const last = done.at(-1);
    if (last?.kind === 'promise' && journal[at]?.kind === 'promise') continue;
    const promises = done.flatMap((operation) => (operation.kind === 'promise' ? [operation.text] : []));
    const { nodes, axes } = pending(done);
    for (const choice of choices(axes, thoroughness)) {
      const copy = new Map([...nodes].map(([inode, node]) => [inode, copyOf(node)]));
      for (const [index, axis] of axes.entries()) axis.options[choice[index]](copy);
      const disk = new MemoryDisk(copy);
      const key = createHash('sha256')
        .update(JSON.stringify([promises, ...disk.tree()]))
        .digest('base64');
      if (seen.has(key)) continue;
      seen.add(key);
      yield { at, promises, disk };
    }
  }
}

/** The trace as it would be if one of its syncs were not there, and from where on that makes a difference. */
export function withoutSync(journal: readonly Operation[], index: number): { journal: Operation[]; from: number } {
  const dropped = syncsOf(journal)[index];
  return { journal: journal.filter((_, at) => at !== dropped), from: dropped };
}

/** How many syncs a trace has. */
export const countSyncs = (journal: readonly Operation[]): number => syncsOf(journal).length;

const syncsOf = (journal: readonly Operation[]): number[] =>
  journal.flatMap(({ kind }, at) => (kind === 'sync' && at >= startOf(journal) ? [at] : []));

/** A trace begins once what was there before is settled. */
const startOf = (journal: readonly Operation[]): number => journal.findLastIndex(({ kind }) => kind === 'settled') + 1;

/** What is surely on the disk, and what may be. */
function pending(done: readonly Operation[]): { nodes: Map<number, Node>; axes: Axis[] } {
  const nodes = new Map<number, Node>([[ROOT, { entries: new Map() }]]);
  let open: Operation[] = [];
  const settle = (isDurable: (operation: Operation) => boolean) => {
    for (const operation of open.filter(isDurable)) apply(operation)(nodes);
    open = open.filter((operation) => !isDurable(operation));
  };
  for (const operation of done) {
    if (operation.kind === 'settled') settle(() => true);
    else if (operation.kind === 'sync') settle((each) => inodeOf(each) === operation.inode);
    else if (operation.kind !== 'promise') open.push(operation);
    // A node is there once anything is said of it; whether a name leads to it is another matter.
    if (operation.kind === 'entry' && operation.inode !== undefined && operation.makes) {
      nodes.set(operation.inode, operation.makes === 'folder' ? { entries: new Map() } : { bytes: new Uint8Array() });
    }
  }
  return { nodes, axes: axesOf(open) };
}

function axesOf(open: readonly Operation[]): Axis[] {
  const names = new Map<string, Fate[]>();
  const axes: Axis[] = [];
  for (const operation of open) {
    if (operation.kind !== 'entry') {
      axes.push({ options: fatesOf(operation) });
      continue;
    }
    const place = `${operation.folder}/${operation.name}`;
    const values = names.get(place);
    if (values) values.unshift(apply(operation));
    else {
      const options: Fate[] = [apply(operation), lost];
      names.set(place, options);
      axes.push({ options });
    }
  }
  // The newest value first, then the durable one.
  for (const options of names.values()) options.splice(1, 0, options.pop()!);
  return axes;
}

/** In the order of the trace, since later ones overwrite what earlier ones wrote. */
function fatesOf(operation: Operation): Fate[] {
  if (operation.kind !== 'write') return [apply(operation), lost];
  const { bytes } = operation;
  const half = Math.floor(bytes.length / 2);
  const changed = (other: Uint8Array) => apply({ ...operation, bytes: other });
  const zeros = new Uint8Array(bytes.length);
  return [
    apply(operation),
    lost,
    changed(bytes.subarray(0, half)),
    changed(zeros),
    // A block that reached the disk behind one that did not.
    changed(Uint8Array.from(bytes, (byte, index) => (index < half ? 0 : byte))),
    // What another file left there, ends of lines included.
    changed(Uint8Array.from(bytes, (_, index) => (index % 7 === 5 ? 0x0a : (index * 37 + 11) % 256))),
  ];
}

const lost: Fate = () => {};

function apply(operation: Operation): Fate {
  return (nodes) => {
    if (operation.kind === 'entry') {
      const { entries } = nodes.get(operation.folder) as { entries: Map<string, number> };
      if (operation.inode === undefined) entries.delete(operation.name);
      else entries.set(operation.name, operation.inode);
    } else if (operation.kind === 'write' || operation.kind === 'truncate') {
      const file = nodes.get(operation.inode) as { bytes: Uint8Array };
      file.bytes =
        operation.kind === 'write'
          ? overwrite(file.bytes, operation.at, operation.bytes)
          : resize(file.bytes, operation.size);
    }
  };
}

function* choices(axes: readonly Axis[], { exhaustiveUpTo, numDrawn, seed }: Thoroughness): Iterable<number[]> {
  const sizes = axes.map(({ options }) => options.length);
  const total = sizes.reduce((product, size) => product * size, 1);
  if (total <= exhaustiveUpTo) {
    for (let index = 0; index < total; index++) yield digits(index, sizes);
    return;
  }
  const [meant, none] = [0, 1].map((fate) => sizes.map(() => fate));
  yield meant;
  yield none;
  for (const [first, size] of sizes.entries()) {
    for (let fate = 1; fate < size; fate++) yield meant.with(first, fate);
    yield none.with(first, 0);
    for (let second = 0; second < first; second++) {
      yield meant.with(first, 1).with(second, 1);
      yield none.with(first, 0).with(second, 0);
    }
  }
  const random = createRandom(seed, 'crash-states');
  for (let drawn = 0; drawn < numDrawn; drawn++) yield sizes.map((size) => random.integer(size));
}

function digits(index: number, sizes: readonly number[]): number[] {
  let rest = index;
  return sizes.map((size) => {
    const digit = rest % size;
    rest = Math.floor(rest / size);
    return digit;
  });
}

const inodeOf = (operation: Operation): number | undefined => {
  if (operation.kind === 'entry') return operation.folder;
  return 'inode' in operation ? operation.inode : undefined;
};

const copyOf = (node: Node): Node => ('bytes' in node ? { bytes: node.bytes } : { entries: new Map(node.entries) });
