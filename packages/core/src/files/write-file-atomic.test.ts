import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Disk, realDisk } from './disk.ts';
import { failingDisk, KILLED } from './failing-disk.fixture.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';
import { isTemporaryName, syncFolder, writeFileAtomic, writeFully } from './write-file-atomic.ts';

const text = (path: string) => readFileSync(path, 'utf8');
const chunks = ['new ', 'content, ', 'longer'].map((part) => Buffer.from(part));
const NEW = 'new content, longer';

/** A folder with an old file in it. */
function folderWithOld(): { folder: string; path: string } {
  const folder = temporaryFolder();
  const path = join(folder, 'file.bin');
  writeFileSync(path, 'old');
  return { folder, path };
}

describe('writeFileAtomic', () => {
  it('writes strings, bytes and chunks, over an old file or none, and leaves nothing else behind', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a.txt');
    await writeFileAtomic(path, 'größe');
    expect(text(path)).toBe('größe');
    await writeFileAtomic(path, Uint8Array.of(65, 66));
    expect(text(path)).toBe('AB');
    await writeFileAtomic(path, chunks);
    expect(text(path)).toBe(NEW);
    await writeFileAtomic(path, '');
    expect(text(path)).toBe('');
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  it('syncs the file before the rename and the folder after it', async () => {
    const { path } = folderWithOld();
    const { disk, calls } = failingDisk(() => undefined);
    await writeFileAtomic(path, chunks, { disk });
    const steps = [
      'open to write',
      'write',
      'write',
      'write',
      'sync',
      'close',
      'rename',
      'open to read',
      'sync',
      'close',
    ];
    expect(calls).toEqual(steps);
  });

  it('asks for one chunk at a time', async () => {
    const { path } = folderWithOld();
    const events: string[] = [];
    const { disk } = failingDisk((call) => void events.push(call));
    function* source() {
      for (const chunk of chunks) {
        events.push('chunk');
        yield chunk;
      }
    }
    await writeFileAtomic(path, source(), { disk });
    expect(events.slice(1, 7)).toEqual(['chunk', 'write', 'chunk', 'write', 'chunk', 'write']);
  });

  it('continues after short writes', async () => {
    const { path } = folderWithOld();
    const { disk, calls } = failingDisk((call) => (call === 'write' ? 'short' : undefined));
    await writeFileAtomic(path, NEW, { disk });
    expect(text(path)).toBe(NEW);
    expect(calls.filter((call) => call === 'write').length).toBeGreaterThan(3);
  });

  it('gives up where the system takes no byte at all, instead of trying for ever', async () => {
    const { path } = folderWithOld();
    const { disk } = failingDisk(() => undefined);
    const stuck: typeof disk = {
      ...disk,
      open: async (...args: Parameters<typeof disk.open>) => {
        const handle = await disk.open(...args);
        return new Proxy(handle, {
          get: (target, property) =>
            property === 'write' ? async () => ({ bytesWritten: 0 }) : Reflect.get(target, property),
        });
      },
    };
    await expect(writeFileAtomic(path, NEW, { disk: stuck })).rejects.toThrow(/FILE_WRITE: .*wrote 0 of 19 bytes/);
    expect(text(path)).toBe('old');
  });

  const CALLS = 10;
  const ERRORS = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES', 'EMFILE'];

  it.each(ERRORS)(
    'met by %s at any call says so, keeps old or new whole and leaves no temporary file',
    async (errno) => {
      for (let failing = 0; failing < CALLS; failing++) {
        const { folder, path } = folderWithOld();
        const { disk, calls } = failingDisk((_, index) => (index === failing ? errno : undefined));
        const isFull = errno === 'ENOSPC' || errno === 'EDQUOT';
        await expect(writeFileAtomic(path, chunks, { disk }), calls[failing]).rejects.toMatchObject({
          code: isFull ? 'DISK_FULL' : 'FILE_WRITE',
          message: expect.stringMatching(new RegExp(`${path}.*${errno}`)),
        });
        expect(text(path)).toBe(calls.includes('rename') && calls[failing] !== 'rename' ? NEW : 'old');
        expect(readdirSync(folder)).toEqual(['file.bin']);
        await writeFileAtomic(path, 'later');
        expect(text(path)).toBe('later');
      }
    },
  );

  it('killed at any call leaves old or new whole, and a temporary file known by its name', async () => {
    for (let last = 0; last < CALLS; last++) {
      const { folder, path } = folderWithOld();
      const { disk } = failingDisk((_, index) => (index === last ? KILLED : undefined));
      await expect(writeFileAtomic(path, chunks, { disk })).rejects.toThrow('KILLED');
      expect(['old', NEW]).toContain(text(path));
      const left = readdirSync(folder).filter((name) => name !== 'file.bin');
      expect(left.every((name) => isTemporaryName(name, 'file.bin'))).toBe(true);
    }
  });

  it('names the folder that does not exist', async () => {
    const path = join(temporaryFolder(), 'missing', 'a.txt');
    await expect(writeFileAtomic(path, 'x')).rejects.toMatchObject({
      code: 'FILE_WRITE',
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('names the folder that may not be written to', async () => {
    // Root may write to any folder of a disk, but not to the kernel's.
    let folder = '/sys/kernel';
    if (!existsSync(folder)) {
      folder = join(temporaryFolder(), 'locked');
      mkdirSync(folder);
      chmodSync(folder, 0o500);
    }
    await expect(writeFileAtomic(join(folder, 'a.txt'), 'x')).rejects.toThrow(/FILE_WRITE: .*(EACCES|EPERM|EROFS)/);
  });

  const socketAt = (path: string) => {
    // Bound, and gone with its process: the name stays.
    const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', program]);
  };

  it.each<{ what: string; make(path: string): void }>([
    { what: 'a folder', make: (path) => mkdirSync(path) },
    { what: 'a pipe', make: (path) => execFileSync('mkfifo', [path]) },
    { what: 'a socket', make: socketAt },
    { what: 'a device', make: (path) => symlinkSync('/dev/null', path) },
  ])('leaves $what of that name as it is, and says what it is', async ({ what, make }) => {
    const folder = temporaryFolder();
    const path = join(folder, 'named');
    make(path);
    const before = lstatSync(path);
    await expect(writeFileAtomic(path, 'x')).rejects.toMatchObject({
      code: 'FILE_WRITE',
      message: expect.stringContaining(
        `${path} could not be written: it is ${what} and no file. It is as it was. Name a file`,
      ),
    });
    expect(lstatSync(path)).toMatchObject({ ino: before.ino, mode: before.mode });
    expect(readdirSync(folder)).toEqual(['named']);
  });

  /** A disk that would do it, and notes it: who may replace the device is root, on the machine that runs the tests. */
  function takingDisk() {
    const written: string[] = [];
    const disk = {
      ...realDisk,
      stat: async () => ({ isFile: () => true }),
      open: async () => void written.push('open'),
      rename: async () => void written.push('rename'),
    } as unknown as Disk;
    return { written, disk };
  }

  it.each(['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', '/dev/../dev/stdout'])(
    'writes nothing to %s, whatever it leads to',
    async (path) => {
      const { written, disk } = takingDisk();
      await expect(writeFileAtomic(path, 'x', { disk })).rejects.toThrow('it is a place of the system and no file');
      expect(written).toEqual([]);
    },
  );

  it.runIf(process.platform === 'linux')(
    'writes nothing to such a place by a link to it, or to its folder',
    async () => {
      const folder = temporaryFolder();
      symlinkSync('/dev', join(folder, 'dev'));
      symlinkSync('/dev/stdout', join(folder, 'out'));
      symlinkSync('out', join(folder, 'far'));
      symlinkSync('dev/stdout', join(folder, 'round'));
      const { written, disk } = takingDisk();
      for (const name of ['dev/stdout', 'dev/new', 'out', 'far', 'round']) {
        const writing = writeFileAtomic(join(folder, name), 'x', { disk });
        await expect(writing, name).rejects.toThrow('it is a place of the system and no file');
      }
      expect(written).toEqual([]);
    },
  );

  it('says so where links lead round in a circle', async () => {
    const folder = temporaryFolder();
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    await expect(writeFileAtomic(join(folder, 'a'), 'x')).rejects.toThrow(/^FILE_WRITE: .*ELOOP/);
  });

  it('writes to the memory that systems have below /dev', async () => {
    const path = '/dev/shm/named';
    const { disk, calls } = failingDisk((call) => (call === 'open to write' ? 'EACCES' : undefined));
    await expect(writeFileAtomic(path, 'x', { disk })).rejects.toThrow('EACCES');
    expect(calls).toContain('open to write');
  });

  it.each(['proc', 'dev', 'dev/shm'])('writes to a folder that is called %s and is not the system’s', async (name) => {
    const folder = join(temporaryFolder(), name);
    mkdirSync(folder, { recursive: true });
    await writeFileAtomic(join(folder, 'a'), 'x');
    expect(text(join(folder, 'a'))).toBe('x');
  });

  it('names what could not be looked at', async () => {
    const stat = async () => {
      throw Object.assign(new Error('EIO: simulated'), { code: 'EIO' });
    };
    await expect(writeFileAtomic('/a/b', 'x', { disk: { ...realDisk, stat } as unknown as Disk })).rejects.toThrow(
      'FILE_WRITE: /a/b could not be written: EIO',
    );
  });

  it('tells the error that ended it, not that of tidying up', async () => {
    const { path } = folderWithOld();
    const { disk } = failingDisk((call) => ({ sync: 'EIO', rm: 'EBUSY' })[call]);
    await expect(writeFileAtomic(path, 'x', { disk })).rejects.toThrow(`FILE_WRITE: ${path} could not be written: EIO`);
  });

  it('puts the file in the place of a link to one', async () => {
    const { folder, path } = folderWithOld();
    symlinkSync(path, join(folder, 'link'));
    await writeFileAtomic(join(folder, 'link'), 'new');
    expect([text(join(folder, 'link')), text(path)]).toEqual(['new', 'old']);
  });
});

describe('isTemporaryName', () => {
  it('knows its own names and no other', () => {
    expect(isTemporaryName('.a.json.12-0123456789ab.tmp')).toBe(true);
    expect(isTemporaryName('.a.json.12-0123456789ab.tmp', 'a.json')).toBe(true);
    expect(isTemporaryName('.a.json.12-0123456789ab.tmp', 'b.json')).toBe(false);
    expect(isTemporaryName('a.json')).toBe(false);
    expect(isTemporaryName('.notes.tmp')).toBe(false);
  });

  it.each([
    'x.a.json.12-0123456789ab.tmp',
    '.a.json.12-0123456789ab.tmpx',
    '.a.json.12-0123456789a.tmp',
    '.a.json.12-0123456789abc.tmp',
    '.a.json.12-0123456789aX.tmp',
    '.a.json.-0123456789ab.tmp',
    '.a.json.x-0123456789ab.tmp',
    '..12-0123456789ab.tmp',
  ])('is not %s', (name) => {
    expect(isTemporaryName(name)).toBe(false);
  });
});

describe('writing bytes', () => {
  it('hands the system at most 64 MiB at once, each from where the last ended', async () => {
    const given: number[][] = [];
    const write = async (_: Uint8Array, from: number, length: number) => {
      given.push([from, length]);
      return { bytesWritten: length };
    };
    await writeFully({ write } as never, new Uint8Array(2 ** 27 + 5));
    expect(given).toEqual([
      [0, 2 ** 26],
      [2 ** 26, 2 ** 26],
      [2 ** 27, 5],
    ]);
  });

  it('ends where the system takes nothing, with what was left', async () => {
    const taken = [3, 0];
    const write = async () => ({ bytesWritten: taken.shift() });
    await expect(writeFully({ write } as never, new Uint8Array(10))).rejects.toThrow('the system wrote 0 of 7 bytes');
  });
});

describe('syncing a folder', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is left to systems that cannot be asked for it', async () => {
    const { disk, calls } = failingDisk(() => undefined);
    vi.spyOn(process, 'platform', 'get').mockReturnValue('win32');
    await syncFolder(temporaryFolder(), { disk });
    expect(calls).toEqual([]);
  });

  it('closes it, synced or not', async () => {
    const { disk, calls } = failingDisk((call) => (call === 'sync' ? 'EIO' : undefined));
    await expect(syncFolder(temporaryFolder(), { disk })).rejects.toThrow('EIO');
    expect(calls).toEqual(['open to read', 'sync', 'close']);
  });
});
