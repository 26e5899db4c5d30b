import { broken } from '../contract.ts';
import { make, type StatefulCheck, said } from '../stateful/stateful-case.ts';
import { doesLearnRead } from '../stateful/what-learn-reads.ts';

/** Norms cost a pass over every gradient and rule out joint backward passes: they come to those who ask. */
export const asksForNorms: StatefulCheck = {
  title: 'needs gradient norms if it reads them, and only then',
  run(of) {
    const { needs } = make(of);
    if (needs !== undefined && needs !== 'gradient-norms') {
      throw broken(of, `\`needs\` must be 'gradient-norms' or left out, was ${said(needs)}. Mend it.`);
    }
    const isRead = doesLearnRead(of, 'gradientNorms');
    if (isRead && needs === undefined) {
      throw broken(
        of,
        "it reads `gradientNorms`, which are never there: give `needs: 'gradient-norms'` from `create`.",
      );
    }
    if (!isRead && needs !== undefined) {
      throw broken(
        of,
        '`needs` asks for gradient norms, and no `learn` reads them: they cost time, and no training with `backward: joint` ' +
          'takes this weighting. Leave `needs` out.',
      );
    }
  },
};
