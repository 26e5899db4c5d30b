import type { Contract } from '../contract.ts';
import { optionsAreChecked } from '../options/option-checks.ts';
import { cachedIsUncached } from './cached.ts';
import { seesNoFuture } from './causality.ts';
import { declaresItsMemory, declaresItsReadouts } from './declarations.ts';
import { bitsRepeat } from './determinism.ts';
import { gradientsAreRight } from './gradients.ts';
import { type HeadCase, type HeadCheck, type HeadContractSettings, openHeadCase } from './head-case.ts';
import { leavesInputsAlone } from './inputs.ts';
import { freesItsTensors } from './leaks.ts';
import { learnsItsTarget } from './learning.ts';
import { lossesAreRight } from './losses.ts';
import { offsetsComeApart } from './offset-by-offset.ts';
import { optionsMatter } from './option-effects.ts';
import { refusesByCode } from './options.ts';
import { placesStandAlone } from './places.ts';
import { savesWhole } from './saved.ts';
import { shapesAgree } from './shapes.ts';
import { scoresItsTarget } from './targets.ts';
import { freesOnThrow } from './throws.ts';
import { finiteAtZero } from './zeros.ts';

const HEAD_CHECKS: readonly HeadCheck[] = [
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

/** The head contract. */
export const headContract: Contract<HeadCase, HeadContractSettings> = {
  kind: 'head',
  checks: HEAD_CHECKS,
  open: openHeadCase,
};
