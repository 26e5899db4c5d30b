import { broken } from '../contract.ts';
import { scriptOf } from '../stateful/json-state.ts';
import { make, type StatefulCheck, said } from '../stateful/stateful-case.ts';
import { MOODS, play } from '../stateful/training-script.ts';
import { doesLearnRead } from '../stateful/what-learn-reads.ts';

/** Each measurement is a forward pass of its own. */
export const asksForAcceptance: StatefulCheck = {
  title: 'has acceptance measured if it reads it, after a number of steps >= 1, and only then',
  run(of) {
    const { acceptanceEvery } = make(of);
    if (acceptanceEvery !== undefined && !(Number.isSafeInteger(acceptanceEvery) && acceptanceEvery >= 1)) {
      throw broken(
        of,
        `\`acceptanceEvery\` is a number of steps >= 1 or left out, was ${said(acceptanceEvery)}. Mend it.`,
      );
    }
    const isRead = doesLearnRead(of, 'acceptance');
    if (isRead && acceptanceEvery === undefined) {
      throw broken(of, 'it reads `acceptance`, which is never there: give `acceptanceEvery` from `create`.');
    }
    if (!isRead && acceptanceEvery !== undefined) {
      throw broken(of, '`acceptanceEvery` has acceptance measured, and no `learn` reads it. Leave it out.');
    }
  },
};

/** There is no model yet when a run's plugins are made. */
export const asksCostsLate: StatefulCheck = {
  title: 'asks what an offset costs in `now` or `learn`, for offsets from 1, and not in `create`',
  run(of) {
    let isMade = false;
    const costRatio = (offset: number) => {
      if (!isMade) {
        throw broken(of, '`costRatio` was asked in `create`, where there is no model yet. Ask in `now` or `learn`.');
      }
      if (!Number.isSafeInteger(offset) || offset < 1) {
        throw broken(of, `\`costRatio\` was asked for offset ${said(offset)}. Offsets are integers from 1.`);
      }
      return offset <= of.horizon ? 0.25 : 0;
    };
    const made = make(of, { costRatio });
    isMade = true;
    for (const mood of MOODS) [...play(made, { ...scriptOf(of), mood, steps: 200 })];
  },
};
