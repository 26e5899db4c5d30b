import type { Entry } from '../entry.ts';

/** The least that is read anew at once: a run folder, or one cell of an ablation. */
export interface Unit {
  /** Names the unit in the index: a folder, and for a cell its arm. */
  readonly key: string;
  readonly folder: string;
  /** Changes whenever a file that it is read from changes. */
  readonly fingerprint: string;
  /** @throws FILE_CORRUPT, FILE_READ, FORMAT_VERSION, RUN_NOT_FOUND, RUN_MISMATCH if it is no record as ours */
  read(): Promise<Entry>;
}
