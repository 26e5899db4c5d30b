/**
 * What evals are made with, and what runs them. Loads no tensor library.
 *
 * @packageDocumentation
 */
export { type DraftSource, draftSources } from '../model/draft-sources.ts';
export {
  type Acceptance,
  type AcceptanceStatistics,
  acceptanceByRow,
  acceptanceStatistics,
  type EmissionLimits,
  emittedAcceptance,
  type RowAcceptance,
  type VerifiedForward,
} from './acceptance-statistics.ts';
export { type ControlResult, controlResult, controlShift, randomPredictions, shiftedPredictions } from './controls.ts';
export { guarantees, type OutputClaim, outputClaim } from './guarantees.ts';
export { spreadWindows } from './held-out-windows.ts';
export { type LabelMatchOptions, labelMatch, labelMatchByWindow, matchRates } from './label-match.ts';
export { type ChoiceListener, type ChoiceSettings, type GreedyChoice, plainGreedy } from './plain-greedy.ts';
export { distinctShare, type Repetition, repetition } from './repetition.ts';
export { type NamedEval, runEvals } from './run-evals.ts';
export { createSubject, type SubjectParts } from './subject.ts';
export { totalLosses } from './total-losses.ts';
