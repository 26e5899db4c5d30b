export { type CleanOptions, cleanFolder, type FolderCleaning } from './clean/clean-folder.ts';
export { createForetokenHost, type ForetokenHostOptions } from './host.ts';
export type { StaleSummary } from './identity/earlier-work.ts';
export { type CodeHashes, hashPackage } from './identity/hash-package.ts';
export type { AblationFile } from './matrix/ablation-file.ts';
export { ablationSchema } from './matrix/ablation-schema.ts';
export type { Cell, PackageVersions, Training } from './matrix/cells.ts';
export {
  type DescribeOptions,
  describePlan,
  type PlanDescription,
  type PlanEstimate,
  type PlannedArm,
  type PlannedTraining,
} from './plan/describe-plan.ts';
export { type Difference, differenceLabels } from './plan/differences.ts';
export { type AblationPlan, type PlanningHost, planAblation } from './plan/plan-ablation.ts';
export {
  type CountingOptions,
  countTrainings,
  createPreviewer,
  type PlanCosts,
  type Previewer,
} from './plan/plan-costs.ts';
export type { CellStatus, TrainingStatus } from './plan/plan-progress.ts';
export type { PruningForecast } from './pruning/forecast.ts';
export type { PrunedAt, Pruning } from './pruning/pruning.ts';
export { createStanding, type Standing, type StandingArm } from './report/standing.ts';
export { type VerdictRow, verdictRows } from './report/verdict.ts';
export { verdictSentences } from './report/verdict-sentence.ts';
export { type VerdictColumn, verdictColumns } from './report/verdict-table.ts';
export { differenceWords, probability, verdictWords } from './report/verdict-words.ts';
export { type WrittenReport, writeReport } from './report/write-report.ts';
export type { AblationResults, ArmResults, CellResults } from './results/results.ts';
export { type AblationPaths, ablationPaths } from './run/ablation-store.ts';
export type { CellFailure, CellRecord, Measured } from './run/cell-record.ts';
export type { AblationEvent, TaskInfo, TaskProgress } from './run/events.ts';
export type { Laboratory, Outcomes, RunOptions, TrainingFacts } from './run/laboratory.ts';
export { type AblationSummary, type RunAblationOptions, runAblation } from './run/run-ablation.ts';
export type { Claim, Scheduler, Task, TaskOutcome } from './run/scheduler.ts';
export { type Comparison, compareArms, type MetricDirection, type Verdict } from './statistics/compare-arms.ts';
export type { Interval } from './statistics/paired-t.ts';
export type { SeedValue } from './statistics/pairs.ts';
export { type FolderUpgrade, type UpgradeOptions, upgradeFolder } from './upgrade/upgrade-folder.ts';
export type { WorkerSettings } from './workers/worker-settings.ts';
