import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Disk, realDisk } from '../disk.ts';
import { temporaryFolder } from '../temporary-folder.fixture.ts';
import { crashStates } from './crash-states.fixture.ts';
import { badStates, eachSyncMissing } from './examine.fixture.ts';
import { MemoryDisk } from './memory-disk.fixture.ts';
import { TRACES } from './traces.fixture.ts';

/** Few enough for every run of the tests; the slow ones look at all. */
const QUICK = { exhaustiveUpTo: 64, numDrawn: 16, seed: 0 };

describe.each(Object.entries(TRACES))('power lost at any moment of %s', (_, trace) => {
  it('leaves old or new, whole', async () => {
    const { bad, numStates } = await badStates(await trace.record(), trace.check, QUICK);
    expect(bad).toEqual([]);
    expect(numStates).toBeGreaterThan(20);
  });

  it('leaves something else if any one of its syncs is missing', async () => {
    const { needed, numSyncs } = await eachSyncMissing(await trace.record(), trace.check, QUICK);
    expect(numSyncs).toBeGreaterThan(3);
    expect(needed).toEqual(Array.from({ length: numSyncs }, () => true));
  });
});

describe('the states that a crash can leave', () => {
  const all = { exhaustiveUpTo: 1e6, numDrawn: 0, seed: 0 };
  const statesOf = (memory: MemoryDisk) =>
    [...crashStates(memory.journal, all)].map(({ disk }) => Object.fromEntries([...disk.tree()].slice(1)));

  it('of one file written and nothing synced: none, empty, whole, half, zeros, other bytes', async () => {
    const memory = new MemoryDisk();
    const handle = await memory.disk.open('/a', 'wx');
    await handle.write(Buffer.from('abcd'));
    const other = [11, 48, 85, 122].map((code) => String.fromCharCode(code)).join('');
    expect(statesOf(memory)).toEqual([
      {},
      { '/a': '' },
      ...[{ '/a': 'abcd' }, { '/a': 'ab' }, { '/a': '\0\0\0\0' }, { '/a': '\0\0cd' }, { '/a': other }],
    ]);
  });

  it('of a rename before its file was synced name a file without its content', async () => {
    const memory = new MemoryDisk();
    const handle = await memory.disk.open('/new', 'wx');
    await handle.write(Buffer.from('x'));
    await memory.disk.rename('/new', '/old');
    const states = statesOf(memory);
    expect(states).toContainEqual({ '/old': '' });
    expect(states).toContainEqual({ '/old': '\0' });
    expect(states).toContainEqual({ '/new': 'x', '/old': 'x' });
  });

  it('are one once file and folder are synced, whichever comes first', async () => {
    for (const order of [
      ['/a', '/'],
      ['/', '/a'],
    ]) {
      const memory = new MemoryDisk();
      await (await memory.disk.open('/a', 'wx')).write(Buffer.from('abcd'));
      for (const path of order) await (await memory.disk.open(path, 'r')).sync();
      memory.promise('durable');
      const last = [...crashStates(memory.journal, all)].filter(({ promises }) => promises.length > 0);
      expect(last.map(({ disk }) => disk.tree().get('/a'))).toEqual(['abcd']);
    }
  });

  it('hold a removed file again, and one that was cut off at its old length, until they are synced', async () => {
    const memory = new MemoryDisk();
    for (const path of ['/a', '/b']) await (await memory.disk.open(path, 'wx')).write(Buffer.from('abcd'));
    memory.settle();
    await memory.disk.rm('/a');
    await (await memory.disk.open('/b', 'a+')).truncate(1);
    memory.promise('done');
    const states = [...crashStates(memory.journal, all)].filter(({ promises }) => promises.length > 0);
    expect(states.map(({ disk }) => [...disk.tree()].slice(1).map(([path, text]) => path + text))).toEqual([
      ['/ba'],
      ['/aabcd', '/ba'],
      ['/babcd'],
      ['/aabcd', '/babcd'],
    ]);
  });
});

describe('the disk in memory', () => {
  const names = fc.constantFrom('/a', '/b', '/d', '/d/a', '/d/b', '/d/e');
  const calls = fc.oneof(
    fc.record({
      call: fc.constant('write' as const),
      path: names,
      flags: fc.constantFrom('wx', 'a+'),
      text: fc.string(),
    }),
    fc.record({ call: fc.constant('truncate' as const), path: names, size: fc.nat(9) }),
    fc.record({ call: fc.constantFrom('mkdir', 'rm', 'rmdir', 'readdir', 'readFile', 'isDirectory'), path: names }),
    fc.record({ call: fc.constant('rename' as const), path: names, to: names }),
  );

  it('does what a real one does, errors included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(calls, { maxLength: 25 }), async (given) => {
        const root = temporaryFolder();
        const memory = new MemoryDisk();
        for (const each of given) {
          const theirs = await outcome(realDisk, root, each);
          expect(await outcome(memory.disk, '', each), JSON.stringify(given)).toEqual(theirs);
        }
        expect([...memory.tree()].slice(1).sort()).toEqual(filesIn(root, '').sort());
      }),
      { numRuns: 60 },
    );
  });

  type Call = typeof calls extends fc.Arbitrary<infer T> ? T : never;

  async function outcome(disk: Disk, root: string, given: Call): Promise<unknown> {
    const path = root + given.path;
    try {
      if (given.call === 'rename') return await disk.rename(path, root + given.to);
      if (given.call === 'readdir') return (await disk.readdir(path)).sort();
      if (given.call === 'isDirectory') return (await disk.stat(path)).isDirectory();
      if (given.call === 'rm') return await disk.rm(path, { recursive: true, force: true });
      if (given.call === 'mkdir' || given.call === 'rmdir') return void (await disk[given.call](path));
      const flags: string = given.call === 'write' ? given.flags : given.call === 'readFile' ? 'r' : 'a+';
      const handle = await disk.open(path, flags);
      try {
        if (given.call === 'readFile') return await handle.readFile('utf8');
        if (given.call === 'truncate') return await handle.truncate(given.size);
        return (await handle.write(Buffer.from((given as { text: string }).text))).bytesWritten;
      } finally {
        await handle.close();
      }
    } catch (cause) {
      // Of two paths that are both wrong, a system may say either first.
      return given.call === 'rename' ? 'failed' : (cause as { code: string }).code;
    }
  }

  function filesIn(root: string, path: string): [string, string][] {
    return readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry): [string, string][] => {
      const own = `${path}/${entry.name}`;
      if (entry.isDirectory()) return [[`${own}/`, ''], ...filesIn(root, own)];
      return [[own, readFileSync(join(root, own), 'latin1')]];
    });
  }
});
