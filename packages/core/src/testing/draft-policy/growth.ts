import { broken } from '../contract.ts';
import { takesCourse } from './course.ts';
import type { Asked } from './drive.ts';
import { LEVELS, TRAINED, VOCABULARY } from './heads.ts';
import { createPolicy, ofEveryForm, type PolicyCheck } from './policy-case.ts';

/** Tables mark what is not reproducible before anything of it has run, by the definition. */
export const saysWhetherItIsTimed: PolicyCheck = {
  title: 'says whether it is timed, in its definition too',
  run(of) {
    const { isTimed } = createPolicy(of);
    if (isTimed !== undefined && typeof isTimed !== 'boolean') {
      throw broken(of, `\`isTimed\` must be true or false, was ${JSON.stringify(isTimed)}. Leave it out for false.`);
    }
    if (!isTimed || of.given.isTimed) return;
    throw broken(
      of,
      'the policy says `isTimed: true` and its definition does not, so tables would take its numbers for reproducible. Say ' +
        'it in `defineDraftPolicy({ isTimed: true, ... })` as well.',
    );
  },
};

/** A session refuses other answers in the middle of a generation. */
export const growsTheFrontier = ofEveryForm('answers with children of nodes of the last level', async (form) => {
  takesCourse(await form.prepared(), {
    answered(asked) {
      const fault = faultOf(asked);
      if (fault) throw form.broken(`${fault} This was ${where(asked)}.`);
    },
  });
});

function faultOf({ growths, frontier }: Asked): string | undefined {
  if (!Array.isArray(growths)) {
    return `grow must return a list of { node, children, sampled }, returned ${JSON.stringify(growths)}. Return it at once, not as a promise; an empty one ends the draft.`;
  }
  const chosen = new Set<number>();
  for (const growth of growths) {
    const { node, children, sampled } = growth;
    const given = JSON.stringify(growth);
    if (!frontier.includes(node)) {
      return `only a node of the frontier can get children, got ${given}. Take nodes from the frontier that grow is given.`;
    }
    if (!Number.isInteger(children) || children < 0) {
      return `children must be an integer >= 0, got ${given}. Leave out a node that is to have none.`;
    }
    if (typeof sampled !== 'boolean') {
      return `sampled must be true (children are drawn) or false (the first choices), got ${given}. Say which.`;
    }
    if (!sampled && children > 0 && chosen.has(node)) {
      return `node ${node} is asked twice for first choices, which are the same both times. Ask once, for as many children.`;
    }
    if (!sampled && children > 0) chosen.add(node);
  }
  return undefined;
}

const where = ({ at, frontier }: Asked) =>
  `at level ${at.level} of row ${at.row}, with the frontier [${frontier}] and ${VOCABULARY} tokens`;

/** Offsets that were not trained say something all the same, and it is worth nothing. */
export const staysWithinTrained = ofEveryForm(
  'drafts no level that was not trained, unless it is told to',
  async (form) => {
    if (!form.isGiven || form.of.pastTrained) return;
    takesCourse(await form.prepared(), {
      answered({ at, growths }) {
        if (at.level <= at.trained || !growths.some(({ children }) => children > 0)) return;
        throw form.broken(
          `it drafted level ${at.level}, where ${TRAINED} levels were trained and ${LEVELS} can be drafted. Stop behind ` +
            '`at.trained`; where an option is to go further, check that with `describeDraftPolicyContract(..., { pastTrained: true })`.',
        );
      },
    });
  },
);
