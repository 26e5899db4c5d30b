import { describe, expect, it } from 'vitest';
import { killAtCalls } from './killed-calls.fixture.ts';

describe.each([
  { what: 'a first save, its folder new', saved: 0 },
  { what: 'a save that drops an older checkpoint', saved: 3 },
])(
  '$what, killed by SIGKILL right before, in the middle of and right after every call of the file system',
  ({ what, saved }) => {
    it('leaves the whole old checkpoint or the whole new one, and goes on as if nothing had been', async () => {
      const { calls, kills } = await killAtCalls({ saved });
      expect(kills.filter(({ bad }) => bad !== undefined)).toEqual([]);
      for (const call of ['open', 'write', 'sync', 'close', 'rename', 'readdir']) expect(calls).toContain(call);
      expect(calls.includes('rm')).toBe(saved > 0);
      // Old up to some moment, new from there on.
      const found = kills.map((kill) => kill.found);
      expect(found).toEqual(found.toSorted((a, b) => a - b));
      expect(new Set(found)).toEqual(new Set([saved, saved + 1]));
      const left = found.filter((step) => step > saved).length;
      console.log(`${what}: ${calls.length} calls, ${kills.length} kills, ${left} of them left the new checkpoint`);
    });
  },
);
