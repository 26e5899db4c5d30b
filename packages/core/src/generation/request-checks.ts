import { type ErrorCode, ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import type { GenerationRequest, Prompt, Session, Stops } from '../contracts/decoding.ts';
import { createSampler } from './sampler.ts';

/** A rule that was broken: its code, and the sentence of the error. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What limits a prompt: the model's sizes, as its session gives them. */
export type PromptLimits = Pick<Session, 'context' | 'vocabulary'>;

/** Everything that is wrong with the tokens and the sampling of a prompt; each message starts after `who: `. */
export function promptFaults({ tokens, sampling }: Prompt, { context, vocabulary }: PromptLimits): Fault[] {
  const faults: Fault[] = [];
  if (tokens.length === 0) faults.push({ code: 'PROMPT_EMPTY', message: 'a prompt needs at least one token.' });
  if (tokens.length >= context) {
    const message =
      `a prompt must leave room for a token, so ${context - 1} is the most in a context of ${context}; ` +
      `this one has ${tokens.length}.`;
    faults.push({ code: 'PROMPT_TOO_LONG', message });
  }
  return [...faults, ...tokenFaults('', tokens, vocabulary), ...samplingFaults(sampling, vocabulary)];
}

/** Everything that is wrong with a prompt of a request, limits and stops of its own included. */
export function requestedPromptFaults(prompt: Prompt, request: GenerationRequest, limits: PromptLimits): Fault[] {
  return [
    ...promptFaults(prompt, limits),
    ...(prompt.maxTokens === undefined ? [] : integerFaults('maxTokens', prompt.maxTokens, 1)),
    ...stopFaults(prompt.stops, request, limits),
  ];
}

/**
 * Checks everything of a request before anything runs.
 *
 * @throws SESSION_MISUSE if the session has rows; otherwise one error with the code of the first fault and all faults
 * as its problems: OPTIONS_INVALID, PROMPT_EMPTY, PROMPT_TOO_LONG, TOKEN_UNKNOWN
 */
export function checkRequest(session: Session, request: GenerationRequest): void {
  if (session.rows.length > 0) {
    throw new ForetokenError(
      'SESSION_MISUSE',
      `generate: a decoder steps all rows of its session, and this one has rows [${session.rows}] already. ` +
        'Open another session.',
    );
  }
  const { context, vocabulary } = session;
  const { maxTokens, maxRows, window, logProbabilities, stops } = request;
  const faults = [
    ...integerFaults('maxTokens', maxTokens, 1),
    ...(maxRows === undefined ? [] : integerFaults('maxRows', maxRows, 1)),
    ...(window === undefined ? [] : integerFaults('window', window, 1, context - 1)),
    ...(logProbabilities === undefined ? [] : integerFaults('logProbabilities', logProbabilities, 0, vocabulary)),
    ...stopFaults(stops, request, session),
    ...request.prompts.flatMap((prompt, index) =>
      requestedPromptFaults(prompt, request, session).map(within(`prompts[${index}]`)),
    ),
  ];
  const error = errorOf('generate', faults);
  if (error) throw error;
}

/** One error of all faults, with the code of the first; undefined where there is none. */
export function errorOf(who: string, faults: readonly Fault[]): ForetokenError | undefined {
  if (faults.length === 0) return undefined;
  const problems = faults.map(({ message }) => `${who}: ${message}`);
  const [{ code }] = faults;
  if (problems.length === 1) return new ForetokenError(code, problems[0]);
  const list = faults.map(({ code, message }) => `\n  ${code}: ${message}`).join('');
  return new ForetokenError(code, `${who}: ${faults.length} rules are broken.${list}`, { problems });
}

const within = (where: string) => (fault: Fault) => ({ ...fault, message: `${where}: ${fault.message}` });

function tokenFaults(what: string, tokens: ArrayLike<number>, vocabulary: number): Fault[] {
  let index = 0;
  while (Number.isInteger(tokens[index]) && tokens[index] >= 0 && tokens[index] < vocabulary) index++;
  if (index >= tokens.length) return [];
  const message = `${what}token ${index} is ${tokens[index]}, the vocabulary ends at ${vocabulary - 1}.`;
  return [{ code: 'TOKEN_UNKNOWN', message }];
}

function samplingFaults(sampling: Prompt['sampling'], vocabulary: number): Fault[] {
  try {
    createSampler(sampling, vocabulary);
    return [];
  } catch (error) {
    if (!isForetokenError(error)) throw error;
    return error.problems.map((message) => ({ code: error.code, message }));
  }
}

function stopFaults(
  { tokens = [], strings = [] }: Stops = {},
  { tokenizer }: GenerationRequest,
  { vocabulary }: PromptLimits,
): Fault[] {
  const faults = tokenFaults('stops: ', tokens, vocabulary);
  const refuse = (message: string) => faults.push({ code: 'OPTIONS_INVALID', message: `stops: ${message}` });
  if (strings.length > 0 && !tokenizer) refuse('strings are found in decoded text, so they need the tokenizer.');
  if (strings.includes('')) refuse('an empty string would stop every text before it starts.');
  const broken = strings.find((string) => /\p{Surrogate}/u.test(string));
  if (broken !== undefined) refuse(`${JSON.stringify(broken)} holds half a character, which no text can.`);
  return faults;
}

function integerFaults(name: string, value: number, least: number, most = Number.POSITIVE_INFINITY): Fault[] {
  if (Number.isInteger(value) && value >= least && value <= most) return [];
  const upTo = most === Number.POSITIVE_INFINITY ? '' : ` and <= ${most}`;
  return [{ code: 'OPTIONS_INVALID', message: `${name} must be an integer >= ${least}${upTo}, was ${value}.` }];
}
