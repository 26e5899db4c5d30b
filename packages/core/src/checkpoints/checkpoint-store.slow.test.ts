import { describe, it } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { killWhileSaving } from './killed-saves.fixture.ts';

describe('a checkpoint store', () => {
  it('killed a hundred times in the middle of saving never holds a torn, lost or wrong best checkpoint', async () => {
    console.log('100 kills:', await killWhileSaving(temporaryFolder(), 100, 0));
  });
});
