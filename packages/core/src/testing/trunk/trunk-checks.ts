import type { HeadCheck } from '../head/check.ts';
import { bitsRepeat } from '../head/determinism.ts';
import { gradientsAreRight } from '../head/gradients.ts';
import { freesItsTensors } from '../head/leaks.ts';
import { optionsMatter } from '../head/option-effects.ts';
import { optionsAreChecked, refusesByCode } from '../head/options.ts';
import { placesStandAlone } from '../head/places.ts';
import { savesWhole } from '../head/saved.ts';
import { cachedIsUncached } from './cached.ts';
import { seesNoFuture } from './causality.ts';
import { leavesInputsAlone } from './inputs.ts';
import { takesItsSizes } from './sizes.ts';
import { givesItsTaps } from './taps.ts';

/** The trunk contract, rule by rule: what must hold for the next to mean anything comes first. */
export const TRUNK_CHECKS: readonly HeadCheck[] = [
  optionsAreChecked,
  refusesByCode,
  optionsMatter,
  givesItsTaps,
  takesItsSizes,
  bitsRepeat,
  savesWhole,
  leavesInputsAlone,
  seesNoFuture,
  placesStandAlone,
  cachedIsUncached,
  gradientsAreRight,
  freesItsTensors,
];
