// T positions of a window.
import type { Engine } from '@foretoken/engine';
import type { Tokenizer } from '../contracts/data.ts';
import type { NamedDecoder, Subject, WindowScores, Windows } from '../contracts/evaluation.ts';
import type { LanguageModel } from '../contracts/model.ts';
import { createSubject } from '../evaluation/subject.ts';
import { totalLosses } from '../evaluation/total-losses.ts';
import { type ScriptedModel, type ScriptedSession, scriptedSession } from './scripted-session.ts';

/** What a {@link scriptedSubject} is told; everything has a default. */
export interface SubjectScript {
  /** Tokens of each split, one document each, laid out in windows of context + maxOffset. Default: 0, 1, 2 ... */
  readonly train?: readonly number[];
  readonly validation?: readonly number[];
  /** Positions of a window. Default 16. */
  readonly context?: number;
  /** Default 4. */
  readonly maxOffset?: number;
  /** Offsets of the model. Default [1]. */
  readonly offsets?: readonly number[];
  /** Default 256; at most 256, so that tokens are bytes. */
  readonly vocabulary?: number;
  readonly decoders?: readonly NamedDecoder[];
  /** What sessions decode. Default: always token 0. */
  readonly model?: Omit<ScriptedModel, 'context'>;
  /** First choice of an offset after position t of a window. Default: token 0. */
  predict?(tokens: Int32Array, t: number, offset: number): number;
  /** Loss of an offset at position t of a window. Default: 0. */
  nats?(tokens: Int32Array, t: number, offset: number): number;
  readonly signal?: AbortSignal;
  progress?(done: number, total: number, what?: string): void;
}

/** A subject without tensors, and the sessions that it opened. */
export interface ScriptedSubject extends Subject {
  readonly sessions: readonly ScriptedSession[];
}

/**
 * A subject whose text, predictions and decoding are all scripted: for tests of evals by hand-computed numbers.
 *
 * Prompts are consecutive pieces of the validation tokens. Only `dims`, `offsets`, a head without declarations and an
 * engine that holds nothing exist of its model.
 */
export function scriptedSubject(script: SubjectScript): ScriptedSubject {
  const { context = 16, maxOffset = 4, offsets = [1], vocabulary = 256 } = script;
  const counting = Array.from({ length: 4 * context + maxOffset }, (_, t) => t % vocabulary);
  const splits = { train: script.train ?? counting, validation: script.validation ?? counting };
  const sessions: ScriptedSession[] = [];
  const dims = { context, maxOffset, vocabulary, horizon: offsets[offsets.length - 1] };
  const validation = scriptedWindows(splits.validation, context, maxOffset);
  const subject = createSubject({
    model: { dims, offsets, head: { forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD }, engine } as LanguageModel,
    tokenizer: byteTokenizer(vocabulary),
    data: {
      train: scriptedWindows(splits.train, context, maxOffset),
      validation,
      prompts: (count, length) =>
        Array.from({ length: count }, (_, i) => ({ tokens: cut(splits.validation, i * length, length) })),
    },
    decoders: script.decoders ?? [],
    openSession() {
      const model = { logits: () => Float32Array.of(1, ...new Float32Array(vocabulary - 1)), ...script.model };
      sessions.push(scriptedSession({ ...model, context }));
      return sessions[sessions.length - 1];
    },
    seed: 0,
    signal: script.signal,
    progress: script.progress,
  });
  return {
    ...subject,
    sessions,
    losses: async (indices) =>
      totalLosses(
        offsets,
        indices.map((index) => scoredBy(script, index, validation.read(index), { T: context, offsets })),
      ),
  };
}

/** Stands in for an engine: no operations, no memory, no time. */
const engine = {
  ...{ name: 'cpu', threads: 1, fingerprint: 'scripted', ops: {} },
  memory: () => ({ numTensors: 0, bytes: 0, peakBytes: 0 }),
  resetPeak() {},
  kernelSeconds: () => undefined,
  tidy: <T>(work: () => T) => work(),
} as object as Engine;

/** Windows over one document. */
export function scriptedWindows(tokens: readonly number[], context: number, maxOffset: number): Windows {
  return {
    count: Math.max(0, Math.floor((tokens.length - maxOffset) / context)),
    read: (index) => ({
      tokens: cut(tokens, index * context, context + maxOffset),
      document: new Int32Array(context + maxOffset),
    }),
  };
}

function scoredBy(
  { predict = () => 0, nats = () => 0 }: SubjectScript,
  window: number,
  { tokens, document }: ReturnType<Windows['read']>,
  { T, offsets }: { T: number; offsets: readonly number[] },
): WindowScores {
  const positions = Array.from({ length: T }, (_, t) => t);
  const everywhere = offsets.map(() => T);
  return {
    window,
    tokens,
    document,
    targets: everywhere,
    scored: everywhere,
    sumNats: offsets.map((offset) => positions.reduce((sum, t) => sum + nats(tokens, t, offset), 0)),
    nats: offsets.map((offset) => Float32Array.from(positions, (t) => nats(tokens, t, offset))),
    predicted: offsets.map((offset) => Int32Array.from(positions, (t) => predict(tokens, t, offset))),
  };
}

function cut(tokens: readonly number[], start: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => tokens[(start + i) % tokens.length]);
}

function byteTokenizer(vocabulary: number): Tokenizer {
  return {
    vocabulary,
    isBytes: true,
    encode: (bytes) => Int32Array.from(bytes),
    decode: (tokens) => Uint8Array.from(tokens),
  };
}
