import { ForetokenError } from '@foretoken/engine/errors';
import type { Subject, WindowScores } from '../../contracts/evaluation.ts';
import { totalLosses } from '../../evaluation/total-losses.ts';
import { notJson } from '../../plugins/not-json.ts';
import { broken } from '../contract.ts';
import { isByCode } from '../options/works-or-refuses.ts';
import { greedyDecoder, refusingDecoder, speculativeDecoder } from '../scripted-decoders.ts';
import { certainOf } from '../scripted-session.ts';
import { type EvalCase, type EvalCheck, measured } from './eval-case.ts';
import { CONTEXT, type Ways, wordsOf } from './watched-subject.ts';

/** Outcomes are stored, compared and reported: what they are made of must come back from a file. */
export const givesJson: EvalCheck = {
  title: 'gives results, and timings if it has any, that survive JSON: finite numbers, or null where there is none',
  async run(of) {
    checkOutcome(of, (await measured(of)).outcome, '');
  },
};

/** What every eval meets in a matrix: an arm without drafts, a corpus without a second token. */
export const measuresAny: EvalCheck = {
  title: 'measures any subject, or refuses it by a code: without drafts, with one window, with nothing to score',
  async run(of) {
    for (const [what, ways] of Object.entries(oddSubjects())) {
      try {
        checkOutcome(of, (await measured(of, ways)).outcome, ` of ${what}`);
      } catch (error) {
        if (isByCode(error)) continue;
        if ((error as Error).name === 'BrokenRule') throw error;
        throw broken(
          of,
          `it fell over at ${what}: ${(error as Error).message.replace(/\.?$/, '.')} Give null where there is nothing to ` +
            'measure, with a reason beside it, or throw a ForetokenError that says what is needed.',
          { cause: error },
        );
      }
    }
  },
};

function checkOutcome(of: EvalCase, outcome: unknown, what: string): void {
  if (typeof outcome !== 'object' || outcome === null || !('results' in outcome)) {
    throw broken(
      of,
      `\`measure\`${what} must give \`{ results }\`, gave ${JSON.stringify(outcome)}. Give an object by name.`,
    );
  }
  const { results, timings = {}, ...others } = outcome as { results: unknown; timings?: unknown };
  const [stranger] = Object.keys(others);
  if (stranger)
    throw broken(of, `an outcome has results and timings, and \`${stranger}\` is neither. Put it into one of them.`);
  for (const [name, part] of Object.entries({ results, timings })) {
    const isNamed = typeof part === 'object' && part !== null && !Array.isArray(part);
    const problem = isNamed ? notJson(part, name) : `${name} is ${JSON.stringify(part)}`;
    if (!problem) continue;
    throw broken(
      of,
      `the outcome${what} must be objects that survive JSON, and ${problem}. Give null where a mean is over nothing, lists in ` +
        'place of typed arrays, and leave out what is undefined.',
    );
  }
}

/** Subjects that are right and unusual. */
function oddSubjects(): Readonly<Record<string, Ways>> {
  const oneOffset = { offsets: [1], maxOffset: 1, decoders: [greedyDecoder()], model: undefined };
  return {
    'a model of one offset': { script: oneOffset },
    'a run without decoders': { script: { decoders: [] } },
    'decoders that do not draft': { script: { decoders: [greedyDecoder()] } },
    'a decoder that cannot draft from this model': { script: { decoders: [greedyDecoder(), refusingDecoder()] } },
    'drafts alone': { script: { decoders: [speculativeDecoder()] } },
    'one held-out window': { script: { validation: wordsOf(2, CONTEXT + 4) } },
    'losses of 0': { script: { nats: () => 0, predict: (tokens, t, offset) => tokens[t + offset] } },
    'a model that is always wrong': { script: { nats: () => 40, predict: () => 7 } },
    'tokens that are no bytes': {
      script: { vocabulary: 300, model: { logits: () => certainOf(299, 300) } },
      change: inPairs,
    },
    'fewer prompts than asked for': {
      change: (subject) => ({ ...subject, prompts: (_, length) => subject.prompts(1, length) }),
    },
    'documents that are too short for prompts': { change: withoutPrompts },
    'documents of one token': { change: nothingScored },
  };
}

/** Every token two bytes. */
const inPairs = (subject: Subject): Subject => ({
  ...subject,
  tokenizer: {
    vocabulary: 300,
    isBytes: false,
    encode: (bytes) => Int32Array.from({ length: bytes.length / 2 }, (_, i) => bytes[2 * i]),
    decode: (tokens) => Uint8Array.from(Array.from(tokens).flatMap((token) => [token % 256, token >> 8])),
  },
});

const withoutPrompts = (subject: Subject): Subject => ({
  ...subject,
  prompts(_, length) {
    throw new ForetokenError(
      'DATA_TOO_SHORT',
      `no held-out document has ${length} tokens. Lower it, or add documents.`,
    );
  },
});

/** No position has a target in its document: nothing is scored. */
function nothingScored(subject: Subject): Subject {
  const apart = <T extends { readonly document: Int32Array }>(window: T): T => ({
    ...window,
    document: Int32Array.from(window.document, (_, t) => t),
  });
  const unscored = (window: WindowScores): WindowScores => ({
    ...apart(window),
    targets: window.targets.map(() => 0),
    scored: window.scored.map(() => 0),
    sumNats: window.sumNats.map(() => 0),
    nats: window.nats.map((nats) => new Float32Array(nats.length).fill(Number.NaN)),
  });
  return {
    ...subject,
    train: { count: subject.train.count, read: (index) => apart(subject.train.read(index)) },
    validation: { count: subject.validation.count, read: (index) => apart(subject.validation.read(index)) },
    losses: async (...asked) => {
      const { offsets, windows } = await subject.losses(...asked);
      return totalLosses(offsets, windows.map(unscored));
    },
  };
}
