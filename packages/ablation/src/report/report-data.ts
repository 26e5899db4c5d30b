import path from 'node:path';
import { type Experiment, readJson } from '@foretoken/core';
import type { PackageVersions } from '../matrix/cells.ts';
import { type ArmResults, dig, digNumber } from '../results/results.ts';
import { type PlanRecord, readPlanRecord, readResults } from '../results/write-results.ts';
import { ablationPaths, exists } from '../run/ablation-store.ts';
import { ACCEPTANCE_KINDS, type AcceptancePoint } from './charts/acceptance.ts';
import type { OffsetBits } from './charts/bits-per-offset.ts';
import type { QualityPoint } from './charts/quality-speed.ts';
import { shownArms } from './charts/shown-arms.ts';
import type { DecoderSpeed } from './charts/speed.ts';
import {
  type AcceptanceReport,
  type DecoderReport,
  decoderReports,
  draftingReports,
  entriesOf,
  labelMatchReport,
  listOf,
} from './decoding.ts';
import { type LearningCurves, readLearningCurves } from './learning-curves.ts';
import type { PrunedRow } from './pruned-table.ts';
import { draftingDecoders, type VerdictRow, verdictRows } from './verdict.ts';

/** Text that a model wrote, in pieces that were drafted and accepted or came from the model itself. */
export interface Sample {
  readonly arm: string;
  readonly seed: number;
  readonly decoder: string;
  readonly prompt: string;
  readonly pieces: readonly { readonly text: string; readonly drafted: boolean }[];
}

/** What one arm was. */
export interface ArmConfig {
  readonly arm: string;
  readonly seeds: readonly number[];
  /** Of the first seed. */
  readonly experiment: Experiment;
  readonly packages: PackageVersions;
  readonly cells: readonly string[];
  /** Dotted paths at which it differs from the baseline, with both values. */
  readonly changes: readonly { readonly path: string; readonly baseline: string; readonly own: string }[];
}

export interface CellError {
  readonly arm: string;
  readonly seed: number;
  readonly code: string;
  readonly message: string;
}

/** What the models were trained on. */
export interface DataSummary {
  readonly contentHash: string;
  readonly train: { readonly documents: number; readonly bytes: number };
  readonly validation: { readonly documents: number; readonly bytes: number };
  readonly skipped: number;
}

/** Every acceptance number of an arm. */
export interface ArmDecoding {
  readonly arm: string;
  readonly decoders: readonly DecoderReport[];
  readonly labelMatch?: AcceptanceReport;
}

/** Everything that a report says, before it is a page or a text. */
export interface ReportData {
  readonly name: string;
  readonly plan: PlanRecord;
  readonly rows: readonly VerdictRow[];
  readonly unit: string;
  readonly bigram?: number;
  readonly curves: LearningCurves;
  readonly offsets: readonly OffsetBits[];
  readonly acceptance: readonly AcceptancePoint[];
  readonly decoding: readonly ArmDecoding[];
  readonly speeds: readonly DecoderSpeed[];
  readonly qualities: readonly QualityPoint[];
  /** Arms that charts draw, and that samples are shown of: at most a dozen. */
  readonly shown: readonly string[];
  readonly samples: readonly Sample[];
  readonly failures: readonly CellError[];
  readonly pruned: readonly PrunedRow[];
  readonly configs: readonly ArmConfig[];
  readonly data?: DataSummary;
}

/**
 * Gathers a report from the folder of an ablation.
 * @throws RUN_NOT_FOUND if it holds no finished ablation; FILE_CORRUPT, FORMAT_VERSION
 */
export async function readReportData(directory: string): Promise<ReportData> {
  const paths = ablationPaths(directory);
  const { arms } = await readResults(paths);
  const plan = await readPlanRecord(paths);
  const rows = verdictRows({ arms });
  const shown = shownArms(rows);
  const shownResults = arms.filter(({ name }) => shown.includes(name));
  const speeds = shownResults.flatMap(decoderSpeeds);
  return {
    name: plan.name,
    plan,
    rows,
    unit: rows[0]?.unit ?? 'bits per byte',
    bigram: rows.find(({ bigram }) => bigram !== undefined)?.bigram,
    curves: await readLearningCurves(paths, plan, shown, prunedSteps(rows)),
    offsets: arms.flatMap(offsetBits),
    acceptance: shownResults.flatMap(acceptancePoints),
    decoding: arms.map((arm) => ({
      arm: arm.name,
      decoders: decoderReports(arm),
      labelMatch: labelMatchReport(arm),
    })),
    speeds,
    qualities: qualityPoints(rows, speeds),
    shown,
    samples: shownResults.flatMap(sampleOf),
    failures: arms.flatMap(failuresOf),
    pruned: rows.flatMap(({ arm, pruned }) => (pruned ? [{ arm, ...pruned }] : [])),
    configs: armConfigs(plan),
    data: await readData(plan, directory),
  };
}

const prunedSteps = (rows: readonly VerdictRow[]): ReadonlyMap<string, number> =>
  new Map(rows.flatMap(({ arm, pruned }) => (pruned ? [[arm, pruned.step]] : [])));

function offsetBits({ name: arm, results }: ArmResults): OffsetBits[] {
  const offsets = listOf(dig(results, 'bits-per-byte', 'offsets'));
  return offsets.flatMap((offset, i) => {
    const bits = digNumber(results, 'bits-per-byte', 'perOffset', i);
    return typeof offset === 'number' && bits !== undefined ? [{ arm, offset, bits }] : [];
  });
}

/** Of the decoder whose tokens per forward the verdict shows, and against held-out text. */
function acceptancePoints(armResults: ArmResults): AcceptancePoint[] {
  const [shown] = draftingReports(armResults);
  if (!shown) return [];
  const labelMatch = labelMatchReport(armResults)?.levels ?? [];
  const shares = {
    marginal: shown.levels.map(({ marginal }) => marginal),
    conditional: shown.levels.map(({ conditional }) => conditional),
    'label match': labelMatch.map(({ marginal }) => marginal),
  };
  return ACCEPTANCE_KINDS.flatMap((kind) =>
    shares[kind].flatMap((share, i) =>
      share === undefined ? [] : [{ arm: armResults.name, kind, position: i + 1, share }],
    ),
  );
}

function decoderSpeeds({ name: arm, timings }: ArmResults): DecoderSpeed[] {
  const baseline = dig(timings, 'throughput', 'baseline');
  return entriesOf(dig(timings, 'throughput', 'decoders')).flatMap(([decoder, measured]) => {
    const [tokensPerSecond, ratio] = [digNumber(measured, 'tokensPerSecond'), digNumber(measured, 'ratio')];
    if (tokensPerSecond === undefined || ratio === undefined) return [];
    const isLossy = dig(measured, 'output') === 'lossy';
    const label = isLossy ? `${decoder} (lossy)` : decoder;
    return [{ arm, decoder: label, isBaseline: decoder === baseline, isLossy, tokensPerSecond, ratio }];
  });
}

/** Where quality and speed are both known and the output is the model's own: a lossy decoder has another quality. */
function qualityPoints(rows: readonly VerdictRow[], speeds: readonly DecoderSpeed[]): QualityPoint[] {
  const bitsOf = new Map(rows.map(({ arm, bitsPerByte }) => [arm, bitsPerByte]));
  return speeds.flatMap(({ arm, decoder, isLossy, tokensPerSecond }) => {
    const bits = bitsOf.get(arm);
    return bits === undefined || isLossy ? [] : [{ arm, decoder, bits, tokensPerSecond }];
  });
}

/** Of the first finished seed; a mean of texts is no text. */
function sampleOf(armResults: ArmResults): Sample[] {
  for (const cell of armResults.cells) {
    if (cell.status !== 'done') continue;
    const decoder = draftingDecoders(armResults)[0] ?? decoderReports(armResults)[0]?.decoder;
    if (decoder === undefined) continue;
    const of = (part: ArmResults['results']) => dig(part, 'acceptance', 'decoders', decoder, 'sample');
    const sample = of(cell.results) ?? of(cell.timings);
    if (sample === undefined) continue;
    const { prompt, pieces } = sample as unknown as Pick<Sample, 'prompt' | 'pieces'>;
    return [{ arm: armResults.name, seed: cell.seed, decoder, prompt, pieces }];
  }
  return [];
}

const failuresOf = ({ name: arm, cells }: ArmResults): CellError[] =>
  cells.flatMap((cell) => (cell.status === 'failed' ? [{ arm, seed: cell.seed, ...cell.error }] : []));

function armConfigs({ arms, cells }: PlanRecord): ArmConfig[] {
  const baseline = cells.find(({ arm }) => arm === arms[0]);
  return arms.flatMap((arm) => {
    const own = cells.filter((cell) => cell.arm === arm);
    if (own.length === 0 || !baseline) return [];
    const [{ experiment, packages }] = own;
    const changes = differences(baseline.experiment, experiment).filter(({ path: where }) => where !== 'seed');
    return [{ arm, seeds: own.map(({ seed }) => seed), experiment, packages, cells: own.map(({ id }) => id), changes }];
  });
}

/** Dotted paths at which two values differ; what one of them lacks is shown as a dash. */
function differences(baseline: unknown, own: unknown, where = ''): { path: string; baseline: string; own: string }[] {
  const [a, b] = [JSON.stringify(baseline), JSON.stringify(own)];
  if (a === b) return [];
  if (!isObject(baseline) || !isObject(own)) return [{ path: where, baseline: brief(a), own: brief(b) }];
  const keys = [...new Set([...Object.keys(baseline), ...Object.keys(own)])];
  return keys.flatMap((key) => differences(baseline[key], own[key], where === '' ? key : `${where}.${key}`));
}

/** A value in a line of text; what is long is in the configuration itself. */
function brief(json: string | undefined): string {
  if (json === undefined) return '–';
  return json.length <= 40 ? json : `${json.slice(0, 39)}…`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The manifest of any training: all arms read the same data, or the runs would have refused it. */
async function readData({ cells }: PlanRecord, directory: string): Promise<DataSummary | undefined> {
  for (const { trainingKey } of cells) {
    const file = path.join(ablationPaths(directory).training(trainingKey), 'data-manifest.json');
    if (!(await exists(file))) continue;
    const { contentHash, documents, skipped } = (await readJson(file)) as unknown as ManifestParts;
    const split = (name: string) => {
      const own = documents.filter((document) => document.split === name);
      return { documents: own.length, bytes: own.reduce((sum, document) => sum + document.bytes, 0) };
    };
    return { contentHash, train: split('train'), validation: split('validation'), skipped: skipped.length };
  }
  return undefined;
}

interface ManifestParts {
  readonly contentHash: string;
  readonly documents: readonly { readonly split: string; readonly bytes: number }[];
  readonly skipped: readonly unknown[];
}
