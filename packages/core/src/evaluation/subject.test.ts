import { ForetokenError } from '@foretoken/engine/errors';
import { describe, expect, it } from 'vitest';
import type { Decoder, GenerationRequest } from '../contracts/decoding.ts';
import type { NamedDecoder, Subject } from '../contracts/evaluation.ts';
import { certainOf } from '../testing/scripted-session.ts';
import { scriptedSubject } from '../testing/scripted-subject.ts';
import { plainGreedy } from './plain-greedy.ts';

const model = { logits: (history: readonly number[]) => certainOf((history.at(-1)! + 1) % 256, 256) };

/** Greedy that keeps the requests it saw. */
function listening(label = 'greedy') {
  const requests: GenerationRequest[] = [];
  const { decoder: greedy, rule, policy } = plainGreedy();
  const decoder: Decoder = {
    drafts: false,
    generate(session, request) {
      requests.push(request);
      return greedy.generate(session, request);
    },
  };
  return { requests, named: { label, decoder, rule, policy } satisfies NamedDecoder };
}

async function tokensOf(subject: Subject, decoder: NamedDecoder, maxTokens: number) {
  const emissions = await subject.emissions(decoder, subject.prompts(2, 3), maxTokens);
  return emissions.map(({ prompt, tokens }) => [prompt, ...tokens]);
}

describe('a subject', () => {
  it('shows its model without what would end or change it', () => {
    const { model: shown } = scriptedSubject({ model });
    const taken = ['dispose', 'store', 'record', 'createKeyValueStore', 'commitKeyValues', 'countFlops'];
    expect(taken.filter((name) => name in shown || name in shown.engine)).toEqual([]);
    expect([Object.isFrozen(shown), Object.isFrozen(shown.engine), Object.isFrozen(shown.engine.ops)]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('gives a decoder its rule, policy, prompts and limit, and a session of its own that it disposes', async () => {
    const subject = scriptedSubject({ model });
    const { named, requests } = listening();
    const prompts = subject.prompts(2, 3);
    const tokens: number[] = [];
    for await (const emission of subject.generate(named, prompts, 4)) tokens.push(...emission.tokens);
    expect(tokens).toEqual([3, 6, 4, 7, 5, 8, 6, 9]);
    expect(requests[0]).toMatchObject({ prompts, maxTokens: 4, rule: named.rule, policy: named.policy });
    expect(subject.sessions.map(({ disposed }) => disposed)).toEqual([true]);
  });

  it('disposes the session of a decoder that throws, and of a caller that stops listening', async () => {
    const subject = scriptedSubject({ model });
    const { named } = listening();
    const throwing: NamedDecoder = {
      ...named,
      decoder: {
        drafts: false,
        // biome-ignore lint/correctness/useYield: it throws before its first token
        async *generate() {
          throw new Error('broken decoder');
        },
      },
    };
    await expect(subject.emissions(throwing, subject.prompts(1, 3), 4)).rejects.toThrow('broken decoder');
    for await (const _ of subject.generate(named, subject.prompts(1, 3), 4)) break;
    expect(subject.sessions.map(({ disposed }) => disposed)).toEqual([true, true]);
  });

  it('runs what is asked for twice once, and apart what differs in decoder, prompts or limit', async () => {
    const subject = scriptedSubject({ model });
    const [one, other] = [listening('a'), listening('b')];
    expect(await tokensOf(subject, one.named, 2)).toEqual(await tokensOf(subject, one.named, 2));
    expect(one.requests).toHaveLength(1);
    await tokensOf(subject, one.named, 3);
    await subject.emissions(one.named, subject.prompts(1, 3), 2);
    expect(one.requests).toHaveLength(3);
    await tokensOf(subject, other.named, 2);
    expect(other.requests).toHaveLength(1);
  });

  it('gives every run the same stream per prompt, which goes on where it was', async () => {
    const subject = scriptedSubject({ model });
    const { named, requests } = listening();
    for (const maxTokens of [2, 3]) await tokensOf(subject, named, maxTokens);
    const [first, second] = requests.map(({ random }) => [0, 0, 1].map((prompt) => random(prompt).uniform()));
    expect(first).toEqual(second);
    expect(new Set(first).size).toBe(3);
    expect(subject.random('x').uniform()).toBe(subject.random('x').uniform());
  });

  it('stops the run of a decoder that does not look at the signal itself', async () => {
    const controller = new AbortController();
    const subject = scriptedSubject({ model, signal: controller.signal });
    const { named } = listening();
    const deaf: NamedDecoder = {
      ...named,
      decoder: {
        drafts: false,
        generate: (session, request) => named.decoder.generate(session, { ...request, signal: undefined }),
      },
    };
    const run = subject.emissions(deaf, subject.prompts(1, 3), 5, () => controller.abort());
    await expect(run).rejects.toThrow(/aborted/);
    expect(subject.sessions.map(({ disposed }) => disposed)).toEqual([true]);
  });

  it('reports emitted tokens of all that may come', async () => {
    const seen: unknown[] = [];
    const subject = scriptedSubject({ model });
    await subject.emissions(listening().named, subject.prompts(2, 3), 2, (...at) => seen.push(at));
    expect(seen).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
  });

  it('hands a decoder’s sampling to its prompts, but for those that bring their own', async () => {
    const subject = scriptedSubject({ model });
    const { named, requests } = listening();
    const [first, second] = subject.prompts(2, 3);
    const sampled = { ...named, sampling: { temperature: 0.5 } };
    await subject.emissions(sampled, [first, { ...second, sampling: { topK: 1 } }], 2);
    expect(requests[0].prompts.map(({ sampling }) => sampling)).toEqual([{ temperature: 0.5 }, { topK: 1 }]);
    // Another sampling of the same tokens is another run.
    await subject.emissions(sampled, [first, second], 2);
    expect(requests).toHaveLength(2);
  });

  it('throws what a row failed of, and names the decoder of one that does not say', async () => {
    const subject = scriptedSubject({ model });
    const failing = (error?: ForetokenError): NamedDecoder => ({
      ...listening('flaky').named,
      decoder: {
        drafts: false,
        async *generate() {
          const nothing = { tokens: new Int32Array(0), proposed: [], accepted: 0 };
          yield { prompt: 1, ...nothing, finished: 'failed', ...(error && { error }) };
        },
      },
    });
    const unknown = new ForetokenError('TOKEN_UNKNOWN', 'token 999.');
    await expect(subject.emissions(failing(unknown), subject.prompts(2, 3), 2)).rejects.toBe(unknown);
    const silent = subject.emissions(failing(), subject.prompts(2, 3), 2);
    await expect(silent).rejects.toThrow(/PLUGIN_FAILED: decoder "flaky": prompt 1 failed/);
    expect(subject.sessions.map(({ disposed }) => disposed)).toEqual([true, true]);
  });
});
