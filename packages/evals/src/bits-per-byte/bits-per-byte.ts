import { spreadWindows } from '@foretoken/core/evaluation';
import { defineEval, type OffsetLosses, type Subject, Type } from '@foretoken/core/plugin';
import { stages } from '../progress/stages.ts';
import { BIGRAM_VOCABULARY_LIMIT, BigramCounts, type BigramModel, fitBigram } from './bigram.ts';

/** Results of the eval `bits-per-byte`; arrays follow `offsets`. */
export type BitsPerByteResults = {
  /** Tokens are bytes, or they are not and no figure is comparable across tokenizers. */
  readonly unit: 'bits per byte' | 'bits per token';
  /** Held-out windows measured. */
  readonly windows: number;
  readonly offsets: readonly number[];
  /** Mean -log2 p of each offset; null without targets. */
  readonly perOffset: readonly (number | null)[];
  /** Positions that each mean is over. */
  readonly targets: readonly number[];
  /** A bigram model fitted on the training split, over the positions of offset 1; null if there is none. */
  readonly bigram: number | null;
  /** How the bigram model was fitted, or null. */
  readonly bigramFit: { readonly pairs: number; readonly alpha: number } | null;
  /** Why there is no bigram model, or null. */
  readonly bigramReason: string | null;
};

/** Held-out loss of every offset in bits, beside what counting pairs of tokens achieves on the same positions. */
export const bitsPerByte = defineEval({
  name: 'bits-per-byte',
  description: 'Held-out bits per byte of each offset, beside a bigram model fitted on the same training bytes.',
  options: Type.Object({
    windows: Type.Integer({
      minimum: 1,
      default: 64,
      description: 'Held-out windows measured, spread over the split.',
    }),
  }),
  create: (_context, { windows }) => ({
    async measure(subject) {
      const progress = stages(subject, 2);
      const losses = await subject.losses(spreadWindows(subject.validation, windows), progress(0));
      const results: BitsPerByteResults = {
        unit: subject.tokenizer.isBytes ? 'bits per byte' : 'bits per token',
        windows: losses.windows.length,
        offsets: losses.offsets,
        perOffset: losses.meanNats.map((nats, k) => (losses.scored[k] > 0 ? bits(nats) : null)),
        targets: losses.scored,
        ...(await bigramResults({ ...subject, progress: progress(1) }, losses)),
      };
      return { results };
    },
  }),
});

async function bigramResults(
  subject: Subject,
  { windows }: OffsetLosses,
): Promise<Pick<BitsPerByteResults, 'bigram' | 'bigramFit' | 'bigramReason'>> {
  const { vocabulary } = subject.tokenizer;
  const without = (bigramReason: string) => ({ bigram: null, bigramFit: null, bigramReason });
  if (vocabulary > BIGRAM_VOCABULARY_LIMIT) {
    return without(`the vocabulary has ${vocabulary} tokens; counts are kept up to ${BIGRAM_VOCABULARY_LIMIT}`);
  }
  const counts = await countTraining(subject);
  if (counts.total === 0) return without('the training split has no pair of tokens in one document');
  const model = fitBigram(counts);
  const bigram = meanBits(model, windows, subject.model.dims.maxOffset);
  if (bigram === null) return without('no held-out position has a next token in its document');
  return { bigram, bigramFit: { pairs: counts.total, alpha: model.alpha }, bigramReason: null };
}

/** Counts every pair of the training split once, one window in memory at a time. */
async function countTraining({ train, tokenizer, model, signal, progress }: Subject): Promise<BigramCounts> {
  const counts = new BigramCounts(tokenizer.vocabulary);
  for (let index = 0; index < train.count; index++) {
    if (index % 1000 === 0) {
      signal?.throwIfAborted();
      progress(index, train.count);
      await new Promise(setImmediate);
    }
    const window = train.read(index);
    for (const t of positionsWithNext(window, model.dims.maxOffset)) counts.add(window.tokens[t], window.tokens[t + 1]);
  }
  return counts;
}

interface TokenWindow {
  readonly tokens: Int32Array;
  readonly document: Int32Array;
}

function meanBits(model: BigramModel, windows: readonly TokenWindow[], maxOffset: number): number | null {
  let sum = 0;
  let positions = 0;
  for (const window of windows) {
    for (const t of positionsWithNext(window, maxOffset)) {
      sum += model.nats(window.tokens[t], window.tokens[t + 1]);
      positions++;
    }
  }
  return positions === 0 ? null : bits(sum / positions);
}

/** The positions that offset 1 is scored on: those of the window proper whose next token is in their document. */
function* positionsWithNext({ tokens, document }: TokenWindow, maxOffset: number): Generator<number> {
  for (let t = 0; t < tokens.length - maxOffset; t++) if (document[t] === document[t + 1]) yield t;
}

function bits(nats: number): number {
  return nats / Math.LN2;
}
