import { access, rm } from 'node:fs/promises';
import path from 'node:path';
import { ForetokenError, makeFolder, readJson, writeJson } from '@foretoken/core';
import type { CellFailure, CellRecord } from './cell-record.ts';

/** Where everything of an ablation is kept: the folder is the record. */
export interface AblationPaths {
  readonly root: string;
  /** What was planned, by whom it was run. */
  readonly plan: string;
  readonly results: string;
  readonly reportHtml: string;
  readonly reportMarkdown: string;
  cell(id: string): string;
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
    cell: (id) => path.join(root, 'cells', id),
    training: (key) => path.join(root, 'trainings', key),
  };
}

/** Finished and failed cells, one folder each, named by id: equal id, equal result, so what is there need not be redone. */
export interface AblationStore {
  readonly paths: AblationPaths;
  /** @throws FILE_CORRUPT if the file is not this cell's */
  readRecord(id: string): Promise<CellRecord | undefined>;
  readFailure(id: string): Promise<CellFailure | undefined>;
  /** Keeps a result; a failure of an earlier attempt is forgotten. */
  writeRecord(record: CellRecord): Promise<void>;
  writeFailure(failure: CellFailure): Promise<void>;
}

/** Opens the folder of an ablation. Nothing is written before there is something to keep. */
export function openAblationStore(root: string): AblationStore {
  const paths = ablationPaths(root);
  const recordPath = (id: string): string => path.join(paths.cell(id), 'cell.json');
  const failurePath = (id: string): string => path.join(paths.cell(id), 'failure.json');
  return {
    paths,
    readRecord: (id) => readOwn<CellRecord>(recordPath(id), id),
    readFailure: (id) => readOwn<CellFailure>(failurePath(id), id),
    async writeRecord(record) {
      await makeFolder(paths.cell(record.id));
      await writeJson(recordPath(record.id), record);
      await rm(failurePath(record.id), { force: true });
    },
    async writeFailure(failure) {
      await makeFolder(paths.cell(failure.id));
      await writeJson(failurePath(failure.id), failure);
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
