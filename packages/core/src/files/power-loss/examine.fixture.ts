import { type CrashState, countSyncs, crashStates, type Thoroughness, withoutSync } from './crash-states.fixture.ts';
import type { Operation } from './memory-disk.fixture.ts';

/** Looks at what a crash left as the program would; throws at anything but old or new, whole. */
export type Check = (state: CrashState) => Promise<void>;

/** A program that writes, and what must hold whenever power is lost. */
export interface Trace {
  readonly record: () => Promise<Operation[]>;
  readonly check: Check;
}

/** The states of a trace at which the check throws, with what it says. */
export async function badStates(
  journal: readonly Operation[],
  check: Check,
  { most = Number.POSITIVE_INFINITY, ...thoroughness }: Thoroughness & { readonly most?: number },
): Promise<{ numStates: number; bad: { at: number; after: unknown; what: string; tree: unknown }[] }> {
  const bad: { at: number; after: unknown; what: string; tree: unknown }[] = [];
  let numStates = 0;
  for (const state of crashStates(journal, thoroughness)) {
    numStates += 1;
    // Taken before, since the check may write.
    const tree = [...state.disk.tree()];
    try {
      await check(state);
    } catch (cause) {
      bad.push({ at: state.at, after: journal[state.at - 1], what: (cause as Error).message, tree });
      if (bad.length >= most) break;
    }
  }
  return { numStates, bad };
}

/** For every sync of a trace, in order: whether there is a bad state without it. */
export async function eachSyncMissing(
  journal: readonly Operation[],
  check: Check,
  thoroughness: Thoroughness,
): Promise<{ numSyncs: number; needed: boolean[] }> {
  const numSyncs = countSyncs(journal);
  const needed: boolean[] = [];
  for (let index = 0; index < numSyncs; index++) {
    const without = withoutSync(journal, index);
    const { bad } = await badStates(without.journal, check, { ...thoroughness, from: without.from, most: 1 });
    needed.push(bad.length > 0);
  }
  return { numSyncs, needed };
}
