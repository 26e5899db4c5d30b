import { counted, decimals, grouped, NOT_MEASURED, signed } from './numbers.ts';
import { prunedWords } from './pruning-words.ts';
import type { VerdictRow } from './verdict.ts';
import { differenceWords, probability, verdictWords } from './verdict-words.ts';

/** A column of a table. */
export interface Column<Row> {
  readonly heading: string;
  /** What it means, in a sentence. */
  readonly explanation: string;
  /** Whether its cells are numbers, to be aligned right. */
  readonly isNumber: boolean;
  /** To be left out where room is short: the sentences say it, too. */
  readonly isDetail?: true;
  cell(row: Row): string;
}

/** A column of the verdict table. */
export type VerdictColumn = Column<VerdictRow>;

/** The columns of the verdict table, the same in the terminal, the page and the text. */
export function verdictColumns(rows: readonly VerdictRow[]): readonly VerdictColumn[] {
  const unit = rows[0]?.unit ?? 'bits per byte';
  return [
    { heading: 'arm', explanation: 'The first is the baseline.', isNumber: false, cell: armCell },
    {
      heading: 'parameters',
      explanation: 'Weights of the model: trunk, readouts and heads, frozen ones included.',
      isNumber: true,
      cell: ({ parameters }) => grouped(parameters),
    },
    {
      heading: unit.replace(' per ', '/'),
      explanation: `Held-out ${unit} at offset 1, mean over the seeds; lower is better.`,
      isNumber: true,
      cell: ({ bitsPerByte }) => decimals(bitsPerByte, 3),
    },
    {
      heading: 'Δ',
      explanation:
        'Mean difference from the baseline over the seeds that both finished, ± half of its 95% interval (paired t), of this ' +
        'comparison alone; from 30 pairs on with a bootstrap interval beside it.',
      isNumber: true,
      cell: ({ comparison }) => (comparison ? differenceWords(comparison) : 'baseline'),
    },
    ...comparisonColumns(rows),
    {
      heading: 'bigram',
      explanation: 'What counting pairs in the same training text reaches on the same positions.',
      isNumber: true,
      cell: ({ bigram }) => decimals(bigram, 3),
    },
    {
      heading: 'label-match tokens/forward',
      explanation:
        'On held-out text, a draft counting only if it and all before it equal the text: repetition cannot inflate it.',
      isNumber: true,
      cell: ({ labelMatchTokensPerForward }) => decimals(labelMatchTokensPerForward, 2),
    },
    {
      heading: 'tokens/forward',
      explanation:
        'Emitted per verifying forward in decoding; degenerate where the generated text repeats itself, not reproducible ' +
        'where a clock decides what is drafted.',
      isNumber: true,
      cell: ({ tokensPerForward, isDegenerate, isTimed }) =>
        `${decimals(tokensPerForward, 2)}${isDegenerate ? ' degenerate' : ''}${isTimed ? ' not reproducible' : ''}`,
    },
    {
      heading: 'speed over greedy',
      explanation: 'Tokens per second over those of greedy decoding with the same model, interleaved in one process.',
      isNumber: true,
      cell: ({ speedOverGreedy, decoder, outputs }) => {
        if (speedOverGreedy === undefined) return decimals(undefined, 2);
        return `${decimals(speedOverGreedy, 2)}×${decoder && outputs[decoder] === 'lossy' ? ' lossy' : ''}`;
      },
    },
    {
      heading: 'lossless',
      explanation:
        'Every decoded output equals that of greedy decoding. A rule that keeps the distribution of plain sampling is neither ' +
        'lossless nor lossy; one that keeps neither is lossy.',
      isNumber: false,
      cell: losslessCell,
    },
  ];
}

/** What the seeds say; absent where there is nothing to compare, or nothing could be tested. */
function comparisonColumns(rows: readonly VerdictRow[]): VerdictColumn[] {
  const compared = rows.flatMap(({ comparison }) => comparison ?? []);
  const verdict: VerdictColumn = {
    heading: 'verdict',
    explanation:
      'Better or worse where the corrected p is at most 0.05. Where no difference is shown, one of the size that could have ' +
      'been seen would have been, with a probability of 80%. Fewer than three pairs of seeds give no verdict. An arm that was ' +
      'pruned was stopped at a rung, by held-out bits there.',
    isNumber: false,
    cell: ({ comparison, pruned }) => {
      if (pruned) return prunedWords(pruned);
      return comparison ? verdictWords(comparison) : NOT_MEASURED;
    },
  };
  const tested: VerdictColumn[] = [
    {
      heading: 'p',
      explanation: `Of the paired t test, corrected by Holm’s method for ${counted(compared[0]?.comparisons ?? 0, 'comparison')}; arms that share a training are one.`,
      isNumber: true,
      isDetail: true,
      cell: ({ comparison }) => probability(comparison?.adjustedP),
    },
    {
      heading: 'effect',
      explanation: 'Hedges’ g_av: the difference in units of the standard deviation that seeds alone make.',
      isNumber: true,
      isDetail: true,
      cell: ({ comparison }) => signed(comparison?.effectSize, 2),
    },
  ];
  const isTested = compared.some(({ adjustedP }) => adjustedP !== undefined);
  return compared.length === 0 ? [] : [verdict, ...(isTested ? tested : [])];
}

function armCell({ arm, seeds, failedSeeds }: VerdictRow): string {
  return failedSeeds === 0 ? arm : `${arm} (${failedSeeds} of ${counted(seeds, 'seed')} failed)`;
}

/** One word where all decoders that draft have the same; otherwise each with its label. */
function losslessCell({ lossless, outputs, pruned }: VerdictRow): string {
  if (pruned) return NOT_MEASURED;
  const words = Object.entries(outputs).map(([decoder, word]) => ({ decoder, word: word ?? 'NO' }));
  const [first] = words;
  if (!first) return lossless ? 'yes' : 'NO';
  if (words.every(({ word }) => word === first.word)) return first.word;
  return words.map(({ decoder, word }) => `${decoder}: ${word}`).join(', ');
}
