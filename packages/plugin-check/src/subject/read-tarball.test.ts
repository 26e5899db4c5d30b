import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isForetokenError } from '@foretoken/engine/errors';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Entry, tarball } from '../testing/tar.fixture.ts';
import { readTarball } from './read-tarball.ts';

const manifest: Entry = { name: 'package/package.json', text: '{}' };
const read = (bytes: Uint8Array) =>
  Object.fromEntries(readTarball(bytes, 'x.tgz').map(({ path, content }) => [path, Buffer.from(content).toString()]));

/** What `tar` itself makes of a folder. */
function packedByTar(write: (folder: string) => void, format: string): Buffer {
  const root = mkdtempSync(path.join(tmpdir(), 'foretoken-tar-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(path.join(root, 'package'));
  writeFileSync(path.join(root, 'package/package.json'), '{}');
  write(path.join(root, 'package'));
  execFileSync('tar', ['-czf', 'x.tgz', `--format=${format}`, 'package'], { cwd: root });
  return readFileSync(path.join(root, 'x.tgz'));
}

describe('readTarball', () => {
  it.each(['ustar', 'pax', 'gnu'])(
    'reads what tar wrote in the format %s, with long paths and other letters',
    (format) => {
      const long = `${'folder-of-a-name/'.repeat(8)}änderung.js`;
      const packed = packedByTar((folder) => {
        mkdirSync(path.join(folder, path.dirname(long)), { recursive: true });
        writeFileSync(path.join(folder, long), 'x'.repeat(1500));
      }, format);
      expect(read(packed)).toEqual({ 'package.json': '{}', [long]: 'x'.repeat(1500) });
    },
  );

  it('refuses a link that tar wrote', () => {
    const packed = packedByTar((folder) => symlinkSync('/etc/passwd', path.join(folder, 'words')), 'pax');
    expect(() => read(packed)).toThrow(/^TARBALL_INVALID: x\.tgz: "package\/words" is a link/);
  });

  it.each<[string, Entry[], RegExp]>([
    ['leads up', [{ name: 'package/../../evil' }], /leads out of the package/],
    ['is absolute', [{ name: '/etc/evil' }], /leads out of the package/],
    ['has a drive', [{ name: 'C:/evil' }], /leads out of the package/],
    ['has a backslash', [{ name: 'package\\..\\evil' }], /leads out of the package/],
    [
      'leads up by a pax header',
      [{ name: 'x', type: 'x', text: '24 path=package/../evil\n' }, { name: 'package/a' }],
      /leads out/,
    ],
    ['is a hard link', [{ name: 'package/a', type: '1', linkName: '/etc/passwd' }], /is a link/],
    ['is a symbolic link', [{ name: 'package/a', type: '2', linkName: '..' }], /is a link/],
    ['is a device', [{ name: 'package/a', type: '3' }], /neither a file nor a folder/],
    ['is there twice', [{ name: 'package/a' }, { name: 'package/A' }], /in it twice/],
    ['stands below a file', [{ name: 'package/a' }, { name: 'package/a/b' }], /stands below a file/],
    ['stands outside the folder', [{ name: 'evil' }], /beside the folder/],
    ['has a negative size', [{ name: 'package/a', size: '-0000000001\0' }], /is no number/],
    ['is longer than the archive', [{ name: 'package/a', size: '77777777777\0' }], /cut off/],
    ['has an extended header of no sense', [{ name: 'x', type: 'x', text: '0 path=a\n' }], /extended header/],
  ])('refuses a tarball with an entry that %s', (_, entries, message) => {
    expect(() => read(tarball(manifest, ...entries))).toThrow(message);
  });

  it('refuses what is empty, no gzip, cut off, or without a package.json', () => {
    const whole = tarball(manifest);
    expect(() => read(Buffer.alloc(0))).toThrow(/TARBALL_INVALID.*empty, 0 bytes/);
    expect(() => read(Buffer.from('hello'))).toThrow(/not a whole gzip/);
    expect(() => read(whole.subarray(0, whole.length / 2))).toThrow(/not a whole gzip/);
    expect(() => read(tarball({ name: 'package/a.js' }))).toThrow(/holds no package\/package\.json/);
  });

  it('refuses what is over a limit, and takes what is at it', () => {
    const bomb = tarball(manifest, { name: 'package/zeros', text: '0'.repeat(2 ** 20) });
    const limits = { packedBytes: bomb.length, unpackedBytes: gunzipSync(bomb).length, entries: 2 };
    expect(readTarball(bomb, 'x.tgz', limits)).toHaveLength(2);
    for (const key of Object.keys(limits) as (keyof typeof limits)[]) {
      const tighter = { ...limits, [key]: limits[key] - 1 };
      expect(() => readTarball(bomb, 'x.tgz', tighter), key).toThrow(/TARBALL_INVALID.*(at most|more than)/);
    }
  });

  it('reads or refuses by its code, whatever bytes of an archive are changed', () => {
    const archive = gunzipSync(tarball(manifest, { name: 'package/a.js', text: 'x'.repeat(600) }));
    const change = fc.record({ at: fc.nat(archive.length - 1), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const changed = Buffer.from(archive);
        for (const { at, to } of changes) changed[at] = to;
        try {
          const paths = Object.keys(read(gzipSync(changed)));
          expect(paths.filter((one) => one.startsWith('/') || one.split('/').includes('..'))).toEqual([]);
        } catch (error) {
          if (!isForetokenError(error)) throw error;
          expect(error.code).toBe('TARBALL_INVALID');
        }
      }),
      { numRuns: 300 },
    );
  });
});
