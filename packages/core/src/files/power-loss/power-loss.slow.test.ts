import { expect, test } from 'vitest';
import { badStates, eachSyncMissing } from './examine.fixture.ts';
import { TRACES } from './traces.fixture.ts';

/** Every state of every crash of these traces. */
const ALL = { exhaustiveUpTo: 1e6, numDrawn: 0, seed: 0 };

test.each(Object.entries(TRACES))(
  'every state that power loss could leave of %s is old or new, whole',
  async (name, trace) => {
    const journal = await trace.record();
    const { bad, numStates } = await badStates(journal, trace.check, ALL);
    expect(bad).toEqual([]);
    const { needed, numSyncs } = await eachSyncMissing(journal, trace.check, ALL);
    expect(needed.filter(Boolean)).toHaveLength(numSyncs);
    console.log(`${name}: ${journal.length} operations, ${numStates} states, ${numSyncs} syncs, each needed`);
  },
);
