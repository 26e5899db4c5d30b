// V vocabulary. What a decoder reads in place of a model: every token that it should give is known.
import type { Emission, Prompt, Stops } from '../../contracts/decoding.ts';
import { indexOfLargest } from '../../generation/distribution.ts';
import { createSampler } from '../../generation/sampler.ts';
import type { ScriptedModel } from '../scripted-session.ts';

/** Token ids are below it. */
export const VOCABULARY = 13;
/** Levels that the heads draft. */
export const LEVELS = 4;

/** How the made-up model and its heads are. */
export interface World {
  /** Tokens that the next one follows from: 1 makes texts that repeat. */
  readonly order: number;
  /** One bit a level: whether the heads' first choice is the model's. It moves on with every token. */
  readonly pattern: number;
  readonly context: number;
}

/** The world that most requests are decoded in. */
export const WORLD: World = { order: 3, pattern: 0b1011, context: 200 };

/** 32 bits of a list of integers. @source FNV-1a, Fowler, Noll and Vo */
function hashOf(values: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const value of values) hash = Math.imul(hash ^ value, 0x01000193) >>> 0;
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The model's logits: of the last tokens, and of whether a text is even. */
const logitsOf = ({ order }: World, history: readonly number[]): Float32Array => {
  const seen = [...history.slice(-order), order > 1 ? history.length % 2 : 0];
  return Float32Array.from({ length: VOCABULARY }, (_, token) => (hashOf([...seen, token]) % 64) / 8);
};

/** The world as a session decodes it. */
export function modelOf(world: World): ScriptedModel {
  return {
    context: world.context,
    vocabulary: VOCABULARY,
    levels: LEVELS,
    logits: (history) => logitsOf(world, history),
    headDistribution(history, level) {
      const first = indexOfLargest(logitsOf(world, history));
      const isRight = (world.pattern >> ((history.length - level + level * 3) % LEVELS)) % 2 === 1;
      const said = isRight ? first : (first + 1 + (history.length % (VOCABULARY - 1))) % VOCABULARY;
      return Float64Array.from({ length: VOCABULARY }, (_, token) => (token === said ? 0.52 : 0.04));
    },
  };
}

/** What plain decoding gives a prompt. */
export interface PlainText {
  readonly tokens: readonly number[];
  readonly finished: Emission['finished'];
  readonly stop?: Emission['stop'];
}

/** What limits a text. */
export interface Limits {
  readonly maxTokens: number;
  readonly stops?: Stops;
  readonly window?: number;
}

/** Greedy decoding, one token at a time: what a prompt's own limits and sampling make of it. */
export function plainText(world: World, prompt: Prompt, limits: Limits): PlainText {
  const maxTokens = prompt.maxTokens ?? limits.maxTokens;
  const stops = prompt.stops ?? limits.stops;
  const sampler = createSampler(prompt.sampling, VOCABULARY);
  const [text, tokens]: [number[], number[]] = [[...prompt.tokens], []];
  let history = [...prompt.tokens];
  for (;;) {
    if (history.length === world.context) {
      if (limits.window === undefined) return { tokens, finished: 'context' };
      history = text.slice(-limits.window);
    }
    const seen = [...history];
    const token = sampler.argmax(logitsOf(world, history), () => seen);
    for (const list of [history, text, tokens]) list.push(token);
    const stop = stopOf(tokens, stops);
    if (stop) return { tokens, finished: 'stop', stop };
    if (tokens.length === maxTokens) return { tokens, finished: 'length' };
  }
}

/** What the last token stops: by the whole text, searched from its start. */
function stopOf(tokens: readonly number[], stops: Stops = {}): Emission['stop'] {
  const last = tokens[tokens.length - 1];
  if (stops.tokens?.includes(last)) return { token: last };
  const text = tokens.map(wordOf).join('');
  let best: { string: string; start: number; end: number } | undefined;
  for (const string of stops.strings ?? []) {
    const start = text.indexOf(string);
    const end = start + string.length;
    if (start < 0 || (best && (end > best.end || (end === best.end && start >= best.start)))) continue;
    best = { string, start, end };
  }
  return best && { string: best.string, excessBytes: text.length - best.end };
}

/** Letters of a token: one to three of them, so that texts that stop lie across tokens. */
export const wordOf = (token: number): string => 'abcabdacbdcbadbcadcb'.slice(token, token + 1 + (token % 3));

/** Gives the bytes of one token at a time, as it is asked to. */
export const tokenizer = {
  decode(tokens: ArrayLike<number>): Uint8Array {
    return new TextEncoder().encode(Array.from(tokens, wordOf).join(''));
  },
};
