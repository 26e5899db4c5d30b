import { type Fact, type Facts, storable } from './facts.ts';

/** Where a fact of a run comes from; also the prefix that tells two facts of one path apart (`results.training.steps`). */
export const PARTS = ['run', 'config', 'results', 'timings'] as const;
export type Part = (typeof PARTS)[number];

/** `run`: a folder of its own; `cell`: one seed of an arm; `training`: what cells of an ablation share. */
export type EntryKind = 'run' | 'cell' | 'training';

/** `pruned`: stopped at a rung; `unfinished` may be running now. */
export type EntryStatus = 'done' | 'failed' | 'pruned' | 'unfinished';

/** One run as the index has it. */
export interface Entry {
  readonly kind: EntryKind;
  /** Absolute; the record that everything else was read from. */
  readonly folder: string;
  readonly facts: { readonly [part in Part]: Facts };
}

/** A folder that looks like a run's and cannot be read as one. */
export interface Skipped {
  readonly folder: string;
  /** One of the table of error codes; `UNEXPECTED` for an error that has none. */
  readonly code: string;
  readonly message: string;
}

/** What an entry is called; of the part `run`. */
export interface Identity {
  readonly name?: string;
  readonly seed?: number;
  readonly status: EntryStatus;
  /** ISO 8601. */
  readonly started?: string;
  /** Folder of the ablation that it belongs to. */
  readonly ablation?: string;
  readonly arm?: string;
  readonly cell?: string;
  /** False for a cell that the plan of its ablation does not name: of an earlier plan, or of other code. */
  readonly planned?: boolean;
  /** Code of the error that it failed with. */
  readonly error?: string;
}

/** The identity of an entry as facts; what it does not have is absent. */
export function identityFacts(kind: EntryKind, folder: string, identity: Identity): Facts {
  const values: readonly [string, Fact | undefined][] = [
    ['kind', kind],
    ['folder', folder],
    ...Object.entries(identity),
  ];
  const facts = values.filter((pair): pair is [string, Fact] => isFact(pair[1]));
  return new Map(facts.map(([key, value]) => [key, typeof value === 'string' ? storable(value) : value]));
}

/** Files are edited by hand: what is no plain value is no fact. */
const isFact = (value: unknown): value is Fact =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
