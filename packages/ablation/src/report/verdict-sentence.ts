import type { OutputWord } from './decoding.ts';
import { mismatches } from './mismatch.ts';
import { counted, decimals, signed } from './numbers.ts';
import { pruningSentences } from './pruning-words.ts';
import type { VerdictRow } from './verdict.ts';
import { comparisonMethod, comparisonSentences } from './verdict-comparison.ts';

/** The answer in a few sentences: what differs from the baseline, then quality, speed, and what to beware of. */
export function verdictSentences(rows: readonly VerdictRow[]): string[] {
  return [
    ...comparisonSentences(rows),
    ...pruningSentences(rows),
    ...reproducibility(rows),
    quality(rows),
    ...mismatches(rows),
    speed(rows),
    ...losslessness(rows),
    repetition(rows),
    failures(rows),
    comparisonMethod(rows),
  ].filter((sentence) => sentence !== undefined);
}

/** Arms whose numbers another run would not give, by reason. */
function reproducibility(rows: readonly VerdictRow[]): string[] {
  const reasons = new Set(rows.map(({ notReproducible }) => notReproducible).filter((reason) => reason !== undefined));
  return [...reasons].map((reason) => {
    const arms = rows.filter((row) => row.notReproducible === reason);
    const who = arms.length === rows.length && rows.length > 1 ? 'all arms' : names(arms);
    return `Not reproducible: ${who} ${reason}; another run, above all on another machine, gives other numbers.`;
  });
}

function quality(rows: readonly VerdictRow[]): string {
  const measured = rows.filter(({ bitsPerByte }) => bitsPerByte !== undefined);
  if (measured.length === 0) return 'No arm has been measured in bits per byte.';
  const best = measured.reduce((a, b) => (b.bitsPerByte! < a.bitsPerByte! ? b : a));
  const { bigram, unit } = best;
  const notes = [
    ...(best.bitsPerByteDelta === undefined ? [] : [`${signed(best.bitsPerByteDelta, 3)} against the baseline`]),
    // The lowest of several is lower than it would be on other text.
    ...(measured.length > 1
      ? [`the lowest of ${measured.length} arms, picked on the text that it is measured on`]
      : []),
  ];
  const against = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  const first =
    best.isBaseline && measured.length > 1
      ? `No arm has lower ${unit} at offset 1 than the baseline ${best.arm}: ${decimals(best.bitsPerByte, 3)}`
      : `Lowest ${unit} at offset 1: ${best.arm}, ${decimals(best.bitsPerByte, 3)}${against}`;
  if (bigram === undefined) return `${first}.`;
  return best.bitsPerByte! < bigram
    ? `${first}; a bigram model has ${decimals(bigram, 3)}.`
    : `${first}. A bigram model has ${decimals(bigram, 3)}: no arm is trained far enough to beat it.`;
}

function speed(rows: readonly VerdictRow[]): string | undefined {
  const drafting = rows.filter(({ speedOverGreedy, isDegenerate }) => speedOverGreedy !== undefined && !isDegenerate);
  if (drafting.length === 0) return undefined;
  const fastest = drafting.reduce((a, b) => (b.speedOverGreedy! > a.speedOverGreedy! ? b : a));
  const isLossy = fastest.decoder !== undefined && fastest.outputs[fastest.decoder] === 'lossy';
  const times = `${decimals(fastest.speedOverGreedy, 2)}× the speed of its own greedy decoding${isLossy ? ', by a lossy rule' : ''}`;
  const picked = drafting.length > 1 ? `, the fastest of ${drafting.length} arms as measured` : '';
  return fastest.speedOverGreedy! > 1
    ? `Drafts pay most for ${fastest.arm}: ${times}${picked}.`
    : `Drafts pay for no arm; ${fastest.arm} comes closest, at ${times}.`;
}

/** Of every decoder that drafts: equal to greedy, not shown to be, and what does not claim to be. */
function losslessness(rows: readonly VerdictRow[]): string[] {
  const done = rows.filter(({ failedSeeds, seeds, pruned }) => failedSeeds < seeds && !pruned);
  const unequal = done.filter(isUnequal);
  const drawn = done.filter((row) => has(row, 'same distribution'));
  const lossy = done.filter((row) => has(row, 'lossy'));
  const isAllEqual = [unequal, drawn, lossy].every(({ length }) => length === 0);
  return [
    ...(unequal.length > 0 ? [`Not shown to equal greedy decoding: ${decoders(unequal, ['NO', undefined])}.`] : []),
    ...(drawn.length > 0
      ? [`Same distribution as sampling without drafts, by rule: ${decoders(drawn, ['same distribution'])}.`]
      : []),
    ...(lossy.length > 0
      ? [`Lossy, neither greedy’s output nor the model’s distribution: ${decoders(lossy, ['lossy'])}.`]
      : []),
    ...(isAllEqual && rows.some(({ decoder }) => decoder !== undefined)
      ? ['Every speculative output equals greedy’s.']
      : []),
  ];
}

const has = ({ outputs }: VerdictRow, word: OutputWord): boolean => Object.values(outputs).includes(word);

/** A decoder of it may have missed greedy's output; where its decoders are not known, any may. */
const isUnequal = (row: VerdictRow): boolean =>
  !row.lossless && (has(row, 'NO') || has(row, undefined) || Object.keys(row.outputs).length === 0);

/** Names of arms, each with its decoders of these words; without any where its decoders are not known. */
function decoders(rows: readonly VerdictRow[], words: readonly OutputWord[]): string {
  return rows
    .map(({ arm, outputs }) => {
      const labels = Object.entries(outputs).filter(([, word]) => words.includes(word));
      return labels.length > 0 ? `${arm} (${labels.map(([label]) => label).join(', ')})` : arm;
    })
    .join(', ');
}

function repetition(rows: readonly VerdictRow[]): string | undefined {
  const degenerate = rows.filter(({ isDegenerate }) => isDegenerate);
  if (degenerate.length === 0) return undefined;
  return `Degenerate: ${names(degenerate)} generated text that repeats itself, so tokens per forward and speed mean nothing there.`;
}

function failures(rows: readonly VerdictRow[]): string | undefined {
  const failed = rows.reduce((sum, { failedSeeds }) => sum + failedSeeds, 0);
  const cells = rows.reduce((sum, { seeds }) => sum + seeds, 0);
  return failed === 0 ? undefined : `${failed} of ${counted(cells, 'cell')} failed.`;
}

const names = (rows: readonly VerdictRow[]): string => rows.map(({ arm }) => arm).join(', ');
