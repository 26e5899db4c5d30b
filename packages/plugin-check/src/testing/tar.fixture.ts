import { gzipSync } from 'node:zlib';

/** An entry as an attacker would write it. */
export interface Entry {
  readonly name: string;
  readonly text?: string;
  /** Type flag of POSIX: `0` file, `1` hard link, `2` symbolic link, `3` device, `5` folder, `x` pax header. */
  readonly type?: string;
  /** Size field, where it is not the text's own. */
  readonly size?: string;
  readonly linkName?: string;
}

/** A gzipped tar archive with these entries, byte for byte by the description of ustar. */
export const tarball = (...entries: readonly Entry[]): Buffer =>
  gzipSync(Buffer.concat([...entries.flatMap(blocks), Buffer.alloc(1024)]));

function blocks({ name, text = '', type = '0', size, linkName = '' }: Entry): readonly Buffer[] {
  const content = Buffer.from(text);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write(size ?? `${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(linkName, 157, 100);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}
