// What tests of the loop share: decoders, requests and prompts that arrive, over a scripted session.
import type { Decoder, Emission, GenerationRequest, Prompt, Random } from '@foretoken/core';
import exact from '../exact/exact.ts';
import greedyDefinition from '../greedy/greedy.ts';
import speculativeDefinition from '../speculative/speculative.ts';
import { chainOf, type ScriptedOptions } from './scripted-session.fixture.ts';

export const greedy: Decoder = greedyDefinition.create({}, {});
export const speculative: Decoder = speculativeDefinition.create({}, {});
/** For `describe.each`. */
export const DECODERS: [string, Decoder][] = [
  ['greedy', greedy],
  ['speculative', speculative],
];

/** The scripted model: the next token is the last one plus 1, modulo 100. */
export const next = (text: readonly number[]) => (text.at(-1)! + 1) % 100;

/** It, with right drafts of `right` tokens and then one wrong. */
export const drafting = (right: number): ScriptedOptions => ({
  next,
  draft: (text) => chainOf([...Array.from({ length: right }, (_, i) => (text.at(-1)! + 1 + i) % 100), 99]),
});

export const prompt = (start: number, more: Partial<Prompt> = {}): Prompt => ({
  tokens: Int32Array.of(start),
  ...more,
});

/** A request of prompts of one token each. */
export const request = (
  starts: readonly number[],
  maxTokens: number,
  more: Partial<GenerationRequest> = {},
): GenerationRequest => ({
  prompts: starts.map((start) => prompt(start)),
  maxTokens,
  rule: exact.create({}, {}),
  policy: { grow: () => [] },
  random: () => ({}) as Random,
  ...more,
});

export async function all(emissions: AsyncIterable<Emission>): Promise<Emission[]> {
  const list: Emission[] = [];
  for await (const emission of emissions) list.push(emission);
  return list;
}

/** The tokens of a prompt, in order. */
export const textOf = (emissions: readonly Emission[], of: number): number[] =>
  emissions.filter((emission) => emission.prompt === of).flatMap(({ tokens }) => [...tokens]);

/** How a prompt ended; fails where its end was said twice or not last. */
export function endOf(emissions: readonly Emission[], of: number): Emission {
  const own = emissions.filter((emission) => emission.prompt === of);
  const ends = own.flatMap(({ finished }, index) => (finished ? [index] : []));
  if (ends.length !== 1 || ends[0] !== own.length - 1) {
    throw new Error(`prompt ${of} ends at emissions [${ends}] of ${own.length}`);
  }
  return own.at(-1)!;
}

/** Prompts that a test sends when it likes. */
export class Inbox implements AsyncIterable<Prompt> {
  isClosed = false;
  asked = 0;
  #answers: ((result: IteratorResult<Prompt> | Promise<never>) => void)[] = [];
  #sent: (IteratorResult<Prompt> | Promise<never>)[] = [];

  send(arriving: Prompt): void {
    this.#push({ done: false, value: arriving });
  }

  end(): void {
    this.#push({ done: true, value: undefined });
  }

  fail(error: Error): void {
    const failed = Promise.reject(error);
    failed.catch(() => {});
    this.#push(failed);
  }

  [Symbol.asyncIterator](): AsyncIterator<Prompt> {
    return {
      next: () => {
        this.asked++;
        const sent = this.#sent.shift();
        return sent ? Promise.resolve(sent) : new Promise((resolve) => this.#answers.push(resolve));
      },
      return: async () => {
        this.isClosed = true;
        return { done: true, value: undefined };
      },
    };
  }

  #push(result: IteratorResult<Prompt> | Promise<never>): void {
    const answer = this.#answers.shift();
    if (answer) answer(result);
    else this.#sent.push(result);
  }
}
