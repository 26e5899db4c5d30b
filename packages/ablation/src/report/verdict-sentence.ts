import { mismatches } from './mismatch.ts';
import { counted, decimals, signed } from './numbers.ts';
import type { VerdictRow } from './verdict.ts';

/** The answer in a few sentences: quality first, then speed, then what to beware of. */
export function verdictSentences(rows: readonly VerdictRow[]): string[] {
  return [
    quality(rows),
    ...mismatches(rows),
    speed(rows),
    losslessness(rows),
    repetition(rows),
    failures(rows),
    certainty(rows),
  ].filter((sentence) => sentence !== undefined);
}

function quality(rows: readonly VerdictRow[]): string {
  const measured = rows.filter(({ bitsPerByte }) => bitsPerByte !== undefined);
  if (measured.length === 0) return 'No arm has been measured in bits per byte.';
  const best = measured.reduce((a, b) => (b.bitsPerByte! < a.bitsPerByte! ? b : a));
  const { bigram, unit } = best;
  const against =
    best.isBaseline || best.bitsPerByteDelta === undefined
      ? ''
      : ` (${signed(best.bitsPerByteDelta, 3)} against the baseline)`;
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
  const times = `${decimals(fastest.speedOverGreedy, 2)}× the speed of its own greedy decoding`;
  return fastest.speedOverGreedy! > 1
    ? `Drafts pay most for ${fastest.arm}: ${times}.`
    : `Drafts pay for no arm; ${fastest.arm} comes closest, at ${times}.`;
}

function losslessness(rows: readonly VerdictRow[]): string | undefined {
  const lossy = rows.filter(({ lossless, failedSeeds, seeds }) => !lossless && failedSeeds < seeds);
  if (lossy.length > 0) return `Not shown to equal greedy decoding: ${names(lossy)}.`;
  return rows.some(({ decoder }) => decoder !== undefined) ? 'Every speculative output equals greedy’s.' : undefined;
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

function certainty(rows: readonly VerdictRow[]): string | undefined {
  if (rows.length < 2) return undefined;
  const seeds = Math.max(...rows.map((row) => row.seeds));
  return seeds === 1
    ? 'One seed: a difference here may be chance.'
    : `Means over ${counted(seeds, 'seed')}, without a test of significance.`;
}

const names = (rows: readonly VerdictRow[]): string => rows.map(({ arm }) => arm).join(', ');
