import type { FileHandle } from 'node:fs/promises';
import type { Disk } from '../disk.ts';

/** What reaches a disk, in order. A rename is two entries: the new name's, then the old one's. */
export type Operation =
  | { readonly kind: 'write'; readonly inode: number; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly inode: number; readonly size: number }
  | {
      readonly kind: 'entry';
      readonly folder: number;
      readonly name: string;
      readonly inode: number | undefined;
      /** If what it names is new: what that is. */
      readonly makes?: 'file' | 'folder';
    }
  | { readonly kind: 'sync'; readonly inode: number }
  /** Everything so far is on the disk: where a trace begins. */
  | { readonly kind: 'settled' }
  /** What the program has been promised by now. */
  | { readonly kind: 'promise'; readonly text: string };

/** Content of a file, or names in a folder. */
export type Node = { bytes: Uint8Array } | { entries: Map<string, number> };

/** The number of the topmost folder. */
export const ROOT = 0;

/** A disk in memory that notes every change: what the system shows of it is always the newest, as before power is lost. */
export class MemoryDisk {
  readonly journal: Operation[] = [];
  readonly #nodes: Map<number, Node>;

  constructor(nodes: Map<number, Node> = new Map([[ROOT, { entries: new Map() }]])) {
    this.#nodes = nodes;
  }

  /** What core writes and reads through. */
  readonly disk = {
    open: async (path: string, flags: string) => this.#open(path, flags),
    rename: async (from: string, to: string) => this.#rename(from, to),
    rm: async (path: string, options: { force?: boolean; recursive?: boolean } = {}) => this.#rm(path, options),
    rmdir: async (path: string) => this.#rmdir(path),
    mkdir: async (path: string) => this.#mkdir(path),
    readdir: async (path: string) => [...this.#folderAt(path).entries.keys()],
    stat: async (path: string) => statOf(this.#at(path)),
    statfs: async () => ({ bavail: 2 ** 30, bsize: 4096 }),
  } as unknown as Disk;

  /** Everything is durable from here on. */
  settle(): void {
    this.journal.push({ kind: 'settled' });
  }

  /** Notes what a program may rely on from now on. */
  promise(text: string): void {
    this.journal.push({ kind: 'promise', text });
  }

  /** Every path with its content; folders end in a slash. */
  tree(): Map<string, string> {
    const found = new Map<string, string>();
    const walk = (inode: number, path: string) => {
      const node = this.#nodes.get(inode)!;
      if ('bytes' in node) found.set(path, Buffer.from(node.bytes).toString('latin1'));
      else {
        found.set(`${path}/`, '');
        for (const [name, each] of [...node.entries].sort(([a], [b]) => (a < b ? -1 : 1)))
          walk(each, `${path}/${name}`);
      }
    };
    walk(ROOT, '');
    return found;
  }

  #open(path: string, flags: string): FileHandle {
    const found = this.#find(path);
    if (flags === 'wx' && found !== undefined) throw failure('EEXIST', path);
    if (flags === 'r' && found === undefined) throw failure('ENOENT', path);
    if (flags !== 'r' && found !== undefined && 'entries' in this.#nodes.get(found)!) throw failure('EISDIR', path);
    return this.#handle(found ?? this.#make(path, { bytes: new Uint8Array() }));
  }

  /** Of a file that is written at its end, as with O_APPEND; of a folder, to sync it. */
  #handle(inode: number): FileHandle {
    const node = this.#nodes.get(inode)!;
    const file = node as { bytes: Uint8Array };
    const note = (operation: Operation) => this.journal.push(operation);
    return {
      async write(bytes: Uint8Array, from = 0, length = bytes.length - from) {
        const written = Uint8Array.from(bytes.subarray(from, from + length));
        note({ kind: 'write', inode, at: file.bytes.length, bytes: written });
        file.bytes = overwrite(file.bytes, file.bytes.length, written);
        return { bytesWritten: length };
      },
      async read(into: Uint8Array, from: number, length: number, at: number) {
        const bytes = file.bytes.subarray(at, at + length);
        into.set(bytes, from);
        return { bytesRead: bytes.length };
      },
      async readFile(encoding?: BufferEncoding) {
        if ('entries' in node) throw failure('EISDIR', `inode ${inode}`);
        return encoding ? Buffer.from(file.bytes).toString(encoding) : Buffer.from(file.bytes);
      },
      async truncate(size = 0) {
        note({ kind: 'truncate', inode, size });
        file.bytes = resize(file.bytes, size);
      },
      sync: async () => void note({ kind: 'sync', inode }),
      stat: async () => statOf(node),
      close: async () => {},
    } as unknown as FileHandle;
  }

  #rename(from: string, to: string): void {
    const inode = this.#inodeAt(from);
    const target = this.#find(to);
    if (target === inode) return;
    if (to.startsWith(`${from}/`)) throw failure('EINVAL', to);
    const inTheWay = target === undefined ? undefined : this.#nodes.get(target)!;
    if (inTheWay && 'entries' in inTheWay && inTheWay.entries.size > 0) throw failure('ENOTEMPTY', to);
    if (inTheWay && 'entries' in inTheWay && 'bytes' in this.#nodes.get(inode)!) throw failure('EISDIR', to);
    if (inTheWay && 'bytes' in inTheWay && 'entries' in this.#nodes.get(inode)!) throw failure('ENOTDIR', to);
    this.#enter(to, inode);
    this.#enter(from, undefined);
  }

  #rm(path: string, { force, recursive }: { force?: boolean; recursive?: boolean }): void {
    const inode = this.#find(path);
    if (inode === undefined) {
      if (force) return;
      throw failure('ENOENT', path);
    }
    const node = this.#nodes.get(inode)!;
    if ('entries' in node) {
      if (!recursive) throw failure('ERR_FS_EISDIR', path);
      for (const name of [...node.entries.keys()]) this.#rm(`${path}/${name}`, { recursive });
    }
    this.#enter(path, undefined);
  }

  #rmdir(path: string): void {
    if (this.#folderAt(path).entries.size > 0) throw failure('ENOTEMPTY', path);
    this.#enter(path, undefined);
  }

  #mkdir(path: string): void {
    if (this.#find(path) !== undefined) throw failure('EEXIST', path);
    this.#make(path, { entries: new Map() });
  }

  #make(path: string, node: Node): number {
    const inode = Math.max(...this.#nodes.keys()) + 1;
    this.#nodes.set(inode, node);
    try {
      this.#enter(path, inode, 'bytes' in node ? 'file' : 'folder');
    } catch (cause) {
      this.#nodes.delete(inode);
      throw cause;
    }
    return inode;
  }

  #enter(path: string, inode: number | undefined, makes?: 'file' | 'folder'): void {
    const [above, name] = split(path);
    const folder = this.#inodeAt(above);
    const { entries } = this.#folderAt(above);
    if (inode === undefined) entries.delete(name);
    else entries.set(name, inode);
    this.journal.push({ kind: 'entry', folder, name, inode, ...(makes && { makes }) });
  }

  #find(path: string): number | undefined {
    let inode: number | undefined = ROOT;
    for (const name of path.split('/').filter((part) => part !== '')) {
      const node: Node = this.#nodes.get(inode)!;
      if ('bytes' in node) throw failure('ENOTDIR', path);
      inode = node.entries.get(name);
      if (inode === undefined) return undefined;
    }
    return inode;
  }

  #inodeAt(path: string): number {
    const inode = this.#find(path);
    if (inode === undefined) throw failure('ENOENT', path);
    return inode;
  }

  #at(path: string): Node {
    return this.#nodes.get(this.#inodeAt(path))!;
  }

  #folderAt(path: string): { entries: Map<string, number> } {
    const node = this.#at(path);
    if ('entries' in node) return node;
    throw failure('ENOTDIR', path);
  }
}

/** Bytes with others put over them, zeros where neither reaches. */
export function overwrite(bytes: Uint8Array, at: number, added: Uint8Array): Uint8Array {
  const result = resize(bytes, Math.max(bytes.length, at + added.length));
  result.set(added, at);
  return result;
}

/** Bytes cut off, or zeros put behind them. */
export function resize(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(bytes.subarray(0, size));
  return result;
}

function split(path: string): [above: string, name: string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, at), path.slice(at + 1)];
}

const statOf = (node: Node) => ({
  size: 'bytes' in node ? node.bytes.length : 0,
  isFile: () => 'bytes' in node,
  isDirectory: () => 'entries' in node,
  isFIFO: () => false,
});

const failure = (code: string, path: string) => Object.assign(new Error(`${code}: ${path}`), { code });
