import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Experiment } from '../config/experiment.ts';
import { experimentHash, identifying } from '../config/hash.ts';
import { asExperiment } from '../config/saved-experiment.ts';
import type { DataManifest } from '../data/data-manifest.ts';
import { FORMAT_VERSION } from '../files/format-version.ts';
import { LARGEST_RECORD, readJson, writeJson } from '../files/json-file.ts';
import { makeFolder } from '../files/make-folder.ts';
import { refuseInterrupted } from '../upgrade/interrupted-upgrade.ts';

/** Where everything of one run is kept: the folder is the record. */
export interface RunPaths {
  readonly root: string;
  /** The complete, frozen configuration. */
  readonly experiment: string;
  /** Versions, engine and machine that the run started on. */
  readonly provenance: string;
  /** Documents with their hashes. */
  readonly manifest: string;
  /** One JSON object per step. */
  readonly metrics: string;
  /** The same for TensorBoard, which finds such files by this name. */
  readonly events: string;
  readonly checkpoints: string;
  /** Written last: its presence says that the run is finished. */
  readonly summary: string;
}

/** File names inside a run directory. */
export function runPaths(root: string): RunPaths {
  return {
    root,
    experiment: join(root, 'experiment.json'),
    provenance: join(root, 'provenance.json'),
    manifest: join(root, 'data-manifest.json'),
    metrics: join(root, 'metrics.jsonl'),
    events: join(root, 'events.out.tfevents.0.foretoken'),
    checkpoints: join(root, 'checkpoints'),
    summary: join(root, 'summary.json'),
  };
}

/** `false`: only a new run; `true`: only an existing one; `auto`: whichever it is. */
export type ResumeMode = boolean | 'auto';

/**
 * Opens the folder of a run, new or to be resumed, and makes sure that it belongs to this experiment. It becomes a run
 * with {@link claimRunDirectory}: until then a start that failed (no data, a bad option) may be mended and repeated.
 *
 * @throws RUN_EXISTS, RUN_NOT_FOUND, RUN_MISMATCH
 */
export async function openRunDirectory(root: string, experiment: Experiment, resume: ResumeMode): Promise<RunPaths> {
  const paths = runPaths(root);
  const existed = await exists(paths.experiment);
  if (!existed) refuseInterrupted(root);
  if (existed && resume === false) {
    throw new ForetokenError(
      'RUN_EXISTS',
      `${root} already holds a run. Go on with --resume, or choose another folder.`,
    );
  }
  if (!existed && resume === true) {
    throw new ForetokenError('RUN_NOT_FOUND', `${root} holds no run to resume. Start it without --resume.`);
  }
  if (existed) await checkSameExperiment(paths, experiment);
  else await makeFolder(root);
  return paths;
}

/** Makes an opened folder the run of this experiment. */
export async function claimRunDirectory(paths: RunPaths, experiment: Experiment): Promise<void> {
  if (!(await exists(paths.experiment)))
    await writeJson(paths.experiment, { ...experiment, formatVersion: FORMAT_VERSION });
}

/**
 * The experiment that a run directory was made for.
 * @throws RUN_NOT_FOUND, FILE_CORRUPT, FORMAT_VERSION
 */
export async function readRunExperiment(root: string): Promise<Experiment> {
  const { experiment } = runPaths(root);
  if (!(await exists(experiment))) {
    refuseInterrupted(root);
    throw new ForetokenError('RUN_NOT_FOUND', `${root} holds no run (no experiment.json). Check the path.`);
  }
  return asExperiment(experiment, await readJson(experiment, { largest: LARGEST_RECORD }));
}

/** Whether a path is there. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Makes sure that a run goes on with the data it started from; the first time, records them.
 * @throws DATA_CHANGED with counts and examples of what is missing, new and different
 */
export async function checkManifest(paths: RunPaths, manifest: DataManifest): Promise<void> {
  if (!(await exists(paths.manifest))) {
    await writeJson(paths.manifest, manifest);
    return;
  }
  const before = (await readJson(paths.manifest)) as unknown as DataManifest;
  if (before.contentHash === manifest.contentHash) return;
  if (!Array.isArray(before.documents) || !before.documents.every((document) => isObject(document))) {
    throw new ForetokenError('FILE_CORRUPT', `${paths.manifest} lists no documents. Restore it, or start a new run.`);
  }
  throw new ForetokenError(
    'DATA_CHANGED',
    `${paths.root} was started on other data: ${changesOf(before, manifest)}. ${paths.manifest} lists the files that it needs: ` +
      'put these back, or start a new run.',
  );
}

/** What is different, with one example each. */
function changesOf(before: DataManifest, now: DataManifest): string {
  const known = new Map(before.documents.map((document) => [document.id, document]));
  const present = new Set(now.documents.map(({ id }) => id));
  const changes = [
    ['missing', before.documents.filter(({ id }) => !present.has(id))],
    ['new', now.documents.filter(({ id }) => !known.has(id))],
    ['different', now.documents.filter(({ id, sha256 }) => known.has(id) && known.get(id)?.sha256 !== sha256)],
  ] as const;
  const told = changes
    .filter(([, documents]) => documents.length > 0)
    .map(([what, documents]) => `${documents.length} ${what} (such as ${documents[0].id})`);
  return told.length > 0
    ? `of its ${before.documents.length} documents ${told.join(', ')}`
    : 'its documents are in another order, split or tokenized differently';
}

async function checkSameExperiment(paths: RunPaths, experiment: Experiment): Promise<void> {
  const before = asExperiment(paths.experiment, await readJson(paths.experiment, { largest: LARGEST_RECORD }));
  if (experimentHash(before) === experimentHash(experiment)) return;
  const changed = differences(identifying(before), identifying(experiment)).slice(0, 5);
  throw new ForetokenError(
    'RUN_MISMATCH',
    `${paths.root} was started with another configuration; different: ${changed.join(', ')}. Use its own configuration or another folder.`,
  );
}

/** Dotted paths at which two JSON values differ. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (!isObject(a) || !isObject(b)) return [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => differences(a[key], b[key], path ? `${path}.${key}` : key));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
