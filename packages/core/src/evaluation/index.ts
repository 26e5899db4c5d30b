/**
 * What evals are made with, and what runs them. Loads no tensor library.
 *
 * @packageDocumentation
 */
export { type DraftSource, draftSources } from '../model/draft-sources.ts';
export {
  type AcceptanceStatistics,
  acceptanceStatistics,
  emittedAcceptance,
  type VerifiedForward,
} from './acceptance-statistics.ts';
export { type ControlResult, controlResult, controlShift, randomPredictions, shiftedPredictions } from './controls.ts';
export { spreadWindows } from './held-out-windows.ts';
export { type LabelMatchOptions, labelMatch, matchRates } from './label-match.ts';
export { type ChoiceListener, type GreedyChoice, plainGreedy } from './plain-greedy.ts';
export { type NamedEval, runEvals } from './run-evals.ts';
export { createSubject, type SubjectParts } from './subject.ts';
export { totalLosses } from './total-losses.ts';
