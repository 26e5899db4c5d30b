import { describe, expect, it } from 'vitest';
import { killAtCalls } from './killed-calls.fixture.ts';

const isRename = ({ call }: { readonly call: string }) => call === 'rename';
const isMiddle = ({ when }: { readonly when: string }) => when === 'middle';

describe('a process that saves, killed by SIGKILL', () => {
  it('in the middle of a write, or at its rename, leaves the old checkpoint or the new one', async () => {
    const { kills } = await killAtCalls({ saved: 3 }, (moments) => [
      moments.findLast(isMiddle)!,
      ...moments.filter(isRename),
    ]);
    expect(kills.map(({ call, when, found, bad }) => [call, when, found, bad])).toEqual([
      ['write', 'middle', 3, undefined],
      ['rename', 'before', 3, undefined],
      ['rename', 'after', 4, undefined],
    ]);
  });

  it('is found out if it saves without temporary files', async () => {
    const { kills } = await killAtCalls({ saved: 3, inPlace: true }, (moments) => moments.filter(isMiddle).slice(-1));
    expect(kills).toMatchObject([{ found: 4, bad: expect.stringContaining('step-00000004.safetensors') }]);
  });
});
