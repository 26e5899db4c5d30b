import { basename, join } from 'node:path';
import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../contracts/json.ts';
import { type DiskOptions, errno, readError, realDisk, writeError } from '../files/disk.ts';
import { FORMAT_VERSION } from '../files/format-version.ts';
import { makeFolder } from '../files/make-folder.ts';
import { removePath } from '../files/remove-path.ts';
import { jsonFault, parseStrictJson } from '../files/strict-json.ts';
import { isAbandonedName } from '../files/temporary-name.ts';
import { checkCheckpointVersion } from './checkpoint-identity.ts';
import { checkpointName, stepOfName } from './checkpoint-name.ts';
import { SEAL, sealOf } from './checkpoint-seal.ts';
import { refuseNotFinite } from './finite-content.ts';
import { hashTensors } from './hash-tensors.ts';
import { readSafetensors, readSafetensorsHeader, type StoredTensor, writeSafetensors } from './safetensors.ts';
import { corrupt } from './safetensors-header.ts';

/** A checkpoint as its file's name and header show it. */
export interface CheckpointEntry {
  readonly path: string;
  /** Steps finished. */
  readonly step: number;
  /** What `best` goes by, lower is better; absent if it was not measured. */
  readonly score?: number;
  /** Hash of the configuration that it belongs to. */
  readonly configHash: string;
}

/** A checkpoint with everything in it. */
export interface Checkpoint extends CheckpointEntry {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Everything that is not a tensor: cursors, random states, state of plugins. */
  readonly state: Json;
}

/** What {@link CheckpointStore.save} keeps. */
export interface CheckpointContent {
  readonly step: number;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly state: Json;
  /** A finite number; anything else counts as not measured. */
  readonly score?: number;
}

/** The newest checkpoints that stay, besides the best, where nobody says how many. */
export const NUM_KEPT = 2;

/** The state of plugins is theirs to nest, but nothing that walks through it may run out of stack. */
const STATE_LIMITS = { deepest: 1000 } as const;

/** What a store needs to know. */
export interface StoreOptions extends DiskOptions {
  /** The configuration that saved checkpoints belong to, and loaded ones must belong to. */
  readonly configHash: string;
  /** The newest that stay when one is saved, besides the best; the one before the newest is the way back. Default: 2. */
  readonly keep?: number;
}

/**
 * The checkpoints of one run: one file each, the last ones and the best kept.
 *
 * A file is whole or absent, older ones go only after a new one is durable, and which is best follows from the files
 * alone; so a kill at any moment leaves a store that can be opened.
 */
export class CheckpointStore {
  readonly directory: string;
  readonly #configHash: string;
  readonly #keep: number;
  readonly #options: DiskOptions;

  private constructor(directory: string, { configHash, keep = NUM_KEPT, ...options }: StoreOptions) {
    this.directory = directory;
    this.#configHash = configHash;
    this.#keep = keep;
    this.#options = options;
  }

  /**
   * Opens the store of a run that is going to be trained: makes its folder if needed, and removes what killed saves left
   * unfinished; what another process is saving now stays.
   * @throws FILE_WRITE, DISK_FULL
   */
  static async open(directory: string, options: StoreOptions): Promise<CheckpointStore> {
    const { disk = realDisk } = options;
    try {
      await makeFolder(directory, options);
      for (const name of await disk.readdir(directory)) {
        if (isAbandonedName(name)) await removePath(join(directory, name), options);
      }
    } catch (cause) {
      throw writeError(directory, cause);
    }
    return new CheckpointStore(directory, options);
  }

  /** The store of a run that is only read, which may be training meanwhile: its folder is left as it is. */
  static reading(directory: string, options: Omit<StoreOptions, 'keep'>): CheckpointStore {
    return new CheckpointStore(directory, options);
  }

  /**
   * Saves a checkpoint, then drops those that are neither among the last ones nor the best.
   * @throws CHECKPOINT_NOT_FINITE; DISK_FULL, FILE_WRITE, also for a state that could not be read again; what was saved before is intact then
   */
  async save(content: CheckpointContent): Promise<CheckpointEntry> {
    const { step, tensors, state } = content;
    const score = Number.isFinite(content.score) ? content.score : undefined;
    const path = join(this.directory, checkpointName(step));
    const metadata = {
      formatVersion: String(FORMAT_VERSION),
      configHash: this.#configHash,
      step: String(step),
      state: stateText(path, state),
      sha256: hashTensors(tensors),
      ...(score === undefined ? {} : { score: String(score) }),
    };
    refuseNotFinite(path, content);
    const seal = sealOf(new Map(Object.entries(metadata)), tensors);
    await writeSafetensors(path, tensors, { ...metadata, [SEAL]: seal }, this.#options);
    await this.#prune();
    return { path, step, score, configHash: this.#configHash };
  }

  /**
   * Every checkpoint, oldest first.
   * @throws FILE_CORRUPT naming the file, if one is not whole; FORMAT_VERSION
   */
  async list(): Promise<CheckpointEntry[]> {
    const entries: CheckpointEntry[] = [];
    for (const { path } of await this.#files()) entries.push(await readCheckpointEntry(path, this.#options));
    return entries;
  }

  /** Whether nothing has been saved yet. */
  async isEmpty(): Promise<boolean> {
    return (await this.#files()).length === 0;
  }

  /**
   * The newest checkpoint; a corrupt one is an error, never passed over.
   * @throws CHECKPOINT_MISSING if there is none; FILE_CORRUPT, FORMAT_VERSION
   */
  async latest(): Promise<CheckpointEntry> {
    const files = await this.#files();
    const newest = files.at(-1);
    if (newest === undefined) throw this.#missing('checkpoint');
    return readCheckpointEntry(newest.path, this.#options).catch((cause: unknown) => {
      throw withWayBack(cause, newest.path, files.at(-2)?.path);
    });
  }

  /**
   * The checkpoint with the lowest score; the earliest of equals.
   * @throws CHECKPOINT_MISSING if none has a score; FILE_CORRUPT, FORMAT_VERSION if any cannot be read
   */
  async best(): Promise<CheckpointEntry> {
    const best = lowestScore(await this.list());
    if (best === undefined) throw this.#missing('checkpoint with a score');
    return best;
  }

  /**
   * Loads a checkpoint of this store's configuration.
   * @throws CHECKPOINT_MISSING, CHECKPOINT_MISMATCH, FILE_CORRUPT, FORMAT_VERSION, FILE_READ
   */
  async load(path: string): Promise<Checkpoint> {
    return loadCheckpoint(path, { configHash: this.#configHash, ...this.#options });
  }

  async #files(): Promise<{ path: string; step: number }[]> {
    const { disk = realDisk } = this.#options;
    const names = await disk.readdir(this.directory).catch((cause: unknown) => {
      if (errno(cause) === 'ENOENT') return [];
      throw readError(this.directory, cause);
    });
    return names
      .flatMap((name) => {
        const step = stepOfName(name);
        return step === undefined ? [] : [{ path: join(this.directory, name), step }];
      })
      .sort((a, b) => a.step - b.step);
  }

  /** Files that cannot be read are left alone: they are not ours to judge while training goes well. */
  async #prune(): Promise<void> {
    const files = await this.#files();
    const readable: CheckpointEntry[] = [];
    for (const { path } of files) {
      await readCheckpointEntry(path, this.#options).then(
        (entry) => readable.push(entry),
        () => {},
      );
    }
    const kept = new Set([...readable.slice(-this.#keep), lowestScore(readable)].map((entry) => entry?.path));
    for (const { path } of readable) {
      // Not synced: the new one is durable, and an old one that power loss brings back goes with the next save.
      if (!kept.has(path)) await removePath(path, this.#options);
    }
  }

  #missing(what: string): ForetokenError {
    return new ForetokenError(
      'CHECKPOINT_MISSING',
      `there is no ${what} in ${this.directory}. Start the run without --resume.`,
    );
  }
}

/**
 * Loads any checkpoint file.
 * @param options.configHash - the configuration that it must belong to; absent: any
 * @throws CHECKPOINT_MISSING, CHECKPOINT_MISMATCH, FILE_CORRUPT, FORMAT_VERSION, FILE_READ
 */
export async function loadCheckpoint(
  path: string,
  { configHash, ...options }: { readonly configHash?: string } & DiskOptions = {},
): Promise<Checkpoint> {
  const { disk = realDisk } = options;
  await disk.stat(path).catch((cause: unknown) => {
    throw new ForetokenError('CHECKPOINT_MISSING', `there is no checkpoint at ${path}. Check the path.`, { cause });
  });
  const { tensors, metadata } = await readSafetensors(path, options);
  const entry = entryFrom(path, metadata);
  if (configHash !== undefined && entry.configHash !== configHash) {
    throw new ForetokenError(
      'CHECKPOINT_MISMATCH',
      `${path} belongs to configuration ${entry.configHash}, this run has ${configHash}. Use the run it came from.`,
    );
  }
  if (hashTensors(tensors) !== metadata.get('sha256')) throw corrupt(path, 'its data do not match their SHA-256');
  if (metadata.get(SEAL) !== sealOf(metadata, tensors)) {
    throw corrupt(path, 'its step, score, state or tensors are not those that it was sealed with');
  }
  return { ...entry, tensors, state: parseState(path, metadata.get('state')) };
}

/** A corrupt newest checkpoint: says which file to delete to go on from the one before. */
function withWayBack(cause: unknown, newest: string, before: string | undefined): unknown {
  if (!isForetokenError(cause) || cause.code !== 'FILE_CORRUPT' || before === undefined) return cause;
  const way = `To go on from ${basename(before)} beside it, delete ${newest} and use --resume.`;
  return new ForetokenError('FILE_CORRUPT', `${cause.problems.join(' ')} ${way}`, { cause });
}

/**
 * What a checkpoint file says of itself; its tensors are not read.
 * @throws FILE_CORRUPT, FORMAT_VERSION, FILE_READ
 */
export async function readCheckpointEntry(path: string, options: DiskOptions = {}): Promise<CheckpointEntry> {
  return entryFrom(path, (await readSafetensorsHeader(path, options)).metadata);
}

function entryFrom(path: string, metadata: ReadonlyMap<string, string>): CheckpointEntry {
  checkCheckpointVersion(path, metadata);
  const step = numberIn(metadata.get('step'));
  const configHash = metadata.get('configHash');
  const score = metadata.has('score') ? numberIn(metadata.get('score')) : undefined;
  const nameStep = stepOfName(basename(path));
  if (!Number.isSafeInteger(step) || step < 0 || configHash === undefined || Number.isNaN(score)) {
    throw corrupt(path, 'step, configHash or score is not as a checkpoint has it');
  }
  if (nameStep !== undefined && nameStep !== step) throw corrupt(path, `it holds step ${step}`);
  return { path, step, score, configHash };
}

/** NaN for what is no finite number as {@link CheckpointStore.save} writes it: `Number` takes "", " 1" and "0x1" for numbers. */
function numberIn(text: string | undefined): number {
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : Number.NaN;
}

function stateText(path: string, state: Json): string {
  const text = JSON.stringify(state);
  const fault = jsonFault(text, STATE_LIMITS);
  if (fault === undefined) return text;
  throw new ForetokenError(
    'FILE_WRITE',
    `${path} cannot be written: of the state of the plugins, ${fault}. Mend the plugin.`,
  );
}

function parseState(path: string, state: string | undefined): Json {
  try {
    return parseStrictJson(state ?? '', STATE_LIMITS) as Json;
  } catch (cause) {
    throw corrupt(path, 'its state is not JSON', cause);
  }
}

/** The checkpoint with the lowest score, the first of equals; undefined if none has one. */
export function lowestScore(entries: readonly CheckpointEntry[]): CheckpointEntry | undefined {
  let best: CheckpointEntry | undefined;
  for (const entry of entries) {
    if (entry.score !== undefined && entry.score < (best?.score ?? Number.POSITIVE_INFINITY)) best = entry;
  }
  return best;
}
