import { copyFileSync } from 'node:fs';
import type { DataManifest } from '../../data/data-manifest.ts';
import { readJsonLines } from '../../files/json-lines-log.ts';
import { continueProvenance, type Provenance } from '../../training/provenance.ts';
import { checkManifest, readRunExperiment, runPaths } from '../../training/run-directory.ts';
import { readRunSummary } from '../../training/run-summary.ts';
import { loadCheckpoint } from '../checkpoint-store.ts';
import { readSafetensors } from '../safetensors.ts';
import type { Reader } from './bad-file.fixture.ts';
import { GOOD_MANIFEST, GOOD_PROVENANCE } from './record-cases.fixture.ts';

/** Reads a file as each reader does; what they give is for the caller to look at. */
export type Readers = { readonly [R in Reader]: (file: string) => Promise<unknown> };

/** @param run - an empty folder, into which they put what is read under a name of its own */
export function readersIn(run: string): Readers {
  const paths = runPaths(run);
  const now = GOOD_PROVENANCE as unknown as Provenance;
  return {
    safetensors: (file) => readSafetensors(file),
    checkpoint: (file) => loadCheckpoint(file),
    experiment: async (file) => {
      copyFileSync(file, paths.experiment);
      return readRunExperiment(run);
    },
    provenance: async (file) => {
      copyFileSync(file, paths.provenance);
      return continueProvenance(paths, now);
    },
    manifest: (file) => checkManifest({ ...paths, manifest: file }, GOOD_MANIFEST as unknown as DataManifest),
    summary: (file) => readRunSummary({ summary: file }),
    metrics: (file) => readJsonLines(file),
  };
}
