import { readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  canonicalJson,
  type Experiment,
  experimentHash,
  ForetokenError,
  type Json,
  type JsonObject,
} from '@foretoken/core';
import { PRUNED_FILE } from '../../pruning/pruning.ts';
import { type AblationPaths, ablationPaths } from '../../run/ablation-store.ts';
import { type EntryStatus, identityFacts } from '../entry.ts';
import { flatten } from '../facts.ts';
import { type FileState, fingerprintOf, readRecordFile, stateOf } from './record-file.ts';
import { runUnit } from './run-unit.ts';
import type { Unit } from './unit.ts';

/** As much of a planned cell as the index needs. Files are edited by hand, so nothing about it is sure. */
interface PlannedCell {
  readonly id: string;
  readonly arm?: Json;
  readonly seed?: Json;
  readonly experiment?: Json;
}

interface Cell {
  readonly planned: PlannedCell;
  readonly ablation: string;
  readonly folder: string;
  readonly record: FileState;
  readonly failure: FileState;
  readonly pruned: FileState;
}

/** Ids and keys as we make them; nothing else of a plan becomes part of a path. */
const ID = /^[0-9a-f]{8,64}$/;

/**
 * The cells and trainings of an ablation's folder: what its plan names, and what else lies there (of an earlier plan), whose
 * arm is not known.
 * @throws FILE_CORRUPT, FILE_READ, FORMAT_VERSION of the plan
 */
export async function ablationUnits(root: string): Promise<Unit[]> {
  const paths = ablationPaths(root);
  const plan = await stateOf(paths.plan);
  const planned = plannedCells(plan.path, (await readRecordFile(plan)) ?? {});
  const named = new Set(planned.map(({ id }) => id));
  const others = (await foldersIn(path.dirname(paths.cell('x')))).filter((id) => !named.has(id));
  const cells = await Promise.all(
    [...planned, ...others.map((id): PlannedCell => ({ id }))].map((cell) => cellUnit(paths, cell, plan)),
  );
  const keys = await foldersIn(path.dirname(paths.training('x')));
  const trainings = await Promise.all(
    keys.map((key) => runUnit(paths.training(key), { kind: 'training', ablation: root })),
  );
  return [...cells, ...trainings];
}

async function cellUnit(paths: AblationPaths, planned: PlannedCell, plan: FileState): Promise<Unit> {
  const folder = paths.cell(planned.id);
  const [record, failure, pruned] = await Promise.all(
    ['cell.json', 'failure.json', PRUNED_FILE].map((name) => stateOf(path.join(folder, name))),
  );
  return {
    key: canonicalJson([folder, planned.arm ?? null, planned.seed ?? null]),
    folder,
    fingerprint: fingerprintOf([plan, record, failure, pruned]),
    read: () => readCell({ planned, ablation: paths.root, folder, record, failure, pruned }),
  };
}

async function readCell({ planned, ablation, folder, record, failure, pruned }: Cell) {
  const stopped = await readRecordFile(pruned);
  // What a smaller matrix measured of an arm that this one prunes is no result of this one.
  const found = stopped ? undefined : await readRecordFile(record);
  const failed = found || stopped ? undefined : await readRecordFile(failure);
  const experiment = found?.experiment ?? planned.experiment;
  if (found) checkRecord(folder, found, planned);
  const status: EntryStatus = stopped ? 'pruned' : found ? 'done' : failed ? 'failed' : 'unfinished';
  const { formatVersion: _, ...config } = isObject(experiment) ? experiment : {};
  const identity = {
    name: config.name as string,
    seed: (found?.seed ?? planned.seed) as number,
    ...{ status, ablation, arm: planned.arm as string, cell: planned.id, planned: planned.experiment !== undefined },
    error: failed?.code as string,
  };
  return {
    kind: 'cell' as const,
    folder,
    facts: {
      run: identityFacts('cell', folder, identity),
      config: flatten(config, { hasObjectsInLists: true }),
      results: stopped ? prunedFacts(stopped) : withNextToken(flatten(found?.results)),
      timings: flatten(found?.timings),
    },
  };
}

/** `pruned.step`, `pruned.bits`, ... */
function prunedFacts({ formatVersion: _, id: __, ...pruned }: JsonObject) {
  return flatten({ pruned });
}

/** Held-out bits of the next token, which is what everyone filters by, under a name without a position. */
function withNextToken(results: ReturnType<typeof flatten>): ReturnType<typeof flatten> {
  const bits = results.get('bits-per-byte.perOffset.0');
  if (bits !== undefined) results.set('bits-per-byte.bitsPerByte', bits);
  return results;
}

/** A record that is another cell's, or whose configuration is not the planned one, was put or edited there by hand. */
function checkRecord(folder: string, record: JsonObject, { id, experiment }: PlannedCell): void {
  const isOwn = record.id === id && isObject(record.results);
  if (isOwn && (experiment === undefined || hashOf(folder, record.experiment) === hashOf(folder, experiment))) return;
  const what = isOwn ? 'its configuration is not the one that was planned' : `it is not the record of ${id}`;
  throw new ForetokenError('RUN_MISMATCH', `${folder}/cell.json was edited: ${what}. Remove it to run the cell again.`);
}

/** As cells are identified: whatever the experiment was called, and by whatever name its engine was asked for. */
function hashOf(folder: string, experiment: Json | undefined): string {
  try {
    return experimentHash({ ...(experiment as unknown as Experiment), name: '' });
  } catch (cause) {
    const message = `${folder} has a configuration without a model or an engine. Restore or remove it.`;
    throw new ForetokenError('FILE_CORRUPT', message, { cause });
  }
}

function plannedCells(file: string, { cells = [] }: JsonObject): PlannedCell[] {
  const isPlan = Array.isArray(cells) && cells.every((cell) => isObject(cell) && ID.test(String(cell.id)));
  if (isPlan) return cells as unknown as PlannedCell[];
  throw new ForetokenError(
    'FILE_CORRUPT',
    `${file} is not a plan: its cells must be a list with an id each. Restore it.`,
  );
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && ID.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
