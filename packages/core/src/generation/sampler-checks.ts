import { ForetokenError } from '@foretoken/engine/errors';
import type { Sampling } from '../contracts/decoding.ts';
import { isObject, objectProblems, shown } from './object-checks.ts';

type Setting = Exclude<keyof Sampling, 'bias'>;

/** What each setting must be, and what to do instead. */
const RULES: { readonly [name in Setting]: readonly [(value: number) => boolean, rule: string, nextStep: string] } = {
  temperature: [(value) => value >= 0, 'a finite number >= 0', '0 takes the first choice, 1 leaves the model as it is'],
  topK: [(value) => Number.isInteger(value) && value >= 1, 'an integer >= 1', 'Leave it out to keep all tokens'],
  topP: [(value) => value > 0 && value <= 1, 'in (0, 1]', '1 keeps all tokens'],
  minP: [(value) => value >= 0 && value <= 1, 'in [0, 1]', '0 keeps all tokens'],
  repetitionPenalty: [(value) => value > 0, 'a finite number > 0', '1 penalizes nothing, above 1 discourages'],
};

/**
 * Checks how a row is to be sampled.
 *
 * @param vocabulary - number of token ids
 * @throws OPTIONS_INVALID with every problem at once
 */
export function checkSampling(sampling: Sampling, vocabulary: number): void {
  const shape = objectProblems('sampling', sampling, [...Object.keys(RULES), 'bias']);
  const problems = isObject(sampling)
    ? [...shape, ...settingProblems(sampling), ...biasProblems(sampling.bias, vocabulary)]
    : shape;
  if (problems.length > 0) throw new ForetokenError('OPTIONS_INVALID', problems.join(' '), { problems });
}

function settingProblems(sampling: Sampling): string[] {
  return (Object.keys(RULES) as Setting[]).flatMap((name) => {
    const value: unknown = sampling[name];
    const [isAllowed, rule, nextStep] = RULES[name];
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value) && isAllowed(value))) return [];
    return [`sampling: ${name} must be ${rule}, was ${shown(value)}. ${nextStep}.`];
  });
}

function biasProblems(bias: unknown, vocabulary: number): string[] {
  if (bias === undefined) return [];
  if (!isObject(bias)) {
    return [`sampling: bias must be an object of token ids and numbers, was ${shown(bias)}. Write { "10": -5 }, say.`];
  }
  const entries: [string, unknown][] = Object.entries(bias);
  const problems = entries.flatMap(([token, value]) => [
    ...tokenProblems(token, vocabulary),
    ...valueProblems(token, value),
  ]);
  if (problems.length > 0 || entries.length < vocabulary) return problems;
  if (entries.some(([, value]) => value !== Number.NEGATIVE_INFINITY)) return [];
  return [`sampling: bias must leave a token to choose, but bans all ${vocabulary}. Take one out of it.`];
}

/** A key that is an id written otherwise, "01" say, could stand beside "1". */
function tokenProblems(token: string, vocabulary: number): string[] {
  const id = Number(token);
  if (String(id) === token && Number.isInteger(id) && id >= 0 && id < vocabulary) return [];
  return [
    `sampling: bias must be given for token ids in [0, ${vocabulary}), was given for ${shown(token)}. Check the tokenizer.`,
  ];
}

function valueProblems(token: string, value: unknown): string[] {
  if (typeof value === 'number' && (Number.isFinite(value) || value === Number.NEGATIVE_INFINITY)) return [];
  return [
    `sampling: bias of token ${token} must be a finite number, or -Infinity to ban it, was ${shown(value)}. 0 changes nothing.`,
  ];
}
