// T positions of a window.
import type { Emission, Prompt } from '../../contracts/decoding.ts';
import type { NamedDecoder, Progress, Subject, WindowScores, Windows } from '../../contracts/evaluation.ts';
import type { MeasuredModel } from '../../contracts/model.ts';
import { totalLosses } from '../../evaluation/total-losses.ts';
import { createRandom } from '../../random/random.ts';
import { greedyDecoder, speculativeDecoder } from '../scripted-decoders.ts';
import { certainOf } from '../scripted-session.ts';
import { type ScriptedSubject, type SubjectScript, scriptedSubject } from '../scripted-subject.ts';
import { freedWeight, type ScriptedSizes } from './small-model.ts';

/** What is special about one subject. */
export interface Ways {
  readonly script?: SubjectScript;
  readonly signal?: AbortSignal;
  /** Called before every call of the subject with the number of those before it. */
  onCall?(calls: number): void;
  /** Replaces parts of the subject that the eval sees. */
  change?(subject: Subject): Subject;
}

/** What all subjects of a case have in common. */
export interface Given {
  readonly script: SubjectScript;
  /** The model of a subject. */
  modelOf(sizes: ScriptedSizes): MeasuredModel;
  extend(subject: Subject): Subject;
}

/** A subject and what happened to it. */
export interface Measured {
  readonly subject: Subject;
  readonly sessions: ScriptedSubject['sessions'];
  /** Reports of progress, in order. */
  readonly reports: readonly (readonly [done: number, total: number])[];
  /** Calls of the subject so far. */
  calls(): number;
  /** What the eval wrote into; undefined if nothing. */
  written(): string | undefined;
}

/** Room for a prompt and what follows, as evals' defaults have them. */
export const CONTEXT = 128;
const VOCABULARY = 256;

/** Text of a few words over and over, as bytes. */
export function wordsOf(seed: number, length: number): readonly number[] {
  const random = createRandom(seed, 'contract/words');
  const words = ['the ', 'a ', 'head ', 'trunk ', 'offset ', 'of ', 'n '];
  let text = '';
  while (text.length < length) text += words[random.integer(words.length)];
  return [...Buffer.from(text.slice(0, length))];
}

/** A letter that follows from the last two tokens. */
const nextOf = (history: readonly number[]) => 97 + ((history.at(-1)! * 7 + (history.at(-2) ?? 0)) % 26);

/** Right for two levels, but for every third draft of the second. */
function draftsOf(history: readonly number[]): number[] {
  const first = nextOf(history);
  const second = nextOf([...history, first]);
  return [first, history.length % 3 === 0 ? second + 1 : second];
}

/** Text, predictions and decoding of a small model that knows some of its text. */
function usualScript(vocabulary: number): SubjectScript {
  return {
    ...{ context: CONTEXT, maxOffset: 4, offsets: [1, 2, 3], vocabulary },
    train: wordsOf(0, 12 * CONTEXT + 4),
    validation: wordsOf(1, 12 * CONTEXT + 4),
    decoders: [greedyDecoder(), speculativeDecoder()],
    model: { levels: 2, logits: (history) => certainOf(nextOf(history), vocabulary), drafts: draftsOf },
    predict: (tokens, t, offset) => (t % (offset + 1) === 0 ? 101 : tokens[t + offset]),
    nats: (tokens, t, offset) => 0.3 * offset + (tokens[t] % 7) / 10 + (t % 3) / 5,
  };
}

/**
 * A subject that counts what it is asked, keeps what a real one keeps, and stops as a real one does when its signal aborts.
 */
export function watchedSubject({ script: given, modelOf, extend }: Given, ways: Ways): Measured {
  const { script, signal, onCall = () => {}, change = (subject) => subject } = ways;
  const { vocabulary = VOCABULARY } = { ...given, ...script };
  const reports: [number, number][] = [];
  const scripted = scriptedSubject({ ...usualScript(vocabulary), ...given, ...script, signal });
  let numCalls = 0;
  const call = () => onCall(numCalls++);
  const kept = new Kept();
  const parts = { scripted, call, kept, signal };
  const subject: Subject = {
    ...scripted,
    model: modelOf(scripted.model),
    train: countedWindows(scripted.train, call),
    validation: countedWindows(scripted.validation, call),
    losses: countedLosses(parts),
    prompts: countedPrompts(parts),
    ...countedDecoding(parts),
    progress: (done, total) => reports.push([done, total]),
  };
  const changed = change(extend(subject));
  const before = { ...changed, decoders: [...changed.decoders] };
  const written = () => replacedPart(before, changed) ?? kept.written() ?? freed(changed);
  return { subject: changed, sessions: scripted.sessions, reports, calls: () => numCalls, written };
}

function freed({ model }: Subject): string | undefined {
  const name = freedWeight(model);
  return name && `\`subject.model\`, whose weight ${name} is freed`;
}

function replacedPart(before: Subject, after: Subject): string | undefined {
  const name = Object.keys({ ...before, ...after }).find((key) =>
    key === 'decoders'
      ? before.decoders.some((decoder, i) => after.decoders[i] !== decoder) ||
        before.decoders.length !== after.decoders.length
      : before[key as keyof Subject] !== after[key as keyof Subject],
  );
  return name && `\`subject.${name}\``;
}

/** Values that the subject gives out more than once, as they were when it did so first. */
class Kept {
  readonly #values = new Map<string, { readonly value: unknown; readonly text: string }>();

  keep<T>(name: string, make: () => T): T {
    const found = this.#values.get(name);
    if (found) return found.value as T;
    const value = make();
    this.#values.set(name, { value, text: JSON.stringify(value) });
    return value;
  }

  written(): string | undefined {
    return [...this.#values].find(([, { value, text }]) => JSON.stringify(value) !== text)?.[0];
  }
}

interface Parts {
  readonly scripted: ScriptedSubject;
  readonly kept: Kept;
  readonly signal: AbortSignal | undefined;
  call(): void;
}

const countedWindows = (windows: Windows, call: () => void): Windows => ({
  count: windows.count,
  read(index) {
    call();
    return windows.read(index);
  },
});

/** Windows that a real subject scores in one forward. */
const WINDOWS_PER_FORWARD = 8;

function countedLosses({ scripted, call, kept, signal }: Parts): Subject['losses'] {
  const scores = new Map<number, WindowScores>();
  return async (indices, progress: Progress = () => {}) => {
    const missing = [...new Set(indices)].filter((index) => !scores.has(index));
    for (let from = 0; from < missing.length; from += WINDOWS_PER_FORWARD) {
      call();
      progress(from, missing.length);
      await new Promise(setImmediate);
      signal?.throwIfAborted();
      for (const index of missing.slice(from, from + WINDOWS_PER_FORWARD)) {
        const [window] = (await scripted.losses([index])).windows;
        scores.set(
          index,
          kept.keep(`the scores of window ${index}`, () => window),
        );
      }
      progress(Math.min(from + WINDOWS_PER_FORWARD, missing.length), missing.length);
    }
    return totalLosses(
      scripted.model.offsets,
      indices.map((index) => scores.get(index)!),
    );
  };
}

function countedPrompts({ scripted, call, kept }: Parts): Subject['prompts'] {
  return (count, length) => {
    call();
    const name = `the prompts that \`prompts(${count}, ${length})\` gave`;
    return [...kept.keep(name, () => scripted.prompts(count, length))];
  };
}

function countedDecoding({ scripted, call, kept }: Parts): Pick<Subject, 'generate' | 'emissions' | 'openSession'> {
  const generate: Subject['generate'] = async function* (decoder, prompts, maxTokens) {
    for await (const emission of scripted.generate(decoder, prompts, maxTokens)) {
      call();
      yield emission;
    }
  };
  const emissions = async (
    decoder: NamedDecoder,
    prompts: readonly Prompt[],
    maxTokens: number,
    progress?: Progress,
  ) => {
    call();
    const found: readonly Emission[] = await scripted.emissions(decoder, prompts, maxTokens, progress);
    return kept.keep(
      `the emissions of "${decoder.label}" for ${prompts.length} prompts and ${maxTokens} tokens`,
      () => found,
    );
  };
  const openSession = () => {
    call();
    return scripted.openSession();
  };
  return { generate, emissions, openSession };
}
