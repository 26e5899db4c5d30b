// A request that breaks a rule is refused before anything runs, and all its faults are told at once.
import type { GenerationRequest, Prompt } from '@foretoken/core';
import { isForetokenError } from '@foretoken/engine/errors';
import { describe, expect, test } from 'vitest';
import { all, DECODERS, endOf, next, prompt, request, textOf } from './loop.fixture.ts';
import { ScriptedSession } from './scripted-session.fixture.ts';

const tokenizer = { decode: () => new Uint8Array(0) };
const CONTEXT = 20;

const faults: [string, Partial<GenerationRequest>, string, string][] = [
  ['no token', { prompts: [{ tokens: new Int32Array(0) }] }, 'PROMPT_EMPTY', 'prompts[0]'],
  [
    'a prompt as long as the context',
    { prompts: [{ tokens: new Int32Array(20) }] },
    'PROMPT_TOO_LONG',
    '19 is the most',
  ],
  [
    'a token above the vocabulary',
    { prompts: [prompt(1), prompt(100)] },
    'TOKEN_UNKNOWN',
    'prompts[1]: token 0 is 100',
  ],
  ['a token below 0', { prompts: [{ tokens: Int32Array.of(1, 2, -1) }] }, 'TOKEN_UNKNOWN', 'token 2 is -1'],
  ['maxTokens 0', { maxTokens: 0 }, 'OPTIONS_INVALID', 'maxTokens must be an integer >= 1, was 0'],
  ['maxTokens NaN of a prompt', { prompts: [prompt(1, { maxTokens: Number.NaN })] }, 'OPTIONS_INVALID', 'was NaN'],
  ['maxRows 0', { maxRows: 0 }, 'OPTIONS_INVALID', 'maxRows'],
  ['maxRows 1.5', { maxRows: 1.5 }, 'OPTIONS_INVALID', 'maxRows'],
  ['window 0', { window: 0 }, 'OPTIONS_INVALID', 'window must be an integer >= 1 and <= 19, was 0'],
  ['a window as long as the context', { window: CONTEXT }, 'OPTIONS_INVALID', 'window'],
  ['-1 log-probabilities', { logProbabilities: -1 }, 'OPTIONS_INVALID', 'logProbabilities'],
  ['more log-probabilities than tokens', { logProbabilities: 101 }, 'OPTIONS_INVALID', '<= 100'],
  ['stop strings without a tokenizer', { stops: { strings: ['x'] } }, 'OPTIONS_INVALID', 'tokenizer'],
  ['an empty stop string', { stops: { strings: [''] }, tokenizer }, 'OPTIONS_INVALID', 'empty'],
  ['half a character', { stops: { strings: ['a\ud83d'] }, tokenizer }, 'OPTIONS_INVALID', 'half a character'],
  ['a stop token above the vocabulary', { stops: { tokens: [3, 100] } }, 'TOKEN_UNKNOWN', 'stops: token 1 is 100'],
  [
    'stops of a prompt',
    { prompts: [prompt(1, { stops: { strings: ['x'] } })] },
    'OPTIONS_INVALID',
    'prompts[0]: stops',
  ],
  ['temperature below 0', { prompts: [prompt(1, { sampling: { temperature: -1 } })] }, 'OPTIONS_INVALID', 'prompts[0]'],
  ['topK 0', { prompts: [prompt(1, { sampling: { topK: 0 } })] }, 'OPTIONS_INVALID', 'prompts[0]'],
  ['topP NaN', { prompts: [prompt(1, { sampling: { topP: Number.NaN } })] }, 'OPTIONS_INVALID', 'prompts[0]'],
  ['minP 2', { prompts: [prompt(1, { sampling: { minP: 2 } })] }, 'OPTIONS_INVALID', 'prompts[0]'],
  ['a penalty of 0', { prompts: [prompt(1, { sampling: { repetitionPenalty: 0 } })] }, 'OPTIONS_INVALID', 'prompts[0]'],
];

/** What may come over a wire instead of a prompt. */
const malformed: [string, unknown, string][] = [
  ['null', null, 'a prompt must be an object, was null'],
  ['a text', 'to be', 'a prompt must be an object, was "to be"'],
  ['a list', [1, 2], 'a prompt must be an object, was a list'],
  ['no tokens', {}, 'tokens must be an Int32Array of token ids, was undefined'],
  ['tokens as text', { tokens: '12' }, 'tokens must be an Int32Array of token ids, was "12"'],
  ['a misspelt key', { tokens: [1], maxToken: 3 }, 'a prompt has no "maxToken". Did you mean "maxTokens"?'],
  ['maxTokens null', { tokens: [1], maxTokens: null }, 'maxTokens must be an integer >= 1, was null'],
  ['a signal that is none', { tokens: [1], signal: {} }, 'signal must be an AbortSignal, was an object'],
  ['sampling null', { tokens: [1], sampling: null }, 'sampling must be an object, was null'],
  ['sampling as a number', { tokens: [1], sampling: 0.7 }, 'sampling must be an object, was 0.7'],
  [
    'a misspelt setting',
    { tokens: [1], sampling: { temprature: 5 } },
    'sampling has no "temprature". Did you mean "temperature"?',
  ],
  ['a bias of null', { tokens: [1], sampling: { bias: null } }, 'bias must be an object'],
  ['stops null', { tokens: [1], stops: null }, 'stops must be an object, was null'],
  ['a misspelt stop', { tokens: [1], stops: { string: ['a'] } }, 'stops has no "string". Did you mean "strings"?'],
  ['stop strings as text', { tokens: [1], stops: { strings: 'ab' } }, 'strings must be a list of texts, was "ab"'],
  ['a stop string as number', { tokens: [1], stops: { strings: ['a', 7] } }, 'item 1 is 7'],
  ['stop tokens as number', { tokens: [1], stops: { tokens: 7 } }, 'stops: tokens must be a list of token ids, was 7'],
];

describe.each(DECODERS)('%s', (_, decoder) => {
  const session = () => new ScriptedSession({ next, context: CONTEXT });

  test.each(malformed)('%s as a prompt is refused', async (_name, wrong, words) => {
    const prompts = [wrong] as Prompt[];
    const run = all(decoder.generate(session(), request([], 3, { prompts, tokenizer })));
    await expect(run).rejects.toMatchObject({ code: 'OPTIONS_INVALID', message: expect.stringContaining(words) });
    await expect(run).rejects.toThrow('prompts[0]');
  });

  test.each(malformed)('%s that arrives fails alone', async (_name, wrong, words) => {
    async function* arriving() {
      yield wrong as Prompt;
      yield prompt(30);
    }
    const emissions = await all(decoder.generate(session(), request([10], 3, { arriving: arriving(), tokenizer })));
    expect(endOf(emissions, 1).finished).toBe('failed');
    expect(endOf(emissions, 1).error).toMatchObject({ code: 'OPTIONS_INVALID' });
    expect(endOf(emissions, 1).error!.message).toContain(words);
    expect(textOf(emissions, 0)).toEqual([11, 12, 13]);
    expect(textOf(emissions, 2)).toEqual([31, 32, 33]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['prompts that are no list', { prompts: null }, 'prompts must be a list of prompts, was null'],
    ['a source that cannot be iterated', { arriving: [] }, 'arriving must be an async iterable of prompts, was a list'],
    ['stops null', { stops: null }, 'stops must be an object, was null'],
  ])('%s are refused', async (_name, more, words) => {
    const run = all(decoder.generate(session(), request([1], 3, more as Partial<GenerationRequest>)));
    await expect(run).rejects.toMatchObject({ code: 'OPTIONS_INVALID', message: expect.stringContaining(words) });
  });
});

describe.each(DECODERS)('%s', (_, decoder) => {
  test.each(faults)('%s', async (_name, more, code, words) => {
    const session = new ScriptedSession({ next, context: CONTEXT });
    const asked: string[] = [];
    const policy = { grow: () => [], prepare: async () => void asked.push('prepare') };
    const run = all(decoder.generate(session, request([1, 2], 3, { policy, ...more })));
    await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect([...session.calls, ...asked]).toEqual([]);
  });

  test('all faults are told at once, each with its code, under the code of the first', async () => {
    const session = new ScriptedSession({ next, context: CONTEXT });
    const prompts = [{ tokens: new Int32Array(0), maxTokens: 0 }, prompt(5), prompt(500)];
    const error = await all(decoder.generate(session, request([], 0, { prompts, window: 99 }))).catch(
      (thrown) => thrown,
    );
    expect(isForetokenError(error)).toBe(true);
    expect(error.code).toBe('OPTIONS_INVALID');
    expect(error.problems).toHaveLength(5);
    for (const words of ['maxTokens', 'window', 'PROMPT_EMPTY: prompts[0]', 'TOKEN_UNKNOWN: prompts[2]']) {
      expect(error.message).toContain(words);
    }
  });

  test('what the borders allow is taken', async () => {
    const session = () => new ScriptedSession({ next, context: CONTEXT, logits: () => new Float32Array(100) });
    const allowed: Partial<GenerationRequest> = {
      prompts: [{ tokens: new Int32Array(CONTEXT - 1).fill(99) }, prompt(0, { maxTokens: 1, sampling: {} })],
      window: CONTEXT - 1,
      maxRows: 1,
      logProbabilities: 100,
      stops: { tokens: [99], strings: ['x'] },
      tokenizer,
    };
    const emissions = await all(decoder.generate(session(), request([], 1, allowed)));
    expect(emissions.map(({ finished }) => finished)).toEqual(['length', 'length']);
  });
});
