import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  type DiskOptions,
  ForetokenError,
  hashJson,
  isForetokenError,
  makeFolder,
  readJson,
  removePath,
  writeJson,
} from '@foretoken/core';
import type { CellFailure, CellRecord } from './cell-record.ts';

/** Where everything of an ablation is kept: the folder is the record. */
export interface AblationPaths {
  readonly root: string;
  /** What was planned, by whom it was run. */
  readonly plan: string;
  readonly results: string;
  readonly reportHtml: string;
  readonly reportMarkdown: string;
  /** @throws FILE_CORRUPT for what is no id */
  cell(id: string): string;
  /** @throws FILE_CORRUPT for what is no key */
  training(key: string): string;
}

/** File names inside the folder of an ablation. Arm names are no part of them. */
export function ablationPaths(root: string): AblationPaths {
  return {
    root,
    plan: path.join(root, 'ablation.json'),
    results: path.join(root, 'results.json'),
    reportHtml: path.join(root, 'report.html'),
    reportMarkdown: path.join(root, 'report.md'),
    cell: (id) => path.join(root, 'cells', named(root, id)),
    training: (key) => path.join(root, 'trainings', named(root, key)),
  };
}

/** An id or key as we make them: a plan on disk may say anything, and nothing else of it becomes part of a path. */
function named(root: string, id: string): string {
  if (typeof id === 'string' && /^[0-9a-z][0-9a-z-]{0,99}$/i.test(id)) return id;
  throw new ForetokenError(
    'FILE_CORRUPT',
    `${root} names a cell or training ${JSON.stringify(String(id).slice(0, 100))}, which is no id. Restore its ablation.json and results.json, or run "foretoken ablate" again.`,
  );
}

/** Finished and failed cells, one folder each, named by id: equal id, equal result, so what is there need not be redone. */
export interface AblationStore {
  readonly paths: AblationPaths;
  /** @throws FILE_CORRUPT if the file is not this cell's, or is not as it was written; FORMAT_VERSION */
  readRecord(id: string): Promise<CellRecord | undefined>;
  /** What the last attempt failed of, if none succeeded: a failure that a kill or power loss left beside a record counts for nothing. */
  readFailure(id: string): Promise<CellFailure | undefined>;
  /** What is measured of a cell that is not timed yet. @throws as {@link readRecord} */
  readMeasured(id: string): Promise<CellRecord | undefined>;
  /**
   * Finished cells that are none of these: of an earlier plan or of other code. What cannot be read is left out, since nothing
   * is done with it.
   * @throws FORMAT_VERSION for one of another release
   */
  readOthers(ids: ReadonlySet<string>): Promise<readonly CellRecord[]>;
  /** Keeps a result; a failure of an earlier attempt is forgotten, and what was measured is in it. */
  writeRecord(record: CellRecord): Promise<void>;
  /** Keeps what is measured until the rest is timed. */
  writeMeasured(record: CellRecord): Promise<void>;
  writeFailure(failure: CellFailure): Promise<void>;
}

/** Opens the folder of an ablation. Nothing is written before there is something to keep. */
export function openAblationStore(root: string, options: DiskOptions = {}): AblationStore {
  const paths = ablationPaths(root);
  const recordPath = (id: string): string => path.join(paths.cell(id), 'cell.json');
  const failurePath = (id: string): string => path.join(paths.cell(id), 'failure.json');
  const measuredPath = (id: string): string => path.join(paths.cell(id), 'measured.json');
  const write = async (file: string, record: CellRecord): Promise<void> => {
    await makeFolder(path.dirname(file), options);
    await writeJson(file, { ...record, contentHash: contentHashOf(record) }, options);
  };
  return {
    paths,
    readRecord: (id) => readUnchanged(recordPath(id), id),
    async readFailure(id) {
      return (await exists(recordPath(id))) ? undefined : readOwn<CellFailure>(failurePath(id), id);
    },
    readMeasured: (id) => readUnchanged(measuredPath(id), id),
    async readOthers(ids) {
      const folders = await readdir(path.dirname(paths.cell('any'))).catch(() => []);
      const others = folders.filter((id) => !ids.has(id)).sort();
      const records = await Promise.all(others.map((id) => readUnchanged(recordPath(id), id).catch(unlessReadable)));
      return records.filter((record) => record !== undefined);
    },
    async writeRecord(record) {
      await write(recordPath(record.id), record);
      // Only now that the record is durable, which goes first if these are still there after a kill or power loss.
      await removePath(failurePath(record.id), options);
      await removePath(measuredPath(record.id), options);
    },
    writeMeasured: (record) => write(measuredPath(record.id), record),
    async writeFailure(failure) {
      await makeFolder(paths.cell(failure.id), options);
      await writeJson(failurePath(failure.id), failure, options);
    },
  };
}

/** Whether a path is there. */
export function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function readOwn<T extends { readonly id: string }>(file: string, id: string): Promise<T | undefined> {
  if (!(await exists(file))) return undefined;
  const { formatVersion: _, ...value } = await readJson(file);
  if (value.id === id) return value as unknown as T;
  throw new ForetokenError(
    'FILE_CORRUPT',
    `${file} is of cell ${String(value.id)}, not of ${id}. Remove it to run the cell again.`,
  );
}

/** A record with proof that it is as the run wrote it. */
async function readUnchanged(file: string, id: string): Promise<CellRecord | undefined> {
  const found = await readOwn<CellRecord & { readonly contentHash?: string }>(file, id);
  if (!found) return undefined;
  const { contentHash, ...record } = found;
  if (contentHash === contentHashOf(record)) return record;
  throw new ForetokenError(
    'FILE_CORRUPT',
    `${file} was changed after it was written: its contents are not those of its contentHash. Restore it, or remove it to run the cell again.`,
  );
}

/** Of what the file will hold: JSON has no NaN, and no difference between 0 and -0. */
const contentHashOf = (record: CellRecord): string => hashJson(JSON.parse(JSON.stringify(record)));

function unlessReadable(error: unknown): undefined {
  if (isForetokenError(error) && error.code !== 'FORMAT_VERSION') return undefined;
  throw error;
}
