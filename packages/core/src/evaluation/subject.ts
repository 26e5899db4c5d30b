import { ForetokenError } from '@foretoken/engine/errors';
import type { Tokenizer } from '../contracts/data.ts';
import type { Emission, Prompt, Session } from '../contracts/decoding.ts';
import type { NamedDecoder, OffsetLosses, Progress, Subject, WindowScores } from '../contracts/evaluation.ts';
import type { LanguageModel } from '../contracts/model.ts';
import type { Random } from '../contracts/random.ts';
import type { PreparedData } from '../data/prepare.ts';
import { createRandom } from '../random/random.ts';
import { measuredModel } from './measured-model.ts';
import { totalLosses } from './total-losses.ts';

/** What a subject is made of; all of it stays the caller's. */
export interface SubjectParts {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly data: Pick<PreparedData, 'train' | 'validation' | 'prompts'>;
  readonly decoders: readonly NamedDecoder[];
  /** Opens a session on the model; the subject disposes it. */
  openSession(): Session;
  /** The run's. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
}

/**
 * Makes a subject: one trained model with what evals need to measure it.
 *
 * A plain object, so that a copy with another `progress` is a subject too. It keeps the scores of windows and the
 * emissions of shared runs on the host, and no tensor.
 */
export function createSubject(parts: SubjectParts): Subject {
  const { model, tokenizer, data, decoders, seed, signal } = parts;
  const generate: Subject['generate'] = (decoder, prompts, maxTokens) =>
    generated(parts, decoder, { prompts, maxTokens });
  return {
    model: measuredModel(model),
    tokenizer,
    validation: data.validation,
    train: data.train,
    decoders,
    signal,
    openSession: () => parts.openSession(),
    losses: lossesOf(parts),
    prompts: (count, length) => data.prompts(count, length, 'evaluation'),
    generate,
    emissions: emissionsOf(parts, generate),
    random: (name) => createRandom(seed, `evaluation/${name}`),
    progress: parts.progress ?? (() => {}),
  };
}

function lossesOf({ model, data, seed, signal }: SubjectParts): Subject['losses'] {
  const scores = new Map<number, WindowScores>();
  return async (indices, progress = () => {}): Promise<OffsetLosses> => {
    // Loaded late: an eval's author imports this folder without waiting for the tensor library.
    const { scoreWindows, windowsPerForward } = await import('./score-windows.ts');
    const missing = [...new Set(indices)].filter((index) => !scores.has(index));
    const step = windowsPerForward(model.dims);
    for (let from = 0; from < missing.length; from += step) {
      progress(from, missing.length);
      await breathe(signal);
      const random = createRandom(seed, `evaluation/forward/${missing[from]}`);
      const scored = scoreWindows(model, data.validation, missing.slice(from, from + step), random);
      for (const window of scored) scores.set(window.window, window);
      progress(Math.min(from + step, missing.length), missing.length);
    }
    const windows = indices.map((index) => scores.get(index)!);
    return totalLosses(model.offsets, windows);
  };
}

function emissionsOf({ signal }: SubjectParts, generate: Subject['generate']): Subject['emissions'] {
  const kept = new Map<NamedDecoder, Map<string, readonly Emission[]>>();
  return async (decoder, prompts, maxTokens, progress = () => {}) => {
    const key = runKey(prompts, maxTokens);
    const runs = kept.get(decoder) ?? new Map<string, readonly Emission[]>();
    kept.set(decoder, runs);
    const found = runs.get(key);
    if (found) return found;
    const emissions: Emission[] = [];
    let tokens = 0;
    for await (const emission of generate(decoder, prompts, maxTokens)) {
      emissions.push(emission);
      tokens += emission.tokens.length;
      progress(tokens, prompts.length * maxTokens);
      signal?.throwIfAborted();
    }
    runs.set(key, emissions);
    return emissions;
  };
}

/** What tells one run of a decoder from another. */
function runKey(prompts: readonly Prompt[], maxTokens: number): string {
  return JSON.stringify([
    maxTokens,
    prompts.map(({ tokens, sampling, maxTokens: own, stops }) => [[...tokens], sampling, own, stops]),
  ]);
}

async function* generated(
  { openSession, tokenizer, seed, signal }: SubjectParts,
  { label, decoder, rule, policy, sampling }: NamedDecoder,
  { prompts, maxTokens }: { readonly prompts: readonly Prompt[]; readonly maxTokens: number },
): AsyncGenerator<Emission> {
  const sampled = sampling ? prompts.map((prompt) => ({ sampling, ...prompt })) : prompts;
  const streams = new Map<number, Random>();
  const random = (prompt: number) => {
    const stream = streams.get(prompt) ?? createRandom(seed, `evaluation/decode/${prompt}`);
    streams.set(prompt, stream);
    return stream;
  };
  const session = openSession();
  try {
    const request = { prompts: sampled, maxTokens, rule, policy, random, signal, tokenizer };
    for await (const emission of decoder.generate(session, request)) yield unfailed(emission, label);
  } finally {
    session.dispose();
  }
}

/** A row that failed must not pass for one that ended: what its decoder emits as an error is thrown. */
function unfailed(emission: Emission, label: string): Emission {
  if (!emission.error && emission.finished !== 'failed') return emission;
  const rule = `decoder "${label}": prompt ${emission.prompt} failed without saying why. Report it to the decoder's author.`;
  throw emission.error ?? new ForetokenError('PLUGIN_FAILED', rule);
}

/** Lets signals in between two long synchronous pieces of work. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise(setImmediate);
  signal?.throwIfAborted();
}
