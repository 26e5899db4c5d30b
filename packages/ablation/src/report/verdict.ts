import { MATCHES, type MatchName } from '@foretoken/core/light';
import type { PrunedAt } from '../pruning/pruning.ts';
import { type AblationResults, type ArmResults, dig, digNumber } from '../results/results.ts';
import { type Comparison, compareArms } from '../statistics/compare-arms.ts';
import type { SeedValue } from '../statistics/pairs.ts';
import { decoderReports, draftingReports, entriesOf, type OutputWord } from './decoding.ts';

/** One arm in a row; what was not measured is absent. */
export interface VerdictRow {
  readonly arm: string;
  /** The arm that the others are compared with: the first. */
  readonly isBaseline: boolean;
  /** What the arm was made equal in. */
  readonly match?: MatchName;
  readonly parameters?: number;
  /** Counted operations per token, of a forward pass and of a training step, and those of the whole training. */
  readonly forwardFlops?: number;
  readonly trainingFlopsPerToken?: number;
  readonly trainingFlops?: number;
  /** Every step counted at the full horizon, which a schedule that learns may have gone below. */
  readonly isTrainingFlopsUpperBound?: true;
  readonly steps?: number;
  /** Trained on. */
  readonly tokens?: number;
  /** Seconds of its training steps, mean over the seeds, on that machine and beside what else it did. */
  readonly trainingSeconds?: number;
  /** Tensor bytes alive at once while training. */
  readonly peakBytes?: number;
  /** Held-out bits per byte (or token, see `unit`) at offset 1. */
  readonly bitsPerByte?: number;
  /** Against the baseline, over the seeds that both have. */
  readonly bitsPerByteDelta?: number;
  /** The bits of every seed beside the baseline's, and a verdict; absent for the baseline itself. */
  readonly comparison?: Comparison;
  /** What a bigram model of the same training bytes reaches on the same positions. */
  readonly bigram?: number;
  readonly unit: 'bits per byte' | 'bits per token';
  /** Tokens per forward on held-out text; repetition cannot inflate it. */
  readonly labelMatchTokensPerForward?: number;
  /** The first decoder that drafts: whose tokens per forward and speed are shown. */
  readonly decoder?: string;
  readonly tokensPerForward?: number;
  /** A clock decides what that decoder drafts: another run may show other tokens per forward. */
  readonly isTimed?: true;
  /** The generated text repeats itself, in any seed: its tokens per forward mean nothing. */
  readonly isDegenerate: boolean;
  /** Speed over greedy decoding of the same model, in the same process. */
  readonly speedOverGreedy?: number;
  /** Every decoded output equals greedy's. */
  readonly lossless: boolean;
  /** Why nobody gets these numbers again; absent where they follow from the plan. */
  readonly notReproducible?: string;
  /** What each decoder that drafts gave, by label; empty where the eval `acceptance` did not run. */
  readonly outputs: { readonly [decoder: string]: OutputWord };
  readonly seeds: number;
  readonly failedSeeds: number;
  /** Where and why it was stopped before its end, all of its seeds at once: nothing of it was measured. */
  readonly pruned?: ArmPruned;
}

/** What is the same for every seed of an arm that was stopped. */
export type ArmPruned = Omit<PrunedAt, 'bits'>;

/** The verdict on every arm, in their order. */
export function verdictRows({ arms }: AblationResults): VerdictRow[] {
  const [baseline, ...others] = arms.map(bitsOfSeeds);
  const comparisons = others.length === 0 ? [] : compareArms(baseline, others, { better: 'lower' });
  return arms.map((arm, i) => {
    const comparison = i === 0 ? undefined : comparisons[i - 1];
    const { name, cells, results, timings, lossless } = arm;
    const drafting = draftingReports(arm);
    const shown = drafting[0] ?? decoderReports(arm)[0];
    const decoder = draftingDecoders(arm)[0];
    return {
      arm: name,
      isBaseline: i === 0,
      ...costOf(arm),
      bitsPerByte: verdictValue(results),
      bitsPerByteDelta: comparison?.difference,
      comparison,
      bigram: digNumber(results, 'bits-per-byte', 'bigram'),
      unit: verdictUnit(results),
      labelMatchTokensPerForward: digNumber(results, 'acceptance', 'labelMatch', 'tokensPerForward'),
      decoder,
      tokensPerForward: shown?.tokensPerForward,
      ...(shown && !shown.isReproducible && { isTimed: true }),
      isDegenerate: shown?.isDegenerate ?? false,
      speedOverGreedy:
        decoder === undefined ? undefined : digNumber(timings, 'throughput', 'decoders', decoder, 'ratio'),
      lossless,
      ...(arm.notReproducible !== undefined && { notReproducible: arm.notReproducible }),
      outputs: Object.fromEntries(drafting.map((report) => [report.decoder, report.output])),
      seeds: cells.length,
      failedSeeds: cells.filter(({ status }) => status === 'failed').length,
      ...prunedOf(arm),
    };
  });
}

function prunedOf({ cells }: ArmResults): Pick<VerdictRow, 'pruned'> {
  for (const cell of cells) {
    if (cell.status !== 'pruned') continue;
    const { bits: _, ...pruned } = cell.pruned;
    return { pruned };
  }
  return {};
}

type Cost = Pick<
  VerdictRow,
  | 'match'
  | 'parameters'
  | 'forwardFlops'
  | 'trainingFlopsPerToken'
  | 'trainingFlops'
  | 'isTrainingFlopsUpperBound'
  | 'steps'
  | 'tokens'
  | 'trainingSeconds'
  | 'peakBytes'
>;

function costOf({ results, timings }: ArmResults): Cost {
  const training = dig(results, 'training');
  return {
    match: MATCHES.find((match) => match === dig(training, 'match', 'to')),
    parameters: digNumber(training, 'parameters'),
    forwardFlops: digNumber(training, 'flopsPerToken', 'forward'),
    trainingFlopsPerToken: digNumber(training, 'flopsPerToken', 'training'),
    trainingFlops: digNumber(training, 'trainingFlops'),
    ...(dig(training, 'isTrainingFlopsUpperBound') === true && { isTrainingFlopsUpperBound: true }),
    steps: digNumber(training, 'steps'),
    tokens: digNumber(training, 'tokens'),
    trainingSeconds: digNumber(timings, 'training', 'seconds'),
    peakBytes: digNumber(timings, 'training', 'peakBytes'),
  };
}

/** Labels of the decoders that drafted anything, best claim first; those compared with greedy where only speed was measured. */
export function draftingDecoders(arm: ArmResults): string[] {
  const { results, timings } = arm;
  if (dig(results, 'acceptance', 'decoders') !== undefined) return draftingReports(arm).map(({ decoder }) => decoder);
  const baseline = dig(timings, 'throughput', 'baseline');
  return entriesOf(dig(timings, 'throughput', 'decoders'))
    .map(([label]) => label)
    .filter((label) => label !== baseline);
}

/** The one metric that verdicts are on, chosen before anything is measured: every further one would ask more of p. */
export const verdictValue = (results: ArmResults['results']): number | undefined =>
  digNumber(results, 'bits-per-byte', 'perOffset', 0);

/** What it is measured in. */
export const verdictUnit = (results: ArmResults['results']): 'bits per byte' | 'bits per token' =>
  dig(results, 'bits-per-byte', 'unit') === 'bits per token' ? 'bits per token' : 'bits per byte';

const bitsOfSeeds = ({ cells }: ArmResults): SeedValue[] =>
  cells.map((cell) => ({ seed: cell.seed, value: cell.status === 'done' ? verdictValue(cell.results) : undefined }));
