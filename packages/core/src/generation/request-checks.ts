import { type ErrorCode, ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import type { GenerationRequest, Prompt, Session, Stops } from '../contracts/decoding.ts';
import { isList, isObject, objectProblems, shown } from './object-checks.ts';
import { createSampler } from './sampler.ts';

/** A rule that was broken: its code, and the sentence of the error. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What limits a prompt: the model's sizes, as its session gives them. */
export type PromptLimits = Pick<Session, 'context' | 'vocabulary'>;

/** What a prompt and its stops may say; a misspelt key would be left out in silence. */
const PROMPT_KEYS: readonly (keyof Prompt)[] = ['tokens', 'sampling', 'maxTokens', 'stops', 'signal'];
const STOPS_KEYS: readonly (keyof Stops)[] = ['tokens', 'strings'];

/**
 * Everything that is wrong with the form, the tokens and the sampling of a prompt, whatever it is: one that arrives may
 * have come over a wire. Each message starts after `who: `.
 */
export function promptFaults(prompt: Prompt, limits: PromptLimits): Fault[] {
  const shape = objectProblems('a prompt', prompt, PROMPT_KEYS).map(invalid);
  if (!isObject(prompt)) return shape;
  return [...shape, ...contentFaults(prompt.tokens, limits), ...samplingFaults(prompt.sampling, limits.vocabulary)];
}

/** Everything that is wrong with a prompt of a request, limits, stops and signal of its own included. */
export function requestedPromptFaults(prompt: Prompt, request: GenerationRequest, limits: PromptLimits): Fault[] {
  const faults = promptFaults(prompt, limits);
  if (!isObject(prompt)) return faults;
  const { maxTokens, stops, signal } = prompt;
  if (maxTokens !== undefined) faults.push(...integerFaults('maxTokens', maxTokens, 1));
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.aborted !== 'boolean') {
    faults.push(
      invalid(`signal must be an AbortSignal, was ${shown(signal)}. Leave it out if nothing aborts the prompt.`),
    );
  }
  return [...faults, ...stopFaults(stops, request, limits)];
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
    ...promptsFaults(request, session),
  ];
  const error = errorOf('generate', faults);
  if (error) throw error;
}

function promptsFaults(request: GenerationRequest, limits: PromptLimits): Fault[] {
  const { prompts, arriving } = request;
  const faults: Fault[] = [];
  if (arriving !== undefined && typeof arriving?.[Symbol.asyncIterator] !== 'function') {
    faults.push(invalid(`arriving must be an async iterable of prompts, was ${shown(arriving)}.`));
  }
  if (!Array.isArray(prompts)) return [...faults, invalid(`prompts must be a list of prompts, was ${shown(prompts)}.`)];
  for (const [index, prompt] of request.prompts.entries()) {
    faults.push(...requestedPromptFaults(prompt, request, limits).map(within(`prompts[${index}]`)));
  }
  return faults;
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

const invalid = (message: string): Fault => ({ code: 'OPTIONS_INVALID', message });

function contentFaults(tokens: unknown, { context, vocabulary }: PromptLimits): Fault[] {
  if (!isList(tokens)) return [invalid(`tokens must be an Int32Array of token ids, was ${shown(tokens)}.`)];
  const faults = tokenFaults('', tokens, vocabulary);
  if (tokens.length === 0)
    faults.unshift({ code: 'PROMPT_EMPTY', message: 'a prompt needs at least one token. Give it some text.' });
  if (tokens.length < context) return faults;
  const message =
    `a prompt must leave room for a token, so ${context - 1} is the most in a context of ${context}; ` +
    `this one has ${tokens.length}. Shorten it, or train with a longer context.`;
  return [{ code: 'PROMPT_TOO_LONG', message }, ...faults];
}

/** The first token id outside the vocabulary. @param what - how the message starts; empty, or ending in a space */
export function tokenFaults(what: string, tokens: ArrayLike<unknown>, vocabulary: number): Fault[] {
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (typeof token === 'number' && Number.isInteger(token) && token >= 0 && token < vocabulary) continue;
    const message = `${what}token ${index} is ${shown(token)}, the vocabulary ends at ${vocabulary - 1}. Check the prompt and the tokenizer.`;
    return [{ code: 'TOKEN_UNKNOWN', message }];
  }
  return [];
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

function stopFaults(stops: Stops | undefined, { tokenizer }: GenerationRequest, { vocabulary }: PromptLimits): Fault[] {
  if (stops === undefined) return [];
  const shape = objectProblems('stops', stops, STOPS_KEYS).map(invalid);
  if (!isObject(stops)) return shape;
  const { tokens = [], strings = [] } = stops;
  const areTokens: boolean = isList(tokens);
  return [
    ...shape,
    ...(areTokens ? tokenFaults('stops: ', tokens, vocabulary) : []),
    ...(areTokens ? [] : [invalid(`stops: tokens must be a list of token ids, was ${shown(tokens)}.`)]),
    ...stringProblems(strings, tokenizer !== undefined).map((problem) => invalid(`stops: ${problem}`)),
  ];
}

function stringProblems(strings: unknown, hasTokenizer: boolean): string[] {
  if (!Array.isArray(strings)) return [`strings must be a list of texts, was ${shown(strings)}.`];
  const other = strings.findIndex((string) => typeof string !== 'string');
  if (other >= 0) return [`strings must be a list of texts, but item ${other} is ${shown(strings[other])}.`];
  const problems: string[] = [];
  if (strings.length > 0 && !hasTokenizer) {
    problems.push('strings are found in decoded text, so they need the tokenizer.');
  }
  if (strings.includes('')) problems.push('an empty string would stop every text before it starts.');
  const broken: string | undefined = strings.find((string) => /\p{Surrogate}/u.test(string));
  if (broken !== undefined) problems.push(`${JSON.stringify(broken)} holds half a character, which no text can.`);
  return problems;
}

function integerFaults(name: string, value: number, least: number, most = Number.POSITIVE_INFINITY): Fault[] {
  if (Number.isInteger(value) && value >= least && value <= most) return [];
  const upTo = most === Number.POSITIVE_INFINITY ? '' : ` and <= ${most}`;
  return [{ code: 'OPTIONS_INVALID', message: `${name} must be an integer >= ${least}${upTo}, was ${shown(value)}.` }];
}
