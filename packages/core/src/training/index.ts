export { readCheckpointConfigHash } from '../checkpoints/checkpoint-identity.ts';
export { stepOfName } from '../checkpoints/checkpoint-name.ts';
export { findLeftovers } from '../clean/leftovers.ts';
export {
  type CheckpointPolicy,
  type JudgedCheckpoints,
  type JudgedFile,
  judgeCheckpoints,
} from '../clean/run-checkpoints.ts';
export { makeBatch, type TokenBatch } from '../data/make-batch.ts';
export { isAbandonedName } from '../files/temporary-name.ts';
export { type FolderFiles, folderFiles } from '../upgrade/folder-files.ts';
export { isInterrupted, refuseInterrupted, upgradeOf } from '../upgrade/interrupted-upgrade.ts';
export { completeOldExperiment } from '../upgrade/old-experiment.ts';
export { readOldRecord, writeUpgraded } from '../upgrade/old-record.ts';
export {
  type Conversion,
  convertRecord,
  type OldRun,
  type OldRunOptions,
  readOldRun,
  type UpgradeHost,
} from '../upgrade/old-run.ts';
export {
  finishReplacement,
  isBesideFolder,
  type NewContent,
  type Replacement,
  refuseTakenBackup,
  replaceFolder,
} from '../upgrade/replace-folder.ts';
export type { Backward, BackwardRequest, BackwardResult, StepBatch } from './backward/backward.ts';
export { backwardOf } from './backward/backward-of.ts';
export { joint } from './backward/joint.ts';
export { sequential } from './backward/sequential.ts';
export type { HeldOutLoss } from './held-out-loss.ts';
export { learningRateAt } from './learning-rate.ts';
export { AdamW } from './optimizer.ts';
export {
  type EvaluateOptions,
  evaluateRun,
  type OpenRun,
  openTrainedRun,
  type RunLocation,
  type TrainOptions,
  type TrainUntilOptions,
  trainRun,
  trainUntil,
  withTrainedRun,
} from './run.ts';
export { openRunDirectory, type ResumeMode, type RunPaths, readRunExperiment, runPaths } from './run-directory.ts';
export type { MatchRecord, TrainingSummary } from './run-summary.ts';
export { MAX_SKIPPED_IN_A_ROW, type StepReport, Trainer, type TrainerParts, type TrainerState } from './trainer.ts';
export { type FlopsPerToken, flopsPerToken } from './training-flops.ts';
export type { TrainingProgress } from './training-loop.ts';
export { type TrainingCost, type TrainingPreview, withTrainingPreview } from './training-preview.ts';
