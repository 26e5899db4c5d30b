import type { Refuse } from './read-tarball.ts';

/** One entry of a tar archive. */
export interface TarEntry {
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
  readonly content: Uint8Array;
}

const BLOCK = 512;
const NUL = String.fromCharCode(0);

/** Where the fields of a header stand, in bytes. @source POSIX.1-2017, pax, "ustar Interchange Format" */
const FIELDS = {
  name: [0, 100],
  size: [124, 136],
  checksum: [148, 156],
  type: [156, 157],
  prefix: [345, 500],
} as const;

/**
 * The entries of an uncompressed tar archive: ustar with the extensions that packers use, pax headers and GNU's long names.
 *
 * @yields views of the archive's bytes, none of them copied
 * @throws what `refuse` makes, where a header or a size makes no sense
 */
export function* readEntries(archive: Uint8Array, refuse: Refuse): Generator<TarEntry> {
  let extended: { readonly path?: string; readonly size?: number } = {};
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    checkSum(header, refuse);
    const size = extended.size ?? octal(text(header, 'size'), refuse);
    const start = at + BLOCK;
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    if (start + size > archive.length) throw refuse('it is cut off in the middle of a file. Pack the package again.');
    const content = archive.subarray(start, start + size);
    const type = text(header, 'type');
    if (type === 'x') extended = { ...extended, ...paxRecords(content, refuse) };
    else if (type === 'L') extended = { ...extended, path: decoded(content) };
    else if (type !== 'g') {
      const [prefix, name] = [isUstar(header) ? text(header, 'prefix') : '', text(header, 'name')];
      const path = extended.path ?? (prefix ? `${prefix}/${name}` : name);
      yield { path, type: typeOf(type, path), content };
      extended = {};
    }
  }
}

const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).split(NUL)[0];

const text = (header: Uint8Array, field: keyof typeof FIELDS): string => decoded(header.subarray(...FIELDS[field]));

const isUstar = (header: Uint8Array): boolean => decoded(header.subarray(257, 263)).startsWith('ustar');

function typeOf(flag: string, path: string): TarEntry['type'] {
  if (flag === '5' || (['', '0'].includes(flag) && path.endsWith('/'))) return 'folder';
  if (['', '0', '7'].includes(flag)) return 'file';
  return ['1', '2'].includes(flag) ? 'link' : 'other';
}

function octal(field: string, refuse: Refuse): number {
  const digits = field.trim();
  if (!/^[0-7]{1,11}$/.test(digits)) throw refuse('the size of a file in it is no number. Pack the package again.');
  return Number.parseInt(digits, 8);
}

/** The sum of a header's bytes, its own field counted as blanks. */
function checkSum(header: Uint8Array, refuse: Refuse): void {
  const [from, to] = FIELDS.checksum;
  const sum = header.reduce((total, byte, i) => total + (i >= from && i < to ? 32 : byte), 0);
  if (Number.parseInt(text(header, 'checksum').trim(), 8) === sum) return;
  throw refuse('it is not a tar archive, or a damaged one: the checksum of a header is wrong. Pack the package again.');
}

/** `LENGTH key=value` records, the length counting itself. */
function paxRecords(content: Uint8Array, refuse: Refuse): { readonly path?: string; readonly size?: number } {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < content.length; ) {
    const length = Number.parseInt(decoded(content.subarray(at, at + 12)), 10);
    const record = decoded(content.subarray(at, at + length - 1));
    const parts = /^\d+ ([^=]+)=(.*)$/s.exec(record);
    if (!(length > 0) || !parts) throw refuse('an extended header in it cannot be read. Pack the package again.');
    at += length;
    const [, key, value] = parts;
    if (key === 'path') found.path = value;
    if (key === 'size') found.size = paxSize(value, refuse);
    if (key === 'linkpath') throw refuse('it holds a link, which npm neither packs nor unpacks. Pack the file itself.');
  }
  return found;
}

function paxSize(value: string, refuse: Refuse): number {
  if (/^\d{1,12}$/.test(value)) return Number(value);
  throw refuse('the size of a file in it is no number. Pack the package again.');
}
