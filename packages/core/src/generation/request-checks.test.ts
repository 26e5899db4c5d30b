// V = 10 token ids, a context of 8 positions.
import type { ForetokenError } from '@foretoken/engine/errors';
import { expect, test } from 'vitest';
import type { GenerationRequest, Prompt, Session } from '../contracts/decoding.ts';
import { checkRequest, promptFaults } from './request-checks.ts';

const session = { rows: [], context: 8, vocabulary: 10 } as unknown as Session;
const tokens = Int32Array.of(1, 2, 3);
const tokenizer = {} as GenerationRequest['tokenizer'];
const good = { prompts: [{ tokens }], maxTokens: 4 } as unknown as GenerationRequest;

/** What is thrown for a request with some changes. */
function refused(changes: object, of: Session = session): ForetokenError {
  try {
    checkRequest(of, { ...good, ...changes });
  } catch (error) {
    return error as ForetokenError;
  }
  throw new Error('the request was taken');
}

const ofPrompt = (changes: object): object => ({ prompts: [{ tokens, ...changes }] });

test.each<[string, object]>([
  ['with limits at their ends', { maxTokens: 1, maxRows: 1, window: 7, logProbabilities: 10 }],
  ['with none of its log-probabilities', { logProbabilities: 0 }],
  ['with the longest prompt and token ids at their ends', { prompts: [{ tokens: [0, 9, 0, 9, 0, 9, 0] }] }],
  ['without a prompt yet', { prompts: [], arriving: (async function* () {})() }],
  ['that stops at tokens and texts', { tokenizer, stops: { tokens: [9], strings: ['\n', 'é'] } }],
  [
    'with limits, stops and a signal of a prompt’s own',
    ofPrompt({ maxTokens: 1, stops: {}, signal: new AbortController().signal }),
  ],
])('a request %s is taken', (_, changes) => {
  expect(() => checkRequest(session, { ...good, ...changes })).not.toThrow();
});

test.each<[object, string, string]>([
  [{ maxTokens: 0 }, 'OPTIONS_INVALID', 'generate: maxTokens must be an integer >= 1, was 0.'],
  [{ maxRows: 1.5 }, 'OPTIONS_INVALID', 'generate: maxRows must be an integer >= 1, was 1.5.'],
  [{ window: 8 }, 'OPTIONS_INVALID', 'generate: window must be an integer >= 1 and <= 7, was 8.'],
  [{ logProbabilities: 11 }, 'OPTIONS_INVALID', 'logProbabilities must be an integer >= 0 and <= 10, was 11.'],
  [{ logProbabilities: '1' }, 'OPTIONS_INVALID', 'logProbabilities must be an integer >= 0 and <= 10, was "1".'],
  [{ arriving: [{ tokens }] }, 'OPTIONS_INVALID', 'arriving must be an async iterable of prompts, was a list.'],
  [{ prompts: { tokens } }, 'OPTIONS_INVALID', 'prompts must be a list of prompts, was an object.'],
  [{ prompts: [null] }, 'OPTIONS_INVALID', 'prompts[0]: a prompt must be an object, was null. Keys of it: tokens,'],
  [ofPrompt({ token: 1 }), 'OPTIONS_INVALID', 'prompts[0]: a prompt has no "token". Did you mean "tokens"?'],
  [ofPrompt({ tokens: 'abc' }), 'OPTIONS_INVALID', 'tokens must be an Int32Array of token ids, was "abc".'],
  [ofPrompt({ tokens: [] }), 'PROMPT_EMPTY', 'prompts[0]: a prompt needs at least one token.'],
  [ofPrompt({ tokens: new Int32Array(8) }), 'PROMPT_TOO_LONG', 'so 7 is the most in a context of 8; this one has 8.'],
  [ofPrompt({ tokens: [0, 10] }), 'TOKEN_UNKNOWN', 'prompts[0]: token 1 is 10, the vocabulary ends at 9.'],
  [ofPrompt({ tokens: [0, 0.5] }), 'TOKEN_UNKNOWN', 'token 1 is 0.5, the vocabulary ends at 9.'],
  [ofPrompt({ tokens: [-1] }), 'TOKEN_UNKNOWN', 'token 0 is -1, the vocabulary ends at 9.'],
  [ofPrompt({ tokens: [true] }), 'TOKEN_UNKNOWN', 'token 0 is a boolean, the vocabulary ends at 9.'],
  [ofPrompt({ maxTokens: -1 }), 'OPTIONS_INVALID', 'prompts[0]: maxTokens must be an integer >= 1, was -1.'],
  [ofPrompt({ signal: {} }), 'OPTIONS_INVALID', 'prompts[0]: signal must be an AbortSignal, was an object.'],
  [ofPrompt({ signal: null }), 'OPTIONS_INVALID', 'prompts[0]: signal must be an AbortSignal, was null.'],
  [ofPrompt({ sampling: { topP: 2 } }), 'OPTIONS_INVALID', 'prompts[0]: sampling: topP must be in (0, 1], was 2.'],
  [ofPrompt({ stops: 'end' }), 'OPTIONS_INVALID', 'prompts[0]: stops must be an object, was "end".'],
  [{ stops: { text: ['a'] } }, 'OPTIONS_INVALID', 'generate: stops has no "text".'],
  [{ stops: { tokens: [10] } }, 'TOKEN_UNKNOWN', 'generate: stops: token 0 is 10, the vocabulary ends at 9.'],
  [{ stops: { tokens: 3 } }, 'OPTIONS_INVALID', 'stops: tokens must be a list of token ids, was 3.'],
  [{ stops: { strings: 'a' } }, 'OPTIONS_INVALID', 'stops: strings must be a list of texts, was "a".'],
  [{ stops: { strings: ['a', true] } }, 'OPTIONS_INVALID', 'a list of texts, but item 1 is a boolean.'],
  [{ stops: { strings: ['a'] } }, 'OPTIONS_INVALID', 'strings are found in decoded text, so they need the tokenizer.'],
  [{ tokenizer, stops: { strings: ['a', ''] } }, 'OPTIONS_INVALID', 'an empty string would stop every text before it'],
  [{ tokenizer, stops: { strings: ['\ud83d'] } }, 'OPTIONS_INVALID', 'stops: "\\ud83d" holds half a character'],
])('a request with %j is refused', (changes, code, says) => {
  const { code: got, message, problems } = refused(changes);
  expect(got).toBe(code);
  expect(message).toContain(`${code}: generate: `);
  expect(message).toContain(says);
  expect(problems).toHaveLength(1);
});

test('everything that is wrong is said at once, under the code of the first', () => {
  const { code, message, problems } = refused({
    maxTokens: 0,
    prompts: [{ tokens }, { tokens: [] }, { tokens: [99] }],
  });
  expect(code).toBe('OPTIONS_INVALID');
  expect(problems.map((problem) => problem.slice(0, 34))).toEqual([
    'generate: maxTokens must be an int',
    'generate: prompts[1]: a prompt nee',
    'generate: prompts[2]: token 0 is 9',
  ]);
  expect(message).toContain('generate: 3 rules are broken.\n  OPTIONS_INVALID: maxTokens');
  expect(message).toContain('\n  TOKEN_UNKNOWN: prompts[2]: token 0 is 99');
});

test('a session that has rows already is refused, and told apart', () => {
  const { code, message } = refused({}, { ...session, rows: [4, 7] } as Session);
  expect(code).toBe('SESSION_MISUSE');
  expect(message).toContain('this one has rows [4,7] already. Open another session.');
});

test('an error that is no fault of the prompt passes through', () => {
  const broken = new TypeError('a getter of the caller’s');
  const sampling = {
    get temperature(): number {
      throw broken;
    },
  };
  expect(() => promptFaults({ tokens, sampling } as Prompt, session)).toThrow(broken);
});
