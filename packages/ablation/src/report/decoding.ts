import type { Json } from '@foretoken/core';
import { type ArmResults, type CellResults, dig, digNumber } from '../results/results.ts';

/** One draft position of a {@link DecoderReport}. Counts are means over the seeds. */
export interface LevelReport {
  /** From 1: its offset is one more. */
  readonly level: number;
  readonly proposed: number;
  readonly unobserved: number;
  readonly marginal?: number;
  readonly conditional?: number;
  readonly nodes: number;
}

/** Acceptance of one decoder of an arm, or the arm's label match. */
export interface AcceptanceReport {
  readonly forwards: number;
  readonly tokens: number;
  readonly bonus: number;
  readonly tokensPerForward: number;
  readonly levels: readonly LevelReport[];
  /** [k]: forwards that kept exactly k drafts. */
  readonly acceptedLengths: readonly number[];
}

/** What one decoder did in an arm. */
export interface DecoderReport extends AcceptanceReport {
  readonly decoder: string;
  /** What is known of its output: {@link outputWord}. */
  readonly output: OutputWord;
  /** False where a clock decides what is drafted. */
  readonly isReproducible: boolean;
  /** What it generated repeats itself, in any seed. */
  readonly isDegenerate: boolean;
}

/**
 * `yes`: it gave greedy's output; `NO`: it claims to and did not; `same distribution` and `lossy`: what its rule says it is;
 * undefined: nothing was measured.
 */
export type OutputWord = 'yes' | 'NO' | 'same distribution' | 'lossy' | undefined;

const CLAIMS = ['yes', 'same distribution', 'lossy', 'NO', undefined] as const satisfies readonly OutputWord[];

/** Every decoder of an arm whose acceptance was measured: reproducible ones first, each part by label. */
export function decoderReports(arm: ArmResults): DecoderReport[] {
  return acceptanceEntries(arm).map(([decoder, measured, isReproducible]) => ({
    decoder,
    ...acceptanceReport(measured),
    output: outputWord(arm, decoder, measured),
    isReproducible,
    isDegenerate: arm.cells.some((cell) =>
      acceptanceEntries(cell).some(([label, own]) => label === decoder && isDegenerate(own)),
    ),
  }));
}

/** Those that drafted anything: whoever claims most of its output first, then the reproducible. */
export function draftingReports(arm: ArmResults): DecoderReport[] {
  const rank = ({ output, isReproducible }: DecoderReport) => 2 * CLAIMS.indexOf(output) + (isReproducible ? 0 : 1);
  return decoderReports(arm)
    .filter(({ levels }) => levels.length > 0)
    .sort((a, b) => rank(a) - rank(b));
}

/** The arm's label match, in the schema of decoding. */
export function labelMatchReport({ results }: Pick<ArmResults, 'results'>): AcceptanceReport | undefined {
  const measured = dig(results, 'acceptance', 'labelMatch');
  return digNumber(measured, 'forwards') === undefined ? undefined : acceptanceReport(measured!);
}

function acceptanceEntries(measured: ArmResults | CellResults): [string, Json, boolean][] {
  if (!('results' in measured)) return [];
  const of = (part: ArmResults['results'], isReproducible: boolean) =>
    entriesOf(dig(part, 'acceptance', 'decoders')).map(([label, measured]): [string, Json, boolean] => [
      label,
      measured,
      isReproducible,
    ]);
  return [...of(measured.results, true), ...of(measured.timings, false)];
}

const isDegenerate = (measured: Json): boolean => dig(measured, 'repetition', 'degenerate') === true;

function acceptanceReport(measured: Json): AcceptanceReport {
  const number = (key: string) => digNumber(measured, key) ?? 0;
  return {
    forwards: number('forwards'),
    tokens: number('tokens'),
    bonus: number('bonus'),
    tokensPerForward: number('tokensPerForward'),
    levels: listOf(dig(measured, 'proposed')).map((_, i) => ({
      level: i + 1,
      proposed: digNumber(measured, 'proposed', i) ?? 0,
      unobserved: digNumber(measured, 'unobserved', i) ?? 0,
      marginal: digNumber(measured, 'marginal', i),
      conditional: digNumber(measured, 'conditional', i),
      nodes: digNumber(measured, 'nodes', i) ?? 0,
    })),
    acceptedLengths: listOf(dig(measured, 'acceptedLengths')).map((count) => (typeof count === 'number' ? count : 0)),
  };
}

/** What a decoder claims, and for greedy's output by drafts what the eval found: in every finished seed, or not at all. */
function outputWord({ cells, lossless }: ArmResults, decoder: string, measured: Json): OutputWord {
  const claim = dig(measured, 'output');
  if (claim === 'same distribution' || claim === 'lossy') return claim;
  const hasDrafted = listOf(dig(measured, 'proposed')).length > 0;
  if (claim === 'greedy' && !hasDrafted) return 'yes';
  const found = cells.flatMap((cell) =>
    cell.status === 'done' ? [dig(cell.results, 'losslessness', 'decoders', decoder, 'lossless')] : [],
  );
  if (found.includes(false)) return 'NO';
  if (lossless || (found.length > 0 && found.every((value) => value === true))) return 'yes';
  return undefined;
}

/** Members of a mapping; none of anything else. */
export const entriesOf = (value: Json | undefined): [string, Json][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

/** A list's members; none of anything else. */
export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
