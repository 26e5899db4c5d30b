import { ofEveryForm } from './rule-case.ts';

const GUARANTEES: readonly unknown[] = ['greedy', 'distribution'];

/** Reports word a decoder's output by what its rule says that it keeps; what is said wrong there is printed everywhere. */
export const declaresWhatItKeeps = ofEveryForm('says what it keeps, the same every time', ({ create, broken }) => {
  const { keeps, needsDrawn } = create();
  if (!Array.isArray(keeps) || keeps.some((kept) => !GUARANTEES.includes(kept)) || new Set(keeps).size < keeps.length) {
    throw broken(
      `\`keeps\` must be a list of 'greedy' and 'distribution', each once at most, was ${JSON.stringify(keeps)}. ` +
        'A rule that keeps neither is lossy and says `keeps: []`.',
    );
  }
  if (needsDrawn !== undefined && typeof needsDrawn !== 'boolean') {
    throw broken(`\`needsDrawn\` must be true or false, was ${JSON.stringify(needsDrawn)}. Leave it out for false.`);
  }
  const again = create();
  if (JSON.stringify([again.keeps, again.needsDrawn]) === JSON.stringify([keeps, needsDrawn])) return;
  throw broken(
    `one set of options made a rule with keeps ${JSON.stringify(keeps)} and needsDrawn ${needsDrawn}, then one with ` +
      `${JSON.stringify(again.keeps)} and ${again.needsDrawn}. Let both follow from the options alone.`,
  );
});
