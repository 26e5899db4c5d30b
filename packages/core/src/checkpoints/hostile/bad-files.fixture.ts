import { type BadFile, badFiles } from './bad-file.fixture.ts';
import { CHECKPOINT_CASES } from './checkpoint-cases.fixture.ts';
import {
  EXPERIMENT_CASES,
  MANIFEST_CASES,
  METRICS_CASES,
  PROVENANCE_CASES,
  SUMMARY_CASES,
} from './record-cases.fixture.ts';
import { SAFETENSORS_CASES } from './safetensors-cases.fixture.ts';

/** Every committed bad file, with what it must give; the files under `fixtures/` are written from this list. */
export const BAD_FILES: readonly BadFile[] = [
  ...badFiles('safetensors', 'safetensors', SAFETENSORS_CASES),
  ...badFiles('checkpoint', 'safetensors', CHECKPOINT_CASES),
  ...badFiles('experiment', 'json', EXPERIMENT_CASES),
  ...badFiles('provenance', 'json', PROVENANCE_CASES),
  ...badFiles('manifest', 'json', MANIFEST_CASES),
  ...badFiles('summary', 'json', SUMMARY_CASES),
  ...badFiles('metrics', 'jsonl', METRICS_CASES),
];
