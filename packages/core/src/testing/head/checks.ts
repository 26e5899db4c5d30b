import { cachedIsUncached } from './cached.ts';
import { seesNoFuture } from './causality.ts';
import type { HeadCheck } from './check.ts';
import { declaresItsMemory, declaresItsReadouts } from './declarations.ts';
import { bitsRepeat } from './determinism.ts';
import { gradientsAreRight } from './gradients.ts';
import { leavesInputsAlone } from './inputs.ts';
import { freesItsTensors } from './leaks.ts';
import { learnsItsTarget } from './learning.ts';
import { lossesAreRight } from './losses.ts';
import { offsetsComeApart } from './offset-by-offset.ts';
import { optionsMatter } from './option-effects.ts';
import { optionsAreChecked, refusesByCode } from './options.ts';
import { placesStandAlone } from './places.ts';
import { savesWhole } from './saved.ts';
import { shapesAgree } from './shapes.ts';
import { scoresItsTarget } from './targets.ts';
import { freesOnThrow } from './throws.ts';
import { finiteAtZero } from './zeros.ts';

/** The head contract, rule by rule: what must hold for the next to mean anything comes first. */
export const HEAD_CHECKS: readonly HeadCheck[] = [
  optionsAreChecked,
  declaresItsReadouts,
  refusesByCode,
  optionsMatter,
  shapesAgree,
  finiteAtZero,
  bitsRepeat,
  savesWhole,
  declaresItsMemory,
  leavesInputsAlone,
  seesNoFuture,
  placesStandAlone,
  cachedIsUncached,
  scoresItsTarget,
  learnsItsTarget,
  gradientsAreRight,
  lossesAreRight,
  offsetsComeApart,
  freesItsTensors,
  freesOnThrow,
];
