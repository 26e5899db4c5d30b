import { seesNoFuture } from './causality.ts';
import type { HeadCheck } from './check.ts';
import { declaresItsMemory, leavesInputsAlone } from './declarations.ts';
import { bitsRepeat } from './determinism.ts';
import { gradientsAreRight } from './gradients.ts';
import { freesItsTensors } from './leaks.ts';
import { lossesAreRight } from './losses.ts';
import { offsetsComeApart } from './offset-by-offset.ts';
import { optionsAreChecked } from './options.ts';
import { shapesAgree } from './shapes.ts';

/** The head contract, rule by rule. */
export const HEAD_CHECKS: readonly HeadCheck[] = [
  optionsAreChecked,
  shapesAgree,
  bitsRepeat,
  declaresItsMemory,
  leavesInputsAlone,
  seesNoFuture,
  gradientsAreRight,
  lossesAreRight,
  offsetsComeApart,
  freesItsTensors,
];
