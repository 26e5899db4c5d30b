import type { Contract } from '../contract.ts';
import { bitsRepeat } from '../head/determinism.ts';
import { gradientsAreRight } from '../head/gradients.ts';
import type { HeadCase, HeadCheck } from '../head/head-case.ts';
import { freesItsTensors } from '../head/leaks.ts';
import { optionsMatter } from '../head/option-effects.ts';
import { refusesByCode } from '../head/options.ts';
import { placesStandAlone } from '../head/places.ts';
import { savesWhole } from '../head/saved.ts';
import { optionsAreChecked } from '../options/option-checks.ts';
import { cachedIsUncached } from './cached.ts';
import { seesNoFuture } from './causality.ts';
import { leavesInputsAlone } from './inputs.ts';
import { takesItsSizes } from './sizes.ts';
import { givesItsTaps } from './taps.ts';
import { openTrunkCase, type TrunkContractSettings } from './trunk-case.ts';

const TRUNK_CHECKS: readonly HeadCheck[] = [
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

/** The trunk contract. */
export const trunkContract: Contract<HeadCase, TrunkContractSettings> = {
  kind: 'trunk',
  checks: TRUNK_CHECKS,
  open: openTrunkCase,
};
