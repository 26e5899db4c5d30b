import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { isAbandonedName, temporaryWriter, withTemporaryPath } from './temporary-name.ts';

const HEX = '0123456789ab';
const TOKENS = 'a'.repeat(64);
/** How the names of files, of folders of tokens and of upgrades begin. */
const PREFIXES = ['.a.json', TOKENS, 'run.v2-ready'];
const endings = ['', '.broken'];

describe('a temporary name', () => {
  it.each(PREFIXES)('of %s says its writer', (prefix) => {
    for (const ending of endings) expect(temporaryWriter(`${prefix}.12-${HEX}.tmp${ending}`)).toBe(12);
  });

  it.each([
    `a.json.12-${HEX}.tmp`,
    `.a.json.12-${HEX}.tmpx`,
    '.a.json.12-0123456789a.tmp',
    `.a.json.12-${HEX}c.tmp`,
    '.a.json.12-0123456789aX.tmp',
    `.a.json.-${HEX}.tmp`,
    `.a.json.x-${HEX}.tmp`,
    `..12-${HEX}.tmp`,
    `${TOKENS.slice(1)}.12-${HEX}.tmp`,
    `x${TOKENS}.12-${HEX}.tmp`,
    `run.v2-backup.12-${HEX}.tmp`,
    '.notes.tmp',
    'a.json',
  ])('is not %s', (name) => {
    expect([temporaryWriter(name), isAbandonedName(name)]).toEqual([undefined, false]);
  });

  it.each(PREFIXES)('of %s is abandoned if its writer is gone, or was an earlier process of this number', (prefix) => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    for (const ending of endings) {
      const [gone, earlier, other] = [pid, process.pid, process.ppid].map((one) =>
        isAbandonedName(`${prefix}.${one}-${HEX}.tmp${ending}`),
      );
      expect([gone, earlier, other]).toEqual([true, true, false]);
    }
  });

  it.each(PREFIXES)('of %s is not abandoned while this process is at it, and is afterwards', async (prefix) => {
    const name = await withTemporaryPath(`/folder/${prefix}`, async (path) => {
      expect(path.startsWith(`/folder/${prefix}.${process.pid}-`)).toBe(true);
      for (const ending of endings) expect(isAbandonedName(`${basename(path)}${ending}`)).toBe(false);
      return basename(path);
    });
    expect(isAbandonedName(name)).toBe(true);
    let failed = '';
    const failing = withTemporaryPath(prefix, async (path) => {
      failed = path;
      throw new Error('full');
    });
    await expect(failing).rejects.toThrow('full');
    expect(isAbandonedName(failed)).toBe(true);
  });

  it('is known to a second copy of this module, such as that of a plugin', async () => {
    vi.resetModules();
    const other = await import('./temporary-name.ts');
    expect(other.isAbandonedName).not.toBe(isAbandonedName);
    await withTemporaryPath('.a.json', async (path) => expect(other.isAbandonedName(path)).toBe(false));
  });

  it('is never given twice', async () => {
    const names = await Promise.all(Array.from({ length: 100 }, () => withTemporaryPath('.a', async (path) => path)));
    expect(new Set(names).size).toBe(100);
  });
});
